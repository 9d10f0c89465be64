/**
 * Full screen and picture in picture, by whatever way the browser has them.
 *
 * Hooks: [data-player-fullscreen] and [data-player-pip] (shown where it can be done) in
 * [data-player].
 */

const root = document.querySelector("[data-player]");
const video = root ? root.querySelector("[data-player-video]") : null;

// iPads of the floor know them by their old names; iPhones by none.
function isFull() {
  return Boolean(document["fullscreenElement"] || document["webkitFullscreenElement"]);
}

function leaveFullscreen() {
  (document["exitFullscreen"] || document["webkitExitFullscreen"]).call(document);
}

function toggleFullscreen() {
  if (isFull()) {
    leaveFullscreen();
    return;
  }
  const enter = root.requestFullscreen || root.webkitRequestFullscreen;
  if (enter) enter.call(root);
  else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen(); // iPhones: the video alone
}

function hasPip() {
  if (document.pictureInPictureEnabled && video.requestPictureInPicture) return true;
  const supports = video.webkitSupportsPresentationMode;
  return Boolean(supports && supports.call(video, "picture-in-picture"));
}

function togglePip() {
  if (document.pictureInPictureElement) {
    document.exitPictureInPicture();
  } else if (video.requestPictureInPicture) {
    video.requestPictureInPicture().catch(() => undefined); // nothing to show yet
  } else {
    const shown = video.webkitPresentationMode === "picture-in-picture";
    video.webkitSetPresentationMode(shown ? "inline" : "picture-in-picture");
  }
}

if (video) {
  const full = root.querySelector("[data-player-fullscreen]");
  const pip = root.querySelector("[data-player-pip]");
  if (full) full.addEventListener("click", toggleFullscreen);
  if (pip && hasPip()) {
    pip.hidden = false;
    pip.addEventListener("click", togglePip);
  }
  // What opens beside the picture could not be seen behind it.
  root.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-sheet-open], a[data-intent]");
    if (opens && isFull()) leaveFullscreen();
  });
}
