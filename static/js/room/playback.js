/**
 * The sheet "picture and sound": quality, low-bandwidth mode, captions, chat in step; kept on the
 * device. Offers the low-bandwidth mode to a device that spares its line, or whose picture stalls.
 *
 * Hooks: form[data-playback-form] with fields named as in prefs.js, [data-playback-quality],
 * [data-playback-sound], template[data-playback-level]; in the player [data-player-suggest] with
 * [data-player-save] and [data-player-suggest-close].
 */

import { choices, followChoice } from "./player.js";
import { choose, chosen } from "./prefs.js";
import { sparesLine } from "./quality.js";

/** So many stalls within so long, and the page offers to spare the line. */
const STALLS = 3;
const STALLS_WITHIN_MS = 90000;

const form = document.querySelector("[data-playback-form]");
const suggest = document.querySelector("[data-player-suggest]");
let stalls = [];
let declined = false;

function showLevels() {
  const group = form.querySelector("[data-playback-quality]");
  if (!group) return;
  const template = group.querySelector("template[data-playback-level]");
  const sound = group.querySelector("[data-playback-sound]");
  const can = choices();
  sound.hidden = !can.sound && chosen("quality") !== "audio";
  group.querySelectorAll("[data-level]").forEach((level) => level.remove());
  can.heights.forEach((height) => {
    const level = template.content.firstElementChild.cloneNode(true);
    level.dataset.level = height;
    level.querySelector("input").value = String(height);
    level.querySelector("span").textContent = height + "p";
    sound.before(level);
  });
  mark();
}

/** Show what was chosen; of heights that this source has not, the line chooses. */
function mark() {
  const wanted = chosen("quality");
  const fields = Array.from(form.elements);
  const known = fields.some((field) => field.name === "quality" && field.value === wanted);
  fields.forEach((field) => {
    if (field.name === "quality") field.checked = field.value === (known ? wanted : "auto");
    else if (field.type === "checkbox") field.checked = chosen(field.name);
  });
}

function offer(visible) {
  if (!suggest || (visible && (declined || chosen("saver")))) return;
  suggest.hidden = !visible;
}

function onStall() {
  const now = performance.now();
  stalls = stalls.filter((at) => now - at < STALLS_WITHIN_MS).concat(now);
  if (stalls.length >= STALLS) offer(true);
}

function listen() {
  form.addEventListener("change", (event) => {
    const field = event.target;
    choose(field.name, field.type === "checkbox" ? field.checked : field.value);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("watching:chosen", (event) => {
    mark();
    const name = event.detail.name;
    if (name === "quality" || name === "saver") followChoice();
  });
  document.addEventListener("player:levels", showLevels);
}

if (form) {
  listen();
  showLevels();
}
if (suggest) {
  document.addEventListener("player:stalled", onStall);
  suggest.querySelector("[data-player-save]").addEventListener("click", () => {
    offer(false);
    choose("saver", true);
  });
  suggest.querySelector("[data-player-suggest-close]").addEventListener("click", () => {
    declined = true;
    offer(false);
  });
  if (sparesLine()) offer(true);
}
