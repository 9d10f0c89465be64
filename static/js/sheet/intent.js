// 我要报名: a tap on [data-intent] opens one sheet that holds the same pages as without scripts
// (intents/new/ and on). Forms are sent by fetch and their answer takes the sheet's place.
import { closeSheet, openSheet } from "../sheet.js";
import { enhanceSignIn } from "../sign_in.js";
import { firstTap, forgetTap } from "./origin.js";
import { show } from "./states.js";

const TIMEOUT_MS = 20000;
const root = document.querySelector("[data-intent-sheet]");
const sheet = document.getElementById("intent-sheet");
const body = sheet.querySelector("[data-intent-body]");
const title = document.getElementById("intent-sheet-title");
const text = root.dataset;
let inHistory = false;
let person = null;
let signedIn = false;
let recorded = false;
let vacancy = "";
let round = 0;

function fill(...nodes) {
  body.textContent = "";
  body.append(...nodes);
}

function line(className, role, words) {
  const box = document.createElement("div");
  box.className = className;
  box.setAttribute("role", role);
  const paragraph = document.createElement("p");
  paragraph.textContent = words;
  box.append(paragraph);
  return box;
}

function adopt(flow) {
  title.textContent = flow.dataset.title;
  if (person !== null && flow.dataset.person && flow.dataset.person !== person) {
    signedIn = true;
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => {
      input.value = flow.dataset.csrf;
    });
    document.dispatchEvent(new CustomEvent("account:signed-in", { detail: flow.dataset }));
  }
  person = flow.dataset.person;
  fill(flow);
  enhanceSignIn(flow);
  const result = flow.querySelector("[data-intent-result]");
  if (result) {
    recorded = true;
    forgetTap(result.dataset.intentResult);
    show(result.dataset.intentResult, result.dataset.state);
  }
  const focus =
    flow.querySelector("[aria-invalid=true]") || flow.querySelector("[autofocus]") || title;
  focus.focus();
}

/** Load `url` into the sheet. Resolves to false when there was no answer. */
async function load(url, options) {
  const mine = ++round;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const answer = await fetch(url, {
      headers: { "X-Sheet": "1" },
      credentials: "same-origin",
      signal: stop.signal,
      ...options,
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const flow = page.querySelector("[data-intent-flow]");
    if (mine !== round) {
      return true;
    }
    if (!flow && answer.status >= 500) {
      return false;
    }
    if (flow) {
      adopt(document.importNode(flow, true));
    } else {
      window.location.assign(answer.url); // a second factor, or signed out meanwhile
    }
    return true;
  } catch {
    return mine !== round;
  } finally {
    clearTimeout(timer);
  }
}

async function start(url) {
  fill(line("skeleton-line muted", "status", text.textWait));
  if (await load(url)) {
    return;
  }
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn btn--block";
  again.textContent = text.textRetry;
  again.addEventListener("click", () => start(url));
  fill(line("notice notice--bad", "alert", text.textOffline), again);
}

function addressOf(button) {
  const card = button.closest("[data-vacancy]");
  const given = new URL(button.href, window.location.href);
  vacancy = (card && card.dataset.vacancy) || given.searchParams.get("vacancy");
  const session = text.session || given.searchParams.get("session") || "";
  const tap = firstTap(vacancy, session);
  const query = new URLSearchParams({ vacancy });
  Object.keys(tap).forEach((name) => {
    if (tap[name]) {
      query.set(name, tap[name]);
    }
  });
  return text.url + "?" + query;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("a[data-intent]");
  if (!button || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey) {
    return;
  }
  event.preventDefault();
  if (sheet.hasAttribute("open")) {
    return; // a double tap
  }
  const url = addressOf(button);
  openSheet(sheet);
  window.history.pushState({ sheet: "intent" }, "");
  inHistory = true;
  start(url);
});

body.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-intent-link]");
  if (link) {
    event.preventDefault();
    start(link.href);
  }
});

body.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  event.stopPropagation();
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-busy") === "true") {
    return;
  }
  button.setAttribute("aria-busy", "true");
  const old = body.querySelector("[data-intent-offline]");
  if (old) {
    old.remove();
  }
  const arrived = await load(form.action, { method: "POST", body: new FormData(form) });
  button.removeAttribute("aria-busy");
  if (!arrived) {
    const notice = line("notice notice--bad", "alert", text.textOffline);
    notice.setAttribute("data-intent-offline", "");
    form.prepend(notice);
  }
});

sheet.addEventListener("sheet:closed", () => {
  round += 1;
  if (inHistory) {
    inHistory = false;
    window.history.back();
  }
  if (document.activeElement === document.body) {
    const all = document.querySelectorAll('[data-vacancy="' + vacancy + '"] [data-intent-done]');
    const shown = Array.from(all).find((done) => done.getClientRects().length);
    if (shown) {
      shown.focus();
    }
  }
  const changed = signedIn || (recorded && document.querySelector("[data-intent-list]"));
  if (changed && !document.querySelector("[data-room]")) {
    setTimeout(() => window.location.reload(), 60); // after history.back()
  }
});

// Back closes the sheet and leaves the page where it was.
window.addEventListener("popstate", () => {
  if (inHistory) {
    inHistory = false;
    closeSheet(sheet);
  }
});
