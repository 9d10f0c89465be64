/**
 * The room's log by time: reads only the pages (segments of the feed) that a moment needs, the
 * same files for everybody. Entries never run back in time: one whose clock was behind belongs to
 * the moment of the entry before it; what was written after the end belongs to the end.
 */

export const SEGMENT = 50;
/** Segments kept in memory: what lies far from the moment is read again. */
const MOST_KEPT = 24;

async function getJson(address, credentials) {
  const response = await fetch(address, {
    credentials: credentials,
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new Error(response.status + " " + address);
  return response.json();
}

/**
 * @param {object} options
 * @param {string} options.feedUrl
 * @param {string} options.eventsUrl
 * @param {{revision: number, last: number, marks: number[], to: number}} options.index
 */
export function createReplayLog(options) {
  const kept = new Map(); // number → promise of entries, in order of use
  let index = options.index;

  function count() {
    return Math.ceil(index.last / SEGMENT);
  }

  async function read(number) {
    const after = number * SEGMENT;
    if (after + SEGMENT <= index.last) {
      const shared = await getJson(
        options.feedUrl + index.revision + "/" + number + ".json",
        "omit"
      ).catch(function () {
        return null; // a removal changed the addresses, or not everybody may read this room
      });
      if (shared) return shared.events;
    }
    const page = options.eventsUrl + "?after=" + after + "&limit=" + SEGMENT;
    return (await getJson(page, "same-origin")).events;
  }

  /** Give each entry the moment at which it is shown. */
  function dated(number, events) {
    let at = index.marks[number] || 0;
    return events.map(function (event) {
      at = Math.max(at, Date.parse(event.at) || 0);
      return { event: event, at: Math.min(at, index.to) };
    });
  }

  function segment(number) {
    let found = kept.get(number);
    kept.delete(number);
    if (!found) {
      found = read(number).then(function (events) {
        return dated(number, events);
      });
      found.catch(function () {
        kept.delete(number);
      });
    }
    kept.set(number, found);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return found;
  }

  return {
    count: count,
    segment: segment,
    /** Something was removed: what is read from now on is without it. */
    renew: function (fresh) {
      index = fresh;
      kept.clear();
    },
    /** The segment in which the entries of a moment end. */
    numberAt: function (at) {
      const marks = index.marks;
      let low = 0;
      let high = marks.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (Math.min(marks[middle], index.to) <= at) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}
