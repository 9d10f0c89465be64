/**
 * Where a moment of the programme is in the recording, and back. Positions count milliseconds of
 * what is played; moments are Unix milliseconds. Between takes moments are missing, positions are
 * not. Pure; the same as livestream/replay_selectors.py.
 */

/**
 * @param {{stretches: number[][], first: number, from: number, to: number}} index
 */
export function createTimeline(index) {
  const stretches = index.stretches;
  const before = [];
  stretches.reduce(function (sum, stretch) {
    before.push(sum);
    return sum + stretch[1];
  }, 0);

  /** The last place whose value is not above `wanted`. */
  function placeOf(values, wanted) {
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (values[middle] <= wanted) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  const starts = stretches.map(function (stretch) {
    return stretch[0];
  });

  function momentAt(position) {
    const place = placeOf(before, position);
    const inside = Math.min(Math.max(0, position - before[place]), stretches[place][1]);
    const at = stretches[place][0] + inside;
    return place + 1 < stretches.length ? Math.min(at, stretches[place + 1][0]) : at;
  }

  function positionOf(at) {
    const place = placeOf(starts, at);
    return before[place] + Math.min(Math.max(0, at - starts[place]), stretches[place][1]);
  }

  const begin = positionOf(index.from);

  return {
    momentAt: momentAt,
    positionOf: positionOf,
    first: index.first,
    from: index.from,
    to: index.to,
    /** Seconds since the beginning of what is shown, as the player says them. */
    clock: function (at) {
      return Math.max(0, (positionOf(at) - begin) / 1000);
    },
    /** The moment of such a second. */
    atClock: function (seconds) {
      return clamp(momentAt(begin + seconds * 1000));
    },
    /** Seconds of what is shown. */
    length: (positionOf(index.to) - begin) / 1000,
    clamp: clamp,
  };

  function clamp(at) {
    return Math.min(Math.max(at, index.from), index.to);
  }
}

/** `12:34` or `1:02:03`. */
export function clockWords(seconds) {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? hours + ":" + String(minutes).padStart(2, "0") + ":" + rest : minutes + ":" + rest;
}
