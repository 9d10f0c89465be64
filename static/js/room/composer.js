/**
 * The composer: sends on Enter, counts down where the room is slow, and never loses a text. What
 * the server refused comes back into the field, with the reason above it.
 *
 * form[data-chat-form] with [name=text], a button, and if wanted [data-chat-wait] (the seconds
 * left) and [data-chat-hint]; [data-limited] where slow mode counts for this person. Texts:
 * data-text-wait, -closed, -slow, -age ({count} is filled in).
 */

const TICK_MS = 250;

function fill(template, count) {
  return (template || "").replace("{count}", String(count));
}

/**
 * @param {HTMLFormElement} form
 * @param {(text: string) => void} post sends a text
 * @param {(shown: boolean) => void} [onHint] the hint came or went
 */
export function createComposer(form, post, onHint) {
  const field = form.querySelector("[name=text]");
  const button = form.querySelector("button");
  const count = form.querySelector("[data-chat-wait]");
  const hint = form.querySelector("[data-chat-hint]");
  const texts = form.dataset;
  const limited = "limited" in texts;
  const placeholder = field.placeholder;
  let slow = 0;
  let until = 0;
  let timer = 0;

  function say(text) {
    if (!hint || hint.textContent === text) return;
    hint.textContent = text;
    hint.hidden = text === "";
    if (onHint) onHint(text !== "");
  }

  function left() {
    return Math.max(0, Math.ceil((until - Date.now()) / 1000));
  }

  function show() {
    const seconds = left();
    form.toggleAttribute("data-waiting", seconds > 0);
    button.setAttribute("aria-disabled", String(seconds > 0));
    if (count) {
      count.textContent = seconds ? String(seconds) : "";
      count.hidden = seconds === 0;
    }
    if (seconds === 0 && timer) {
      window.clearInterval(timer);
      timer = 0;
      say("");
    }
  }

  function wait(seconds) {
    until = Math.max(until, Date.now() + seconds * 1000);
    if (!timer) timer = window.setInterval(show, TICK_MS);
    show();
  }

  function submit() {
    const text = field.value.trim();
    if (text === "" || field.disabled) return;
    if (left() > 0) {
      say(fill(texts.textWait, left()));
      return;
    }
    say("");
    field.value = "";
    post(text);
    // On a phone the keyboard, and the room beneath it folded up, have served; a desk types on.
    if (window.matchMedia("(pointer: coarse)").matches) document.activeElement.blur();
  }

  function ruleOf(mode) {
    if (limited && mode.slow_s) return fill(texts.textSlow, mode.slow_s);
    if (limited && mode.account_minutes) return fill(texts.textAge, mode.account_minutes);
    return placeholder;
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    submit();
  });
  field.addEventListener("keydown", function (event) {
    // While Chinese is being composed, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });

  return {
    /** The room's mode, as the page starts with it or as it changed. */
    setMode: function (mode) {
      const open = mode.chat_open !== false;
      slow = limited && mode.slow_s ? mode.slow_s : 0;
      form.toggleAttribute("data-closed", !open);
      field.disabled = !open;
      field.placeholder = open ? ruleOf(mode) : texts.textClosed || placeholder;
      if (!slow && timer) {
        until = 0;
        show();
      }
    },
    /** A message of ours is stored. */
    sent: function () {
      if (slow) wait(slow);
    },
    /**
     * A message was refused. Whether its text is in the field again: where another one stands
     * there already, or the text is not to blame, it stays in the list.
     */
    takeBack: function (entry) {
      const again = entry.retryAfter > 0 || (entry.code || "").indexOf("text_") === 0;
      if (!again || field.disabled || field.value.trim() !== "") return false;
      field.value = entry.text;
      if (entry.retryAfter > 0) wait(entry.retryAfter);
      say(entry.note);
      return true;
    },
  };
}
