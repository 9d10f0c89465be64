/**
 * Reports how long the viewer really watched: seconds by which the picture advanced, or, while the
 * picture is on another platform, seconds for which this page was visible. Every second is
 * reported once: when it starts, every minute or so, when it pauses and when the viewer leaves.
 *
 * Tells, too, how far the picture is behind. Where both can be, a room counts only while the
 * picture elsewhere is on air.
 *
 * Hook: [data-watch="media" | "room"], with the video inside it as [data-player-video].
 */

import { delaySeconds } from "./clock.js";

const SAMPLE_MS = 1000;
/** A page that slept is not watched: of a longer pause only this much counts. */
const LONGEST_STEP_S = 5;
const REPORT_MS = 50000;
const REPORT_SPREAD_MS = 20000;
const SHORTEST_PAUSE_MS = 6000;
/** No report tells of more; the rest waits for the next. */
const MOST_S = 600;
/** Longer than this nobody is behind; a clock is wrong. */
const MOST_DELAY_S = 600;
/** The picture counts as stopped when it has not advanced for this long. */
const STALLED_MS = 3000;

function seconds() {
  return performance.now() / 1000;
}

/** Seconds that wait to be reported. */
function createSum() {
  let total = 0;
  return {
    add: function (amount) {
      if (amount > 0) total += amount;
    },
    /** Take out what has been added up. */
    take: function () {
      const taken = total;
      total = 0;
      return taken;
    },
  };
}

/**
 * Adds up how far a video really advanced: never jumps, never more than the time that passed.
 * @param {HTMLMediaElement} video
 */
export function createMediaMeter(video) {
  const sum = createSum();
  let at = null; // [position, moment] of the last sample; null where the next one is the first
  let advancedAt = -Infinity;

  /** From the last sample to here, as far as the picture and the clock both went. */
  function step(now) {
    if (!at || video.seeking) return;
    const amount = Math.min(video.currentTime - at[0], now - at[1]);
    if (amount > 0) advancedAt = now;
    sum.add(amount);
  }

  function sample() {
    const now = seconds();
    if (!video.paused && !video.ended) step(now);
    at = video.paused || video.seeking || video.ended ? null : [video.currentTime, now];
  }

  function forget() {
    at = null;
  }

  /** A pause is announced when the video has stopped: the last stretch before it counts. */
  function stop() {
    step(seconds());
    at = null;
    advancedAt = -Infinity;
  }

  video.addEventListener("timeupdate", sample);
  video.addEventListener("playing", sample);
  video.addEventListener("seeking", forget);
  video.addEventListener("emptied", forget);
  video.addEventListener("pause", stop);
  video.addEventListener("ended", stop);

  return {
    sample: sample,
    /** Whether the picture is moving now. */
    running: function () {
      return seconds() - advancedAt < STALLED_MS / 1000;
    },
    add: sum.add,
    take: sum.take,
  };
}

/**
 * Adds up for how long the page was visible.
 * @param {() => boolean} [isOn] whether there is something to watch
 */
export function createRoomMeter(isOn) {
  const sum = createSum();
  let at = null;

  function visible() {
    return document.visibilityState === "visible" && (!isOn || isOn());
  }

  function sample() {
    const now = seconds();
    if (at !== null) sum.add(Math.min(now - at, LONGEST_STEP_S));
    at = visible() ? now : null;
  }

  document.addEventListener("visibilitychange", sample);
  window.addEventListener("pagehide", sample);

  return {
    sample: sample,
    running: visible,
    add: sum.add,
    take: sum.take,
  };
}

function rounded(amount) {
  return Math.round(amount * 1000) / 1000;
}

/**
 * @param {object} options
 * @param {"media" | "room"} options.kind
 * @param {object} options.meter
 * @param {string} options.url where to report without a socket
 * @param {() => string} options.token
 * @param {(frame: object) => boolean} options.sendSocket
 */
export function createWatch(options) {
  const meter = options.meter;
  let wasRunning = false;
  let reportedAt = -Infinity;
  let reportTimer = 0;
  let soonTimer = 0;

  function body(played, on) {
    const frame = { type: "watch", kind: options.kind, played: rounded(played), on: on };
    const delay = on && options.kind === "media" ? delaySeconds() : null;
    if (delay !== null && delay <= MOST_DELAY_S) frame.delay = Math.round(delay * 10) / 10;
    return frame;
  }

  function toServer(frame) {
    return JSON.stringify({
      token: options.token(),
      kind: frame.kind,
      played: frame.played,
      on: frame.on,
    });
  }

  function takeSome() {
    const all = meter.take();
    meter.add(all - MOST_S);
    return Math.min(all, MOST_S);
  }

  function byHttp(frame, played) {
    if (!options.url || frame.played === 0) return; // only a line knows who is watching now
    window
      .fetch(options.url, {
        method: "POST",
        headers: { "Content-Type": "text/plain" },
        credentials: "omit",
        body: toServer(frame),
      })
      .catch(function () {
        meter.add(played);
      });
  }

  /** Wait for the next report; pages that came together do not report together. */
  function again() {
    window.clearTimeout(reportTimer);
    reportTimer = window.setTimeout(report, REPORT_MS + Math.random() * REPORT_SPREAD_MS);
  }

  function report() {
    window.clearTimeout(soonTimer);
    soonTimer = 0;
    meter.sample();
    const on = meter.running();
    const played = takeSome();
    again();
    if (played === 0 && !on && !wasRunning) return;
    wasRunning = on;
    reportedAt = performance.now();
    const frame = body(played, on);
    if (!options.sendSocket(frame)) byHttp(frame, played);
  }

  /** Report a start or a stop, but never more often than the room takes it. */
  function reportSoon() {
    const since = performance.now() - reportedAt;
    if (since >= SHORTEST_PAUSE_MS) report();
    else if (!soonTimer) soonTimer = window.setTimeout(report, SHORTEST_PAUSE_MS - since);
  }

  function watchForChange() {
    meter.sample();
    if (meter.running() !== wasRunning) reportSoon();
  }

  /** The last words of a page; the browser delivers them when the page is gone. */
  function leave() {
    meter.sample();
    const played = takeSome();
    const said = wasRunning;
    wasRunning = false;
    if (played === 0 && !said) return;
    const frame = body(played, false);
    if (!navigator.sendBeacon || !options.url || !navigator.sendBeacon(options.url, toServer(frame))) {
      options.sendSocket(frame);
    }
  }

  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") report();
  });
  window.addEventListener("pagehide", leave);
  window.setInterval(watchForChange, SAMPLE_MS);
  again();

  return {
    report: report,
    /** A new line does not know yet that this page is running. */
    hello: function () {
      if (!wasRunning) return;
      reportedAt = -Infinity;
      reportSoon();
    },
  };
}

/** Whether the picture that is not ours is on air now; a place without stages always is. */
function isOn() {
  const place = document.querySelector("[data-watch]");
  return !place.dataset.stage || place.dataset.stage === place.dataset.liveStage;
}

/** Start what this page has to report; null where nothing can be watched. */
export function startWatch(options) {
  const place = document.querySelector("[data-watch]");
  const kind = place ? place.dataset.watch : "";
  const video = place ? place.querySelector("[data-player-video]") : null;
  if (kind !== "room" && (kind !== "media" || !video)) return null;
  return createWatch({
    kind: kind,
    meter: kind === "media" ? createMediaMeter(video) : createRoomMeter(isOn),
    url: options.url,
    token: options.token,
    sendSocket: options.sendSocket,
  });
}
