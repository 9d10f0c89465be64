// [data-countdown="ISO time"] counts down to it, in the words of its data-text-days, -hours,
// -minutes ({d} {h} {m} {s} are filled in) and -now.
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function fill(text, values) {
  return text.replace(/\{(\w)\}/g, (whole, name) => String(values[name]));
}

function words(element, seconds) {
  if (seconds <= 0) {
    return element.dataset.textNow;
  }
  const values = {
    d: Math.floor(seconds / DAY),
    h: Math.floor((seconds % DAY) / HOUR),
    m: Math.floor((seconds % HOUR) / MINUTE),
    s: seconds % MINUTE,
  };
  if (seconds >= DAY) {
    return fill(element.dataset.textDays, values);
  }
  return fill(seconds >= HOUR ? element.dataset.textHours : element.dataset.textMinutes, values);
}

function show(element) {
  const left = (new Date(element.dataset.countdown).getTime() - Date.now()) / 1000;
  const text = words(element, Math.max(0, Math.round(left)));
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

const clocks = Array.from(document.querySelectorAll("[data-countdown]"));
if (clocks.length) {
  clocks.forEach(show);
  window.setInterval(() => clocks.forEach(show), 1000);
}
