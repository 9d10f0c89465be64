/**
 * Gets HLS onto a video element: by hls.js where the browser has Media Source Extensions (loaded
 * only when playing starts), by the browser itself elsewhere. Knows the moment on the screen, the
 * levels of the source, and why it failed; decides nothing.
 */

/** As close to live as two segments, and never faster than a viewer would hear. */
const LIVE = {
  liveSyncDurationCount: 2,
  liveMaxLatencyDurationCount: 10,
  maxLiveSyncPlaybackRate: 1.1,
  maxBufferLength: 20,
  backBufferLength: 20,
};
const GONE = [401, 403, 404, 410];
const REPAIRS = 2;
/** A picture further behind than this (of Safari's own making) is taken to the front. */
const BEHIND_S = 20;
const NATIVE_LAG_S = 6;

function loadScript(src) {
  return new Promise(function (resolve, reject) {
    const script = document.createElement("script");
    script.src = src;
    script.onload = resolve;
    script.onerror = function () {
      script.remove();
      reject(new Error("script " + src));
    };
    document.head.appendChild(script);
  });
}

function hasMediaSource() {
  return "MediaSource" in window || "ManagedMediaSource" in window;
}

/** The address of a source's sound alone, if its list names one. */
function soundOf(levels) {
  const sound = levels.find((level) => level.audioCodec && !level.videoCodec && !level.height);
  return sound && levels.length > 1 ? [].concat(sound.url)[0] : "";
}

/**
 * @param {HTMLVideoElement} video
 * @param {object} options
 * @param {string} options.script address of hls.js
 * @param {() => void} options.onReady the source can be played
 * @param {(gone: boolean) => void} options.onFailed nothing more comes; gone: the address is no more
 * @param {() => void} options.onLevels levels, or the address of the sound, are known
 */
export function createEngine(video, options) {
  let hls = null;
  let repairs = 0;
  let sound = "";

  function canPlayNatively() {
    return video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  function onError(event, data) {
    if (!data.fatal) return;
    const Hls = window.Hls;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && repairs < REPAIRS) {
      repairs += 1;
      hls.recoverMediaError();
      return;
    }
    const status = data.response ? data.response.code : 0;
    stop();
    options.onFailed(GONE.indexOf(status) >= 0);
  }

  function stop() {
    if (hls) hls.destroy();
    else if (video.getAttribute("src")) {
      video.removeAttribute("src");
      video.load();
    }
    hls = null;
  }

  function attach(address, lowest) {
    const Hls = window.Hls;
    stop();
    if (!Hls || !Hls.isSupported()) {
      video.src = address;
      video.load();
      options.onReady();
      return;
    }
    hls = new Hls(Object.assign({ startLevel: lowest ? 0 : -1 }, LIVE));
    hls.on(Hls.Events.ERROR, onError);
    hls.on(Hls.Events.MANIFEST_LOADED, function (event, data) {
      sound = soundOf(data.levels) || sound;
      options.onLevels();
    });
    hls.on(Hls.Events.MANIFEST_PARSED, function () {
      options.onLevels();
      options.onReady();
    });
    hls.loadSource(address);
    hls.attachMedia(video);
  }

  return {
    /** Play `address` from now on. Rejects where neither way is possible. */
    load: async function (address, lowest) {
      const native = !hasMediaSource() && canPlayNatively();
      if (!window.Hls && options.script && !native) {
        try {
          await loadScript(options.script);
        } catch (error) {
          if (!canPlayNatively()) throw error;
        }
      }
      attach(address, lowest);
    },
    stop: stop,
    /** Whether the element's own errors matter: hls.js reports its own. */
    isNative: function () {
      return hls === null && video.getAttribute("src") !== null;
    },
    /** It plays: what was repaired before is forgotten. */
    healthy: function () {
      repairs = 0;
    },
    /** @returns {Date | null} the wall-clock moment of the picture on the screen */
    time: function () {
      if (video.readyState < 2) return null;
      if (hls) return hls.playingDate || null;
      if (typeof video.getStartDate !== "function") return null;
      const start = video.getStartDate().getTime();
      return Number.isFinite(start) ? new Date(start + video.currentTime * 1000) : null;
    },
    /** The heights that can be chosen between, greatest first; empty for one, or Safari's own. */
    heights: function () {
      const all = hls ? hls.levels.map((level) => level.height).filter(Boolean) : [];
      const each = Array.from(new Set(all)).sort((a, b) => b - a);
      return each.length > 1 ? each : [];
    },
    /** The address of the sound alone as the source's list names it, or "". */
    sound: function () {
      return sound;
    },
    /** Stay at the level of this height; 0: the line decides; -1: the lowest. */
    limit: function (height) {
      if (!hls || !hls.levels.length || (height === 0 && hls.autoLevelEnabled)) return;
      const found = hls.levels.map((level) => level.height).lastIndexOf(height);
      hls.nextLevel = height < 0 ? 0 : height ? found : -1;
    },
    /** To the newest moment, after a pause that was too long to catch up. */
    toFront: function () {
      if (hls) {
        if (hls.latency > BEHIND_S && hls.liveSyncPosition) {
          video.currentTime = hls.liveSyncPosition;
        }
        return;
      }
      const ranges = video.seekable;
      const end = ranges.length ? ranges.end(ranges.length - 1) : 0;
      if (Number.isFinite(end) && end - video.currentTime > BEHIND_S) {
        video.currentTime = Math.max(0, end - NATIVE_LAG_S);
      }
    },
  };
}
