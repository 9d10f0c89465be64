// form[data-act] is sent without leaving the page, once per press; afterwards, soon after the room
// log says that something changed, and every few seconds (colleagues reorder, takes come and go),
// the page's [data-region] parts are read again. What did not change stays, and so does the focus.
import { toast } from "../toast.js";

const CHANGES = ["pinned", "unpinned", "question_pinned", "question_unpinned", "on_air", "off_air",
  "mode", "question", "answer", "removed", "sanction"];
const SETTLE_MS = 400;
const LOOK_MS = 5000;
const SECRETS = /(name="(?:token|csrfmiddlewaretoken)" value=")[^"]*/g;
const FOCUSABLE = "a, button, input, select, textarea, summary";

const shown = new WeakMap();
document.querySelectorAll("[data-region]").forEach((region) => {
  shown.set(region, region.innerHTML.replace(SECRETS, "$1"));
});

let timer = 0;
let reading = null; // under way
let next = null; // waits for it: it may be too old
let address = window.location.href;

function isBusy(region) {
  const active = document.activeElement;
  const writes = region.contains(active) && active.matches("input, textarea, select");
  return writes || region.querySelector("details[open]") !== null;
}

/** What stays the same of a control when its part of the page is read again: what it does, to what. */
function nameOf(control) {
  const row = control.closest("[data-step]");
  const form = control.closest("form");
  const fields = form ? Array.from(form.querySelectorAll("[name=item], [name=question], [name=seq]")) : [];
  const does = [
    control.tagName,
    form ? form.getAttribute("action") : control.getAttribute("href") || "",
    form ? "" : control.textContent.trim(),
  ].join("|");
  const to = [row ? row.dataset.step : "", fields.map((field) => field.value).join()].join("|");
  return { does: does, to: to };
}

/** The same control; or the only one that does the same, as 下一项 does to the step after. */
function keepFocus(region, name) {
  const alike = Array.from(region.querySelectorAll(FOCUSABLE)).filter(
    (one) => nameOf(one).does === name.does
  );
  const same = alike.find((one) => nameOf(one).to === name.to) || (alike.length === 1 && alike[0]);
  if (same) {
    same.focus();
  } else {
    region.tabIndex = -1;
    region.focus({ preventScroll: true });
  }
}

function replace(region, fresh) {
  const source = fresh.innerHTML.replace(SECRETS, "$1");
  if (shown.get(region) === source || isBusy(region)) {
    return;
  }
  shown.set(region, source);
  const active = document.activeElement;
  const name = region.contains(active) && active !== region ? nameOf(active) : null;
  region.className = fresh.className;
  region.textContent = "";
  Array.from(fresh.childNodes).forEach((node) => {
    region.appendChild(document.importNode(node, true));
  });
  if (name !== null) {
    keepFocus(region, name);
  }
}

async function read() {
  const response = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!response || !response.ok || response.redirected) {
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.querySelectorAll("[data-region]").forEach((region) => {
    const fresh = page.getElementById(region.id);
    if (fresh) {
      replace(region, fresh);
    }
  });
  // Every form gets a fresh token, so that the next press counts.
  const fresh = page.querySelector("[data-act] [name=token]");
  document.querySelectorAll("[data-act] [name=token]").forEach((field) => {
    field.value = fresh ? fresh.value : "";
  });
}

/** Read the page again, after a reading under way; whoever asks meanwhile shares the next one. */
function refresh() {
  if (!reading) {
    reading = read()
      .catch(() => null)
      .then(() => {
        reading = null;
      });
    return reading;
  }
  if (!next) {
    next = reading.then(() => {
      next = null;
      return refresh();
    });
  }
  return next;
}

/** What comes within a moment is read at once; more of it does not put the reading off. */
function refreshSoon() {
  if (!timer) {
    timer = window.setTimeout(() => {
      timer = 0;
      refresh();
    }, SETTLE_MS);
  }
}

window.setInterval(() => {
  if (!reading && document.visibilityState === "visible") {
    refresh();
  }
}, LOOK_MS);

function closeAround(form) {
  let around = form.closest("details[open]");
  while (around && around.closest("[data-region]")) {
    around.open = false;
    around = around.parentNode.closest("details[open]");
  }
}

async function send(form) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") {
    return;
  }
  button.setAttribute("aria-busy", "true");
  const response = await fetch(form.action, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    body: new FormData(form),
  }).catch(() => null);
  button.removeAttribute("aria-busy");
  const told = response ? await response.json().catch(() => ({})) : {};
  if (!response || !response.ok) {
    toast(told.title || document.querySelector("[data-studio]").dataset.textFailed, { kind: "bad" });
    refreshSoon(); // a colleague was first, perhaps
    return;
  }
  if (told.go) {
    window.location.assign(told.go);
    return;
  }
  const summary = form.closest("details") && form.closest("details").querySelector("summary");
  const hadFocus = form.contains(document.activeElement);
  closeAround(form);
  if (summary && hadFocus) {
    summary.focus();
  }
  if ("reset" in form.dataset) {
    form.reset();
  }
  await refresh();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-pin-search]")) {
    event.preventDefault();
    const query = new URLSearchParams(new FormData(form)).toString();
    address = window.location.pathname + "?" + query;
    refresh();
  } else if (form.matches("[data-act]") && !event.defaultPrevented) {
    event.preventDefault();
    send(form);
  }
});

// a[data-studio-view] shows a part of the page in another order without leaving it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-studio-view]");
  if (link) {
    event.preventDefault();
    address = link.href;
    refresh();
  }
});

document.addEventListener("room:event", (event) => {
  const entry = event.detail;
  // What is said in the chat stands in no region, but for what waits for a moderator.
  if (CHANGES.indexOf(entry.kind) >= 0 || (entry.kind === "message" && entry.data.hidden)) {
    refreshSoon();
  }
});
