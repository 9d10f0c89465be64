// Crew: the small buttons beside a line remove the message or mute its author; the room log tells
// every page.
import { toast } from "../toast.js";

async function send(form, line) {
  const body = new FormData(form);
  body.set("seq", line.dataset.seq);
  const response = await fetch(form.action, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    body,
  }).catch(() => null);
  if (response && response.ok) {
    return "";
  }
  const problem = response ? await response.json().catch(() => ({})) : {};
  return problem.title || "…";
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-line-act]");
  if (!form) {
    return;
  }
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const line = form.closest("[data-seq]");
  const fault = await send(form, line);
  button.disabled = false;
  if (fault) {
    toast(fault, { kind: "bad" });
  } else if (form.dataset.lineAct === "remove") {
    line.remove();
  } else {
    toast(form.dataset.textDone, { kind: "ok" });
  }
});
