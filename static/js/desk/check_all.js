// input[data-check-all="name"]: ticks every checkbox of that name on the page, and follows them.
document.querySelectorAll("[data-check-all]").forEach((all) => {
  const boxes = () =>
    Array.from(document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAll}"]`));
  const follow = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    boxes().forEach((box) => {
      box.checked = all.checked;
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === all.dataset.checkAll) {
      follow();
    }
  });
  window.addEventListener("pageshow", follow);
});
