/**
 * The room's list of questions in the page: lines from the server, from the log and from the list
 * that everybody fetches. Keeps no state but the lines themselves.
 */

const MOST = 150;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "zh", {
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
  timeZone: "Asia/Shanghai",
});

function slot(item, name) {
  return item.querySelector("[data-question-" + name + "]");
}

function two(number) {
  return String(number).padStart(2, "0");
}

/** A second of the programme as 12:34 or 1:02:03. */
export function programmeTime(second) {
  const hours = Math.floor(second / 3600);
  const minutes = Math.floor(second / 60) % 60;
  const rest = two(second % 60);
  return hours ? hours + ":" + two(minutes) + ":" + rest : minutes + ":" + rest;
}

/**
 * @param {Element} list the ul[data-questions], with its words in data-text-*
 * @param {HTMLTemplateElement} template one line
 */
export function createQuestionList(list, template) {
  const words = list.dataset;

  function find(id) {
    return list.querySelector('[data-question="' + CSS.escape(id) + '"]');
  }

  function how(said) {
    const parts = [];
    if (said.on_behalf) parts.push(words.textBehalf);
    if (said.live && said.second !== null && said.second !== undefined) {
      parts.push(words.textLiveAt.replace("{time}", programmeTime(said.second)));
    } else if (said.live) {
      parts.push(words.textLive);
    }
    return parts.join(" ");
  }

  function showAnswer(item, said) {
    item.classList.add("is-answered");
    slot(item, "who").textContent = said.by || "";
    slot(item, "how").textContent = how(said);
    slot(item, "answer-text").textContent = said.text;
    slot(item, "answer-text").hidden = !said.text;
    slot(item, "answer").hidden = false;
    slot(item, "vote").querySelector("button").disabled = true;
  }

  /** An answer that was taken back. */
  function clearAnswer(item) {
    item.classList.remove("is-answered");
    slot(item, "answer").hidden = true;
    slot(item, "vote").querySelector("button").disabled = false;
  }

  function showTarget(item, question) {
    const place = slot(item, "to");
    const text = question.vacancy
      ? words.textAbout.replace("{title}", question.vacancy.title)
      : question.to
        ? words.textEmployer.replace("{name}", question.to)
        : "";
    place.textContent = text;
    place.hidden = text === "";
  }

  function make(question) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.dataset.question = question.id;
    slot(item, "text").textContent = question.text;
    slot(item, "name").textContent = question.name || "";
    slot(item, "time").textContent = clock.format(new Date(question.at));
    slot(item, "vote").action = "questions/" + question.id + "/vote/";
    showTarget(item, question);
    return item;
  }

  return {
    find: find,
    slot: slot,
    /** Show a question of the fetched list, or bring what is shown up to date; its line. */
    put: function (question) {
      let item = find(question.id);
      if (!item) {
        item = make(question);
        list.append(item);
      }
      item.dataset.seq = question.seq;
      if (question.votes !== undefined) slot(item, "votes").textContent = question.votes;
      item.classList.toggle("is-on-screen", Boolean(question.screen));
      if (question.answer) showAnswer(item, question.answer);
      else if (item.classList.contains("is-answered")) clearAnswer(item);
      return item;
    },
    /** A new question stands on top until the next order comes. */
    first: function (item) {
      list.prepend(item);
      while (list.children.length > MOST) list.lastElementChild.remove();
    },
    /** Put the lines in the order of `ids`; others follow as they were. */
    order: function (ids) {
      let before = list.firstElementChild;
      ids.forEach((id) => {
        const item = find(id);
        if (item === before) before = before.nextElementSibling;
        else list.insertBefore(item, before);
      });
    },
    answered: function (id, said) {
      const item = find(id);
      if (item) showAnswer(item, said);
    },
    drop: function (seq) {
      const item = list.querySelector('[data-seq="' + Number(seq) + '"]');
      if (item) item.remove();
    },
    onScreen: function (id) {
      list.querySelectorAll(".is-on-screen").forEach((item) => item.classList.remove("is-on-screen"));
      const item = id && find(id);
      if (item) item.classList.add("is-on-screen");
    },
    isEmpty: function () {
      return list.children.length === 0;
    },
  };
}
