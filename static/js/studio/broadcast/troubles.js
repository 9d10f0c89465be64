// What keeps a page from recording, as the name of a word ("denied" with "deniedText").

/** The format this browser records best, of those the server takes; "" where there is none. */
export function formats() {
  if (typeof window.MediaRecorder !== "function" || !window.MediaRecorder.isTypeSupported) {
    return [];
  }
  // With AAC the server passes everything on as it is. Else it makes AAC of the sound anyway, and
  // webm comes in smaller pieces than mp4 (one per second there): about a second less delay.
  return [
    "video/mp4;codecs=avc1,mp4a",
    "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
    "video/webm;codecs=h264,opus",
    "video/mp4;codecs=avc1,opus",
    "video/webm;codecs=vp8,opus",
  ].filter((mime) => window.MediaRecorder.isTypeSupported(mime));
}

/** What is wrong with this browser, or "". */
export function ofBrowser() {
  if (/MicroMessenger/i.test(navigator.userAgent)) {
    return "wechat";
  }
  if (window.isSecureContext === false) {
    return "insecure";
  }
  const draws = typeof HTMLCanvasElement.prototype.captureStream === "function";
  const listens = window.AudioContext || window.webkitAudioContext;
  const opens = navigator.mediaDevices && navigator.mediaDevices.getUserMedia;
  return draws && listens && opens && formats().length ? "" : "unsupported";
}

/** What the error of getUserMedia means. */
export function ofDevice(error, has) {
  switch (error && error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return has && has.camera ? "noMicrophone" : "noCamera";
    case "NotReadableError":
    case "AbortError":
      return "inUse";
    default:
      return "broken";
  }
}
