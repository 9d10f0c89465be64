// What viewers see, small and muted, and how far behind this picture is.
import "../room/player.js";
import "../room/air.js";
import { delaySeconds } from "../room/clock.js";

const place = document.querySelector("[data-own-delay]");

document.addEventListener("player:time", () => {
  const behind = delaySeconds();
  place.hidden = behind === null;
  if (behind !== null) {
    place.textContent = place.dataset.text.replace("{n}", behind.toFixed(0));
  }
});
