// Questions: the log brings new ones, answers and removals at once; votes and the order come with
// the list that everybody fetches alike, only while somebody looks at it. Asking and voting leave
// no page.
import { toast } from "../toast.js";
import { newClientId } from "./outbox.js";
import { createOwnQuestions } from "./own_questions.js";
import { createQuestionList } from "./question_list.js";

const EVERY_MS = 15000;
/** In a full room everybody asks for the list more rarely: 15 s to 60 s. */
const CROWD = 5000;
const SLOWEST = 4;
/** Lines keep their place for so long after a touch: nothing moves from under a finger. */
const STILL_MS = 5000;

const root = document.querySelector("[data-questions]");
const template = document.querySelector("template[data-question-line]");

function start() {
  const panel = root.closest(".tabs__panel");
  const tab = document.querySelector('[role=tab][aria-controls="' + panel.id + '"]');
  const news = document.querySelector("[data-questions-news]");
  const empty = document.querySelector("[data-questions-empty]");
  const more = document.querySelector("[data-questions-more]");
  const ownRoot = document.querySelector("[data-own-questions]");
  const boot = JSON.parse(document.getElementById("room-boot").textContent);
  const list = createQuestionList(root, template);
  const own = ownRoot ? createOwnQuestions(ownRoot, root.dataset.mine) : null;
  let present = 0;
  let touchedAt = 0;
  let readAt = Date.now();
  let pages = 1;
  let timer = 0;

  function isSeen() {
    return !panel.hidden && document.visibilityState === "visible";
  }

  function showEmpty() {
    empty.hidden = !list.isEmpty();
  }

  async function readPage(page) {
    // Everybody's list comes without cookies, so that a cache can answer.
    const credentials = "crew" in root.dataset ? "same-origin" : "omit";
    const response = await fetch(root.dataset.list + page + ".json", { credentials: credentials });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  async function refresh() {
    readAt = Date.now();
    const told = await readPage(1);
    told.questions.forEach((question) => list.put(question));
    if (Date.now() - touchedAt > STILL_MS) {
      list.order(told.questions.map((question) => question.id));
    }
    if (pages === 1) more.hidden = !told.more;
    showEmpty();
  }

  function pause() {
    const crowd = Math.min(SLOWEST, Math.max(1, present / CROWD));
    return EVERY_MS * crowd * (0.8 + 0.4 * Math.random());
  }

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, pause());
  }

  function look() {
    const done = isSeen() ? refresh().catch(() => null) : Promise.resolve();
    done.then(later);
  }

  /** The list came into view: read it unless it is fresh. */
  function seen() {
    if (!isSeen()) return;
    if (news) news.hidden = true;
    if (Date.now() - readAt > EVERY_MS / 3) look();
  }

  async function readMore() {
    pages += 1;
    try {
      const told = await readPage(pages);
      told.questions.forEach((question) => list.put(question));
      more.hidden = !told.more;
      if (own) markVoted((await own.read()).voted);
    } catch {
      pages -= 1;
    }
  }

  function markVoted(ids) {
    ids.forEach((id) => {
      const item = list.find(id);
      if (item) list.slot(item, "vote").querySelector("button").setAttribute("aria-pressed", "true");
    });
  }

  // --- the log ---
  function asked(event) {
    if (event.data.hidden) return;
    const known = list.find(event.data.id);
    const by = event.by || {};
    const item = list.put(
      Object.assign({ seq: event.seq, at: event.at, name: by.name, votes: known ? undefined : 0 }, event.data)
    );
    if (!known && Date.now() - touchedAt > STILL_MS) list.first(item);
    if (own && by.key === boot.key) {
      list.slot(item, "vote").querySelector("button").disabled = true;
      own.readSoon();
    }
    showEmpty();
  }

  function answered(event) {
    if (!event.data.id) return;
    const by = event.by ? event.by.name : "";
    list.answered(event.data.id, Object.assign({}, event.data, { by: by }));
    if (own && own.has(event.data.id)) {
      own.readSoon();
      toast(root.dataset.textTold, { kind: "ok" });
      if (news) news.hidden = isSeen();
    }
  }

  function removed(event) {
    list.drop(event.data.ref);
    if (own && own.hasEntry(event.data.ref)) own.readSoon();
    showEmpty();
  }

  const FOLLOWED = {
    question: asked,
    answer: answered,
    removed: removed,
  };
  // In step with the picture.
  const SEEN = {
    question_pinned: (event) => list.onScreen(event.data.id),
    question_unpinned: () => list.onScreen(""),
  };

  // --- forms ---
  async function send(form, body) {
    const response = await fetch(form.action, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json" },
      body: body || new FormData(form),
    });
    const told = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(told.title || "");
    return told;
  }

  function complain(error) {
    if (error.message) toast(error.message, { kind: "bad" });
  }

  async function vote(form) {
    touchedAt = Date.now();
    const gate = document.querySelector("[data-sign-in]");
    if (!own) {
      if (gate) gate.click();
      return;
    }
    try {
      const told = await send(form);
      form.querySelector("button").setAttribute("aria-pressed", String(told.voted));
      form.querySelector("[data-question-votes]").textContent = told.votes;
    } catch (error) {
      complain(error);
    }
  }

  async function ask(form) {
    const button = form.querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const body = new FormData(form);
    if (!form.dataset.clientId) form.dataset.clientId = newClientId();
    body.set("client_id", form.dataset.clientId);
    try {
      const told = await send(form, body);
      form.querySelector("textarea").value = "";
      delete form.dataset.clientId;
      own.put(told);
      toast(told.state === "held" ? form.dataset.textHeld : form.dataset.textDone, { kind: "ok" });
    } catch (error) {
      complain(error);
    }
    button.removeAttribute("aria-busy");
  }

  document.addEventListener("room:event", (event) => {
    const follow = FOLLOWED[event.detail.kind];
    if (follow) follow(event.detail);
  });
  document.addEventListener("room:seen", (event) => {
    const follow = SEEN[event.detail.kind];
    if (follow) follow(event.detail);
  });
  document.addEventListener("room:now", (event) => {
    present = event.detail.present;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-question-vote]")) {
      event.preventDefault();
      vote(form);
    } else if (form.matches("[data-ask]")) {
      event.preventDefault();
      ask(form);
    }
  });
  // Another text is another question.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-ask]");
    if (form) delete form.dataset.clientId;
  });
  root.addEventListener("pointerdown", () => {
    touchedAt = Date.now();
  });
  if (tab) new MutationObserver(seen).observe(panel, { attributes: true, attributeFilter: ["hidden"] });
  document.addEventListener("visibilitychange", seen);
  more.addEventListener("click", readMore);
  later();
}

if (root && template) {
  start();
}
