// Playback time: what the wall clock says should be shown now, in the frames' own times.

export class Clock {
  #times;
  #rate = 1;
  #mediaS = 0;
  #wallMs = 0;
  #lastMs = 0;

  /** @param {Float64Array} times seconds of each frame, ascending */
  constructor(times) {
    this.#times = times;
  }

  /** @param {number} frame shown now @param {number} rate @param {number} nowMs */
  start(frame, rate, nowMs) {
    this.#rate = rate;
    this.#mediaS = this.#times[frame];
    this.#wallMs = nowMs;
    this.#lastMs = nowMs;
  }

  /** Seconds of video time. @param {number} nowMs */
  read(nowMs) {
    // The page was in the background or busy: go on where it was, do not leap.
    if (nowMs - this.#lastMs > 1000) this.#wallMs += nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    return this.#mediaS + (nowMs - this.#wallMs) / 1000 * this.#rate;
  }

  /** Holds the clock back to at most `seconds`. @param {number} seconds @param {number} nowMs */
  limit(seconds, nowMs) {
    if (this.read(nowMs) <= seconds) return;
    this.#mediaS = seconds;
    this.#wallMs = nowMs;
  }

  /** The frame on show at a time: the last that has begun. @param {number} seconds */
  frameAt(seconds) {
    let low = 0;
    let high = this.#times.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#times[middle] <= seconds) low = middle;
      else high = middle;
    }
    return low;
  }
}
