/**
 * The chat list and its composer. Keeps the place of somebody who reads back, shows their own
 * message at once and marks what became of it.
 *
 * Hooks: [data-chat] with [data-chat-list], template[data-chat-line], [data-chat-more],
 * form[data-chat-form]; in a line [data-line-name], -role, -text, -time, -note.
 */

import { createComposer } from "./composer.js";

const MOST_LINES = 400;
const NEAR_BOTTOM_PX = 48;
const KINDS = ["message", "question", "answer", "notice"];

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, function (whole, name) {
    return name in values ? values[name] : whole;
  });
}

/**
 * @param {Element} root the [data-chat] element
 * @param {object} boot the page's data
 * @param {{post: Function, retry: Function}} outbox
 */
export function createChat(root, boot, outbox) {
  const strings = boot.strings;
  const list = root.querySelector("[data-chat-list]");
  const template = root.querySelector("template[data-chat-line]");
  const more = root.querySelector("[data-chat-more]");
  const form = root.querySelector("form[data-chat-form]");
  const composer = form ? createComposer(form, outbox.post, makeRoom) : null;
  const clock = new Intl.DateTimeFormat(document.documentElement.lang || "zh", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: "Asia/Shanghai",
  });
  const pending = new Map();
  const ownSeqs = new Set();
  let unread = 0;

  function slot(line, name) {
    return line.querySelector("[data-line-" + name + "]");
  }

  function write(line, name, text) {
    const element = slot(line, name);
    if (!element) return;
    element.textContent = text;
    element.hidden = text === "";
  }

  function atBottom() {
    return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_BOTTOM_PX;
  }

  function toBottom() {
    list.scrollTop = list.scrollHeight;
    unread = 0;
    if (more) more.hidden = true;
  }

  /** The composer's hint lies over the end of the list. */
  function makeRoom(hinted) {
    const follow = atBottom();
    root.toggleAttribute("data-hinted", hinted);
    if (follow) toBottom();
  }

  function trim() {
    while (list.children.length > MOST_LINES) list.firstElementChild.remove();
  }

  function add(line, own) {
    const follow = own || atBottom();
    list.appendChild(line);
    if (follow) {
      trim();
      toBottom();
    } else {
      unread += 1;
      if (more) {
        more.textContent = fill(strings.newMessages, { count: unread });
        more.hidden = false;
      }
    }
  }

  function newLine(kind, by, text, at) {
    const line = template.content.firstElementChild.cloneNode(true);
    line.dataset.kind = kind;
    line.dataset.role = by.role || "";
    write(line, "name", by.name || "");
    write(line, "role", strings.kinds[kind] || strings.roles[by.role] || "");
    write(line, "text", text);
    write(line, "time", at ? clock.format(new Date(at)) : "");
    write(line, "note", "");
    return line;
  }

  function lineOf(seq) {
    return list.querySelector('[data-seq="' + Number(seq) + '"]');
  }

  function own(event) {
    const mine = boot.key !== "" && event.by && event.by.key === boot.key;
    return mine || ownSeqs.has(event.seq);
  }

  /** The line that was shown while this message was on its way, if it is our own. */
  function takePending(event) {
    if (!own(event)) return null;
    const found = Array.from(pending).find(function (pair) {
      return pair[1].seq === event.seq || pair[1].text === event.data.text;
    });
    if (!found) return null;
    pending.delete(found[0]);
    return found[1].line;
  }

  function remove(seq) {
    const line = lineOf(seq);
    if (!line) return;
    if (!line.hasAttribute("data-own") || line.dataset.kind === "answer") {
      line.remove();
      return;
    }
    line.dataset.state = "removed";
    write(line, "note", strings.removedOwn);
    tellWhy(line, seq);
  }

  /** Only its author is told why a message was removed. */
  async function tellWhy(line, seq) {
    if (!root.dataset.mine || line.dataset.kind !== "message") return;
    const address = root.dataset.mine + "?seq=" + Number(seq);
    const headers = { Accept: "application/json" };
    const response = await fetch(address, { credentials: "same-origin", headers: headers }).catch(
      function () {
        return null;
      }
    );
    if (!response || !response.ok) return;
    const told = await response.json();
    if (told.note) write(line, "note", told.note);
  }

  /** What is shown again elsewhere: the line of a message that was removed or held, and those of a
   * question whose answer was taken back. */
  function forgetOld(event) {
    Array.from(list.children).forEach(function (line) {
      const again = event.kind === "question" || line.dataset.state;
      if (line.dataset.id === event.data.id && again) line.remove();
    });
  }

  /** What a line says; an answer quotes its question. */
  function words(event) {
    if (event.kind !== "answer") return event.data.text || "";
    return "“" + event.data.question + "” " + (event.data.text || strings.answeredLive);
  }

  function showEntry(event) {
    if (event.data.hidden) return;
    const waiting = takePending(event);
    if (waiting) waiting.remove();
    if (lineOf(event.seq)) return;
    if (event.kind !== "answer" && event.data.id) forgetOld(event);
    const line = newLine(event.kind, event.by || {}, words(event), event.at);
    line.dataset.seq = event.seq;
    if (event.data.id) line.dataset.id = event.data.id;
    if (own(event)) line.dataset.own = "";
    add(line, Boolean(waiting));
  }

  function offerRetry(line, clientId) {
    const note = slot(line, "note");
    if (!note) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--quiet";
    button.dataset.lineRetry = clientId;
    button.textContent = strings.retry;
    note.append(" ", button);
  }

  /** A message of ours changed state on its way. */
  function showOutgoing(entry) {
    let held = pending.get(entry.clientId);
    if (composer && (entry.state === "sent" || entry.state === "held")) composer.sent();
    if (composer && entry.state === "failed" && composer.takeBack(entry)) {
      if (held) held.line.remove();
      pending.delete(entry.clientId);
      outbox.drop(entry.clientId);
      return;
    }
    if (entry.state === "sent") {
      ownSeqs.add(entry.seq);
      const shown = lineOf(entry.seq);
      if (shown) shown.dataset.own = "";
      if (held && shown) {
        held.line.remove();
        pending.delete(entry.clientId);
      } else if (held) {
        held.seq = entry.seq;
        held.line.dataset.seq = entry.seq; // a fast room may leave it out: then this line stays
        write(held.line, "note", "");
        held.line.dataset.state = "";
      }
      return;
    }
    if (!held) {
      const line = newLine("message", { name: boot.name, role: boot.role }, entry.text, null);
      line.dataset.own = "";
      held = { line: line, text: entry.text, seq: 0 };
      pending.set(entry.clientId, held);
      add(line, true);
    }
    held.line.dataset.state = entry.state;
    if (entry.state === "held") {
      held.seq = entry.seq;
      held.line.dataset.seq = entry.seq;
    }
    const notes = { pending: strings.sending, held: strings.held, failed: entry.note };
    write(held.line, "note", notes[entry.state] || "");
    if (entry.state === "failed") offerRetry(held.line, entry.clientId);
  }

  function listen() {
    list.addEventListener("scroll", function () {
      if (atBottom()) toBottom();
    });
    if (more) more.addEventListener("click", toBottom);
    list.addEventListener("click", function (event) {
      const button = event.target.closest("[data-line-retry]");
      if (button) outbox.retry(button.dataset.lineRetry);
    });
  }

  listen();
  toBottom();
  if (composer && boot.mode) composer.setMode(boot.mode);

  return {
    /** Show an entry of the room log. */
    event: function (event) {
      if (KINDS.indexOf(event.kind) >= 0) showEntry(event);
      else if (event.kind === "removed") remove(event.data.ref);
      else if (event.kind === "mode" && composer) composer.setMode(event.data);
    },
    outgoing: showOutgoing,
  };
}
