// form[data-filters]: leaves empty choices out of the address.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filters], .finder")) {
    return;
  }
  Array.from(event.target.elements).forEach((field) => {
    if (field.name && field.value === "") {
      field.disabled = true;
    }
  });
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-filters] [disabled], .finder [disabled]").forEach((field) => {
    field.disabled = false;
  });
});
