// On air and off air. A page that was opened before the picture started loads again when it does
// (spread over three seconds, so that a whole room does not ask at once).
import { toast } from "../toast.js";

const SPREAD_MS = 3000;

const room = document.querySelector("[data-room]");
const waiting = document.querySelector("[data-air-wait]");

function show(onAir) {
  document.querySelectorAll("[data-air-badge]").forEach((badge) => {
    badge.hidden = !onAir;
  });
  const video = document.querySelector("[data-player-video]");
  if (!video) {
    return;
  }
  if (onAir) {
    video.play().catch(() => undefined);
  } else {
    video.pause();
  }
}

document.addEventListener("room:event", (event) => {
  const kind = event.detail.kind;
  if (kind === "on_air") {
    if (waiting) {
      window.setTimeout(() => window.location.reload(), Math.random() * SPREAD_MS);
    }
    show(true);
  } else if (kind === "off_air") {
    show(false);
    toast(room.dataset.airText);
  }
});
