/**
 * What stands in the place of the picture, as the room goes on and off air: the picture itself, a
 * break, the end. Where the page has our player, in step with what its viewer sees (player:air);
 * elsewhere as the log says. A page about a session that had ended loads again when it goes on, on
 * air or not yet. A viewer's page that sees the end closes what can be said, and loads again once,
 * some time later: the ended page knows of the replay. That one does so whenever somebody comes back
 * to it while a replay is being made.
 *
 * Hooks: [data-room], given data-over at the end; [data-stage] with data-live-stage (what is shown on
 * air); inside it [data-panel="names"] (shown in those stages), [data-air-why="break|drop"],
 * template[data-embed], [data-replay-coming].
 */

import { toast } from "../toast.js";

const SPREAD_MS = 3000;
/** After the end: not before, and in a full room spread over minutes (4 ms for each who is there). */
const RENEW_AFTER_MS = 20000;
const RENEW_SPREAD_MS = 30000;
const RENEW_EACH_MS = 4;
/** Who looks away for less has not come back. */
const AWAY_MS = 30000;

const room = document.querySelector("[data-room]");
const stage = document.querySelector("[data-stage]");
const isViewer = room !== null && !("studio" in room.dataset);
let present = 0;
let renewal = 0;
let leftAt = 0;

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
  if (left && why !== "drop" && why !== "end") toast(room.dataset.airText);
}

function isBusy() {
  const active = document.activeElement;
  return document.querySelector("dialog[open]") !== null || active.matches("input, textarea, select");
}

function renewLater() {
  const spread = Math.max(RENEW_SPREAD_MS, present * RENEW_EACH_MS);
  renewal = window.setTimeout(() => {
    renewal = 0;
    if (isBusy()) renewLater();
    else window.location.reload();
  }, RENEW_AFTER_MS + Math.random() * spread);
}

function onVisibility() {
  if (document.visibilityState === "hidden") {
    leftAt = performance.now();
  } else if (performance.now() - leftAt > AWAY_MS && !isBusy()) {
    window.location.reload();
  }
}

function goOff(why) {
  const over = why === "end";
  if (over && isViewer) {
    const active = document.activeElement;
    if (active.closest(".composer, .ask")) active.blur(); // it goes, and nothing is sent any more
    room.dataset.over = "";
    if (!renewal) renewLater();
  }
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

if (stage && stage.querySelector("[data-replay-coming]")) {
  document.addEventListener("visibilitychange", onVisibility);
}
if (stage && stage.dataset.liveStage) {
  document.addEventListener("room:now", (event) => {
    present = event.detail.present || 0;
  });
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
