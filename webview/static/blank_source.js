import { onFrame } from './dom.js';

/**
 * Stands in for the video when there is none: shows nothing, but keeps the frames' time, so that
 * annotations of a project whose video is gone can still be read and played.
 */
export class BlankSource {
  /** @param {{times: Float64Array, onShown: (frame: number) => void, onStatus: Function}} options */
  constructor({ times, onShown, onStatus }) {
    this.times = times;
    this.onShown = onShown;
    this.onStatus = onStatus;
    this.frame = 0;
    this.playing = false;
    this.mode = 'none';
    this.statusText = 'The video is missing: only annotations are shown.';
  }

  async seek(frame) {
    this.frame = frame;
    this.onShown(frame);
    return frame;
  }

  play(from, rate = 1) {
    this.pause();
    this.playing = true;
    const start = performance.now();
    const tick = (now) => {
      const seconds = this.times[from] + ((now - start) / 1000) * rate;
      let next = this.frame;
      while (next + 1 < this.times.length && this.times[next + 1] <= seconds) next++;
      if (next !== this.frame || next === from) this.seek(next);
      if (next + 1 >= this.times.length) {
        this.playing = false;
        this.onStatus();
      } else if (this.playing) {
        this.request = onFrame(tick);
      }
    };
    this.frame = from;
    this.request = onFrame(tick);
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.request);
  }

  close() {
    this.pause();
  }
}
