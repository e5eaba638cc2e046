// Which frames around the one asked for are worth decoding, given where the user seems to be going.

/** @typedef {import('./pipeline.js').Wish} Wish */

/** A seek this short backwards is a step back, and more steps are likely to follow. */
const STEP_FRAMES = 3;
/** Decoded in full before a target, for a step back. */
const BEHIND_FRAMES = 3;
/** Decoded after a target, for steps forward. */
const AHEAD_FRAMES = 6;
/** Going back starts over at the key frame: worth it for as many frames at once as can be kept. */
const BACK_FRAMES = 96;
const BACK_SHARE = 0.75;
/** Decoded ahead of playback. */
const PLAY_FRAMES = 12;

export class Aim {
  #last;
  #available;
  #back = false;
  #from = 0;

  /**
   * @param {number} last the video's last frame
   * @param {(frame: number) => boolean} available whether a frame need not be decoded
   */
  constructor(last, available) {
    this.#last = last;
    this.#available = available;
  }

  /** A seek begins. @param {number} shown the frame on show @param {number} target */
  turn(shown, target) {
    if (shown !== target) this.#back = shown > target && shown - target <= STEP_FRAMES;
  }

  /**
   * @param {number} target
   * @param {number} shown
   * @param {number} room how many pictures can be kept
   * @returns {Wish}
   */
  wish(target, shown, room) {
    return this.#back ? this.#backward(target, shown, room) : this.#forward(target, room);
  }

  /** @param {number} frame due now @param {number} room @returns {Wish} */
  playing(frame, room) {
    // What is late and refers to nothing is left out: that is how a slow machine keeps up.
    this.#from = frame;
    const to = Math.min(this.#last, frame + bounded(PLAY_FRAMES, room));
    return { target: frame, from: frame, to, fill: false };
  }

  /** Whether a picture is worth keeping. @param {number} frame */
  covers(frame) {
    return frame >= this.#from;
  }

  /** @param {number} target @param {number} room @returns {Wish} */
  #forward(target, room) {
    this.#from = Math.max(0, target - bounded(BEHIND_FRAMES, room));
    const to = Math.min(this.#last, target + bounded(AHEAD_FRAMES, room));
    return { target, from: this.#from, to, fill: false };
  }

  /** @param {number} target @param {number} shown @param {number} room @returns {Wish} */
  #backward(target, shown, room) {
    const reach = Math.max(0, Math.min(target, BACK_FRAMES, Math.floor(BACK_SHARE * room) - 1));
    let ready = 0;
    while (ready < reach && this.#available(target - ready - 1)) ready++;
    const low = shown !== target || ready < Math.ceil(reach / 6);
    this.#from = target - (low ? reach : ready);
    return { target, from: this.#from, to: target, fill: low };
  }
}

/** So few that the cache holds them on both sides. @param {number} frames @param {number} room */
function bounded(frames, room) {
  return Math.max(0, Math.min(frames, (room >> 1) - 1));
}
