// The page to go live from: which panel shows, and what every button does.
import { toast } from "../../toast.js";
import { closeSheet, openSheet } from "../../sheet.js";
import { stayAwake } from "./awake.js";
import * as devices from "./devices.js";
import { createCheck } from "./check.js";
import { createOnAir } from "./onair.js";
import { createPicture } from "./picture.js";
import { createSound } from "./sound.js";
import { ofBrowser, ofDevice } from "./troubles.js";
import { boot, clock, word } from "./words.js";

const root = document.querySelector("[data-broadcast]");
const part = (name) => root.querySelector('[data-bc="' + name + '"]');
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const choice = Object.assign({ facing: "user", lines: 540, shape: "" }, devices.kept());

const PANELS = {
  ask: "ask", opening: "ask", check: "check", counting: "count", connecting: "air",
  starting: "air", live: "air", retry: "air", stopping: "air", over: "over", trouble: "trouble",
  taken: "taken",
};
const BADGES = {
  counting: "counting", connecting: "connecting", starting: "connecting", live: "live",
  retry: "reconnecting", stopping: "stopping",
};
/** What the badge says after the picture ended, until it goes up again. */
const ENDED = { stopped: "wentOff", cut: "wasCut", over: "ended" };

let picture = null;
let sound = null;
let check = null;
let camera = null;
let microphone = null;
let muted = false;
let slide = false;
let began = 0;
let retryAt = 0;
let countdown = 0;
let note = "";
let stopped = "";

// --- what shows ---------------------------------------------------------------------------------
function setState(state) {
  root.dataset.state = state;
  document.querySelectorAll("[data-bc-panel]").forEach((panel) => {
    panel.hidden = panel.dataset.bcPanel !== PANELS[state];
  });
  const live = state === "live";
  const badge = part("badge");
  const name = live && boot.rehearsal ? "rehearsing" : BADGES[state] || ENDED[stopped] || "ready";
  badge.textContent = word(name);
  part("big").textContent = word(name);
  badge.className =
    "badge " + (live ? "badge--live" : state in BADGES ? "badge--wait" : "");
  stayAwake(onAir.isOn());
  showNote();
}

function showNote() {
  const state = root.dataset.state;
  let text = note;
  if (state === "retry") {
    const left = Math.ceil((retryAt - Date.now()) / 1000);
    text = left > 1 ? word("retryAt", { n: left }) : word("connecting");
  } else if (state === "starting" || state === "connecting") {
    text = note || word("starting");
  } else if (slide) {
    text = word("standbyOn");
  } else if (muted && !text) {
    text = word("muted");
  }
  const line = part("note");
  if (line.textContent !== text) {
    line.textContent = text;
  }
  part("veil").hidden = state !== "retry";
}

function trouble(name, again) {
  part("trouble-title").textContent = word(name);
  part("trouble-text").textContent = word(name + "Text");
  part("again").hidden = !again;
  part("copy").hidden = name !== "wechat" && name !== "unsupported";
  root.dataset.trouble = name;
  setState("trouble");
}

function showTaken(taken) {
  const time = new Date(taken.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const values = { who: taken.who, path: taken.path, time: time };
  part("taken-by").textContent = word(taken.who ? "takenBy" : "takenBySomebody", values);
  setState("taken");
}

function showOver(detail) {
  const heads = { stopped: "back", cut: "cut", over: "over", full: "full", format: "format" };
  const texts = { cut: "cutText", over: "overText", full: "fullText", format: "formatText" };
  part("over-title").textContent = word(heads[detail.why]);
  part("over-text").textContent = texts[detail.why]
    ? word(texts[detail.why])
    : detail.seconds ? word("lasted", { time: clock(detail.seconds) }) : word("neverUp");
  part("anew").hidden = detail.why === "over";
  setState("over");
}

// --- the devices --------------------------------------------------------------------------------
async function openDevices() {
  setState("opening");
  part("open").setAttribute("aria-busy", "true");
  try {
    const stream = await devices.open(choice);
    use(stream);
    const wanted = await devices.list();
    check.list(wanted, camera, microphone);
    part("switch").hidden = wanted.cameras.length < 2;
    part("flip").hidden = wanted.cameras.length < 2;
    if (root.dataset.state === "opening") {
      if (boot.taken) {
        showTaken(boot.taken);
      } else {
        setState("check");
      }
      check.measure();
    }
  } catch (error) {
    trouble(ofDevice(error, await devices.present()), true);
  }
  part("open").removeAttribute("aria-busy");
}

function use(stream) {
  if (stream.getVideoTracks().length) {
    camera = new MediaStream(stream.getVideoTracks());
    camera.getVideoTracks()[0].addEventListener("ended", () => {
      note = word("lost") + " · " + word("lostText");
      picture.show(null);
      showNote();
    });
    picture.show(camera).then(() => check.sized());
  }
  if (stream.getAudioTracks().length) {
    microphone = new MediaStream(stream.getAudioTracks());
    sound.hear(microphone);
    sound.wake();
  }
}

async function change(only) {
  const before = only === "camera" ? camera : microphone;
  devices.close(before); // phones open a second camera only when the first is free
  try {
    use(await devices.open(choice, only));
    note = "";
  } catch (error) {
    toast(word(ofDevice(error, { camera: only === "camera" })), { kind: "bad" });
  }
  devices.keep(choice);
  check.list(await devices.list(), camera, microphone);
  showNote();
}

async function nextCamera() {
  if (window.matchMedia("(pointer: coarse)").matches) {
    choice.facing = choice.facing === "environment" ? "user" : "environment";
    choice.camera = "";
  } else {
    const all = (await devices.list()).cameras;
    const now = camera ? camera.getVideoTracks()[0].getSettings().deviceId : "";
    const at = all.findIndex((one) => one.id === now);
    choice.camera = all.length ? all[(at + 1) % all.length].id : "";
  }
  await change("camera");
}

function mix() {
  sound.setMuted(muted || slide);
  picture.setSlide(slide);
  part("mute").setAttribute("aria-pressed", String(muted));
  part("slide").setAttribute("aria-pressed", String(slide));
  showNote();
}

// --- on air -------------------------------------------------------------------------------------
const onAir = createOnAir(
  token,
  {
    tracks: () => [picture.track(), sound.track()],
    quality: () => check.quality(),
    lower: () => check.lower(),
  },
  (state, detail) => {
    const heard = {
      stats() {
        part("viewers").textContent = String(detail.playing);
        part("kbps").textContent = String(detail.kbps);
      },
      waiting() {
        part("waiting").textContent = detail.s.toFixed(1);
      },
      slow() {
        note = word("slow", detail);
        showNote();
      },
      fast() {
        note = "";
        showNote();
      },
      lowered() {
        note = word("lowered", detail);
        showNote();
      },
      lowest() {
        note = word("lowest");
        showNote();
      },
      over() {
        stopped = detail.why === "stopped" && !detail.seconds ? "" : detail.why;
        began = 0;
        note = "";
        slide = false;
        muted = false;
        mix();
        stayAwake(false);
        if (detail.why === "taken") {
          showTaken(detail.taken);
        } else {
          showOver(detail);
        }
      },
    };
    if (heard[state]) {
      heard[state]();
      return;
    }
    if (state === "live") {
      began = detail.began;
    } else if (state === "retry") {
      retryAt = Date.now() + detail.inMs;
      part("kbps").textContent = "0";
    }
    setState(state);
  },
);

function count(takeOver) {
  sound.wake();
  note = "";
  const ready = onAir.prepare(takeOver);
  ready.catch(() => {});
  let left = 3;
  setState("counting");
  part("number").textContent = String(left);
  window.clearInterval(countdown);
  countdown = window.setInterval(async () => {
    left -= 1;
    if (left > 0) {
      part("number").textContent = String(left);
      return;
    }
    window.clearInterval(countdown);
    try {
      await ready;
    } catch (error) {
      setState("check");
      toast(error.title || word("refusedText"), { kind: "bad" });
      return;
    }
    if (root.dataset.state === "counting") {
      boot.taken = null;
      onAir.start();
    }
  }, 1000);
}

const presses = {
  open: openDevices,
  again() {
    openDevices();
  },
  flip: nextCamera,
  switch: nextCamera,
  measure: () => check.measure(),
  async go() {
    const taken = await onAir.taken().catch(() => null);
    if (taken) {
      showTaken(taken);
    } else {
      count(false);
    }
  },
  cancel() {
    window.clearInterval(countdown);
    setState("check");
  },
  mute() {
    muted = !muted;
    mix();
  },
  slide() {
    slide = !slide;
    mix();
  },
  stop() {
    openSheet(document.getElementById("bc-stop"));
  },
  anew() {
    setState(stopped === "format" || !camera ? "ask" : "check");
  },
  async look() {
    boot.taken = await onAir.taken().catch(() => boot.taken);
    if (boot.taken) {
      showTaken(boot.taken);
    } else {
      setState(camera ? "check" : "ask");
    }
  },
  over() {
    openSheet(document.getElementById("bc-over"));
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-press]");
  if (button && presses[button.dataset.press]) {
    presses[button.dataset.press]();
    return;
  }
  if (event.target.closest("[data-stop-now]")) {
    closeSheet(document.getElementById("bc-stop"));
    onAir.stop();
  } else if (event.target.closest("[data-over-now]")) {
    closeSheet(document.getElementById("bc-over"));
    count(true);
  }
});

function tick() {
  if (began) {
    part("time").textContent = clock((Date.now() - began) / 1000);
  }
  if (root.dataset.state === "retry") {
    showNote();
  }
}

async function begin() {
  const wrong = ofBrowser();
  if (wrong) {
    trouble(wrong, false);
    return;
  }
  const texts = { head: word("slide"), text: word("slideText"), title: boot.title };
  picture = createPicture(part("canvas"), texts, root.dataset.worker);
  sound = createSound();
  check = createCheck({ part, root, picture, sound, choice, token, onChange: change });
  window.setInterval(tick, 500);
  setState("ask");
  document.addEventListener("visibilitychange", () => {
    sound.wake();
    if (document.visibilityState === "hidden" && root.dataset.state === "live") {
      note = word("hidden");
    }
    showNote();
  });
  if (await devices.allowed()) {
    openDevices();
  }
}

if (root && boot) {
  begin();
}
