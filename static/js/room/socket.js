/**
 * The room's socket: says hello with what the page has seen, reconnects by itself with growing,
 * jittered pauses, notices a dead line, renews an expired token. Moves when a server goes down,
 * and steps aside for the feed when the line is full.
 */

const HELLO_MS = 12000;
const CHECK_MS = 10000;
const PING_MS = 20000;
const SILENCE_MS = 45000;
const PAUSE_FIRST_MS = 1000;
const PAUSE_LONGEST_MS = 30000;
const FLOOD_PAUSE_MS = 30000;
const FAILURES_BEFORE_FALLBACK = 2;
const ASIDE_FIRST_MS = 300000;
const ASIDE_MORE_MS = 300000;

const CODE_TOKEN = 4401;
const CODE_REVOKED = 4403;
const CODE_UNKNOWN = 4404;
const CODE_FLOOD = 4429;

/** A path of this site as an address of its socket. */
export function socketAddress(address) {
  if (/^wss?:/.test(address)) return address;
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return scheme + "//" + window.location.host + address;
}

/**
 * @param {object} options
 * @param {string} options.url path or ws(s) address
 * @param {string} options.token
 * @param {(() => Promise<string>) | null} options.renewToken
 * @param {() => number} options.after
 * @param {string} options.lang
 * @param {Object<string, Function>} options.on welcome, tick, ack, error, state, fallback, aside
 */
export function createSocket(options) {
  let socket = null;
  let token = options.token;
  let welcomed = false;
  let failures = 0;
  let spreadMs = 2000;
  let heardAt = 0;
  let reconnectTimer = 0;
  let helloTimer = 0;
  let moveTimer = 0;
  let stopped = false;
  let aside = false;

  function tell(name, value) {
    if (options.on[name]) options.on[name](value);
  }

  function onMessage(message) {
    heardAt = Date.now();
    let frame;
    try {
      frame = JSON.parse(message.data);
    } catch (error) {
      return;
    }
    if (!frame.type) {
      tell("tick", frame);
      return;
    }
    if (frame.type === "reconnect" || frame.type === "feed") {
      move(frame);
      return;
    }
    if (frame.type === "welcome") {
      window.clearTimeout(helloTimer);
      welcomed = true;
      aside = false;
      failures = 0;
      spreadMs = 1000 * frame.reconnect_spread_s;
      tell("state", "online");
    }
    if (frame.type !== "pong") tell(frame.type, frame);
  }

  function pause(code) {
    if (code === CODE_FLOOD) return FLOOD_PAUSE_MS;
    if (welcomed) return 200 + Math.random() * spreadMs;
    const most = Math.min(PAUSE_FIRST_MS * Math.pow(2, failures), PAUSE_LONGEST_MS);
    return most * (0.3 + 0.7 * Math.random());
  }

  function reconnectIn(milliseconds) {
    window.clearTimeout(reconnectTimer);
    reconnectTimer = window.setTimeout(connect, milliseconds);
  }

  /** Give up the line without a word to the viewer: a new one, or the feed, takes over at once. */
  function leave() {
    const old = socket;
    socket = null;
    welcomed = false;
    window.clearTimeout(helloTimer);
    window.clearTimeout(moveTimer);
    if (old) {
      old.onclose = null;
      old.onmessage = null;
      old.close();
    }
  }

  /** The server asked us, like everybody, to go elsewhere within some seconds. */
  function move(frame) {
    window.clearTimeout(moveTimer);
    moveTimer = window.setTimeout(function () {
      leave();
      if (frame.type === "reconnect") {
        connect();
        return;
      }
      aside = true;
      tell("aside");
      reconnectIn(ASIDE_FIRST_MS + Math.random() * ASIDE_MORE_MS);
    }, Math.random() * 1000 * frame.spread_s);
  }

  function renew() {
    return options.renewToken().then(function (fresh) {
      token = fresh;
    });
  }

  function onClose(event) {
    window.clearTimeout(helloTimer);
    window.clearTimeout(moveTimer);
    socket = null;
    if (stopped) return;
    const delay = pause(event.code);
    if (!welcomed) failures += 1;
    welcomed = false;
    if (event.code === CODE_UNKNOWN) {
      stopped = true;
      tell("fallback");
      return;
    }
    if (failures >= FAILURES_BEFORE_FALLBACK) tell("fallback");
    else if (!aside) tell("state", "reconnecting");
    const refused = event.code === CODE_TOKEN || event.code === CODE_REVOKED;
    if (refused && options.renewToken) {
      renew().then(
        function () {
          reconnectIn(delay);
        },
        function () {
          reconnectIn(PAUSE_LONGEST_MS);
        }
      );
    } else {
      reconnectIn(refused ? PAUSE_LONGEST_MS : delay);
    }
  }

  function connect() {
    window.clearTimeout(reconnectTimer);
    if (socket || stopped) return;
    try {
      socket = new WebSocket(socketAddress(options.url));
    } catch (error) {
      onClose({ code: 0 });
      return;
    }
    const mine = socket;
    helloTimer = window.setTimeout(function () {
      mine.close();
    }, HELLO_MS);
    socket.onopen = function () {
      heardAt = Date.now();
      const hello = { type: "hello", token: token, after: options.after() };
      if (options.lang) hello.lang = options.lang;
      mine.send(JSON.stringify(hello));
    };
    socket.onmessage = onMessage;
    socket.onclose = function (event) {
      if (socket === mine) onClose(event);
    };
  }

  /** A line that died without a word is given up, so that a new one is made. */
  function checkLine() {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    const silent = Date.now() - heardAt;
    if (silent > SILENCE_MS) {
      const dead = socket;
      dead.onclose = null;
      dead.close();
      onClose({ code: 1006 });
    } else if (welcomed && silent > PING_MS) {
      socket.send('{"type":"ping"}'); // a room that ticks needs none
    }
  }

  function wakeUp() {
    if (!socket && !aside && document.visibilityState === "visible") reconnectIn(Math.random() * 1000);
  }

  window.setInterval(checkLine, CHECK_MS);
  window.addEventListener("online", wakeUp);
  document.addEventListener("visibilitychange", wakeUp);
  tell("state", "connecting");
  connect();

  return {
    /** Send a frame; false where there is no line now. */
    send: function (frame) {
      if (!socket || !welcomed || socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    /** The viewer wants to do something: take the line again, if we stepped aside. */
    comeBack: function () {
      if (aside && !socket) reconnectIn(0);
    },
    /** The token as it is now; it is renewed now and then. */
    token: function () {
      return token;
    },
  };
}
