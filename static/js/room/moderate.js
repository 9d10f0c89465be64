// Moderators: [data-line-more] on a line of the chat opens the sheet #moderate, whose buttons
// remove the message, mute or ban its author; the room log tells every page. Each can be undone.
import { closeSheet, openSheet } from "../sheet.js";
import { toast } from "../toast.js";

const sheet = document.getElementById("moderate");
const form = sheet ? sheet.querySelector("[data-moderate]") : null;
let line = null;
let pressed = null;

function address(act) {
  return form.action.replace(/[a-z-]+\/$/, act + "/");
}

/** Press one of the studio's buttons; what it answers, or null when it was refused. */
async function press(act, values) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  Object.keys(values).forEach((name) => body.set(name, values[name]));
  const response = await fetch(address(act), {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    body,
  }).catch(() => null);
  const told = response ? await response.json().catch(() => ({})) : {};
  if (response && response.ok) {
    return told;
  }
  toast(told.title || form.dataset.textFailed, { kind: "bad" });
  return null;
}

function offerUndo(text, act, values) {
  const run = async () => {
    if (await press(act, values)) {
      toast(form.dataset.textUndone, { kind: "ok" });
    }
  };
  toast(text, { kind: "ok", undo: { label: form.dataset.textUndo, run } });
}

function part(name) {
  const found = line.querySelector("[data-line-" + name + "]");
  return found ? found.textContent.trim() : "";
}

function open(target) {
  line = target;
  sheet.querySelector("[data-moderate-name]").textContent = part("name");
  sheet.querySelector("[data-moderate-text]").textContent = part("text");
  const history = sheet.querySelector("[data-moderate-history]");
  history.href = history.dataset.address.replace("00000000-0000-0000-0000-000000000000", line.dataset.id);
  history.parentElement.hidden = !line.dataset.id;
  openSheet(sheet);
}

async function act() {
  const reason = form.elements.words.value.trim() || form.elements.usual.value;
  const seq = line.dataset.seq;
  const shown = line;
  if (pressed.name === "measure") {
    const told = await press("sanction", { seq, reason, measure: pressed.value });
    if (told) {
      offerUndo(form.dataset.textSanctioned, "lift", { sanction: told.sanction });
    }
    return Boolean(told);
  }
  const told = await press("remove", { seq, reason });
  if (told) {
    shown.remove();
    offerUndo(form.dataset.textRemoved, "show-again", { seq });
  }
  return Boolean(told);
}

if (form) {
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-line-more]");
    const target = more && more.closest("[data-seq]");
    if (target && target.dataset.seq && !(event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      open(target);
    }
    pressed = event.target.closest("button") || pressed;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = pressed && pressed.form === form ? pressed : form.querySelector("[name=act]");
    pressed = button;
    if (button.getAttribute("aria-busy") === "true") {
      return;
    }
    button.setAttribute("aria-busy", "true");
    const done = await act();
    button.removeAttribute("aria-busy");
    if (done) {
      form.elements.words.value = "";
      closeSheet(sheet);
    }
  });
}
