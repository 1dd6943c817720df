// Clocks: what time it is in the animation. With sound, the sound's own position tells it, and nothing else.

/**
 * A clock that a recording drives. Rejects where the browser can't play it.
 * @param {Uint8Array} bytes FLAC, as long as the animation
 * @param {HTMLAudioElement} audio
 */
export async function audioClock(bytes, audio) {
  audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/flac" }));
  await new Promise((resolve, reject) => {
    audio.addEventListener("loadedmetadata", resolve, { once: true });
    audio.addEventListener("error", () => reject(new Error(audio.error.message || "not decodable")), { once: true });
  });
  return {
    sound: true,
    get time() { return audio.currentTime; },
    get playing() { return !audio.paused && !audio.ended; },
    get rate() { return audio.playbackRate; },
    set rate(value) { audio.playbackRate = value; },
    get loop() { return audio.loop; },
    set loop(value) { audio.loop = value; },
    get muted() { return audio.muted; },
    set muted(value) { audio.muted = value; },
    play() { return audio.play(); },
    pause() { audio.pause(); },
    seek(time) { audio.currentTime = time; },
  };
}

/** A clock for an animation without sound. */
export function wallClock(duration) {
  let [time, since, rate, loop] = [0, null, 1, false];
  const now = () => performance.now() / 1000;
  const reached = () => (since === null ? time : time + (now() - since) * rate);
  /** Go on from what the clock says now, so that a change counts from here on. */
  const settle = () => {
    const at = reached();
    time = loop ? at % duration : Math.min(at, duration);
    if (since !== null) since = time < duration ? now() : null;
    return time;
  };
  return {
    sound: false,
    get time() { return settle(); },
    get playing() { settle(); return since !== null; },
    get rate() { return rate; },
    set rate(value) { settle(); rate = value; },
    get loop() { return loop; },
    set loop(value) { settle(); loop = value; },
    muted: false,
    async play() {
      if (settle() >= duration) time = 0;
      since = now();
    },
    pause() { settle(); since = null; },
    seek(to) { settle(); time = to; },
  };
}
