// Sheets: dialog.sheet opened by [data-sheet-open="#id"], closed by [data-sheet-close], Escape or
// a tap beside it. iOS 13 has no <dialog>: there the same element is shown with a trapped focus.
const native = typeof HTMLDialogElement === "function";
const focusable = "a[href], button:not([disabled]), input:not([type=hidden]), select, textarea";
let opener = null;

function lock(locked) {
  document.documentElement.classList.toggle("sheet-open", locked);
}

function closed(sheet) {
  lock(false);
  sheet.dispatchEvent(new CustomEvent("sheet:closed", { bubbles: true }));
  if (opener && document.contains(opener)) {
    opener.focus();
  }
  opener = null;
}

/** Open a dialog.sheet; its close gives the focus back to where it was. */
export function openSheet(sheet) {
  if (sheet.hasAttribute("open")) {
    return;
  }
  opener = document.activeElement;
  lock(true);
  if (native) {
    sheet.showModal();
  } else {
    sheet.classList.add("sheet--fallback");
    sheet.setAttribute("open", "");
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
  }
  const body = sheet.querySelector(".sheet__body") || sheet;
  const first =
    sheet.querySelector("[autofocus]") ||
    body.querySelector(focusable) ||
    sheet.querySelector(focusable);
  if (first) {
    first.focus();
  }
}

export function closeSheet(sheet) {
  if (native) {
    sheet.close();
  } else if (sheet.hasAttribute("open")) {
    sheet.removeAttribute("open");
    closed(sheet);
  }
}

function trap(sheet, event) {
  const stops = Array.from(sheet.querySelectorAll(focusable)).filter((el) => el.offsetParent);
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-sheet-open]");
  if (open) {
    event.preventDefault();
    openSheet(document.querySelector(open.dataset.sheetOpen));
    return;
  }
  const sheet = event.target.closest("dialog.sheet");
  if (sheet && (event.target === sheet || event.target.closest("[data-sheet-close]"))) {
    closeSheet(sheet);
  }
});

document.addEventListener("keydown", (event) => {
  const sheet = native ? null : document.querySelector("dialog.sheet[open]");
  if (sheet && event.key === "Escape") {
    closeSheet(sheet);
  } else if (sheet && event.key === "Tab") {
    trap(sheet, event);
  }
});

// "close" does not bubble.
document.addEventListener(
  "close",
  (event) => {
    if (event.target.matches("dialog.sheet")) {
      closed(event.target);
    }
  },
  true,
);
