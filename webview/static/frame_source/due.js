// The picture that is due while playing, and the one after it, made ready in time where that takes
// a while.

/**
 * @typedef {{frame: number, picture: import('./brush.js').Picture}} Shot
 * @typedef {object} Stage
 * @property {import('./brush.js').Brush} brush
 * @property {import('./frame_cache.js').FrameCache} cache
 * @property {() => number} shown the frame on the canvas
 * @property {() => Shot | null} passing a picture at hand that is not in the cache
 * @property {(frame: number, put: () => void) => void} show puts it on the canvas
 */

export class Due {
  #stage;
  /** Counts how often playback ended. */
  #run = 0;
  /** Converted and not due yet. @type {{frame: number, put: () => void} | null} */
  #ready = null;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /** Playback is over: what is being converted for it is not wanted any more. */
  end() {
    this.#run++;
    this.#ready = null;
  }

  /** Draws the newest picture that is due and newer than the one shown. @param {number} due */
  draw(due) {
    const { brush, shown, show } = this.#stage;
    const ready = this.#ready;
    if (ready && ready.frame > shown()) {
      // Not due yet: what lies before it is passed over, as this machine is behind anyhow.
      if (ready.frame > due) return;
      this.#ready = null;
      show(ready.frame, ready.put);
      return;
    }
    this.#ready = null;
    const newest = this.#newest(due);
    if (!newest) return;
    // The slower way would make a machine that is behind fall further behind.
    if (brush.converts(newest.picture)) this.#convert(newest);
    else show(newest.frame, () => brush.draw(newest.picture));
  }

  /**
   * Converts the picture that will be the newest at the next repaint, where that is the faster way.
   * @param {number} soon the frame that is due then
   */
  prepare(soon) {
    const newest = this.#ready ? null : this.#newest(soon);
    if (newest) this.#convert(newest);
  }

  /** The newest picture at hand that is due at `frame` and was not shown yet. @param {number} due */
  #newest(due) {
    const { cache, shown, passing: last } = this.#stage;
    const at = last();
    const passing = at && at.frame <= due ? at : null;
    const oldest = Math.max(shown(), passing ? passing.frame : -1);
    for (let frame = due; frame > oldest; frame--) {
      const picture = cache.get(frame);
      if (picture) return { frame, picture };
    }
    return passing && passing.frame > shown() ? passing : null;
  }

  /** @param {Shot} newest shown at one of the next repaints */
  #convert({ frame, picture }) {
    const run = this.#run;
    this.#stage.brush.convert(picture)?.then((put) => {
      // It may have begun anew meanwhile: a loop goes back to where this is not due for long.
      if (run === this.#run) this.#ready = { frame, put };
    }, () => {}); // given up meanwhile
  }
}
