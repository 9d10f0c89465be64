// form[data-busy]: the button that was pressed shows the wait and a second press does nothing.
// form[data-confirm], button[data-confirm]: asks once with that text before it sends.
let pressed = null;

document.addEventListener("click", (event) => {
  pressed = event.target.closest("button");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button =
    pressed && pressed.form === form
      ? pressed
      : form.querySelector("[type=submit], button:not([type])");
  if (button && button.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  const question = (button && button.dataset.confirm) || form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.dataset.busy === undefined || event.defaultPrevented || !button) {
    return;
  }
  button.setAttribute("aria-busy", "true");
});

// Back from the browser's cache: no button waits any more.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[aria-busy=true]").forEach((el) => el.removeAttribute("aria-busy"));
});
