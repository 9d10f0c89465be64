// Cameras and microphones: opening, listing, and the choice this device remembers.
const KEPT = "jobfair.broadcast";

/** What was chosen here before: {camera, microphone, facing, shape, lines}. */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || {};
  } catch (error) {
    return {};
  }
}

export function keep(choice) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(choice));
  } catch (error) {
    /* Storage may be closed to us; nothing is remembered then. */
  }
}

function camera(choice) {
  const wanted = {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 25, max: 30 },
  };
  if (choice.camera) {
    wanted.deviceId = { exact: choice.camera }; // an ideal one loses to a sharper camera
  } else {
    wanted.facingMode = { ideal: choice.facing || "user" };
  }
  return wanted;
}

function microphone(choice) {
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (choice.microphone) {
    wanted.deviceId = { exact: choice.microphone };
  }
  return wanted;
}

/** Open both, or only one of them; rejects like getUserMedia. A chosen one that is gone is forgotten. */
export async function open(choice, only) {
  const ask = () =>
    navigator.mediaDevices.getUserMedia({
      video: only === "microphone" ? false : camera(choice),
      audio: only === "camera" ? false : microphone(choice),
    });
  try {
    return await ask();
  } catch (error) {
    if (error.name !== "OverconstrainedError" || !(choice.camera || choice.microphone)) {
      throw error;
    }
    choice.camera = "";
    choice.microphone = "";
    return ask();
  }
}

export function close(stream) {
  if (stream) {
    stream.getTracks().forEach((track) => track.stop());
  }
}

/** {camera: Boolean, microphone: Boolean}: what there is at all. */
export async function present() {
  const found = await list();
  return { camera: found.cameras.length > 0, microphone: found.microphones.length > 0 };
}

/** {cameras, microphones} as lists of {id, label}; labels are empty before permission. */
export async function list() {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind) =>
    all
      .filter((device) => device.kind === kind)
      .map((device) => ({ id: device.deviceId, label: device.label }));
  return { cameras: of("videoinput"), microphones: of("audioinput") };
}

/** Whether the browser would open them without asking. */
export async function allowed() {
  if (!navigator.permissions || !navigator.permissions.query) {
    return false;
  }
  try {
    const both = await Promise.all(
      ["camera", "microphone"].map((name) => navigator.permissions.query({ name: name })),
    );
    return both.every((answer) => answer.state === "granted");
  } catch (error) {
    return false; // names this browser does not know
  }
}
