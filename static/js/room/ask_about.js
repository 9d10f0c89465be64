// [data-ask-about]: the vacancies on the screen come first among those one can ask about.
const select = document.querySelector("[data-ask-about]");

function optionOf(card) {
  const known = select.querySelector('option[value="' + CSS.escape(card.id) + '"]');
  const option = known || document.createElement("option");
  option.value = card.id;
  option.textContent = card.title + " · " + card.employer.name;
  return option;
}

if (select) {
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
    select.value = chosen;
  });
}
