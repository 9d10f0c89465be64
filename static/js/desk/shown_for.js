// [data-shown-for="name=value"]: shown only while its form's field says so. What is hidden keeps its
// value; the server knows when it means nothing.
document.querySelectorAll("[data-shown-for]").forEach((part) => {
  const [name, value] = part.dataset.shownFor.split("=");
  const field = part.closest("form").elements[name];

  function follow() {
    part.hidden = field.value !== value;
  }

  field.addEventListener("change", follow);
  window.addEventListener("pageshow", follow);
  follow();
});
