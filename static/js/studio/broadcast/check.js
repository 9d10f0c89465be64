// Before going on air: which devices, how large and of what shape, does it hear, is the line good.
import { keep } from "./devices.js";
import { grade, measure } from "./network.js";
import { boot, word } from "./words.js";

const QUIET = 0.02;
const QUIET_TICKS = 50;

function fill(select, devices, name, current) {
  select.textContent = "";
  devices.forEach((device, place) => {
    const option = document.createElement("option");
    option.value = device.id;
    option.textContent = device.label || word(name, { n: place + 1 });
    option.selected = device.id === current;
    select.appendChild(option);
  });
  select.disabled = devices.length < 2;
}

function deviceOf(stream) {
  const track = stream && stream.getTracks()[0];
  return track && track.getSettings ? track.getSettings().deviceId : "";
}

/** The panel of the check. `onChange("camera" | "microphone")` opens what was chosen. */
export function createCheck({ part, root, picture, sound, choice, token, onChange }) {
  const sizes = Array.from(root.querySelectorAll("input[name=lines]"));
  const shapes = Array.from(root.querySelectorAll("input[name=shape]"));
  const meters = Array.from(root.querySelectorAll("[data-level]"));
  let result = null;
  let quiet = 0;

  function quality() {
    const one = sizes.find((input) => input.checked) || sizes[0];
    return { lines: Number(one.value), kbps: Number(one.dataset.kbps) };
  }

  function shape() {
    const one = shapes.find((input) => input.checked);
    return one ? one.value : "wide";
  }

  function resize() {
    const lines = quality().lines;
    const long = Math.round((lines * 16) / 18) * 2;
    const upright = shape() === "tall";
    picture.resize(upright ? lines : long, upright ? long : lines);
    root.dataset.shape = upright ? "tall" : "wide";
    part("turn").hidden = !picture.turned();
  }

  function pick(inputs, value) {
    inputs.forEach((input) => {
      input.checked = input.value === String(value);
    });
  }

  function showLine(state) {
    const box = part("line");
    box.dataset.grade = state;
    part("line-word").textContent = word(state);
    if (state === "measuring") {
      part("line-text").textContent = "";
      return;
    }
    const least = quality().lines === Number(sizes[0].value);
    const smaller = sizes
      .map((input) => ({ lines: input.value, kbps: Number(input.dataset.kbps) }))
      .filter((one) => result && grade(result, one.kbps) !== "poor")
      .pop();
    const advice = state === "poor" && (least || !smaller) ? "poorLeast" : state + "Text";
    const figures = result ? word("figures", result) + " · " : "";
    const lines = smaller ? smaller.lines : sizes[0].value;
    part("line-text").textContent = figures + word(advice, { lines: lines });
  }

  function judge() {
    showLine(result ? grade(result, quality().kbps) : "unknown");
  }

  function meter() {
    const level = sound.level();
    meters.forEach((bar) => {
      bar.value = Math.round(Math.sqrt(level) * 100);
    });
    quiet = level > QUIET ? 0 : quiet + 1;
    part("heard").hidden = quiet <= QUIET_TICKS;
  }

  pick(sizes, sizes.some((input) => input.value === String(choice.lines)) ? choice.lines : 540);
  pick(shapes, choice.shape || "wide");
  resize();
  window.setInterval(meter, 100);

  root.addEventListener("change", (event) => {
    const name = event.target.name;
    if (name === "camera" || name === "microphone") {
      choice[name] = event.target.value;
      onChange(name);
    } else if (name === "lines" || name === "shape") {
      choice.lines = quality().lines;
      choice.shape = shape();
      keep(choice);
      resize();
      judge();
    }
  });

  return {
    quality,
    /** A smaller picture from now on; false where this is the smallest. */
    lower() {
      const at = sizes.findIndex((input) => input.checked);
      if (at < 1) {
        return false;
      }
      pick(sizes, sizes[at - 1].value);
      resize();
      return true;
    },
    /** The camera's picture came: the shape follows it until somebody chose one. */
    sized() {
      if (!choice.shape) {
        pick(shapes, picture.upright() ? "tall" : "wide");
      }
      resize();
    },
    list(found, camera, microphone) {
      fill(part("camera"), found.cameras, "camera", deviceOf(camera));
      fill(part("microphone"), found.microphones, "microphone", deviceOf(microphone));
    },
    async measure() {
      showLine("measuring");
      result = await measure(boot.probe, token).catch(() => null);
      judge();
    },
  };
}
