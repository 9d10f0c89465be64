// The question on the screen, [data-asked]: follows the room log in step with the picture; what is
// removed goes at once.
const root = document.querySelector("[data-asked]");

function show(data) {
  root.dataset.seq = data.seq;
  root.querySelector("[data-asked-text]").textContent = data.text;
  root.querySelector("[data-asked-name]").textContent = data.name || "";
  root.hidden = false;
}

if (root) {
  document.addEventListener("room:seen", (event) => {
    const entry = event.detail;
    if (entry.kind === "question_pinned" && !entry.data.hidden) {
      show(entry.data);
    } else if (entry.kind === "question_unpinned") {
      root.hidden = true;
    } else if (entry.kind === "removed" && String(entry.data.ref) === root.dataset.seq) {
      root.hidden = true;
    }
  });
}
