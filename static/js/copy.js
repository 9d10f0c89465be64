// [data-copy="text"] or [data-copy-from="#id"] copies; [data-share] opens the phone's own sharing.
// Both say so with the button's data-text-done.
import { toast } from "./toast.js";

function copyOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.appendChild(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    return copyOldWay(text);
  }
}

async function copyAndTell(button, text) {
  if ((await copy(text)) && button.dataset.textDone) {
    toast(button.dataset.textDone, { kind: "ok" });
  }
}

async function share(button) {
  const url = button.dataset.share || location.href;
  if (!navigator.share) {
    await copyAndTell(button, url);
    return;
  }
  try {
    await navigator.share({ title: document.title, url });
  } catch (error) {
    if (error.name !== "AbortError") {
      await copyAndTell(button, url);
    }
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-share]");
  if (!button) {
    return;
  }
  if (button.dataset.share !== undefined) {
    share(button);
  } else {
    const from = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
    copyAndTell(button, from ? from.value || from.textContent.trim() : button.dataset.copy);
  }
});
