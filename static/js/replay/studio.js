/**
 * The replay in the studio: follows its making, and finds the edges in a preview.
 *
 * Hooks: [data-replay-state] with data-state-url, [data-replay-percent], -progress, -trouble;
 * [data-download-waits]; [data-replay-preview] with data-folder and data-hls, [data-preview-part],
 * [data-preview-at], [data-preview-take="id of a field"].
 */

const EVERY_MS = 1500;
const DONE = ["ready", "failed", "expired"];
const SHANGHAI_MS = 8 * 3600 * 1000;

const state = document.querySelector("[data-replay-state]");
const preview = document.querySelector("[data-replay-preview]");

function isWaiting() {
  const waits = document.querySelector("[data-download-waits]");
  return DONE.indexOf(state.dataset.replayState) < 0 || waits !== null;
}

function show(told) {
  const percent = state.querySelector("[data-replay-percent]");
  if (!percent) return;
  percent.textContent = told.percent + " %";
  state.querySelector("[data-replay-progress]").value = told.percent;
  const trouble = state.querySelector("[data-replay-trouble]");
  trouble.textContent = told.trouble;
  trouble.hidden = !told.trouble;
}

/** Something ended that the page shows differently. */
function isOver(told) {
  const was = state.dataset.replayState;
  const made = DONE.indexOf(was) < 0 && DONE.indexOf(told.status) >= 0;
  const waits = Array.from(document.querySelectorAll("[data-download-waits]"));
  return made || waits.some((place) => told.downloads[place.dataset.downloadWaits] !== "wanted");
}

async function ask() {
  try {
    const answer = await fetch(state.dataset.stateUrl, { credentials: "same-origin" });
    if (answer.ok) {
      const told = await answer.json();
      show(told);
      if (isOver(told)) {
        window.location.reload();
        return;
      }
    }
  } catch (error) {
    // asked again
  }
  window.setTimeout(ask, EVERY_MS);
}

/** Local time to the second, as the field takes it; the site's zone has no summer time. */
function fieldValue(at) {
  const second = Math.round(at.getTime() / 1000) * 1000;
  return new Date(second + SHANGHAI_MS).toISOString().slice(0, 19);
}

function startPreview() {
  const video = preview.querySelector("video");
  const part = preview.querySelector("[data-preview-part]");
  const label = preview.querySelector("[data-preview-at]");
  let hls = null;

  function moment() {
    if (hls) return hls.playingDate;
    const start = video.getStartDate ? video.getStartDate().getTime() : NaN;
    return Number.isFinite(start) ? new Date(start + video.currentTime * 1000) : null;
  }

  function load() {
    const address = preview.dataset.folder + "p" + part.value + "/v.m3u8";
    if (hls) hls.destroy();
    hls = null;
    if (window.Hls && window.Hls.isSupported()) {
      hls = new window.Hls();
      hls.loadSource(address);
      hls.attachMedia(video);
    } else {
      video.src = address;
    }
  }

  function follow() {
    const at = moment();
    label.textContent = at ? fieldValue(at).replace("T", " ") : "–";
  }

  const script = document.createElement("script");
  script.src = preview.dataset.hls;
  script.onload = load;
  script.onerror = load;
  document.head.append(script);
  part.addEventListener("change", load);
  ["timeupdate", "seeked", "loadeddata"].forEach((name) => video.addEventListener(name, follow));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-preview-take]");
    const at = button ? moment() : null;
    if (at) document.getElementById(button.dataset.previewTake).value = fieldValue(at);
  });
}

if (state && state.dataset.stateUrl && isWaiting()) window.setTimeout(ask, EVERY_MS);
if (preview) startPreview();
