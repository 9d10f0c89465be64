// On air: a key, a take, and a new take whenever the connection drops, until somebody says stop.
import { connect } from "./line.js";
import { record } from "./recorder.js";
import { formats } from "./troubles.js";
import { boot } from "./words.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const GOODBYE_MS = 6000;
/** Seconds of picture waiting here: told the host, and (for so long) a smaller picture. */
const SLOW_S = 3;
const TOO_SLOW_S = 6;
const TOO_SLOW_FOR = 3;

async function ask(url, token) {
  const response = await fetch(url, {
    method: token ? "POST" : "GET",
    credentials: "same-origin",
    headers: Object.assign({ Accept: "application/json" }, token ? { "X-CSRFToken": token } : {}),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error("refused");
    error.title = answer.title || "";
    throw error;
  }
  return answer;
}

/**
 * `picture` gives {tracks(), quality(), lower()}: the tracks to send, {lines, kbps}, and a smaller
 * picture from now on (false: there is none). `tell(state, detail)` hears of every change: connecting, starting, live,
 * retry {inMs}, stopping, over {why, taken?, seconds}; and of stats, slow {s}, lowered, lowest.
 */
export function createOnAir(token, picture, tell) {
  let key = "";
  let address = boot.socket;
  let state = "idle";
  let usable = formats();
  let line = null;
  let recorder = null;
  let began = 0;
  let pause = FIRST_PAUSE_MS;
  let timer = 0;
  let tooSlow = 0;
  let told = false;

  function become(next, detail) {
    state = next;
    tell(next, detail || {});
  }

  function quiet() {
    if (recorder) {
      recorder.abandon();
      recorder = null;
    }
    line = null;
    tooSlow = 0;
    told = false;
  }

  function finish(why, detail) {
    window.clearTimeout(timer);
    quiet();
    const seconds = began ? (Date.now() - began) / 1000 : 0;
    began = 0;
    become("over", Object.assign({ why: why, seconds: seconds }, detail));
    state = "idle";
  }

  function begin() {
    window.clearTimeout(timer);
    const mime = usable[0];
    const kbps = picture.quality().kbps;
    const mine = connect(address, { key: key, mime: mime }, {
      welcome() {
        const send = (piece) => mine.send(piece);
        recorder = record(picture.tracks(), mime, kbps, send);
        mine.began();
        become("starting");
      },
      live() {
        began = began || Date.now();
        pause = FIRST_PAUSE_MS;
        become("live", { began: began });
      },
      stats(frame) {
        tell("stats", frame);
      },
      closed(code) {
        if (line === mine) {
          closed(code);
        }
      },
    });
    line = mine;
  }

  function again() {
    if (state === "connecting" || state === "retry") {
      look().catch(() => {}); // not let in: the ticket in the address may be over
    }
    quiet();
    const wait = pause * (0.8 + Math.random() * 0.4);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    become("retry", { inMs: wait });
    timer = window.setTimeout(begin, wait);
  }

  /** Send a smaller picture by a new take; false where this is the smallest. */
  function lower() {
    if (!picture.lower()) {
      return false;
    }
    const old = line;
    quiet();
    if (old) {
      old.drop(1000);
    }
    become("retry", { inMs: 0 });
    tell("lowered", picture.quality());
    begin();
    return true;
  }

  /** What the server says of the session now; with it comes a new ticket for the next connection. */
  async function look() {
    const now = await ask(boot.state);
    address = now.socket || address;
    return now;
  }

  async function why() {
    const now = await look().catch(() => ({}));
    return now.over ? "over" : "cut";
  }

  async function closed(code) {
    if (state === "stopping") {
      finish("stopped");
    } else if (code === 4401 || code === 4410) {
      key = "";
      quiet();
      finish(await why());
    } else if (code === 4409) {
      quiet();
      const now = await look().catch(() => ({}));
      if (now.taken) {
        finish("taken", { taken: now.taken });
      } else {
        again();
      }
    } else if (code === 4429 && state === "connecting") {
      finish("full");
    } else if (code === 4415) {
      usable = usable.slice(1);
      if (usable.length) {
        again();
      } else {
        usable = formats();
        finish("format");
      }
    } else if (!((code === 4413 || code === 1009) && lower())) {
      again();
    }
  }

  function watchLine() {
    if (!line || (state !== "live" && state !== "starting")) {
      return;
    }
    const seconds = line.waiting() / (picture.quality().kbps * 125);
    tell("waiting", { s: seconds });
    if (seconds > SLOW_S && !told) {
      told = true;
      tell("slow", { s: Math.round(seconds) });
    } else if (seconds < 1 && told) {
      told = false;
      tell("fast", {});
    }
    tooSlow = seconds > TOO_SLOW_S ? tooSlow + 1 : 0;
    if (tooSlow >= TOO_SLOW_FOR && !lower()) {
      tooSlow = 0;
      tell("lowest", {});
      line.drop(1006);
    }
  }

  window.setInterval(watchLine, 1000);
  window.addEventListener("offline", () => {
    if (line && (state === "live" || state === "starting")) {
      line.drop(1006);
    }
  });
  window.addEventListener("online", () => {
    if (state === "retry") {
      pause = FIRST_PAUSE_MS;
      begin();
    }
  });
  window.addEventListener("pagehide", () => {
    if (line) {
      line.stop();
    }
  });

  return {
    /** Get a key, cutting whoever is on air if `takeOver`; rejects with {title}. */
    async prepare(takeOver) {
      if (takeOver || !key) {
        key = (await ask(takeOver ? boot.takeOver : boot.key, token)).key;
      }
    },
    /** Who is on air now, or null. */
    async taken() {
      return (await look()).taken;
    },
    start() {
      pause = FIRST_PAUSE_MS;
      become("connecting");
      begin();
    },
    /** Go off air. Pieces recorded so far still reach the viewers. */
    async stop() {
      if (!line || state === "retry" || !recorder) {
        const old = line;
        finish("stopped");
        if (old) {
          old.stop();
          old.drop(1000);
        }
        return;
      }
      become("stopping");
      const last = line;
      await recorder.stop();
      last.stop();
      window.setTimeout(() => last.drop(1000), GOODBYE_MS);
    },
    isOn() {
      return state !== "idle";
    },
  };
}
