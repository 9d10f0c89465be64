/**
 * The live room: joins log, socket, chat, pin card and the quiet state line. Reads its data from
 * the JSON block #room-boot; falls back to asking every few seconds where sockets do not work.
 */

import { createChat } from "./chat.js";
import { createLog } from "./log.js";
import { createOutbox } from "./outbox.js";
import { createPin } from "./pin.js";
import { createSocket } from "./socket.js";

const POLL_MS = 3000;
const PAGE = 200;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail: detail }));
}

async function getJson(address) {
  const response = await fetch(address, {
    credentials: "same-origin",
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
  throw new Error(body.detail || body.title || boot.strings.notSent);
}

function fetchPage(boot) {
  return async function (after) {
    const body = await getJson(boot.eventsUrl + "?after=" + after + "&limit=" + PAGE);
    return Array.isArray(body) ? body : body.events || body.results;
  };
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
  document.querySelectorAll("[data-room-present]").forEach(function (place) {
    place.textContent = String(now.present);
  });
  tell("room:now", now);
}

function setOnAir(kind) {
  document.querySelectorAll("[data-room-status]").forEach(function (place) {
    place.dataset.status = kind === "on_air" ? "live" : "off";
  });
}

/** Asks for new entries while there is no socket. */
function createPolling(log) {
  let timer = 0;
  let running = false;
  function next() {
    if (running) timer = window.setTimeout(ask, POLL_MS * (0.8 + 0.4 * Math.random()));
  }
  function ask() {
    if (document.visibilityState === "hidden") {
      next();
      return;
    }
    log.poll().then(next, next);
  }
  return {
    start: function () {
      if (running) return;
      running = true;
      ask();
    },
    stop: function () {
      running = false;
      window.clearTimeout(timer);
    },
  };
}

function start(boot) {
  const parts = [];
  let present = 0;
  let socket = null;
  const log = createLog({
    after: boot.after,
    fetchPage: fetchPage(boot),
    pageSize: PAGE,
    spreadMs: function () {
      return Math.min(present, 3000);
    },
    onEvent: function (event) {
      parts.forEach(function (part) {
        part.event(event);
      });
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
      return postMessage(boot, entry);
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
  const polling = createPolling(log);

  function onTick(frame) {
    present = frame.now.present;
    log.frame(frame);
    setNow(frame.now);
  }

  socket = createSocket({
    url: boot.wsUrl,
    token: boot.token,
    renewToken: renewToken(boot),
    after: log.last,
    lang: (document.documentElement.lang || "").toLowerCase(),
    on: {
      welcome: function (frame) {
        polling.stop();
        onTick(frame);
        outbox.resend();
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
        setState(boot, "polling");
        polling.start();
        outbox.resend();
      },
    },
  });
}

const data = document.getElementById("room-boot");
if (data) start(JSON.parse(data.textContent));
