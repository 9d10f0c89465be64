/**
 * Follows a list by asking again: every `everyMs` while the page is visible, more slowly while the
 * server fails, no more once the person is signed out or no longer a member. The server answers 204
 * while nothing has changed.
 *
 * @param {object} options
 * @param {() => string} options.address what to ask for, with the stamp of what is known
 * @param {(html: string) => void} options.take called with what is new
 * @param {number} options.everyMs
 * @param {number} options.slowestMs
 */
export function follow(options) {
  let wait = options.everyMs;
  let timer = 0;

  async function look() {
    try {
      const response = await fetch(options.address(), { credentials: "same-origin" });
      if (response.redirected || response.status === 404) {
        return; // signed out, or no longer a member: stop looking
      }
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      if (response.status === 200) {
        options.take(await response.text());
      }
      wait = options.everyMs;
    } catch {
      wait = Math.min(wait * 2, options.slowestMs);
    }
    later();
  }

  function later() {
    clearTimeout(timer);
    if (!document.hidden) {
      timer = setTimeout(look, wait);
    }
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) {
      look();
    }
  });
  later();
}
