/**
 * The player of a room: starts muted by itself if it may, else waits for a tap; keeps trying when
 * the picture drops; asks for a fresh address when the old one is no more; goes on and off air as
 * the room's log says, in step with the picture, without the page being loaded again.
 *
 * Hooks: [data-player] with data-src, data-hls (address of hls.js), data-playback (where to ask for
 * the address), data-sound (its sound alone, relative), data-autoplay and the texts
 * data-text-loading, -reconnecting, -stalled, -offline, -ended, -error; inside it
 * [data-player-video], -tap, -toggle, -mute, -unmute, -notice. The root's data-state is
 * idle | loading | playing | paused | reconnecting | offline | error; data-sound-only is set while
 * only the sound plays.
 *
 * Tells document: player:state {state}, player:time {at} (about once a second), player:stalled,
 * player:levels, player:air {on, why} when the viewer's picture goes on or off air.
 */

import { programmeTime, useClock } from "./clock.js";
import { createEngine } from "./engine.js";
import { sourceFor, sparesLine, wantedHeight } from "./quality.js";

export { programmeTime };

const RETRY_FIRST_MS = 1500;
const RETRY_LONGEST_MS = 8000;
const STALL_MS = 6000;
/** A room does not ask for its address all at once. */
const SPREAD_MS = 3000;
const ASK_SOON_MS = 2500;
const ASK_AGAIN_MS = 15000;
const SOON = 3;
/** The last seconds before the host went off air are still on their way to the viewer. */
const LAST_SECONDS_MS = 25000;
const CHECK_MS = 250;
/** States in which the viewer has a picture before them, moving or not. */
const WITH_PICTURE = ["playing", "paused", "loading", "reconnecting"];

const root = document.querySelector("[data-player]");
const video = root ? root.querySelector("[data-player-video]") : null;

let engine = null;
let started = false;
let onAir = true;
let off = null; // {at, why, until}: off air, but not yet on this screen
let backSoon = false;
let lastSeen = null;
let retryDelay = RETRY_FIRST_MS;
let retryTimer = 0;
let stallTimer = 0;
let lastTold = 0;
let asked = 0;
let soundMissing = false;
let pausedByPage = false;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent("player:" + name, { detail: detail }));
}

function part(name) {
  return root.querySelector("[data-player-" + name + "]");
}

function show(name, visible) {
  const element = part(name);
  if (element) element.hidden = !visible;
}

/** The moment on the screen; a picture that stands still, for whatever reason, keeps its own. */
function readTime() {
  if (!started || WITH_PICTURE.indexOf(root.dataset.state) < 0) return null;
  lastSeen = engine.time() || lastSeen;
  return lastSeen;
}

function notice(text) {
  const place = part("notice");
  if (!place) return;
  place.textContent = text || "";
  place.hidden = !text;
}

function setState(state, words) {
  const text = words || root.dataset["text" + state[0].toUpperCase() + state.slice(1)];
  notice(state === "playing" || state === "paused" || state === "idle" ? "" : text);
  if (root.dataset.state === state) return;
  root.dataset.state = state;
  show("tap", state === "idle" || state === "paused" || state === "error");
  show("help", state === "error");
  showSound();
  tell("state", { state: state });
}

function showSound() {
  const asks = video.muted && root.dataset.state === "playing";
  const mute = part("mute");
  root.toggleAttribute("data-muted", video.muted);
  show("unmute", asks);
  if (!mute) return;
  mute.setAttribute("aria-pressed", String(video.muted));
  if (part("unmute")) mute.hidden = asks;
}

// --- the address -----------------------------------------------------------------------------

function soundAddress() {
  if (soundMissing || !root.dataset.src) return "";
  if (!root.dataset.sound) return engine.sound();
  return new URL(root.dataset.sound, new URL(root.dataset.src, window.location.href)).href;
}

/** Ask the server where the picture is now; "" where there is none. Keeps the old one in trouble. */
async function askAddress() {
  if (!root.dataset.playback) return root.dataset.src;
  const options = { credentials: "same-origin", headers: { Accept: "application/json" } };
  const response = await fetch(root.dataset.playback, options);
  if (!response.ok) throw new Error(String(response.status));
  root.dataset.src = (await response.json()).url || "";
  return root.dataset.src;
}

function attach() {
  const source = sourceFor(root.dataset.src, soundAddress());
  root.toggleAttribute("data-sound-only", source.isSound);
  engine.load(source.address, wantedHeight() < 0).catch(function () {
    started = false;
    setState("error");
  });
}

// --- trouble -------------------------------------------------------------------------------------

function clearTimers() {
  window.clearTimeout(retryTimer);
  window.clearTimeout(stallTimer);
  retryTimer = 0;
}

/** The picture dropped: say so, and try again a little later each time. */
function retryLater(gone) {
  if (retryTimer) return;
  if (off) {
    goOff();
    return;
  }
  if (!onAir) {
    setState("offline");
    return;
  }
  setState("reconnecting", gone ? "" : root.dataset.textStalled);
  retryTimer = window.setTimeout(function () {
    retryDelay = Math.min(retryDelay * 1.5, RETRY_LONGEST_MS);
    again(gone);
  }, retryDelay * (0.75 + Math.random() / 2));
}

async function again(gone) {
  let address = root.dataset.src;
  if (gone) address = await askAddress().catch(() => root.dataset.src);
  retryTimer = 0;
  if (!onAir || !started) return;
  if (address) attach();
  else waitForAddress();
}

/** On air, says the log, but there is no address yet, or none any more. */
function waitForAddress() {
  asked += 1;
  setState("offline");
  window.clearTimeout(retryTimer);
  const delay = asked <= SOON ? ASK_SOON_MS : ASK_AGAIN_MS;
  retryTimer = window.setTimeout(function () {
    again(true);
  }, delay * (0.5 + Math.random()));
}

function retryNow() {
  clearTimers();
  retryDelay = RETRY_FIRST_MS;
  again(true);
}

function onFailed(gone) {
  if (gone && "soundOnly" in root.dataset) {
    soundMissing = true; // a take without sound, or a list that names one that is not there
  }
  retryLater(gone);
}

function watchForStall() {
  window.clearTimeout(stallTimer);
  stallTimer = window.setTimeout(function () {
    if (video.paused || root.dataset.state === "playing") return;
    engine.stop();
    retryLater(false);
  }, STALL_MS);
}

// --- playing -------------------------------------------------------------------------------------

function play() {
  const promise = video.play();
  if (!promise) return;
  promise.catch(function (error) {
    if (error.name !== "NotAllowedError") return;
    if (video.muted) {
      setState("idle");
    } else {
      video.muted = true; // sound was refused: better silent than nothing
      play();
    }
  });
}

function start() {
  if (started && root.dataset.state !== "error") {
    engine.toFront();
    play();
    return;
  }
  started = true;
  setState("loading");
  if (root.dataset.src) attach();
  else again(true);
}

function onPlaying() {
  clearTimers();
  retryDelay = RETRY_FIRST_MS;
  engine.healthy();
  setState("playing");
}

function onWaiting() {
  if (root.dataset.state === "playing") {
    setState("loading");
    if (off) {
      goOff(); // its last picture has been seen
      return;
    }
    if (!video.seeking) tell("stalled", {});
  }
  watchForStall();
}

/** The list has ended and all of it was seen: the host is away, whether the log says so yet or not. */
function onRanOut() {
  window.clearTimeout(stallTimer);
  if (off) {
    goOff();
  } else if (backSoon) {
    backSoon = false;
    retryLater(false);
  } else {
    setState("offline");
  }
}

function onTimeUpdate() {
  const now = Date.now();
  if (now - lastTold < 950) return;
  const at = programmeTime();
  if (!at) return;
  lastTold = now;
  tell("time", { at: at.toISOString() });
}

function unmute() {
  video.muted = false;
  start();
  showSound();
}

// --- on and off air ------------------------------------------------------------------------------

/** The picture has ended on this screen. */
function goOff() {
  const why = off.why;
  off = null;
  backSoon = false;
  onAir = false;
  clearTimers();
  video.pause();
  engine.stop();
  lastSeen = null;
  setState("offline", why === "end" ? root.dataset.textEnded : "");
  tell("air", { on: false, why: why });
}

function checkOff() {
  if (!off) return;
  const seen = programmeTime();
  const over = performance.now() >= off.until || (seen && seen.getTime() >= off.at);
  const dark = ["playing", "paused", "loading"].indexOf(root.dataset.state) < 0;
  if (over || dark) goOff();
  else window.setTimeout(checkOff, CHECK_MS);
}

function onOffAir(event) {
  const data = event.data || {};
  const at = Date.parse(event.at);
  const wait = data.cut ? 0 : LAST_SECONDS_MS;
  off = {
    at: Number.isFinite(at) ? at : 0,
    why: data.why || "break",
    until: performance.now() + wait,
  };
  checkOff();
}

function onOnAir() {
  asked = 0;
  if (off) {
    off = null; // back before this viewer's picture came to the gap: it just plays on
    backSoon = true; // or, where the player read that the list had ended, begins anew
    return;
  }
  const wasOn = onAir;
  onAir = true;
  if (wasOn && root.dataset.state === "playing") return;
  tell("air", { on: true, why: "" });
  if (!started && !mayStart()) {
    setState("idle");
    return;
  }
  started = true;
  if (root.dataset.state !== "reconnecting") setState("loading");
  clearTimers();
  retryTimer = window.setTimeout(retryNow, root.dataset.playback ? Math.random() * SPREAD_MS : 0);
}

function onRoomEvent(event) {
  if (event.detail.kind === "off_air") onOffAir(event.detail);
  else if (event.detail.kind === "on_air") onOnAir();
}

// --- the page ------------------------------------------------------------------------------------

/** A phone pauses what cannot be seen; what it paused goes on when the page is looked at again. */
function onVisibility() {
  if (document.visibilityState === "hidden") {
    pausedByPage = root.dataset.state === "playing";
    return;
  }
  if (!pausedByPage || !started) return;
  pausedByPage = false;
  engine.toFront();
  if (video.paused) play();
}

/** Back from the browser's memory: addresses and buffers are of yesterday. */
function onPageShow(event) {
  if (!event.persisted || !started) return;
  engine.stop();
  if (onAir) retryNow();
}

function mayStart() {
  return "autoplay" in root.dataset && !sparesLine();
}

function onClick(name, act) {
  const element = part(name);
  if (element) element.addEventListener("click", act);
}

function listen() {
  video.addEventListener("playing", onPlaying);
  video.addEventListener("waiting", onWaiting);
  video.addEventListener("timeupdate", onTimeUpdate);
  video.addEventListener("volumechange", showSound);
  video.addEventListener("pause", function () {
    if (video.ended) return; // nobody paused it
    if (root.dataset.state === "playing" && document.visibilityState === "visible") {
      setState("paused");
    }
  });
  video.addEventListener("ended", onRanOut);
  video.addEventListener("error", function () {
    if (!started || !engine.isNative()) return;
    engine.stop();
    retryLater(true);
  });
  onClick("tap", unmute);
  onClick("unmute", unmute);
  onClick("toggle", function () {
    if (started && !video.paused) video.pause();
    else start();
  });
  onClick("mute", function () {
    video.muted = !video.muted;
  });
  document.addEventListener("room:event", onRoomEvent);
  document.addEventListener("visibilitychange", onVisibility);
  document.addEventListener("WeixinJSBridgeReady", function () {
    if (root.dataset.state === "idle" && onAir && mayStart()) start();
  });
  window.addEventListener("pageshow", onPageShow);
}

function createPlayerEngine() {
  return createEngine(video, {
    script: root.dataset.hls,
    onReady: play,
    onFailed: onFailed,
    onLevels: function () {
      const wantsOther = sourceFor("", soundAddress()).isSound && !("soundOnly" in root.dataset);
      if (wantsOther && started) attach();
      else if (!("soundOnly" in root.dataset)) engine.limit(wantedHeight());
      tell("levels", {});
    },
  });
}

/** What can be chosen between: heights, and whether the sound can be had alone. */
export function choices() {
  return { heights: engine ? engine.heights() : [], sound: engine !== null && soundAddress() !== "" };
}

/** Play what the viewer chose by now, from the newest moment where it is another source. */
export function followChoice() {
  if (!engine) return;
  const isSound = sourceFor("", soundAddress()).isSound;
  if (isSound === "soundOnly" in root.dataset) {
    if (!isSound) engine.limit(wantedHeight());
  } else if (started && onAir) {
    if (isSound) video.muted = false; // whoever wants only the sound wants to hear it
    setState("loading");
    attach();
  }
}

if (root && video) {
  video.muted = true;
  engine = createPlayerEngine();
  useClock(readTime);
  onAir = Boolean(root.dataset.src);
  listen();
  setState(onAir ? "idle" : "offline");
  if (onAir && mayStart()) start();
}
