/**
 * The chat of a replay: at every moment the last lines that had been written by then. While it
 * plays, lines are added one by one; after a jump the list is made anew from what the moment
 * needs. The page holds at most MOST lines (twice as many while somebody reads back), however
 * long the session was; of a chat faster than anybody reads, the lines around the moment.
 *
 * Hooks: [data-talk], template[data-chat-line], [data-talk-now].
 */

const KINDS = ["message", "question", "answer", "notice"];
/** Lines after a jump, and at most. */
const FRESH = 60;
const MOST = 200;
/** Segments looked through backwards for lines: a stretch of silence is not read to its end. */
const FARTHEST = 8;
/** A step farther than this is a jump. */
const JUMP_MS = 20000;
/** Entries are there this long before they are due. */
const AHEAD_MS = 30000;
const NEAR_BOTTOM_PX = 48;
const AGAIN_MS = 3000;

/**
 * @param {Element} list the [data-talk] element
 * @param {{segment: Function, count: Function, numberAt: Function}} log
 * @param {object} strings
 */
export function createTalk(list, log, strings) {
  const template = document.querySelector("template[data-chat-line]");
  const now = document.querySelector("[data-talk-now]");
  const clock = new Intl.DateTimeFormat(document.documentElement.lang || "zh", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: "Asia/Shanghai",
  });
  let shown = null; // the moment up to which the list is right; null: not at all
  let coming = []; // entries that are loaded and not due yet
  let next = 0; // the segment after those
  let loading = false;
  let jump = 0;
  let wanted = 0; // the moment that is being loaded
  let failedAt = -Infinity;

  function write(line, name, text) {
    const part = line.querySelector("[data-line-" + name + "]");
    part.textContent = text;
    part.hidden = text === "";
  }

  function words(event) {
    if (event.kind !== "answer") return event.data.text || "";
    return "“" + event.data.question + "” " + (event.data.text || strings.answeredLive);
  }

  function isLine(entry) {
    return KINDS.indexOf(entry.event.kind) >= 0 && !entry.event.data.hidden;
  }

  function lineOf(entry) {
    const event = entry.event;
    const by = event.by || {};
    const line = template.content.firstElementChild.cloneNode(true);
    line.dataset.kind = event.kind;
    line.dataset.role = by.role || "";
    line.dataset.seq = event.seq;
    line.dataset.at = entry.at;
    write(line, "name", by.name || "");
    write(line, "role", strings.kinds[event.kind] || strings.roles[by.role] || "");
    write(line, "text", words(event));
    write(line, "time", clock.format(new Date(event.at)));
    write(line, "note", "");
    return line;
  }

  function atBottom() {
    return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_BOTTOM_PX;
  }

  function toBottom() {
    list.scrollTop = list.scrollHeight;
    now.hidden = true;
  }

  function say(words) {
    list.textContent = "";
    const line = document.createElement("p");
    line.className = "muted replay__hint";
    line.textContent = words;
    list.append(line);
  }

  function add(entries) {
    const lines = entries.filter(isLine);
    if (!lines.length) return;
    const follow = atBottom();
    const hint = list.querySelector(".replay__hint");
    if (hint) hint.remove();
    list.append(...lines.slice(-MOST).map(lineOf));
    while (follow && list.children.length > MOST) list.firstElementChild.remove();
    if (follow) toBottom();
    else now.hidden = false;
    // Somebody reads back: their place is kept, but not for ever.
    if (list.children.length > 2 * MOST) {
      while (list.children.length > MOST) list.firstElementChild.remove();
    }
  }

  /** The entries up to a moment, backwards until there are enough lines; and those after it. */
  async function around(at) {
    const last = log.numberAt(at);
    if (last > 0) log.segment(last - 1).catch(() => null); // nearly always needed: ask for both at once
    let entries = log.count() ? await log.segment(last) : [];
    for (let number = last - 1; number >= 0 && last - number < FARTHEST; number -= 1) {
      if (entries.filter((entry) => entry.at <= at && isLine(entry)).length >= FRESH) break;
      entries = (await log.segment(number)).concat(entries);
    }
    return { entries: entries, next: last + 1 };
  }

  async function rebuild(at) {
    jump += 1;
    const mine = jump;
    shown = null;
    wanted = at;
    loading = true;
    try {
      const found = await around(at);
      if (mine !== jump) return;
      const lines = found.entries.filter((entry) => entry.at <= at && isLine(entry));
      list.textContent = "";
      list.append(...lines.slice(-FRESH).map(lineOf));
      if (!lines.length) say(list.dataset.textEmpty);
      toBottom();
      coming = found.entries.filter((entry) => entry.at > at);
      next = found.next;
      shown = at;
      list.dataset.shown = at;
    } catch (error) {
      if (mine !== jump) return;
      failedAt = performance.now();
      say(list.dataset.textFailed);
    }
    if (mine === jump) loading = false;
  }

  async function readAhead(at) {
    const end = coming.length ? coming[coming.length - 1].at : -Infinity;
    if (loading || next >= log.count() || end > at + AHEAD_MS) return;
    loading = true;
    const mine = jump;
    try {
      const entries = await log.segment(next);
      if (mine === jump) {
        coming = coming.concat(entries);
        next += 1;
      }
    } catch (error) {
      failedAt = performance.now();
    }
    if (mine === jump) loading = false;
  }

  /** The chat is faster than it can be read here: on to the moment, past what lies between. */
  function isOutrun(at) {
    const end = coming.length ? coming[coming.length - 1].at : -Infinity;
    return !loading && end <= at && log.count() > next && log.numberAt(at) > next + 1;
  }

  now.addEventListener("click", toBottom);
  list.addEventListener("scroll", function () {
    if (atBottom()) now.hidden = true;
  });
  document.addEventListener("tab:shown", function (event) {
    if (event.target.contains(list)) toBottom();
  });

  return {
    /** Show the chat of this moment (Unix ms). */
    show: function (at) {
      if (performance.now() - failedAt < AGAIN_MS) return;
      if (shown === null) {
        if (!loading || at < wanted || at > wanted + JUMP_MS) rebuild(at);
        return;
      }
      if (at < shown - 250 || at > shown + JUMP_MS || isOutrun(at)) {
        rebuild(at);
        return;
      }
      const due = coming.findIndex((entry) => entry.at > at);
      const ready = due < 0 ? coming : coming.slice(0, due);
      if (ready.length) {
        coming = coming.slice(ready.length);
        add(ready);
      }
      shown = Math.max(shown, at);
      list.dataset.shown = shown;
      readAhead(at);
    },
    /** Whatever comes next is a jump. */
    forget: function () {
      jump += 1;
      loading = false;
      shown = null;
    },
  };
}
