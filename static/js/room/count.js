/**
 * How many people are here. Where the picture is ours, those whose picture is running; where it is
 * elsewhere, or nothing is on yet, those in the room. The words say which.
 *
 * Hooks: [data-room-count] with data-kind="playing" | "present" and data-text-playing,
 * data-text-present ("{n} …"); [data-room-playing] and [data-room-present] hold the bare numbers.
 */

const numbers = new Intl.NumberFormat(document.documentElement.lang || "zh");

function write(selector, number) {
  if (typeof number !== "number") return;
  document.querySelectorAll(selector).forEach(function (place) {
    place.textContent = numbers.format(number);
  });
}

function say(place, now) {
  const playing = place.dataset.kind === "playing" && typeof now.playing === "number";
  const words = playing ? place.dataset.textPlaying : place.dataset.textPresent;
  if (!words) return;
  place.textContent = words.replace("{n}", numbers.format(playing ? now.playing : now.present));
}

/** Show the room's numbers `{present, playing?}`. */
export function showCount(now) {
  write("[data-room-present]", now.present);
  write("[data-room-playing]", now.playing);
  document.querySelectorAll("[data-room-count]").forEach(function (place) {
    say(place, now);
  });
}
