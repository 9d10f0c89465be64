// [data-own-questions]: what became of one's own questions. Read again when the log says something
// about one of them; nothing is asked of the server otherwise.
const SOON_MS = 300;

/**
 * @param {Element} root the [data-own-questions] element
 * @param {string} address of the list of one's own questions
 */
export function createOwnQuestions(root, address) {
  const list = root.querySelector("ul");
  const template = root.querySelector("template[data-own-line]");
  const count = root.querySelector("[data-own-count]");
  let timer = 0;

  function find(id) {
    return list.querySelector('[data-own-question="' + CSS.escape(id) + '"]');
  }

  function put(question) {
    let line = find(question.id);
    if (!line) {
      line = template.content.firstElementChild.cloneNode(true);
      line.dataset.ownQuestion = question.id;
      line.querySelector("[data-own-text]").textContent = question.text;
      list.prepend(line);
    }
    line.dataset.seq = question.seq;
    line.dataset.state = question.state;
    line.querySelector("[data-own-state]").textContent = question.label;
    const reason = line.querySelector("[data-own-reason]");
    reason.textContent = question.reason;
    reason.hidden = question.reason === "";
    root.hidden = false;
    count.textContent = list.children.length;
  }

  async function read() {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const told = await response.json();
    told.questions.reverse().forEach(put);
    return told;
  }

  return {
    put: put,
    /** Read them again; resolves to what was told, rejects without a line. */
    read: read,
    readSoon: function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => read().catch(() => null), SOON_MS);
    },
    has: function (id) {
      return Boolean(id) && find(id) !== null;
    },
    /** Whether the entry with this number is one of them. */
    hasEntry: function (seq) {
      return list.querySelector('[data-seq="' + Number(seq) + '"]') !== null;
    },
  };
}
