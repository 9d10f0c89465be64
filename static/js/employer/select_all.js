// [data-select-all] ticks every checkbox of its [data-select-all-scope].
document.querySelectorAll("[data-select-all]").forEach((all) => {
  const scope = all.closest("[data-select-all-scope]");
  const others = () =>
    Array.from(scope.querySelectorAll("input[type=checkbox]")).filter((box) => box !== all);
  all.addEventListener("change", () => {
    others().forEach((box) => {
      box.checked = all.checked;
    });
  });
  scope.addEventListener("change", () => {
    const boxes = others();
    all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
  });
});
