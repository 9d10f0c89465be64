/**
 * Keeps what happens beside the picture in step with it: an entry of the room's log is shown when
 * the viewer's picture reaches the moment at which it was written, so that a card comes up when
 * the host turns to that vacancy on THIS screen, six seconds later than in the studio.
 *
 * Pure: it reads the clocks it is given, touches no page and sets no timer.
 */

/** Nothing waits longer than this for a picture that does not come. */
export const LONGEST_MS = 60000;
/** So long an entry waits while a picture with a clock is only about to start. */
export const STARTING_MS = 15000;

/**
 * @param {object} options
 * @param {() => (number | null)} options.time moment of the picture in Unix ms; null: none known
 * @param {() => boolean} options.starting a picture with a clock is about to come
 * @param {() => number} options.now milliseconds that never jump back
 * @param {() => number} options.delayMs how long to hold back without a clock (declared delay)
 * @param {(entry: object) => void} options.show called once per entry, in the order of arrival
 */
export function createInStep(options) {
  let queue = [];

  function isDue(held) {
    const waited = options.now() - held.since;
    if (waited >= LONGEST_MS) return true;
    const time = options.time();
    if (time !== null) return time >= held.at;
    if (options.starting()) return waited >= STARTING_MS;
    return waited >= options.delayMs();
  }

  /** Show, in order, all that the picture has reached. */
  function check() {
    while (queue.length && isDue(queue[0])) options.show(queue.shift().entry);
  }

  /** Take the held entries that fit out of the queue; in order. */
  function takeOut(fits) {
    const out = queue.filter((held) => fits(held.entry));
    queue = queue.filter((held) => !fits(held.entry));
    return out.map((held) => held.entry);
  }

  return {
    /**
     * Hold an entry until the picture shows `at` (Unix ms); what comes after it never overtakes
     * it. A moment that cannot be read, or one that lies before its predecessor's, waits only for
     * its turn.
     */
    take: function (entry, at) {
      queue.push({ entry: entry, at: Number.isFinite(at) ? at : -Infinity, since: options.now() });
      check();
    },
    check: check,
    /** Show everything now: there is no picture to wait for any more. */
    flush: function () {
      takeOut(() => true).forEach(options.show);
    },
    /** Show those entries now, before the others. */
    release: function (fits) {
      takeOut(fits).forEach(options.show);
    },
    /** Forget those entries: they are not to be shown at all. */
    drop: function (fits) {
      takeOut(fits);
    },
    /** How many entries wait. */
    waiting: function () {
      return queue.length;
    },
  };
}
