// Playing: at each repaint of the screen, the newest picture that is due. Pictures that come too
// late are dropped; a machine that cannot keep up at all plays slower.

import { onFrame } from '../dom.js';
import { Clock } from './clock.js';

/**
 * @typedef {object} Stage
 * @property {Float64Array} times seconds of each frame
 * @property {import('./stills.js').Stills} stills
 * @property {() => number} shown
 * @property {(frame: number) => boolean} needsStill
 * @property {(frame: number) => boolean} missing the decoder gave no picture for it
 * @property {(frame: number) => void} advance decode on from the frame that is due
 * @property {(frame: number) => void} drawNewest
 * @property {(frame: number) => void} prepare what will be due at the next repaint
 * @property {(picture: ImageBitmap, frame: number) => void} draw
 * @property {(text: string) => void} trouble
 * @property {() => void} ended
 */

/** Repaints further apart than this are no measure of when the next one comes. */
const MAX_STEP_MS = 100;
/** Further behind than this, the clock is held back. */
const MAX_LAG_S = 0.5;

export class Playback {
  #stage;
  #clock;
  #run = 0;
  #request = 0;
  #rate = 1;
  playing = false;
  #fetching = false;
  /** A still in hand that is not due yet. @type {{frame: number, bitmap: ImageBitmap} | null} */
  #still = null;
  /** When the last repaint was, and how long after the one before it, ms. */
  #ticked = 0;
  #step = 0;
  /** Frames up to here were shown or cannot be had. */
  #passed = -1;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
    this.#clock = new Clock(stage.times);
  }

  /**
   * @param {Promise<number>} first when the first frame is shown, the clock starts
   * @param {number} rate
   */
  async start(first, rate) {
    const run = ++this.#run;
    this.playing = true;
    this.#rate = rate;
    const shown = Math.max(0, await first);
    if (run !== this.#run) return;
    this.#passed = shown;
    this.#fetching = false;
    this.#clock.start(shown, rate, performance.now());
    const tick = () => {
      if (run !== this.#run) return;
      this.#request = onFrame(tick);
      this.#tick(performance.now());
    };
    tick();
  }

  stop() {
    this.#run++;
    this.playing = false;
    cancelAnimationFrame(this.#request);
    this.#still?.bitmap.close();
    this.#still = null;
  }

  /** @param {number} now ms */
  #tick(now) {
    const stage = this.#stage;
    const last = stage.times.length - 1;
    const seconds = this.#clock.read(now);
    const due = this.#clock.frameAt(seconds);
    const run = this.#run;
    if (stage.needsStill(due) && !stage.missing(due)) {
      this.#tickStill(due, seconds);
    } else {
      stage.advance(due);
      stage.drawNewest(due);
    }
    // Whoever was told of the frame may have stopped or restarted the playback.
    if (run !== this.#run) return;
    // One long step is an accident, and says nothing of the next.
    const step = now - this.#ticked;
    const usual = Math.min(step, this.#step, MAX_STEP_MS);
    this.#ticked = now;
    this.#step = step;
    const next = Math.min(last, stage.shown() + 1);
    // Nothing is passed over while all is shown in time, however long a repaint took.
    stage.prepare(due < next ? next
      : Math.max(next, this.#clock.frameAt(seconds + usual / 1000 * this.#rate)));
    this.#passed = Math.max(this.#passed, stage.shown());
    while (this.#passed < due && stage.missing(this.#passed + 1)) this.#passed++;
    if (this.#passed >= last) {
      this.stop();
      stage.ended();
    } else if (this.#passed < due && !stage.needsStill(due)) {
      this.#clock.limit(stage.times[this.#passed + 1] + MAX_LAG_S * this.#rate, now);
    }
  }

  /** @param {number} due @param {number} seconds */
  #tickStill(due, seconds) {
    const stage = this.#stage;
    if (this.#still && this.#still.frame <= due) {
      const { frame, bitmap } = this.#still;
      this.#still = null;
      if (frame > stage.shown()) stage.draw(bitmap, frame);
      bitmap.close();
    }
    if (this.#fetching || this.#still) return;
    // Asked for ahead, so that it is here when it is due.
    const soon = this.#clock.frameAt(seconds + stage.stills.latencyS * this.#rate);
    const frame = Math.max(soon, this.#passed + 1);
    if (frame < stage.times.length && stage.needsStill(frame)) this.#fetch(frame);
  }

  /** @param {number} frame */
  async #fetch(frame) {
    const run = this.#run;
    this.#fetching = true;
    try {
      const bitmap = await this.#stage.stills.get(frame);
      if (run === this.#run) this.#still = { frame, bitmap };
      else bitmap.close();
    } catch (error) {
      if (run !== this.#run) return;
      this.#stage.trouble(/** @type {Error} */ (error).message);
      this.#passed = Math.max(this.#passed, frame);
    }
    if (run === this.#run) this.#fetching = false;
  }
}
