// While on air the screen stays on, and leaving the page asks first.
import { word } from "./words.js";

let lock = null;
let wanted = false;

async function hold() {
  if (!wanted || lock || !navigator.wakeLock || document.visibilityState !== "visible") {
    return;
  }
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => {
      lock = null;
    });
  } catch (error) {
    lock = null; // low battery: the phone decides
  }
}

function ask(event) {
  event.preventDefault();
  event.returnValue = word("leave");
  return event.returnValue;
}

document.addEventListener("visibilitychange", hold);

/** Stay awake, or not any more. */
export function stayAwake(on) {
  if (wanted === on) {
    return;
  }
  wanted = on;
  if (on) {
    window.addEventListener("beforeunload", ask);
    hold();
  } else {
    window.removeEventListener("beforeunload", ask);
    if (lock) {
      lock.release();
    }
  }
}
