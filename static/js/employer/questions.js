// The employer's questions: new ones arrive without reloading. [data-questions-inbox] with data-url
// of the list; the server answers 204 while nothing has changed. An answer that is being written
// is never touched: the list then waits, and only the count and the notice follow.
import { follow } from "./follow.js";

const EVERY_MS = 10000;
const SLOWEST_MS = 120000;

const inbox = document.querySelector("[data-questions-inbox]");
const told = document.querySelector("[data-questions-told]");
const title = document.title;

function rows() {
  return inbox.querySelector("[data-questions-rows]");
}

function showCount(waiting) {
  document.title = waiting ? "(" + waiting + ") " + title : title;
  const badge = document.querySelector("[data-questions-count]");
  badge.textContent = waiting;
  badge.hidden = !waiting;
}

function isWriting() {
  const fields = Array.from(inbox.querySelectorAll("textarea"));
  return fields.some((field) => field.value !== "" || field === document.activeElement);
}

function take(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("[data-questions-rows]");
  const before = Number(rows().dataset.waiting);
  const now = Number(fresh.dataset.waiting);
  showCount(now);
  if (now > before) {
    told.textContent = inbox.dataset.textNew;
  }
  if (!isWriting()) {
    inbox.replaceChild(document.adoptNode(fresh), rows());
  } else {
    rows().dataset.waiting = now;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) {
    event.target.form.submit();
  }
});
follow({
  address: () => inbox.dataset.url + "&stamp=" + encodeURIComponent(rows().dataset.stamp),
  take,
  everyMs: EVERY_MS,
  slowestMs: SLOWEST_MS,
});
