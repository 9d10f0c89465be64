// Records canvas and mixer in pieces. 250 ms: Chromium's webm comes about that often; its mp4 comes
// once a key frame (a second) whatever is asked for.
const SLICE_MS = 250;

/**
 * Record `tracks` as `mime` with so many kbit/s; every piece goes to `take(blob)`.
 * `stop()` resolves once the last piece was given.
 */
export function record(tracks, mime, kbps, take) {
  const recorder = new window.MediaRecorder(new MediaStream(tracks), {
    mimeType: mime,
    videoBitsPerSecond: (kbps - 64) * 1000,
    audioBitsPerSecond: 64000,
    videoKeyFrameIntervalDuration: 1000,
  });
  let silenced = false;
  recorder.addEventListener("dataavailable", (event) => {
    if (!silenced && event.data.size) {
      take(event.data);
    }
  });
  recorder.start(SLICE_MS);
  return {
    stop() {
      return new Promise((resolve) => {
        if (recorder.state === "inactive") {
          resolve();
          return;
        }
        recorder.addEventListener("stop", () => resolve());
        recorder.stop();
      });
    },
    /** Stop at once; what was not given yet is thrown away. */
    abandon() {
      silenced = true;
      if (recorder.state !== "inactive") {
        recorder.stop();
      }
    },
  };
}
