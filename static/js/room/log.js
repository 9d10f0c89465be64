/**
 * The room's log on the page: every entry exactly once and in order of `seq`, whatever arrives.
 * Ticks may be late, doubled, overlapping or missing; what is missing is read over HTTP. What a
 * full room leaves out on purpose (`left_out`) is passed over.
 */

const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 8000;

function wait(milliseconds) {
  return new Promise(function (resolve) {
    window.setTimeout(resolve, milliseconds);
  });
}

/**
 * @param {object} options
 * @param {number} options.after everything up to this number is on the page already
 * @param {(after: number) => Promise<object[]>} options.fetchPage entries after a number, in order
 * @param {number} options.pageSize how many entries a full page has
 * @param {(event: object) => void} options.onEvent called once per entry, in order
 * @param {() => number} [options.spreadMs] wait up to this long before reading a gap
 */
export function createLog(options) {
  let last = options.after;
  let target = last;
  let filling = null;
  const early = new Map(); // seq → entry, or null for one that was left out

  function apply(event) {
    try {
      options.onEvent(event);
    } catch (error) {
      window.setTimeout(function () {
        throw error; // one entry that cannot be shown must not hold up the rest
      });
    }
  }

  function take(events) {
    events.forEach(function (event) {
      if (event.seq > last) early.set(event.seq, event);
      target = Math.max(target, event.seq);
    });
    while (early.has(last + 1)) {
      last += 1;
      const event = early.get(last);
      early.delete(last);
      if (event) apply(event);
    }
  }

  /** The entries of a sampled tick that are not in it are not missed. */
  function passOver(frame) {
    for (let seq = Math.max(frame.from, last + 1); seq <= frame.to; seq += 1) {
      if (!early.has(seq)) early.set(seq, null);
    }
  }

  /** Read one page of what is new; its length. */
  async function readOnce() {
    const events = await options.fetchPage(last);
    take(events);
    return events.length;
  }

  async function fill(delayMs) {
    let retry = RETRY_FIRST_MS;
    if (delayMs) await wait(delayMs);
    while (last < target) {
      try {
        const before = last;
        await readOnce();
        if (last === before) return; // nothing there yet: a later tick asks again
      } catch (error) {
        await wait(retry * (0.5 + Math.random()));
        retry = Math.min(retry * 2, RETRY_LONGEST_MS);
      }
    }
  }

  function startFilling() {
    if (filling) return filling;
    const spread = options.spreadMs ? options.spreadMs() : 0;
    filling = fill(Math.random() * spread).finally(function () {
      filling = null;
    });
    return filling;
  }

  return {
    /** Apply a tick `{from, to, events, left_out?}`; read what it shows to be missing. */
    frame: function (frame) {
      if (frame.left_out) passOver(frame);
      take(frame.events);
      target = Math.max(target, frame.to);
      if (last < target) startFilling();
    },
    /** Read what is new over HTTP (where there is no socket). Resolves when read; may reject. */
    poll: async function () {
      while ((await readOnce()) >= options.pageSize);
    },
    /** The number of the newest applied entry. */
    last: function () {
      return last;
    },
  };
}
