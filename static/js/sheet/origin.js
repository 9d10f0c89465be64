// Where a wish came from, taken at the FIRST tap and kept while a person signs in: the id of the
// request, the card on the screen, the broadcast moment that the viewer sees.
import { programmeTime } from "../room/clock.js";

const KEEP_MS = 30 * 60 * 1000;

/** The moment of the broadcast on the screen, asked now; of a paused picture the one it stands at. */
function seenAt() {
  const at = programmeTime();
  return at === null ? "" : at.toISOString();
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20]
    .map((end, index) => hex.slice([0, 8, 12, 16][index], end))
    .concat(hex.slice(20))
    .join("-");
}

function pinOnScreen() {
  const pin = document.querySelector("[data-pin]");
  return pin && !pin.hidden ? pin.dataset.pinSeq || "" : "";
}

// Private windows may refuse storage; then the tap lives as long as the page.
const kept = {};

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) || "null") || kept[key] || null;
  } catch {
    return kept[key] || null;
  }
}

/** Return the first tap on this vacancy: {client_id, session, pin_seq, seen_at}. */
export function firstTap(vacancy, session) {
  const key = "intent:" + vacancy;
  const known = read(key);
  if (known && known.session === session && Date.now() - known.at < KEEP_MS) {
    return known.tap;
  }
  const tap = { client_id: uuid(), session };
  if (session) {
    tap.pin_seq = pinOnScreen();
    tap.seen_at = seenAt();
  }
  kept[key] = { at: Date.now(), session, tap };
  try {
    sessionStorage.setItem(key, JSON.stringify(kept[key]));
  } catch {
    // kept in memory
  }
  return tap;
}

/** The wish is recorded: a tap after this is a new one. */
export function forgetTap(vacancy) {
  const key = "intent:" + vacancy;
  delete kept[key];
  try {
    sessionStorage.removeItem(key);
  } catch {
    // was in memory only
  }
}
