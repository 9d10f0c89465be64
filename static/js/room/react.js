/**
 * ♥: taps are counted and sent together; everybody's total comes with the ticks. Shown only where
 * there is a socket. Hooks: button[data-react] with [data-react-total].
 */

const EVERY_MS = 2000;
const MOST_PER_FRAME = 20;
const FLOATING = 12;
const OTHERS = 3;

const button = document.querySelector("[data-react]");

function still() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A short form of a large number: 9,999 · 12k · 1.2万 by the page's language. */
function short(number) {
  const lang = document.documentElement.lang || "zh";
  const form = { notation: "compact", maximumFractionDigits: 1 };
  return number < 10000 ? String(number) : new Intl.NumberFormat(lang, form).format(number);
}

/**
 * @param {(frame: object) => boolean} send
 */
export function startReact(send) {
  if (!button) return;
  const place = button.querySelector("[data-react-total]");
  let waiting = 0;
  let timer = 0;
  let total = null;
  let mine = 0;
  let shown = 0;

  function float() {
    if (still() || button.querySelectorAll(".react__heart").length >= FLOATING) return;
    const heart = button.querySelector(".icon").cloneNode(true);
    heart.setAttribute("class", "icon react__heart");
    heart.removeAttribute("role");
    heart.removeAttribute("aria-label");
    heart.setAttribute("aria-hidden", "true");
    heart.style.setProperty("--drift", Math.round(Math.random() * 40 - 20) + "px");
    heart.addEventListener("animationend", () => heart.remove());
    button.append(heart);
  }

  function show() {
    if (total === null && mine === 0) return;
    shown = Math.max(shown, (total || 0) + mine);
    place.textContent = short(shown);
    place.hidden = shown === 0;
  }

  function flush() {
    timer = 0;
    const n = Math.min(waiting, MOST_PER_FRAME);
    if (n === 0) return;
    if (send({ type: "react", n: n })) waiting -= n;
    else waiting = 0;
    if (waiting) timer = window.setTimeout(flush, EVERY_MS);
  }

  button.addEventListener("click", () => {
    if (waiting >= MOST_PER_FRAME) return;
    waiting += 1;
    mine += 1;
    button.dataset.reacted = "";
    float();
    show();
    if (!timer) timer = window.setTimeout(flush, EVERY_MS);
  });
  document.addEventListener("room:now", (event) => {
    const hearts = event.detail.hearts;
    if (hearts === undefined) return;
    const others = total === null ? 0 : hearts - total - mine;
    total = hearts;
    mine = waiting;
    show();
    if (document.visibilityState === "visible") {
      for (let n = 0; n < Math.min(others, OTHERS); n += 1) window.setTimeout(float, n * 150);
    }
  });
  document.addEventListener("room:state", (event) => {
    button.hidden = event.detail.state !== "online";
  });
}
