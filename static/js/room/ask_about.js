// [data-ask-about]: the vacancies on the screen come first among those one can ask about. Until the
// viewer chose (here or by ?about=) or began to write, the first of them is set where all are of one
// employer: a question about pay then reaches who can answer it.
const select = document.querySelector("[data-ask-about]");

function optionOf(card) {
  const known = select.querySelector('option[value="' + CSS.escape(card.id) + '"]');
  const option = known || document.createElement("option");
  option.value = card.id;
  option.textContent = card.title + " · " + card.employer.name;
  return option;
}

/** The vacancy to begin with: "" is the host. */
function first(cards) {
  const sameName = (card) => card.employer.name === cards[0].employer.name;
  return cards.length && cards.every(sameName) ? cards[0].id : "";
}

if (select) {
  const text = select.form.querySelector("textarea");
  let isChosen = new URLSearchParams(window.location.search).has("about");
  select.addEventListener("change", () => {
    isChosen = true;
  });
  document.addEventListener("room:pin", (event) => {
    const chosen = select.value;
    const old = select.querySelector("optgroup");
    if (old) {
      old.replaceWith(...Array.from(old.children));
    }
    const cards = event.detail ? event.detail.vacancies : [];
    if (cards.length) {
      const group = document.createElement("optgroup");
      group.label = select.dataset.textNow;
      group.append(...cards.map(optionOf));
      select.insertBefore(group, select.children[1] || null);
    }
    select.value = isChosen || text.value ? chosen : first(cards);
  });
}
