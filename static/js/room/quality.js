/**
 * What of the source is played, as the viewer chose on this device: a level, the line's choice, or
 * the sound alone; in low-bandwidth mode the sound, or the lowest level where it has no own address.
 */

import { chosen } from "./prefs.js";

/** Whether the viewer wants no picture. */
export function wantsSound() {
  return chosen("quality") === "audio" || chosen("saver");
}

/** The height to stay at: 0 the line decides, -1 the lowest. */
export function wantedHeight() {
  if (wantsSound()) return -1; // where there is no sound alone
  const height = Number(chosen("quality"));
  return Number.isFinite(height) ? height : 0;
}

/** Whether the device asks to spare its line, or its viewer did. */
export function sparesLine() {
  return chosen("saver") || Boolean(navigator.connection && navigator.connection.saveData);
}

/**
 * @param {string} address of the whole source
 * @param {string} sound address of its sound alone, or ""
 * @returns {{address: string, isSound: boolean}}
 */
export function sourceFor(address, sound) {
  const isSound = wantsSound() && sound !== "";
  return { address: isSound ? sound : address, isSound: isSound };
}
