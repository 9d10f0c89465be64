// [data-open-tab="id"] shows that tab and moves the focus to its first field.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open-tab]");
  if (!link || event.defaultPrevented) {
    return;
  }
  event.preventDefault();
  const tab = document.getElementById(link.dataset.openTab);
  tab.click();
  const panel = document.getElementById(tab.getAttribute("aria-controls"));
  const field = panel.querySelector("textarea, input:not([type=hidden])");
  (field || tab).focus();
});

// After a form without scripts the address names the panel it was sent from.
const named = window.location.hash.slice(1);
const tab = named && document.querySelector('[role=tab][aria-controls="' + CSS.escape(named) + '"]');
if (tab && tab.offsetParent) {
  tab.click();
}
