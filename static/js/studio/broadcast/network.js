// How good the line to the server is: some bytes up, and the shortest way there and back.
const FIRST = 128 * 1024;
const LARGE = 768 * 1024;
const ENOUGH_MS = 600;

function noise(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
  }
  return bytes;
}

async function post(url, token, body) {
  const began = performance.now();
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "X-CSRFToken": token, "Content-Type": "application/octet-stream" },
    body: body,
  });
  if (!response.ok) {
    throw new Error("probe " + response.status);
  }
  return performance.now() - began;
}

/** {mbit, ms}: what goes up, and there and back. Rejects where the server does not answer. */
export async function measure(url, token) {
  let ms = Infinity;
  for (let i = 0; i < 3; i += 1) {
    ms = Math.min(ms, await post(url, token, new Uint8Array(1)));
  }
  let size = FIRST;
  let took = await post(url, token, noise(size));
  if (took - ms < ENOUGH_MS) {
    size = LARGE;
    took = await post(url, token, noise(size));
  }
  const mbit = (size * 8) / 1000 / Math.max(1, took - ms);
  return { mbit: Math.min(99, Math.round(mbit * 10) / 10), ms: Math.round(ms) };
}

/** good, fair or poor for a picture of `kbps`. */
export function grade(result, kbps) {
  const room = (result.mbit * 1000) / kbps;
  if (room >= 2 && result.ms < 500) {
    return "good";
  }
  return room >= 1.2 ? "fair" : "poor";
}
