/**
 * The player of a room: hls.js where the browser needs it (loaded only when playing starts), the
 * browser's own HLS elsewhere; starts muted by itself if it may, else waits for a tap; keeps trying
 * when the picture drops. Knows the programme time, the wall-clock moment the viewer is seeing.
 *
 * Hooks: [data-player] with data-src, data-hls (address of hls.js), data-autoplay and the texts
 * data-text-loading, -reconnecting, -offline, -error; inside it [data-player-video], -tap, -toggle,
 * -mute, -unmute, -fullscreen, -notice. The root's data-state is
 * idle | loading | playing | paused | reconnecting | offline | error.
 *
 * Tells document: player:state {state}, player:time {at} (about once a second).
 */

const RETRY_FIRST_MS = 1500;
const RETRY_LONGEST_MS = 8000;
const STALL_MS = 6000;

const root = document.querySelector("[data-player]");
const video = root ? root.querySelector("[data-player-video]") : null;

let hls = null;
let started = false;
let onAir = true;
let retryDelay = RETRY_FIRST_MS;
let retryTimer = 0;
let stallTimer = 0;
let lastTold = 0;
let mediaRepairs = 0;

/**
 * The wall-clock moment of the picture on the screen.
 * @returns {Date | null} null before playing, or where the source carries no clock
 */
export function programmeTime() {
  if (!video || !started || video.readyState < 2) return null;
  if (hls) return hls.playingDate || null;
  if (typeof video.getStartDate !== "function") return null;
  const start = video.getStartDate().getTime();
  return Number.isFinite(start) ? new Date(start + video.currentTime * 1000) : null;
}

function part(name) {
  return root.querySelector("[data-player-" + name + "]");
}

function show(name, visible) {
  const element = part(name);
  if (element) element.hidden = !visible;
}

function setState(state) {
  if (root.dataset.state === state) return;
  root.dataset.state = state;
  const notice = part("notice");
  const text = {
    loading: root.dataset.textLoading,
    reconnecting: root.dataset.textReconnecting,
    offline: root.dataset.textOffline,
    error: root.dataset.textError,
  }[state];
  if (notice) {
    notice.textContent = text || "";
    notice.hidden = !text;
  }
  show("tap", state === "idle" || state === "paused");
  showSound();
  document.dispatchEvent(new CustomEvent("player:state", { detail: { state: state } }));
}

function showSound() {
  show("unmute", video.muted && root.dataset.state === "playing");
  const mute = part("mute");
  if (mute) mute.setAttribute("aria-pressed", String(video.muted));
}

function loadScript(src) {
  return new Promise(function (resolve, reject) {
    const script = document.createElement("script");
    script.src = src;
    script.onload = resolve;
    script.onerror = function () {
      script.remove();
      reject(new Error("script " + src));
    };
    document.head.appendChild(script);
  });
}

/** The picture dropped: say so, and try again a little later each time. */
function retryLater() {
  if (retryTimer) return;
  setState(onAir ? "reconnecting" : "offline");
  retryTimer = window.setTimeout(function () {
    retryTimer = 0;
    retryDelay = Math.min(retryDelay * 1.5, RETRY_LONGEST_MS);
    attach();
  }, retryDelay * (0.75 + Math.random() / 2));
}

function retryNow() {
  window.clearTimeout(retryTimer);
  retryTimer = 0;
  retryDelay = RETRY_FIRST_MS;
  attach();
}

function detach() {
  if (hls) hls.destroy();
  hls = null;
}

function onHlsError(event, data) {
  if (!data.fatal) return;
  const Hls = window.Hls;
  if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mediaRepairs < 2) {
    mediaRepairs += 1;
    hls.recoverMediaError();
    return;
  }
  detach();
  retryLater();
}

function attachHls() {
  const Hls = window.Hls;
  detach();
  hls = new Hls({ liveSyncDurationCount: 2, maxLiveSyncPlaybackRate: 1.1 });
  hls.on(Hls.Events.ERROR, onHlsError);
  hls.on(Hls.Events.MANIFEST_PARSED, play);
  hls.loadSource(root.dataset.src);
  hls.attachMedia(video);
}

function attachNative() {
  video.src = root.dataset.src;
  video.load();
  play();
}

function attach() {
  if (window.Hls && window.Hls.isSupported()) attachHls();
  else attachNative();
}

function canPlayNatively() {
  return video.canPlayType("application/vnd.apple.mpegurl") !== "";
}

function hasMediaSource() {
  return "MediaSource" in window || "ManagedMediaSource" in window;
}

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
  if (started) {
    play();
    return;
  }
  started = true;
  setState("loading");
  if (window.Hls || !root.dataset.hls || (!hasMediaSource() && canPlayNatively())) {
    attach();
    return;
  }
  loadScript(root.dataset.hls).then(attach, function () {
    if (canPlayNatively()) attach();
    else {
      started = false;
      setState("error");
      show("tap", true);
    }
  });
}

function watchForStall() {
  window.clearTimeout(stallTimer);
  stallTimer = window.setTimeout(function () {
    if (video.paused || root.dataset.state === "playing") return;
    detach();
    retryLater();
  }, STALL_MS);
}

function onPlaying() {
  window.clearTimeout(stallTimer);
  window.clearTimeout(retryTimer);
  retryTimer = 0;
  retryDelay = RETRY_FIRST_MS;
  mediaRepairs = 0;
  setState("playing");
}

function onWaiting() {
  if (root.dataset.state === "playing") setState("loading");
  watchForStall();
}

function onTimeUpdate() {
  const now = Date.now();
  if (now - lastTold < 950) return;
  const at = programmeTime();
  if (!at) return;
  lastTold = now;
  document.dispatchEvent(new CustomEvent("player:time", { detail: { at: at.toISOString() } }));
}

function unmute() {
  video.muted = false;
  start();
  showSound();
}

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen();
  else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen();
}

function onRoomEvent(event) {
  const kind = event.detail.kind;
  if (kind === "off_air") {
    onAir = false;
    if (root.dataset.state === "reconnecting") setState("offline");
  }
  if (kind !== "on_air") return;
  onAir = true;
  if (started && root.dataset.state !== "playing") retryNow();
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
    if (root.dataset.state === "playing") setState("paused");
  });
  video.addEventListener("error", function () {
    if (!hls && started && video.getAttribute("src")) retryLater();
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
  onClick("fullscreen", toggleFullscreen);
  document.addEventListener("room:event", onRoomEvent);
}

function savesData() {
  return Boolean(navigator.connection && navigator.connection.saveData);
}

if (root && video && root.dataset.src) {
  video.muted = true;
  listen();
  setState("idle");
  if ("autoplay" in root.dataset && !savesData()) start();
}
