// Live room on phones: the on-screen keyboard never covers the composer. Marks .live with
// is-typing while [data-composer] has the focus and keeps --keyboard at the covered height.
const room = document.querySelector(".live");
const viewport = window.visualViewport;
/** No keyboard is lower, no browser's bar is higher. */
const KEYBOARD_PX = 120;
let last = viewport ? [viewport.width * viewport.scale, viewport.height * viewport.scale] : null;

/** Android's Back puts the keyboard away and leaves the focus: the room comes back all the same. */
function followKeyboard() {
  const size = [viewport.width * viewport.scale, viewport.height * viewport.scale];
  const gone = size[1] - last[1] > KEYBOARD_PX && Math.abs(size[0] - last[0]) < 2;
  last = size;
  if (gone && room.classList.contains("is-typing")) document.activeElement.blur();
}

function measure() {
  const covered = window.innerHeight - viewport.height - viewport.offsetTop;
  document.documentElement.style.setProperty("--keyboard", Math.max(0, Math.round(covered)) + "px");
}

if (room) {
  room.addEventListener("focusin", (event) => {
    room.classList.toggle("is-typing", Boolean(event.target.closest("[data-composer]")));
  });
  room.addEventListener("focusout", () => room.classList.remove("is-typing"));
  if (viewport) {
    viewport.addEventListener("resize", measure);
    viewport.addEventListener("resize", followKeyboard);
    viewport.addEventListener("scroll", measure);
  }
}
