/**
 * The live room: joins log, socket, feed, chat, pin card, played time and the quiet state line;
 * what belongs to the picture waits for it (stepping.js).
 * Reads its data from the JSON block #room-boot; follows the feed where sockets do not work.
 */

import { createChat } from "./chat.js";
import { noteServerTime } from "./clock.js";
import { showCount } from "./count.js";
import { createFeed } from "./feed.js";
import { createLog } from "./log.js";
import { createOutbox } from "./outbox.js";
import { createPin } from "./pin.js";
import { startReact } from "./react.js";
import { createSocket } from "./socket.js";
import { createStepping } from "./stepping.js";
import { startWatch } from "./watch.js";

const PAGE = 200;
const SAMPLED_MS = 10000;
/** What a viewer touches who is about to write or to apply. */
const WANTS_LINE = "[data-chat-form], [data-ask], [data-intent], [data-apply-now]";

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail: detail }));
}

async function getJson(address, credentials) {
  const response = await fetch(address, {
    credentials: credentials || "same-origin",
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new Error(response.status + " " + address);
  return response.json();
}

function csrfToken(boot) {
  const field = document.querySelector("[name=csrfmiddlewaretoken]");
  return boot.csrf || (field ? field.value : "");
}

async function postMessage(boot, entry) {
  let response;
  try {
    response = await fetch(boot.messagesUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(boot) },
      body: JSON.stringify({ client_id: entry.clientId, text: entry.text }),
    });
  } catch (error) {
    throw new Error(boot.strings.notSent);
  }
  const body = await response.json().catch(function () {
    return {};
  });
  if (response.ok) return { seq: body.seq, held: Boolean(body.held) };
  const problem = new Error(body.detail || body.title || boot.strings.notSent);
  problem.code = body.code;
  problem.retry_after = Number(response.headers.get("Retry-After")) || 0;
  throw problem;
}

/** What everybody may read alike: no cookies, so that a cache can answer. */
function getShared(address) {
  return getJson(address, "omit");
}

async function fetchPage(boot, after) {
  const body = await getJson(boot.eventsUrl + "?after=" + after + "&limit=" + PAGE);
  return Array.isArray(body) ? body : body.events || body.results;
}

function renewToken(boot) {
  if (!boot.tokenUrl) return null;
  return async function () {
    return (await getJson(boot.tokenUrl)).token;
  };
}

function setState(boot, state) {
  document.querySelectorAll("[data-room-state]").forEach(function (line) {
    line.dataset.state = state;
    line.textContent = boot.strings.states[state] || "";
  });
  tell("room:state", { state: state });
}

function setNow(now) {
  noteServerTime(now.at);
  showCount(now);
  tell("room:now", now);
}

/** The chat is too fast to be read: what is shown is a choice, and the page says so. */
function createSampledNotice() {
  let timer = 0;
  function show(visible) {
    document.querySelectorAll("[data-room-sampled]").forEach(function (notice) {
      notice.hidden = !visible;
    });
  }
  return function () {
    show(true);
    window.clearTimeout(timer);
    timer = window.setTimeout(show, SAMPLED_MS, false);
  };
}

function setOnAir(kind) {
  document.querySelectorAll("[data-room-status]").forEach(function (place) {
    place.dataset.status = kind === "on_air" ? "live" : "off";
  });
}

function start(boot) {
  const parts = [];
  let present = 0;
  let socket = null;
  let feed = null;
  let watch = null;
  const stepping = createStepping(function (event) {
    parts.forEach(function (part) {
      part.event(event);
    });
  });
  const log = createLog({
    after: boot.after,
    fetchPage: async function (after) {
      const shared = await feed.segment(after).catch(function () {
        return null; // it may have changed this moment; the list knows
      });
      return shared || fetchPage(boot, after);
    },
    pageSize: PAGE,
    spreadMs: function () {
      return Math.min(present, 3000);
    },
    onEvent: function (event) {
      stepping.take(event);
      if (event.kind === "on_air" || event.kind === "off_air") setOnAir(event.kind);
      tell("room:event", event);
    },
  });
  let chat = null;
  const outbox = createOutbox({
    name: "room-outbox-" + boot.session + "-" + boot.key,
    notSent: boot.strings.notSent,
    sendSocket: function (frame) {
      return socket !== null && socket.send(frame);
    },
    sendHttp: function (entry) {
      return postMessage(boot, entry).then(function (answer) {
        feed.soon();
        return answer;
      });
    },
    onChange: function (entry) {
      if (chat) chat.outgoing(entry);
    },
  });
  const chatRoot = document.querySelector("[data-chat]");
  if (chatRoot) {
    chat = createChat(chatRoot, boot, outbox);
    parts.push(chat);
    outbox.restore();
  }
  document.querySelectorAll("[data-pin]").forEach(function (pinRoot) {
    parts.push(createPin(pinRoot, boot.pin));
  });
  const sampled = createSampledNotice();
  feed = createFeed({
    url: boot.feedUrl || "",
    log: log,
    getShared: getShared,
    onNow: onNow,
  });

  function onNow(now) {
    present = now.present;
    setNow(now);
  }

  function onTick(frame) {
    log.frame(frame);
    if (frame.left_out) sampled();
    onNow(frame.now);
  }

  function follow(state) {
    setState(boot, state);
    feed.start();
    outbox.resend();
  }

  socket = createSocket({
    url: boot.wsUrl,
    token: boot.token,
    renewToken: renewToken(boot),
    after: log.last,
    lang: (document.documentElement.lang || "").toLowerCase(),
    on: {
      welcome: function (frame) {
        feed.stop();
        onTick(frame);
        outbox.resend();
        if (watch) watch.hello();
      },
      tick: onTick,
      ack: function (frame) {
        outbox.done(frame.client_id, frame);
      },
      error: function (frame) {
        if (frame.client_id) outbox.failed(frame.client_id, frame);
      },
      state: function (state) {
        setState(boot, state);
      },
      fallback: function () {
        follow("polling");
      },
      aside: function () {
        follow("feed");
      },
    },
  });
  watch = startWatch({
    url: "/live/" + boot.session + "/watched/",
    token: socket.token,
    sendSocket: socket.send,
  });
  startReact(socket.send);
  ["focusin", "click"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (event.target.closest && event.target.closest(WANTS_LINE)) socket.comeBack();
    });
  });
}

const data = document.getElementById("room-boot");
if (data) start(JSON.parse(data.textContent));
