/**
 * The replay's page: one clock, the moment of the programme on the screen; card, question,
 * chapter and chat follow it, also after a jump. Links to a second (`?t=` and `#t=`) lead there.
 * Reads its data from the JSON block #replay-boot and the index of the replay.
 */

import "../room/apply_now.js";
import "../room/open_tab.js";
import { useClock } from "../room/clock.js";
import { startWatch } from "../room/watch.js";
import { toast } from "../toast.js";
import { createBar } from "./bar.js";
import { createReplayLog } from "./log.js";
import { createPlayer } from "./player.js";
import { createScreen } from "./screen.js";
import { createTalk } from "./talk.js";
import { createTimeline } from "./timeline.js";

const STEP_MS = 100;
const AGAIN_MS = 4000;
/** So often the page asks whether something was removed. */
const RENEW_MS = 60000;

async function getJson(address) {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(response.status + " " + address);
  return response.json();
}

/** The second of the programme that the address names, or null. */
function namedSecond() {
  const found = /[#?&]t=(\d{1,7})\b/.exec(window.location.hash || window.location.search);
  return found ? Number(found[1]) : null;
}

/** Which revision of the recording is behind a signed folder. */
function revisionOf(folder) {
  return folder.split("/").slice(-2)[0];
}

function start(boot, index) {
  const root = document.querySelector("[data-replay-player]");
  const notice = root.querySelector("[data-replay-notice]");
  const tap = root.querySelector("[data-replay-tap]");
  const timeline = createTimeline(index);
  let last = null;

  const player = createPlayer(root, timeline, {
    first: boot.folder,
    folder: async function (at) {
      const folder = (await getJson(boot.playbackUrl)).folder;
      if (revisionOf(folder) !== revisionOf(boot.folder)) await loadAgain(at);
      return folder;
    },
    onState: setState,
  });
  const bar = createBar(document.querySelector("[data-replay-bar]"), player, timeline, seek);
  const screen = createScreen(index);
  const log = createReplayLog({
    feedUrl: boot.feedUrl,
    eventsUrl: boot.eventsUrl,
    index: index,
  });
  const talk = createTalk(document.querySelector("[data-talk]"), log, boot.strings);

  function setState(state) {
    root.dataset.state = state;
    const text = { loading: root.dataset.textLoading, error: root.dataset.textError };
    notice.textContent = text[state] || "";
    notice.hidden = !text[state];
    if (tap) tap.hidden = state === "playing" || state === "loading";
    bar.state();
  }

  /** Everything beside the picture follows the moment on the screen. */
  function follow() {
    const at = player.now();
    if (at === last) return;
    last = at;
    screen.show(at);
    talk.show(at);
    bar.show(at);
    root.dataset.at = Math.round(at);
    const detail = { at: new Date(at).toISOString() };
    document.dispatchEvent(new CustomEvent("player:time", { detail: detail }));
  }

  /** The recording was cut anew: the times that this page knows are not its own any more. */
  function loadAgain(at) {
    window.location.hash = "t=" + Math.max(0, Math.floor((at - timeline.first) / 1000));
    window.location.reload();
    return new Promise(() => null);
  }

  function seek(at) {
    player.seek(at);
    last = null;
    follow();
  }

  function seekSecond(second) {
    seek(timeline.clamp(timeline.first + second * 1000));
  }

  function shareMoment(button) {
    const second = Math.max(0, Math.floor((player.now() - timeline.first) / 1000));
    const address = window.location.origin + window.location.pathname + "?t=" + second + "#t=" + second;
    if (navigator.share) {
      navigator.share({ title: document.title, url: address }).catch(() => null);
      return;
    }
    navigator.clipboard.writeText(address).then(
      () => toast(button.dataset.textDone, { kind: "ok" }),
      () => window.prompt("", address)
    );
  }

  useClock(function () {
    return new Date(player.now());
  });
  document.addEventListener("click", function (event) {
    const link = event.target.closest("[data-second]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      seek(Date.parse(link.dataset.at));
      if (!player.hasPicture()) player.start();
      return;
    }
    const share = event.target.closest("[data-share-moment]");
    if (share) shareMoment(share);
  });
  if (tap) tap.addEventListener("click", player.start);
  if (player.video) player.video.addEventListener("click", player.toggle);
  window.addEventListener("hashchange", function () {
    const second = namedSecond();
    if (second !== null) seekSecond(second);
  });

  let revision = index.revision;
  window.setInterval(async function () {
    if (document.visibilityState === "hidden") return;
    const fresh = await getJson(boot.indexUrl).catch(() => null);
    if (fresh === null || fresh.revision === revision) return;
    revision = fresh.revision;
    log.renew(fresh);
    talk.forget();
    last = null;
  }, RENEW_MS);

  setState("idle");
  const named = namedSecond();
  if (named === null) seek(timeline.from);
  else seekSecond(named);
  window.setInterval(follow, STEP_MS);
  startWatch({
    url: boot.watchedUrl,
    token: function () {
      return boot.token;
    },
    sendSocket: function () {
      return false;
    },
  });
  document.querySelector("[data-replay]").dataset.ready = "";
}

async function begin(boot) {
  let index = null;
  while (index === null) {
    index = await getJson(boot.indexUrl).catch(() => null);
    if (index === null) await new Promise((resolve) => window.setTimeout(resolve, AGAIN_MS));
  }
  start(boot, index);
}

const data = document.getElementById("replay-boot");
if (data) begin(JSON.parse(data.textContent));
