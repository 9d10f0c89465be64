// The sound that goes out: the microphone through a mixer, so that another microphone and muting
// need no new take, and its level for the meter.

export function createSound() {
  const Context = window.AudioContext || window.webkitAudioContext;
  const context = new Context();
  const gate = context.createGain();
  const meter = context.createAnalyser();
  const out = context.createMediaStreamDestination();
  const samples = new Uint8Array(512);
  let input = null;
  meter.fftSize = 512;
  gate.connect(out);

  return {
    /** Hear `stream`; null: silence. */
    hear(stream) {
      if (input) {
        input.disconnect();
        input = null;
      }
      if (stream && stream.getAudioTracks().length) {
        input = context.createMediaStreamSource(stream);
        input.connect(meter);
        input.connect(gate);
      }
    },
    /** Browsers keep sound asleep until the page is touched. */
    wake() {
      if (context.state !== "running") {
        context.resume().catch(() => {});
      }
    },
    setMuted(muted) {
      gate.gain.value = muted ? 0 : 1;
    },
    /** How loud it is, 0 to 1; also while muted. */
    level() {
      meter.getByteTimeDomainData(samples);
      let most = 0;
      for (let i = 0; i < samples.length; i += 1) {
        most = Math.max(most, Math.abs(samples[i] - 128));
      }
      return input ? Math.min(1, most / 90) : 0;
    },
    track() {
      return out.stream.getAudioTracks()[0];
    },
  };
}
