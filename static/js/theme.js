// Theme and text size: [data-choice="theme|type"] holds buttons with data-value ("" = default).
const root = document.documentElement;

function show(group) {
  const chosen = root.getAttribute("data-" + group.dataset.choice) || "";
  group.querySelectorAll("[data-value]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.value === chosen));
  });
}

function choose(name, value) {
  try {
    localStorage.setItem("jobfair." + name, value);
  } catch (error) {
    /* Kept for this page only. */
  }
  if (value) {
    root.setAttribute("data-" + name, value);
  } else {
    root.removeAttribute("data-" + name);
  }
}

document.querySelectorAll("[data-choice]").forEach((group) => {
  show(group);
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-value]");
    if (button) {
      choose(group.dataset.choice, button.dataset.value);
      show(group);
    }
  });
});
