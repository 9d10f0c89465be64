// [data-since="ISO time"] shows how long ago that was, as 00:32:10.
function two(number) {
  return String(number).padStart(2, "0");
}

window.setInterval(() => {
  document.querySelectorAll("[data-since]").forEach((element) => {
    const seconds = Math.max(0, Math.floor((Date.now() - new Date(element.dataset.since)) / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    element.textContent = parts.map(two).join(":");
  });
}, 1000);
