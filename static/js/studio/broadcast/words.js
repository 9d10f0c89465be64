// What the server handed to the page: addresses and words, from the JSON block "broadcast-boot".
const element = document.getElementById("broadcast-boot");

export const boot = element ? JSON.parse(element.textContent) : null;

/** The word `name`; `{x}` in it becomes `values.x`. */
export function word(name, values) {
  return (boot.words[name] || "").replace(/\{(\w+)\}/g, (all, key) =>
    values && key in values ? String(values[key]) : all,
  );
}

/** Seconds as 0:07, 12:34 or 1:02:03. */
export function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? minutes + ":" + two(whole % 60)
    : Math.floor(minutes / 60) + ":" + two(minutes % 60) + ":" + two(whole % 60);
}
