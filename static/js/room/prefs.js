/**
 * What this device's viewer chose for watching, remembered on the device. Private windows may
 * refuse storage; then a choice lives as long as the page.
 *
 * `quality`: "auto", "audio" or a picture's height ("720"); `saver`: low-bandwidth mode;
 * `captions`: shown; `chatInStep`: chat waits for the picture.
 */

const NAME = "watching";
const USUAL = { quality: "auto", saver: false, captions: true, chatInStep: false };

let values = null;

function load() {
  if (values) return values;
  let kept = null;
  try {
    kept = JSON.parse(window.localStorage.getItem(NAME) || "null");
  } catch {
    // refused, or not ours
  }
  values = Object.assign({}, USUAL);
  Object.keys(USUAL).forEach((name) => {
    if (kept && typeof kept[name] === typeof USUAL[name]) values[name] = kept[name];
  });
  return values;
}

/** What was chosen for `name`. */
export function chosen(name) {
  return load()[name];
}

/** Remember a choice, and tell the page: `watching:chosen` {name, value} on document. */
export function choose(name, value) {
  if (load()[name] === value) return;
  values[name] = value;
  try {
    window.localStorage.setItem(NAME, JSON.stringify(values));
  } catch {
    // kept in memory
  }
  document.dispatchEvent(new CustomEvent("watching:chosen", { detail: { name, value } }));
}
