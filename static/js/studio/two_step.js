// details[data-two-step="10"]: its second button acts, for that many seconds; then it closes again.
// Escape and [data-two-step-close] close it; [data-two-step-left] counts down.
const timers = new WeakMap();

function close(step, back) {
  step.open = false;
  if (back) {
    step.querySelector("summary").focus();
  }
}

function tick(step, until) {
  const left = Math.ceil((until - Date.now()) / 1000);
  const place = step.querySelector("[data-two-step-left]");
  place.textContent = place.dataset.text.replace("{n}", Math.max(0, left));
  if (left <= 0 && !step.querySelector("[aria-busy=true]")) {
    close(step, step.contains(document.activeElement));
  }
}

// "toggle" does not bubble.
document.addEventListener(
  "toggle",
  (event) => {
    const step = event.target;
    if (!step.matches("[data-two-step]")) {
      return;
    }
    window.clearInterval(timers.get(step));
    if (step.open) {
      const until = Date.now() + Number(step.dataset.twoStep) * 1000;
      tick(step, until);
      timers.set(step, window.setInterval(tick, 250, step, until));
      step.querySelector("[data-two-step-sure]").focus();
    }
  },
  true
);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-two-step-close]");
  if (button) {
    close(button.closest("[data-two-step]"), true);
  }
});

document.addEventListener("keydown", (event) => {
  const step = event.key === "Escape" && event.target.closest && event.target.closest("[data-two-step][open]");
  if (step) {
    close(step, true);
  }
});
