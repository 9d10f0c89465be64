// [data-queue]: j and k move between its [data-queue-item]s, Enter opens the one that has the focus
// (its [data-queue-open], else its first link), x ticks it. Keys typed into a field stay there.
const items = () => Array.from(document.querySelectorAll("[data-queue] [data-queue-item]"));

function isTyping(el) {
  return Boolean(el.closest("input:not([type=checkbox]), textarea, select, [contenteditable]"));
}

function current() {
  return document.activeElement ? document.activeElement.closest("[data-queue-item]") : null;
}

function move(step) {
  const all = items();
  const at = all.indexOf(current());
  const next = all[at === -1 ? 0 : at + step];
  if (next) {
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

function open(item) {
  const link = item.querySelector("[data-queue-open]") || item.querySelector("a[href]");
  if (link) {
    link.click();
  }
}

function tick(item) {
  const box = item.querySelector("input[type=checkbox]");
  if (box) {
    box.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  const item = current();
  if (event.key === "j" || event.key === "k") {
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "Enter" && item && document.activeElement === item) {
    open(item);
  } else if (event.key === "x" && item) {
    tick(item);
  } else {
    return;
  }
  event.preventDefault();
});
