/**
 * Which entries of the room's log wait for the picture on this page, and for which one: cards,
 * questions on the screen and captions always, the chat as its reader likes. The crew's studio
 * waits for nothing.
 *
 * Tells document `room:seen` (detail: the entry) when the viewer's picture has reached it.
 * Hook: [data-stage] with data-clock (its picture carries a clock) and data-delay (declared, s).
 */

import { programmeTime } from "./clock.js";
import { createInStep } from "./instep.js";
import { chosen } from "./prefs.js";

const CHECK_MS = 100;
const PICTURE = ["pinned", "unpinned", "question_pinned", "question_unpinned", "caption"];
const CHAT = ["message", "question", "answer", "notice"];
/** The player's states in which a picture is about to come. */
const STARTING = ["loading", "reconnecting"];

const stage = document.querySelector("[data-stage]");
const immediate = document.querySelector("[data-studio]") !== null;

function isChat(entry) {
  return CHAT.indexOf(entry.kind) >= 0;
}

/** The moment at which an entry belongs into the programme; captions may name an earlier one. */
function momentOf(entry) {
  return Date.parse((entry.data && entry.data.starts_at) || entry.at);
}

function pictureMs() {
  const at = programmeTime();
  return at === null ? null : at.getTime();
}

function isStarting() {
  return Boolean(stage && "clock" in stage.dataset && STARTING.indexOf(stage.dataset.state) >= 0);
}

function declaredMs() {
  const onAir = stage && (stage.dataset.stage === "elsewhere" || stage.dataset.stage === "embed");
  return onAir ? 1000 * (Number(stage.dataset.delay) || 0) : 0;
}

/** @param {(entry: object) => void} show hands an entry to the page's parts */
export function createStepping(show) {
  let timer = 0;

  function seen(entry) {
    show(entry);
    document.dispatchEvent(new CustomEvent("room:seen", { detail: entry }));
  }

  function createQueue() {
    return createInStep({
      time: pictureMs,
      starting: isStarting,
      now: () => performance.now(),
      delayMs: declaredMs,
      show: seen,
    });
  }

  const queue = createQueue();
  const captions = createQueue(); // dated back to when it was said: overtakes the log

  function check() {
    queue.check();
    captions.check();
    if (queue.waiting() + captions.waiting() === 0) {
      window.clearInterval(timer);
      timer = 0;
    }
  }

  function waits(entry) {
    if (immediate) return false;
    return PICTURE.indexOf(entry.kind) >= 0 || (isChat(entry) && chosen("chatInStep"));
  }

  /** What was taken away must not come up later. */
  function forget(seq) {
    queue.drop((entry) => entry.seq === seq || (!isChat(entry) && entry.data.seq === seq));
    captions.drop((entry) => entry.seq === seq);
  }

  document.addEventListener("watching:chosen", (event) => {
    if (event.detail.name === "chatInStep" && !event.detail.value) queue.release(isChat);
  });

  return {
    /** Show an entry when its time has come. */
    take: function (entry) {
      if (entry.kind === "removed") forget(entry.data.ref);
      if (!waits(entry)) {
        seen(entry);
        return;
      }
      (entry.kind === "caption" ? captions : queue).take(entry, momentOf(entry));
      if (!timer) timer = window.setInterval(check, CHECK_MS);
    },
  };
}
