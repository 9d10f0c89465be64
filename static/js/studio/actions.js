// form[data-act] is sent without leaving the page, once per press; afterwards, and when the room
// log says that something changed, the page's [data-region] parts are read again.
import { toast } from "../toast.js";

const CHANGES = ["pinned", "unpinned", "question_pinned", "question_unpinned", "on_air", "off_air",
  "mode", "question", "answer", "removed", "sanction", "message"];
const SETTLE_MS = 400;

let timer = 0;
let address = window.location.href;

function busyWith(region) {
  return region.contains(document.activeElement) && document.activeElement.matches("input, textarea");
}

async function refresh() {
  const response = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!response || !response.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.querySelectorAll("[data-region]").forEach((region) => {
    const fresh = page.getElementById(region.id);
    if (fresh && !busyWith(region) && !region.querySelector("details[open]")) {
      region.textContent = "";
      Array.from(fresh.childNodes).forEach((node) => {
        region.appendChild(document.importNode(node, true));
      });
    }
  });
  // Forms outside the regions get fresh tokens, so that the next press counts.
  const fresh = page.querySelector("[data-act] [name=token]");
  document.querySelectorAll("[data-act] [name=token]").forEach((field) => {
    field.value = fresh ? fresh.value : "";
  });
}

function refreshSoon() {
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, SETTLE_MS);
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
    if (told.title) {
      toast(told.title, { kind: "bad" });
    }
    return;
  }
  const menu = form.closest("details[open]");
  if (menu) {
    menu.open = false;
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
  if (CHANGES.indexOf(event.detail.kind) >= 0) {
    refreshSoon();
  }
});
