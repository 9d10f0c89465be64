// .filedrop[data-filedrop]: shows the chosen file's name and that something may be dropped.
document.querySelectorAll("[data-filedrop]").forEach((drop) => {
  const input = drop.querySelector("input[type=file]");
  const name = drop.querySelector(".filedrop__name");
  const empty = name.textContent;
  input.addEventListener("change", () => {
    const names = Array.from(input.files).map((file) => file.name);
    name.textContent = names.join(", ") || empty;
  });
  ["dragenter", "dragover"].forEach((type) => {
    drop.addEventListener(type, () => drop.classList.add("is-over"));
  });
  ["dragleave", "drop"].forEach((type) => {
    drop.addEventListener(type, () => drop.classList.remove("is-over"));
  });
});
