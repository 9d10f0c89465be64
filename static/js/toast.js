// A short line at the bottom of the page that goes by itself, with an optional way back.
import { icon } from "./icon.js";

const ICONS = { ok: "check-circle", bad: "alert", info: "info" };

/**
 * Show `text`. `options.kind` is ok, bad or info; `options.undo` is {label, run}.
 * Stays 5 s, 10 s with an undo, and as long as the pointer or the focus is on it.
 */
export function toast(text, options) {
  const { kind = "info", undo = null } = options || {};
  const region = document.querySelector("[data-toasts]");
  const line = document.createElement("div");
  line.className = "toast toast--" + kind;
  const words = document.createElement("span");
  words.textContent = text;
  line.append(icon(ICONS[kind]), words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-btn";
    button.textContent = undo.label;
    button.addEventListener("click", () => {
      line.remove();
      undo.run();
    });
    line.append(button);
  }
  region.append(line);
  let timer = 0;
  const wait = () => {
    timer = setTimeout(() => line.remove(), undo ? 10000 : 5000);
  };
  const hold = () => clearTimeout(timer);
  line.addEventListener("pointerenter", hold);
  line.addEventListener("focusin", hold);
  line.addEventListener("pointerleave", wait);
  line.addEventListener("focusout", wait);
  wait();
}
