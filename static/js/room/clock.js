/**
 * The moment the viewer is seeing, for everything that stands beside the picture: cards, chat,
 * captions, wishes. A player says how to read it; without one nobody knows. Never the phone's own
 * clock: that one may be minutes wrong.
 *
 * And the server's own time, read from what it sends, for measuring how far behind the picture is.
 */

const FORGET_MS = 300000;

let read = null;
let offset = null; // server time − performance.now(), in milliseconds
let heardAt = 0;

/**
 * Name the clock of this page's picture.
 * @param {() => (Date | null)} reader the programme time on the screen, null while there is none
 */
export function useClock(reader) {
  read = reader;
}

/**
 * The wall-clock moment of the picture on the screen; while it is paused, the moment it stands at.
 * @returns {Date | null} null before playing, or where the source carries no clock
 */
export function programmeTime() {
  return read ? read() : null;
}

/** Note the server's time as a frame carries it. The quickest frame knows it best. */
export function noteServerTime(at) {
  const told = Date.parse(at || "");
  if (!Number.isFinite(told)) return;
  const here = performance.now();
  if (offset === null || told - here > offset || here - heardAt > FORGET_MS) {
    offset = told - here;
    heardAt = here;
  }
}

/**
 * The server's time now, in Unix milliseconds.
 * @returns {number | null} null before anything was heard
 */
export function serverNow() {
  return offset === null ? null : offset + performance.now();
}

/**
 * How far the picture on the screen is behind, in seconds.
 * @returns {number | null} null where either clock is missing
 */
export function delaySeconds() {
  const seen = programmeTime();
  const now = serverNow();
  return seen === null || now === null ? null : Math.max(0, (now - seen.getTime()) / 1000);
}
