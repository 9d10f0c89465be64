// [data-live-queue]: decides without leaving the page, and follows what others do. New items come
// at the end, decided ones leave: the place one reads at stays. Never while one types in an item.
import { toast } from "../toast.js";

const EVERY_MS = 5000;
const root = document.querySelector("[data-live-queue]");
const list = root.querySelector("[data-live-list]");
const empty = root.querySelector("[data-live-empty]");
const bulk = root.querySelector("[data-decide-many]");
const more = root.querySelector("[data-live-more]");
const held = new URLSearchParams(window.location.search).get("status");
const oldestFirst = held === null || held === "held";
let pressed = null;

const items = (where) => Array.from(where.querySelectorAll("[data-live-item]"));

function isBusy(item) {
  const field = item.querySelector("input[type=text]:focus, select:focus");
  return Boolean(field) || Boolean(item.querySelector("input[type=checkbox]:checked"));
}

function showEmpty() {
  const some = items(list).length > 0;
  empty.hidden = some;
  if (bulk) {
    bulk.hidden = !some;
  }
}

/** Take an item away; the focus, if it was there, goes to its neighbour. */
function leave(item) {
  const next = item.nextElementSibling || item.previousElementSibling;
  const focused = item.contains(document.activeElement);
  item.remove();
  if (focused && next) {
    next.focus();
  }
  showEmpty();
}

async function refresh() {
  if (document.visibilityState === "hidden") {
    return;
  }
  const address = window.location.href;
  const response = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!response || !response.ok || response.redirected) {
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = items(page);
  const there = new Set(fresh.map((item) => item.id));
  items(list).forEach((item) => {
    if (!there.has(item.id) && !isBusy(item) && oldestFirst) {
      leave(item);
    }
  });
  const unseen = fresh.filter((item) => !document.getElementById(item.id));
  if (oldestFirst) {
    unseen.forEach((item) => list.appendChild(document.importNode(item, true)));
  } else if (unseen.length) {
    more.textContent = root.dataset.textNew.replace("{count}", String(unseen.length));
    more.hidden = false;
  }
  showEmpty();
}

async function decide(form, button) {
  const body = new FormData(form);
  body.set(button.name, button.value);
  const response = await fetch(form.action, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    body,
  }).catch(() => null);
  const told = response ? await response.json().catch(() => ({})) : {};
  button.removeAttribute("aria-busy");
  if (!response || !response.ok) {
    toast(told.title || "…", { kind: "bad" });
    return false;
  }
  toast(told.done, { kind: "ok" });
  return true;
}

document.addEventListener("click", (event) => {
  pressed = event.target.closest("button");
});

root.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = pressed && pressed.form === form ? pressed : form.querySelector("[type=submit]");
  if (event.defaultPrevented || !button) {
    return;
  }
  event.preventDefault();
  if (!(await decide(form, button))) {
    return;
  }
  if (form.matches("[data-decide-one]")) {
    leave(form.closest("[data-live-item]"));
  } else {
    items(list)
      .filter((item) => item.querySelector("input[type=checkbox]:checked"))
      .forEach(leave);
    form.querySelectorAll("[data-check-all]").forEach((all) => {
      all.checked = false;
      all.indeterminate = false;
    });
    form.querySelectorAll("details[open]").forEach((part) => {
      part.open = false;
    });
  }
  await refresh();
});

window.setInterval(refresh, EVERY_MS);
