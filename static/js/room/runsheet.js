// The run-sheet keeps step with the card: entries of the room log name the step that begins.
const sheet = document.querySelector("[data-runsheet]");

function reveal(step) {
  const left = step.offsetLeft - sheet.offsetLeft - (sheet.clientWidth - step.offsetWidth) / 2;
  sheet.scrollLeft = Math.max(0, left);
}

function begin(id) {
  const next = sheet.querySelector('[data-step="' + CSS.escape(id) + '"]');
  if (!next) {
    return;
  }
  sheet.querySelectorAll(".is-now").forEach((step) => {
    step.classList.remove("is-now");
    step.classList.add("is-done");
    step.removeAttribute("aria-current");
  });
  next.classList.remove("is-done", "is-skipped");
  next.classList.add("is-now");
  next.setAttribute("aria-current", "step");
  reveal(next);
}

if (sheet) {
  const now = sheet.querySelector(".is-now");
  if (now) {
    reveal(now);
  }
  document.addEventListener("room:seen", (event) => {
    const data = event.detail.data;
    if ((event.detail.kind === "pinned" || event.detail.kind === "unpinned") && data.item) {
      begin(data.item);
    }
  });
}
