/**
 * What was on the screen at a moment: the card, the question, the chapter. All of it is in the
 * index, so a jump needs nothing from the server.
 */

import { createPin } from "../room/pin.js";

/** The last of `rows` (in order of `from`) that runs at a moment, or null. */
export function running(rows, at) {
  for (let place = rows.length - 1; place >= 0; place -= 1) {
    if (rows[place].from <= at) {
      return rows[place].to === null || at < rows[place].to ? rows[place] : null;
    }
  }
  return null;
}

/**
 * @param {object} index pins and asked, as the server's index has them
 */
export function createScreen(index) {
  const cards = Array.from(document.querySelectorAll("[data-pin]")).map(function (root) {
    return createPin(root, null);
  });
  const asked = document.querySelector("[data-asked]");
  const chapters = Array.from(document.querySelectorAll("[data-chapters] [data-at]")).map(
    function (link) {
      return { link: link, from: Date.parse(link.dataset.at), to: null };
    }
  );
  let pin = null;
  let question = null;
  let chapter = null;

  function showPin(found) {
    if (found === pin) return;
    pin = found;
    const entry = found
      ? { kind: "pinned", seq: found.seq, data: { vacancies: found.vacancies } }
      : { kind: "unpinned", data: {} };
    cards.forEach(function (card) {
      card.event(entry);
    });
  }

  function showQuestion(found) {
    if (found === question) return;
    question = found;
    asked.hidden = found === null;
    asked.dataset.seq = found ? found.seq : "";
    asked.querySelector("[data-asked-text]").textContent = found ? found.text : "";
    asked.querySelector("[data-asked-name]").textContent = found ? found.name : "";
    document.querySelectorAll("[data-replay-questions] [data-question]").forEach(function (item) {
      item.classList.toggle("is-on-screen", found !== null && item.dataset.question === found.id);
    });
  }

  function showChapter(found) {
    if (found === chapter) return;
    if (chapter) chapter.link.removeAttribute("aria-current");
    chapter = found;
    if (!found) return;
    found.link.setAttribute("aria-current", "true");
    reveal(found.link);
  }

  /** Scrolls the list only, never the page, and not under a reader's hand. */
  function reveal(link) {
    const panel = link.closest(".tabs__panel");
    if (panel.hidden || panel.matches(":hover") || panel.contains(document.activeElement)) return;
    const box = panel.getBoundingClientRect();
    const line = link.getBoundingClientRect();
    if (line.top < box.top || line.bottom > box.bottom) {
      panel.scrollTop += line.top - box.top - box.height / 3;
    }
  }

  return {
    show: function (at) {
      showPin(running(index.pins, at));
      showQuestion(running(index.asked, at));
      showChapter(running(chapters, at));
    },
  };
}
