/**
 * The bar under the recording: play, position with the chapters' marks, jumps, speed, captions,
 * sound only, full screen; and the keys that do the same.
 *
 * Hooks: [data-replay-bar] with [data-replay-toggle], -seek, -marks, -at, -length, -jump, -speed,
 * -captions, -sound, -mute, -fullscreen.
 */

import { clockWords } from "./timeline.js";

const KEYS = { " ": 0, k: 0, ArrowLeft: -5, ArrowRight: 5, j: -10, l: 10 };

/**
 * @param {Element} bar
 * @param {object} player
 * @param {object} timeline
 * @param {(at: number) => void} seek
 */
export function createBar(bar, player, timeline, seek) {
  const range = bar.querySelector("[data-replay-seek]");
  const marks = bar.querySelector("[data-replay-marks]");
  let holding = false;

  function part(name) {
    return bar.querySelector("[data-replay-" + name + "]");
  }

  function on(name, event, act) {
    const element = part(name);
    if (element) element.addEventListener(event, act);
  }

  function mark(link) {
    const spot = document.createElement("span");
    spot.className = "bar__mark bar__mark--" + link.dataset.kind;
    const clock = timeline.clock(Date.parse(link.dataset.at));
    spot.style.left = (100 * clock) / Math.max(1, timeline.length) + "%";
    marks.append(spot);
  }

  function say(seconds) {
    part("at").textContent = clockWords(seconds);
    const text = range.dataset.textValue.replace("{at}", clockWords(seconds));
    range.setAttribute("aria-valuetext", text.replace("{length}", clockWords(timeline.length)));
    const share = (100 * seconds) / Math.max(1, timeline.length);
    range.style.setProperty("--played", Math.min(100, share) + "%");
  }

  function press(name, pressed) {
    part(name).setAttribute("aria-pressed", String(pressed));
  }

  function swap(name, first, second, isFirst) {
    const button = part(name);
    if (!button) return;
    button.querySelector("[data-when-" + first + "]").hidden = !isFirst;
    button.querySelector("[data-when-" + second + "]").hidden = isFirst;
  }

  function jump(seconds) {
    seek(timeline.atClock(Math.max(0, timeline.clock(player.now()) + seconds)));
  }

  function toggleCaptions() {
    const track = player.video.textTracks[0];
    const show = track.mode !== "showing";
    track.mode = show ? "showing" : "disabled";
    press("captions", show);
  }

  function toggleSound() {
    const only = part("sound").getAttribute("aria-pressed") !== "true";
    press("sound", only);
    const sign = document.querySelector("[data-replay-listening]");
    if (sign) sign.hidden = !only;
    player.setSound(only);
  }

  function toggleFullscreen() {
    const frame = document.querySelector("[data-replay-player]");
    if (document.fullscreenElement) document.exitFullscreen();
    else if (frame.requestFullscreen) frame.requestFullscreen();
    else if (player.video.webkitEnterFullscreen) player.video.webkitEnterFullscreen();
  }

  function onKey(event) {
    const typing = event.target.closest("input, select, textarea, button, a, dialog, [role=tab]");
    const wanted = KEYS[event.key];
    if (typing || wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (wanted === 0) player.toggle();
    else jump(wanted);
  }

  range.max = Math.ceil(timeline.length);
  part("length").textContent = clockWords(timeline.length);
  document.querySelectorAll("[data-chapters] [data-at]").forEach(mark);
  range.addEventListener("input", function () {
    holding = true;
    say(Number(range.value));
    seek(timeline.atClock(Number(range.value)));
  });
  range.addEventListener("change", function () {
    holding = false;
  });
  bar.querySelectorAll("[data-replay-jump]").forEach(function (button) {
    button.addEventListener("click", function () {
      jump(Number(button.dataset.replayJump));
    });
  });
  on("toggle", "click", player.toggle);
  on("speed", "change", function (event) {
    player.setSpeed(Number(event.target.value));
  });
  on("captions", "click", toggleCaptions);
  on("sound", "click", toggleSound);
  on("mute", "click", function () {
    player.video.muted = !player.video.muted;
    press("mute", player.video.muted);
    swap("mute", "loud", "muted", !player.video.muted);
  });
  on("fullscreen", "click", toggleFullscreen);
  document.addEventListener("keydown", onKey);

  return {
    show: function (at) {
      if (holding) return;
      const seconds = timeline.clock(at);
      range.value = seconds;
      say(seconds);
    },
    state: function () {
      const running = player.isRunning();
      press("toggle", running);
      swap("toggle", "playing", "paused", running);
    },
  };
}
