/** Frames to pixels and back, and where a ruler has its marks. */

const MAX_PX_PER_FRAME = 24;

/** Which frames a timeline of `width` px shows: `first` may be fractional. */
export class TimeScale {
  constructor(frameCount) {
    this.frameCount = frameCount;
    this.width = 1;
    this.first = 0;
    this.pxPerFrame = 1;
    this.fitted = true;
  }

  resize(width) {
    this.width = Math.max(1, width);
    if (this.fitted) this.fit();
    else this.#clamp();
  }

  fit() {
    this.fitted = true;
    this.first = 0;
    this.pxPerFrame = this.#smallest();
  }

  #smallest() {
    return Math.min(MAX_PX_PER_FRAME, this.width / this.frameCount);
  }

  #clamp() {
    this.pxPerFrame = Math.min(MAX_PX_PER_FRAME, Math.max(this.#smallest(), this.pxPerFrame));
    this.first = Math.min(Math.max(0, this.frameCount - this.width / this.pxPerFrame), Math.max(0, this.first));
    this.fitted = this.pxPerFrame <= this.#smallest() * 1.0001;
  }

  /** Left edge of a frame. */
  x(frame) {
    return (frame - this.first) * this.pxPerFrame;
  }

  /** The frame under x, within the video. */
  frame(x) {
    return Math.min(this.frameCount - 1, Math.max(0, Math.floor(this.first + x / this.pxPerFrame)));
  }

  get stop() {
    return Math.min(this.frameCount, this.first + this.width / this.pxPerFrame);
  }

  zoom(factor, x) {
    const under = this.first + x / this.pxPerFrame;
    this.fitted = false;
    this.pxPerFrame *= factor;
    this.pxPerFrame = Math.min(MAX_PX_PER_FRAME, Math.max(this.#smallest(), this.pxPerFrame));
    this.first = under - x / this.pxPerFrame;
    this.#clamp();
  }

  pan(px) {
    this.first += px / this.pxPerFrame;
    this.#clamp();
  }

  /** Scroll by a page when a frame has left the view. @returns {boolean} whether it scrolled */
  follow(frame) {
    if (frame >= this.first && frame + 1 <= this.stop + 0.001) return false;
    this.first = frame < this.first ? frame - 0.9 * (this.stop - this.first) : frame - 0.1 * (this.stop - this.first);
    this.#clamp();
    return true;
  }
}

const FRAME_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000];

/** Frames between labelled marks, so that labels have `room` px. */
export function rulerStep(pxPerFrame, room) {
  return FRAME_STEPS.find((step) => step * pxPerFrame >= room) ?? FRAME_STEPS[FRAME_STEPS.length - 1];
}
