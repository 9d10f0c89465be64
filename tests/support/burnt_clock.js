// The burnt clock in a page (tests/support/burnt_clock.py says how it is drawn).
// burntClock.camera(…) takes the place of the camera; burntClock.watch(…) reads a <video>.
(function () {
  const COLUMNS = 8, ROWS = 5, SYNC = 0b10110010, WRAP = 2 ** 24;

  function check(value) {
    let crc = 0;
    for (let byte = 16; byte >= 0; byte -= 8) {
      crc ^= (value >> byte) & 255;
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 128 ? ((crc << 1) ^ 7) & 255 : crc << 1;
    }
    return crc;
  }

  function draw(context, width, height, ms) {
    const value = ms % WRAP;
    const rows = [SYNC, (value >> 16) & 255, (value >> 8) & 255, value & 255, check(value)];
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const left = Math.round((width * column) / COLUMNS), top = Math.round((height * row) / ROWS);
        context.fillStyle = (rows[row] >> (COLUMNS - 1 - column)) & 1 ? "#fff" : "#000";
        context.fillRect(left, top, Math.ceil(width / COLUMNS), Math.ceil(height / ROWS));
      }
    }
  }

  // Milliseconds since 1970 nearest to `near`, or null where the picture shows no clock.
  function decode(pixels, near) {
    const mean = [];
    for (let cell = 0; cell < COLUMNS * ROWS; cell += 1) mean.push(pixels[cell * 4 + 1]);
    const white = [], black = [];
    for (let bit = 0; bit < COLUMNS; bit += 1) {
      ((SYNC >> (COLUMNS - 1 - bit)) & 1 ? white : black).push(mean[bit]);
    }
    const low = Math.max.apply(null, black), high = Math.min.apply(null, white);
    if (high - low < 60) return null;
    const middle = (low + high) / 2;
    let value = 0, sent = 0;
    for (let cell = COLUMNS; cell < COLUMNS * ROWS; cell += 1) {
      const bit = mean[cell] > middle ? 1 : 0;
      if (cell < COLUMNS * (ROWS - 1)) value = value * 2 + bit;
      else sent = sent * 2 + bit;
    }
    if (check(value) !== sent) return null;
    const behind = (((near - value) % WRAP) + WRAP) % WRAP;
    return behind < WRAP / 2 ? near - behind : near - behind + WRAP;
  }

  const small = document.createElement("canvas");
  small.width = COLUMNS;
  small.height = ROWS;
  const sampled = small.getContext("2d", { willReadFrequently: true });

  function read(video, near) {
    // One pixel for each cell, from its middle.
    const width = video.videoWidth / COLUMNS, height = video.videoHeight / ROWS;
    sampled.imageSmoothingEnabled = false;
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const left = (column + 0.45) * width, top = (row + 0.45) * height;
        sampled.drawImage(video, left, top, width / 10, height / 10, column, row, 1, 1);
      }
    }
    return decode(sampled.getImageData(0, 0, COLUMNS, ROWS).data, near);
  }

  // The camera is a canvas with the clock, the microphone a tone.
  function camera(size) {
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext("2d", { alpha: false });
    draw(context, size.width, size.height, Date.now());
    window.setInterval(function () {
      draw(context, size.width, size.height, Date.now());
    }, 1000 / size.rate);
    const sound = new AudioContext(), tone = sound.createOscillator(), quiet = sound.createGain();
    const out = sound.createMediaStreamDestination();
    quiet.gain.value = 0.1;
    tone.connect(quiet).connect(out);
    tone.start();
    navigator.mediaDevices.getUserMedia = function (wanted) {
      const tracks = [];
      if (wanted.video) tracks.push(canvas.captureStream(size.rate).getVideoTracks()[0]);
      if (wanted.audio) tracks.push(out.stream.getAudioTracks()[0].clone());
      sound.resume();
      return Promise.resolve(new MediaStream(tracks));
    };
  }

  // Read every frame shown until told to stop; programme() is the page's word for the moment.
  function watch(video, programme) {
    const samples = [];
    let stopped = false;
    function note(now, frame) {
      if (stopped) return;
      const at = Date.now(), burnt = read(video, at), told = programme();
      const moment = told ? told.getTime() : null;
      samples.push({ now: at, burnt: burnt, told: moment, media: frame.mediaTime });
      video.requestVideoFrameCallback(note);
    }
    video.requestVideoFrameCallback(note);
    return { samples: samples, stop: function () { stopped = true; return samples; } };
  }

  window.burntClock = { camera: camera, read: read, watch: watch };
})();
