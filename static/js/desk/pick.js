// [data-pick]: a search field [data-pick-find] narrows a long list of checkboxes to what contains
// every word typed; ticked ones always stay in sight.
document.querySelectorAll("[data-pick]").forEach((pick) => {
  const find = pick.querySelector("[data-pick-find]");
  const none = pick.querySelector("[data-pick-none]");
  const labels = Array.from(pick.querySelectorAll(".pick__list label")).filter((label) =>
    label.querySelector("input[type=checkbox]"),
  );
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    labels.forEach((label) => {
      const text = label.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      label.parentElement.hidden = !fits && !label.querySelector("input").checked;
      shown += label.parentElement.hidden ? 0 : 1;
    });
    none.hidden = shown > 0;
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
});
