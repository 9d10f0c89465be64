/**
 * Messages on their way: each has one client_id for life, so sending it again is harmless. They
 * outlive a dropped line and a reload of the page.
 */

const ANSWER_MS = 12000;

/** A random UUID (crypto.randomUUID is younger than the browsers we serve). */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, function (byte) {
    return byte.toString(16).padStart(2, "0");
  }).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function load(name) {
  try {
    return JSON.parse(window.sessionStorage.getItem(name)) || [];
  } catch (error) {
    return [];
  }
}

function save(name, entries) {
  try {
    window.sessionStorage.setItem(name, JSON.stringify(entries));
  } catch (error) {
    /* private browsing: the messages live as long as the page */
  }
}

/**
 * @param {object} options
 * @param {string} options.name where unsent messages are kept
 * @param {(frame: object) => boolean} options.sendSocket
 * @param {(entry: object) => Promise<object>} options.sendHttp resolves to {seq, held?}; rejects with an Error
 * @param {string} options.notSent what to say when no answer came
 * @param {(entry: object) => void} options.onChange entry {clientId, text, state, note, seq}
 */
export function createOutbox(options) {
  const entries = load(options.name);
  const timers = new Map();

  function changed(entry) {
    save(options.name, entries);
    options.onChange(entry);
  }

  function find(clientId) {
    return entries.find(function (entry) {
      return entry.clientId === clientId;
    });
  }

  function forget(entry) {
    window.clearTimeout(timers.get(entry.clientId));
    const place = entries.indexOf(entry);
    if (place >= 0) entries.splice(place, 1);
  }

  function done(clientId, answer) {
    const entry = find(clientId);
    if (!entry) return;
    forget(entry);
    entry.state = answer.held ? "held" : "sent";
    entry.seq = answer.seq;
    changed(entry);
  }

  function failed(clientId, problem) {
    const entry = find(clientId);
    if (!entry) return;
    window.clearTimeout(timers.get(clientId));
    entry.state = "failed";
    entry.note = problem.message || options.notSent;
    entry.code = problem.code || "";
    entry.retryAfter = problem.retry_after || 0;
    changed(entry);
  }

  function dispatch(entry) {
    entry.state = "pending";
    entry.note = "";
    changed(entry);
    window.clearTimeout(timers.get(entry.clientId));
    const frame = { type: "message", client_id: entry.clientId, text: entry.text };
    if (options.sendSocket(frame)) {
      const timer = window.setTimeout(failed, ANSWER_MS, entry.clientId, {});
      timers.set(entry.clientId, timer);
      return;
    }
    options.sendHttp(entry).then(
      function (answer) {
        done(entry.clientId, answer);
      },
      function (problem) {
        failed(entry.clientId, problem);
      }
    );
  }

  return {
    /** Send a new message. */
    post: function (text) {
      const entry = { clientId: newClientId(), text: text, state: "pending", note: "" };
      entries.push(entry);
      dispatch(entry);
    },
    /** Send one message once more, with the client_id it has. */
    retry: function (clientId) {
      const entry = find(clientId);
      if (entry) dispatch(entry);
    },
    /** Forget a message that was not stored. */
    drop: function (clientId) {
      const entry = find(clientId);
      if (!entry) return;
      forget(entry);
      save(options.name, entries);
    },
    /** The line is back: send everything that has no answer yet. */
    resend: function () {
      entries.filter(function (entry) {
        return entry.state === "pending";
      }).forEach(dispatch);
    },
    /** Show what was left over from before a reload. */
    restore: function () {
      entries.slice().forEach(options.onChange);
    },
    done: done,
    failed: failed,
  };
}
