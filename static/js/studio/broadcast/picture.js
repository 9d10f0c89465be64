// The picture that goes out: a canvas onto which the camera, or the slide, is drawn. So camera and
// slide change in the middle of a take, which a recorder of the camera itself would not survive,
// and a phone that is turned changes neither the size of the picture nor the take.

const FPS = 25;

function cover(context, video, width, height) {
  const wide = video.videoWidth;
  const high = video.videoHeight;
  const scale = Math.max(width / wide, height / high);
  const w = width / scale;
  const h = height / scale;
  context.drawImage(video, (wide - w) / 2, (high - h) / 2, w, h, 0, 0, width, height);
}

function lines(context, text, most) {
  const found = [];
  let line = "";
  Array.from(text).forEach((letter) => {
    if (line && context.measureText(line + letter).width > most) {
      found.push(line);
      line = "";
    }
    line += letter;
  });
  found.push(line);
  return found.slice(0, 3);
}

function drawSlide(context, width, height, slide) {
  const glow = context.createRadialGradient(
    width * 0.78, height * 1.2, 0, width * 0.78, height * 1.2, Math.max(width, height) * 1.1,
  );
  glow.addColorStop(0, "#a8321c");
  glow.addColorStop(0.45, "#5a1d12");
  glow.addColorStop(0.9, "#171310");
  context.fillStyle = glow;
  context.fillRect(0, 0, width, height);
  const unit = Math.min(width, height) / 100;
  const font = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = "#fff";
  context.font = "600 " + unit * 12 + "px " + font;
  context.fillText(slide.head, width / 2, height / 2 - unit * 9);
  context.fillStyle = "rgba(255, 255, 255, .82)";
  context.font = unit * 5 + "px " + font;
  context.fillText(slide.text, width / 2, height / 2 + unit * 3);
  context.fillStyle = "rgba(255, 255, 255, .6)";
  context.font = unit * 4 + "px " + font;
  lines(context, slide.title, width * 0.86).forEach((line, row) => {
    context.fillText(line, width / 2, height / 2 + unit * (14 + row * 6));
  });
}

/**
 * A picture on `canvas`. `slide` is {head, text, title}; `workerUrl` is that of clock_worker.js.
 */
export function createPicture(canvas, slide, workerUrl) {
  const context = canvas.getContext("2d", { alpha: false });
  const video = document.createElement("video");
  let slideOn = false;
  let source = null;
  let track = null;
  video.muted = true;
  video.setAttribute("playsinline", "");

  function draw() {
    if (slideOn || !source || video.readyState < 2 || !video.videoWidth) {
      if (slideOn || !source) {
        drawSlide(context, canvas.width, canvas.height, slide);
      }
      return;
    }
    cover(context, video, canvas.width, canvas.height);
  }

  const worker = new Worker(workerUrl);
  worker.addEventListener("message", draw);
  worker.postMessage(1000 / FPS);

  return {
    /** Show what `stream` sees; null: nothing, the slide stands in. */
    async show(stream) {
      source = stream;
      video.srcObject = stream;
      if (stream) {
        await video.play().catch(() => {});
      }
    },
    /** The size of what goes out, in pixels; the camera is cut to it. */
    resize(width, height) {
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        draw();
      }
    },
    setSlide(on) {
      slideOn = on;
      draw();
    },
    /** Whether much of the camera's picture is cut away. */
    turned() {
      return Boolean(
        source && video.videoWidth &&
          video.videoWidth > video.videoHeight !== canvas.width > canvas.height,
      );
    },
    /** Whether the camera looks upright. */
    upright() {
      return video.videoHeight > video.videoWidth;
    },
    track() {
      // Every drawing is a frame: a rate of its own would make it wait for a second timer.
      track = track || canvas.captureStream().getVideoTracks()[0];
      return track;
    },
  };
}
