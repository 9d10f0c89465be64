// [data-apply-now]: the big button applies for what is being presented; without a card it opens
// the list of vacancies (see open_tab.js).
document.querySelectorAll("[data-apply-now]").forEach((button) => {
  button.addEventListener("click", (event) => {
    const card = document.querySelector("[data-pin]:not([hidden]) [data-intent]");
    if (card) {
      event.preventDefault();
      event.stopPropagation();
      card.click();
    }
  });
});
