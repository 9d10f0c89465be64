/**
 * Captions on the picture: each line when the viewer's picture reaches it, until its end. In the
 * page's language where somebody writes it, else in the one there is.
 *
 * Hooks: [data-captions] (the line) and [data-captions-toggle] (shown once there are captions).
 */

import { programmeTime } from "./clock.js";
import { choose, chosen } from "./prefs.js";

const CHECK_MS = 250;
/** The page's own language was written within this time: others are left out. */
const OWN_MS = 60000;

const place = document.querySelector("[data-captions]");
const toggle = document.querySelector("[data-captions-toggle]");
const language = (document.documentElement.lang || "zh-hans").toLowerCase();
let seq = 0;
let until = null; // {at: programme time, here: performance.now()}
let timer = 0;
let ownAt = -Infinity;

function clear() {
  window.clearInterval(timer);
  timer = 0;
  seq = 0;
  place.hidden = true;
  place.textContent = "";
}

function check() {
  const seen = programmeTime();
  const over = seen === null ? performance.now() >= until.here : seen.getTime() >= until.at;
  if (over) clear();
}

function show(entry) {
  const now = performance.now();
  const data = entry.data;
  if (data.language === language) ownAt = now;
  else if (now - ownAt < OWN_MS) return;
  seq = entry.seq;
  const ends = Date.parse(data.ends_at);
  until = { at: ends, here: now + Math.max(1000, ends - Date.parse(data.starts_at || entry.at)) };
  place.textContent = data.text;
  place.lang = data.language;
  place.hidden = !chosen("captions");
  if (!timer) timer = window.setInterval(check, CHECK_MS);
}

function showToggle() {
  toggle.setAttribute("aria-pressed", String(chosen("captions")));
  place.hidden = !chosen("captions") || place.textContent === "";
}

if (place && toggle) {
  document.addEventListener("room:seen", (event) => {
    const entry = event.detail;
    if (entry.kind === "caption" && entry.data.text) {
      toggle.hidden = false;
      show(entry);
    } else if (entry.kind === "removed" && entry.data.ref === seq && seq) {
      clear();
    }
  });
  document.addEventListener("watching:chosen", showToggle);
  toggle.addEventListener("click", () => choose("captions", !chosen("captions")));
  showToggle();
}
