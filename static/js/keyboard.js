// Live room on phones: the on-screen keyboard never covers the composer. Marks .live with
// is-typing while [data-composer] has the focus and keeps --keyboard at the covered height.
const room = document.querySelector(".live");
const viewport = window.visualViewport;

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
    viewport.addEventListener("scroll", measure);
  }
}
