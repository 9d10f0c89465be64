// The employer's questions: new ones arrive without reloading. [data-questions-inbox] with data-url
// of the list; the server answers 204 while nothing has changed. An answer that is being written
// is never touched: the list then waits, and only the count and the notice follow.
const EVERY_MS = 10000;
const SLOWEST_MS = 120000;

const inbox = document.querySelector("[data-questions-inbox]");
const told = document.querySelector("[data-questions-told]");
const title = document.title;
let wait = EVERY_MS;
let timer = 0;

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

async function look() {
  try {
    const address = inbox.dataset.url + "&stamp=" + encodeURIComponent(rows().dataset.stamp);
    const response = await fetch(address, { credentials: "same-origin" });
    if (response.redirected || response.status === 404) {
      return; // signed out, or no longer a member: stop looking
    }
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    if (response.status === 200) {
      take(await response.text());
    }
    wait = EVERY_MS;
  } catch {
    wait = Math.min(wait * 2, SLOWEST_MS);
  }
  later();
}

function later() {
  clearTimeout(timer);
  if (!document.hidden) {
    timer = setTimeout(look, wait);
  }
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) {
    look();
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) {
    event.target.form.submit();
  }
});
later();
