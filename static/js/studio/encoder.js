// [data-encoder][data-url]: its content, what arrives from the encoder, is read again every two
// seconds while the page is looked at.
import "./since.js";

const EVERY_MS = 2000;

const box = document.querySelector("[data-encoder]");
let shown = "";

async function refresh() {
  const response = await fetch(box.dataset.url, { credentials: "same-origin" }).catch(() => null);
  if (!response || !response.ok) {
    return;
  }
  const text = await response.text();
  if (text === shown) {
    return;
  }
  shown = text;
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  const before = box.querySelector("[data-encoder-state]");
  const after = fresh.querySelector("[data-encoder-state]");
  if (!after) {
    return;
  }
  // The status line stays in place while it says the same, so that it is read out once.
  const keeps = before && before.dataset.state === after.dataset.state;
  const head = keeps ? before.firstElementChild : null;
  const made = document.importNode(after, true);
  if (head) {
    made.replaceChild(head, made.firstElementChild);
  }
  box.textContent = "";
  box.appendChild(made);
}

if (box) {
  window.setInterval(() => {
    if (!document.hidden) {
      refresh();
    }
  }, EVERY_MS);
}
