// [data-source-form]: shows only the fields that belong to the chosen source of the picture
// ([data-sources="hosted …"]). What is hidden keeps its value, so that nothing typed is lost.
const form = document.querySelector("[data-source-form]");
const groups = Array.from(form.querySelectorAll("[data-sources]"));

function follow() {
  const chosen = form.querySelector("input[name=video_source]:checked");
  groups.forEach((group) => {
    const isMeant = chosen && group.dataset.sources.split(" ").indexOf(chosen.value) >= 0;
    const isWrong = Boolean(group.querySelector(".field__error"));
    group.hidden = !isMeant && !isWrong;
  });
}

form.querySelectorAll("[data-no-script]").forEach((node) => {
  node.hidden = true;
});
form.addEventListener("change", follow);
window.addEventListener("pageshow", follow);
follow();
