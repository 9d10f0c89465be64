/**
 * Following a room without a line of one's own: the cacheable feed (the same files for everybody,
 * so a cache in front of the server can hand them out), or, where there is none, the list of
 * entries. Asks every few seconds, less often while nobody looks, with growing pauses in trouble.
 */

const EVERY_MS = 3000;
const SPREAD_MS = 2000;
const HIDDEN_FACTOR = 5;
const LONGEST_MS = 30000;
/** The tail may be cached for two seconds: what was just written is in it after that. */
const SOON_MS = 2200;
const FAILURES_BEFORE_POLLING = 3;

/**
 * @param {object} options
 * @param {string} options.url where the feed is; empty: there is none
 * @param {{last: Function, frame: Function, poll: Function}} options.log
 * @param {(address: string) => Promise<object>} options.getShared reads without cookies
 * @param {(now: object) => void} options.onNow called with the room's numbers
 */
export function createFeed(options) {
  const log = options.log;
  let timer = 0;
  let running = false;
  let asking = false;
  let failures = 0;
  let feedWorks = Boolean(options.url);
  let tail = null;

  function delay() {
    const usual = EVERY_MS + Math.random() * SPREAD_MS;
    const slower = document.visibilityState === "hidden" ? usual * HIDDEN_FACTOR : usual;
    return Math.min(slower * Math.pow(2, Math.min(failures, 5)), LONGEST_MS);
  }

  function askIn(milliseconds) {
    window.clearTimeout(timer);
    if (running) timer = window.setTimeout(ask, milliseconds);
  }

  async function readTail() {
    tail = await options.getShared(options.url + "tail.json");
    log.frame({
      from: tail.seq - tail.events.length + 1,
      to: tail.seq,
      events: tail.events,
    });
    if (tail.now) options.onNow(tail.now);
  }

  async function askOnce() {
    if (!feedWorks) {
      await log.poll();
      return;
    }
    try {
      await readTail();
    } catch (error) {
      if (failures + 1 < FAILURES_BEFORE_POLLING) throw error;
      feedWorks = false;
      failures = 0;
      await log.poll();
    }
  }

  function ask() {
    if (asking) return;
    asking = true;
    askOnce().then(
      function () {
        asking = false;
        failures = 0;
        askIn(delay());
      },
      function () {
        asking = false;
        failures += 1;
        askIn(delay());
      }
    );
  }

  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible" && !asking) askIn(Math.random() * 1000);
  });

  return {
    /** Follow the room from now on. */
    start: function () {
      if (running) return;
      running = true;
      feedWorks = Boolean(options.url);
      failures = 0;
      ask();
    },
    stop: function () {
      running = false;
      window.clearTimeout(timer);
    },
    /** Something of ours was written: look as soon as it can be there. */
    soon: function () {
      askIn(feedWorks ? SOON_MS : 0);
    },
    /**
     * The complete segment that holds the entry after `after`, as entries; null where it is not
     * complete, or not known to be.
     */
    segment: async function (after) {
      if (!running || !feedWorks || !tail) return null;
      const number = Math.floor(after / tail.segment);
      if ((number + 1) * tail.segment > tail.seq) return null;
      const address = options.url + tail.revision + "/" + number + ".json";
      const body = await options.getShared(address);
      return body.events.filter(function (event) {
        return event.seq > after;
      });
    },
  };
}
