// The player: frames from a clock's time, and whoever wants to know of them.

export class Player {
  /** @param about what the page shows; clock: see clock.js */
  constructor(about, clock) {
    this.fps = about.fps;
    this.frames = about.frames;
    this.duration = about.frames / about.fps;
    this.clock = clock;
    this.keys = [...new Set(about.keys.flatMap((row) => row.frames))].sort((a, b) => a - b);
    this._frameListeners = [];
    this._tickListeners = [];
    this._shown = -1;
    this._waiting = false;
  }

  /** Call back with each new frame that is due. */
  onFrame(listener) { this._frameListeners.push(listener); }

  /** Call back with time and frame whenever either may have changed. */
  onTick(listener) { this._tickListeners.push(listener); }

  /** The frame of a time: n stands for n / fps. */
  frameAt(time) {
    return Math.max(0, Math.min(Math.floor(time * this.fps + 0.5), this.frames - 1));
  }

  get frame() { return this.frameAt(this.clock.time); }

  /** Play on, or stop. */
  async toggle() {
    if (this.clock.playing) this.clock.pause();
    else await this.clock.play();
    this.refresh();
  }

  seek(time) {
    this.clock.seek(Math.max(0, Math.min(time, this.duration)));
    this.refresh();
  }

  seekFrame(frame) {
    this.seek(Math.max(0, Math.min(frame, this.frames - 1)) / this.fps);
  }

  /** Stop, and go some frames on or back. */
  step(frames) {
    this.clock.pause();
    this.seekFrame(this.frame + frames);
  }

  /** Go to the next key frame, or to the one before. */
  stepKey(direction) {
    const here = this.frame;
    const found = direction > 0 ? this.keys.find((key) => key > here) : this.keys.findLast((key) => key < here);
    if (found !== undefined) this.seekFrame(found);
  }

  /** Tell everybody now, and go on as long as it plays. */
  refresh() {
    const time = this.clock.time;
    const frame = this.frameAt(time);
    if (frame !== this._shown) {
      this._shown = frame;
      for (const listener of this._frameListeners) listener(frame);
    }
    for (const listener of this._tickListeners) listener(time, frame);
    if (this.clock.playing && !this._waiting) {
      this._waiting = true;
      requestAnimationFrame(() => {
        this._waiting = false;
        this.refresh();
      });
    }
  }
}
