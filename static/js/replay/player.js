/**
 * Plays the recording: hls.js where the browser needs it (loaded only when playing starts), the
 * browser's own HLS elsewhere. Speaks in moments of the programme (Unix ms); a jump before playing
 * has begun needs no picture. Without a recording the clock alone runs.
 *
 * Hooks: [data-replay-player] with [data-player-video]; data-hls is the address of hls.js.
 */

const CONFIG = { maxBufferLength: 30, backBufferLength: 30 };
/** The picture stands where it was asked to within this, or is moved once more. */
const EXACT_MS = 80;
const REPAIRS = 2;

function loadScript(src) {
  return new Promise(function (resolve, reject) {
    const script = document.createElement("script");
    script.src = src;
    script.onload = resolve;
    script.onerror = reject;
    document.head.appendChild(script);
  });
}

/**
 * @param {Element} root
 * @param {object} timeline
 * @param {object} options
 * @param {(at: number) => Promise<string>} options.folder the signed folder, a new one each time;
 *   told the moment at which it is needed
 * @param {string} options.first the one that the page came with
 * @param {(state: string) => void} options.onState idle, loading, playing, paused, ended, error
 */
export function createPlayer(root, timeline, options) {
  const video = root.querySelector("[data-player-video]");
  let hls = null;
  let attached = false;
  let sound = false;
  let folder = options.first;
  let wanted = timeline.from; // where to be; null: where the picture is
  let corrected = false;
  let repairs = 0;
  let ticking = null; // without a recording: [moment, performance.now()] of the last reading
  let speed = 1;

  function virtual() {
    if (ticking) {
      const here = performance.now();
      const at = timeline.positionOf(wanted) + (here - ticking) * speed;
      ticking = here;
      wanted = timeline.clamp(timeline.momentAt(at));
      if (wanted >= timeline.to) stopVirtual("ended");
    }
    return wanted;
  }

  function stopVirtual(state) {
    ticking = null;
    options.onState(state);
  }

  /** By the recording's own clock where the player knows it, else by the table. */
  function seen() {
    const playing = hls && !video.seeking && video.readyState >= 2 ? hls.playingDate : null;
    return playing ? playing.getTime() : timeline.momentAt(video.currentTime * 1000);
  }

  function now() {
    if (!video) return virtual();
    return timeline.clamp(wanted === null ? seen() : wanted);
  }

  function place(at) {
    corrected = false;
    video.currentTime = timeline.positionOf(at) / 1000;
  }

  function settle() {
    if (wanted === null) return;
    const off = wanted - seen();
    if (!corrected && Math.abs(off) > EXACT_MS && Math.abs(off) < 10000) {
      corrected = true;
      video.currentTime += off / 1000;
      return;
    }
    wanted = null;
  }

  function play() {
    const promise = video.play();
    if (!promise) return;
    promise.catch(function (error) {
      if (error.name === "NotAllowedError") options.onState("paused");
    });
  }

  async function failed(status) {
    const at = now();
    detach();
    if (repairs >= REPAIRS) {
      options.onState("error");
      return;
    }
    repairs += 1;
    try {
      if (status === 403 || status === 404 || status === 0) folder = await options.folder(at);
      wanted = at;
      await attach();
    } catch (error) {
      options.onState("error");
    }
  }

  function onError(event, data) {
    if (!data.fatal) return;
    if (data.type === window.Hls.ErrorTypes.MEDIA_ERROR && repairs < REPAIRS) {
      repairs += 1;
      hls.recoverMediaError();
      return;
    }
    failed(data.response ? data.response.code : 0);
  }

  function detach() {
    if (hls) hls.destroy();
    hls = null;
    attached = false;
  }

  function hasMediaSource() {
    return "MediaSource" in window || "ManagedMediaSource" in window;
  }

  async function attach() {
    attached = true;
    options.onState("loading");
    const address = folder + (sound ? "audio.m3u8" : "video.m3u8");
    if (!window.Hls && hasMediaSource()) await loadScript(root.dataset.hls).catch(() => null);
    const start = wanted === null ? timeline.from : wanted;
    if (window.Hls && window.Hls.isSupported()) {
      const position = timeline.positionOf(start) / 1000;
      hls = new window.Hls(Object.assign({ startPosition: position }, CONFIG));
      hls.on(window.Hls.Events.ERROR, onError);
      hls.loadSource(address);
      hls.attachMedia(video);
    } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
      video.src = address;
      video.load();
    } else {
      throw new Error("no HLS");
    }
    wanted = start;
    video.playbackRate = speed;
    play();
  }

  function start() {
    if (!video) {
      if (wanted >= timeline.to) wanted = timeline.from;
      ticking = performance.now();
      options.onState("playing");
      return;
    }
    if (now() >= timeline.to - 200) seek(timeline.from);
    if (attached) {
      play();
      return;
    }
    repairs = 0;
    attach().catch(function () {
      detach();
      options.onState("error");
    });
  }

  function pause() {
    if (video) video.pause();
    else stopVirtual("paused");
  }

  function seek(at) {
    wanted = timeline.clamp(at);
    if (video && attached && video.readyState >= 1) place(wanted);
  }

  function listen() {
    video.addEventListener("loadedmetadata", function () {
      video.playbackRate = speed;
      if (wanted !== null && !hls) place(wanted);
    });
    video.addEventListener("seeked", settle);
    video.addEventListener("playing", function () {
      settle();
      options.onState("playing");
    });
    video.addEventListener("waiting", function () {
      options.onState("loading");
    });
    video.addEventListener("pause", function () {
      if (attached) options.onState(now() >= timeline.to - 200 ? "ended" : "paused");
    });
    video.addEventListener("ended", function () {
      options.onState("ended");
    });
    video.addEventListener("timeupdate", function () {
      if (wanted === null && !video.paused && seen() >= timeline.to) video.pause();
      if (video.currentTime > 0) repairs = 0;
    });
    video.addEventListener("error", function () {
      if (!hls && attached && video.getAttribute("src")) failed(0);
    });
  }

  if (video) listen();

  return {
    video: video,
    now: now,
    seek: seek,
    toggle: function () {
      if (video ? attached && !video.paused : ticking) pause();
      else start();
    },
    start: start,
    /** Whether there is a picture that shows a jump; without one a jump moves the clock alone. */
    hasPicture: function () {
      return !video || attached;
    },
    isRunning: function () {
      return video ? attached && !video.paused : ticking !== null;
    },
    setSpeed: function (rate) {
      if (!video) virtual();
      speed = rate;
      if (video) video.playbackRate = rate;
    },
    /** Picture and sound, or the sound alone. */
    setSound: function (only) {
      const at = now();
      const was = attached && !video.paused;
      sound = only;
      if (!attached) return;
      detach();
      wanted = at;
      if (was) start();
    },
  };
}
