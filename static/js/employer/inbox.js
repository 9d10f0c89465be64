// The employer's inbox: applications arrive without reloading, and keys work through the list.
// [data-inbox] with data-url of the list; the list says by its data-stamp what it knows, and the
// server answers 204 while nothing has changed. Looks every 4 s while the page is visible.
import { follow } from "./follow.js";

const EVERY_MS = 4000;
const SLOWEST_MS = 60000;

const inbox = document.querySelector("[data-inbox]");
const list = inbox.querySelector("[data-inbox-list]");
const told = document.querySelector("[data-inbox-told]");
const title = document.title;

function rows() {
  return list.querySelector("[data-inbox-rows]");
}

function showCount() {
  const waiting = Number(rows().dataset.waiting);
  document.title = waiting ? "(" + waiting + ") " + title : title;
  const badge = document.querySelector("[data-inbox-count]");
  badge.textContent = waiting;
  badge.hidden = !waiting;
  return waiting;
}

function ids() {
  return Array.from(list.querySelectorAll("[data-inbox-item]"), (item) => item.dataset.inboxItem);
}

/** Put the new list in the old one's place, keeping the scroll position and the focus. */
function replace(html) {
  const known = ids();
  const before = Number(rows().dataset.waiting);
  const focused = document.activeElement && document.activeElement.dataset.inboxItem;
  const top = list.scrollTop;
  const page = new DOMParser().parseFromString(html, "text/html");
  list.replaceChild(document.adoptNode(page.querySelector("[data-inbox-rows]")), rows());
  list.scrollTop = top;
  if (focused) {
    const item = list.querySelector('[data-inbox-item="' + focused + '"]');
    if (item) {
      item.focus();
    }
  }
  if (showCount() > before) {
    told.textContent = inbox.dataset.textNew;
  }
  ids().forEach((id) => {
    if (known.indexOf(id) < 0) {
      list.querySelector('[data-inbox-item="' + id + '"]').classList.add("is-arriving");
    }
  });
}

function address() {
  const query = new URLSearchParams({
    stamp: rows().dataset.stamp,
    box: rows().dataset.box,
    current: inbox.dataset.current,
  });
  return inbox.dataset.url + "?" + query;
}

// --- keys: j next, k previous, a accept, d decline -----------------------------------------------
function go(step) {
  const all = ids();
  const at = all.indexOf(inbox.dataset.current);
  const next = at < 0 ? 0 : at + step;
  if (next >= 0 && next < all.length) {
    list.querySelector('[data-inbox-item="' + all[next] + '"]').click();
  }
}

function openDecline() {
  const box = document.querySelector("[data-decline]");
  if (box) {
    box.open = true;
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("input[type=radio]").focus();
  }
}

function accept() {
  const form = document.querySelector("[data-accept]");
  if (form) {
    form.querySelector("button").click();
  }
}

const KEYS = { j: () => go(1), k: () => go(-1), a: accept, d: openDecline };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || !KEYS[event.key]) {
    return;
  }
  event.preventDefault();
  KEYS[event.key]();
});

showCount();
follow({ address, take: replace, everyMs: EVERY_MS, slowestMs: SLOWEST_MS });
