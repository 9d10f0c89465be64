/**
 * What stands in the place of the picture, as the room goes on and off air: the picture itself, a
 * break, the end. Where the page has our player, in step with what its viewer sees (player:air);
 * elsewhere as the log says. A page about a session that had ended loads again when it goes on, on
 * air or not yet.
 *
 * Hooks: [data-stage] with data-live-stage (what is shown on air); inside it [data-panel="names"]
 * (shown in those stages), [data-air-why="break|drop"], template[data-embed].
 */

import { toast } from "../toast.js";

const SPREAD_MS = 3000;

const room = document.querySelector("[data-room]");
const stage = document.querySelector("[data-stage]");

function reasons(why) {
  const named = why === "drop" ? "drop" : "break";
  stage.querySelectorAll("[data-air-why]").forEach((place) => {
    place.hidden = place.dataset.airWhy !== named;
  });
}

/** Another site's player goes on sounding behind a panel: it is there only while it is shown. */
function placeFrame(name) {
  const template = stage.querySelector("template[data-embed]");
  if (!template) return;
  const frame = template.parentNode.querySelector("iframe");
  if (name === "embed" && !frame) template.before(template.content.cloneNode(true));
  else if (name !== "embed" && frame) frame.remove();
}

function show(name, why) {
  const before = stage.dataset.stage;
  stage.dataset.stage = name;
  stage.querySelectorAll("[data-panel]").forEach((panel) => {
    panel.hidden = panel.dataset.panel.split(" ").indexOf(name) < 0;
  });
  const count = stage.querySelector("[data-room-count]");
  if (count) count.dataset.kind = name === "video" ? "playing" : "present";
  reasons(why);
  placeFrame(name);
  const left = before === stage.dataset.liveStage && name !== before;
  if (left && why !== "drop") toast(room.dataset.airText);
}

function goOff(why) {
  const over = why === "end";
  show(over ? "over" : stage.dataset.liveStage === "elsewhere" ? "away" : "break", why);
}

function follow(on, why) {
  if (stage.dataset.stage === "over" && (on || why !== "end")) {
    window.setTimeout(() => window.location.reload(), Math.random() * SPREAD_MS);
  } else if (on) {
    show(stage.dataset.liveStage, "");
  } else {
    goOff(why);
  }
}

if (stage && stage.dataset.liveStage) {
  if ("player" in stage.dataset) {
    document.addEventListener("player:air", (event) => follow(event.detail.on, event.detail.why));
  } else {
    document.addEventListener("room:event", (event) => {
      const kind = event.detail.kind;
      if (kind === "on_air") follow(true, "");
      else if (kind === "off_air") follow(false, (event.detail.data || {}).why || "break");
    });
  }
}
