// [data-tabs]: role=tab buttons with aria-controls; arrow keys move, Home and End jump.
// Panels without a chosen tab are hidden; "tab:shown" bubbles from the panel.
function select(tabs, chosen, focus) {
  tabs.forEach((tab) => {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    panel.hidden = !on;
    if (on) {
      panel.dispatchEvent(new CustomEvent("tab:shown", { bubbles: true }));
    }
  });
  if (focus) {
    chosen.focus();
  }
}

function step(key, index, count) {
  switch (key) {
    case "ArrowRight":
      return (index + 1) % count;
    case "ArrowLeft":
      return (index + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return -1;
  }
}

document.querySelectorAll("[data-tabs]").forEach((list) => {
  const tabs = Array.from(list.querySelectorAll("[role=tab]"));
  const current = tabs.find((tab) => tab.getAttribute("aria-selected") === "true") || tabs[0];
  select(tabs, current, false);
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) {
      select(tabs, tab, false);
    }
  });
  list.addEventListener("keydown", (event) => {
    const next = step(event.key, tabs.indexOf(document.activeElement), tabs.length);
    if (next >= 0) {
      event.preventDefault();
      select(tabs, tabs[next], true);
    }
  });
});
