// Buttons of vacancy cards follow what the person has applied for, also on cards that scripts fill.
const root = document.querySelector("[data-intent-sheet]");
const known = {};
const SIZES = ["btn--small", "btn--block", "btn--big"];

function replaceButtons(vacancy) {
  const template = root.querySelector('template[data-intent-state="' + known[vacancy] + '"]');
  if (!template) {
    return;
  }
  document
    .querySelectorAll('[data-vacancy="' + vacancy + '"] [data-intent]')
    .forEach((button) => {
      const done = template.content.firstElementChild.cloneNode(true);
      SIZES.forEach((size) => done.classList.toggle(size, button.classList.contains(size)));
      button.replaceWith(done);
    });
}

/** Show on every card of `vacancy` that the person has applied ("expressed") or matched. */
export function show(vacancy, state) {
  known[vacancy] = state;
  replaceButtons(vacancy);
}

const block = document.getElementById("intent-states");
if (block) {
  Object.assign(known, JSON.parse(block.textContent));
}
document.addEventListener("room:pin", () => Object.keys(known).forEach(replaceButtons));
