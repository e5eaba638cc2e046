// Which frames around the one asked for are worth decoding, given where the user seems to be going.

/** @typedef {import('./pipeline.js').Wish} Wish */

/** A seek this short backwards is a step back, and more steps are likely to follow. */
const STEP_FRAMES = 3;
/** Decoded in full before a target, for a step back. */
const BEHIND_FRAMES = 3;
/** Decoded after a target, for steps forward. */
const AHEAD_FRAMES = 6;
/** Going back starts over at the key frame: worth it for as many frames at once as can be kept. */
const BACK_SHARE = 0.9;
/** So many steps back in a row are no longer a second look: what lies before is decoded at once. */
const HURRY_STEPS = 3;
/** Until then only when so little of what can be kept still lies before the frame shown. */
const LOW_SHARE = 0.25;
/** Decoded ahead of playback. */
const PLAY_FRAMES = 12;

export class Aim {
  #last;
  #available;
  #keyOf;
  #back = false;
  #from = 0;
  /** The stretch that going back has asked for reaches down to here; Infinity: none was. */
  #bottom = Infinity;
  #steps = 0;

  /**
   * @param {number} last the video's last frame
   * @param {(frame: number) => boolean} available whether a frame need not be decoded
   * @param {(frame: number) => number} keyOf from which frame on it is decoded
   */
  constructor(last, available, keyOf) {
    this.#last = last;
    this.#available = available;
    this.#keyOf = keyOf;
  }

  /** A seek begins. @param {number} shown the frame on show @param {number} target */
  turn(shown, target) {
    if (shown === target) return;
    this.#back = shown > target && shown - target <= STEP_FRAMES;
    this.#steps = this.#back ? this.#steps + 1 : 0;
    if (!this.#back) this.#bottom = Infinity;
  }

  /**
   * @param {number} target
   * @param {number} room how many pictures can be kept
   * @returns {Wish}
   */
  wish(target, room) {
    return this.#back ? this.#backward(target, room) : this.#forward(target, room);
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

  /**
   * A stretch at a time, from below: the decoder meets its last frame, the next one to be shown,
   * at the end. It goes on while the frames of the stretch above are shown one by one, as fast as
   * they make room.
   * @param {number} target @param {number} room @returns {Wish}
   */
  #backward(target, room) {
    const most = Math.max(1, Math.floor(BACK_SHARE * room) - 1);
    let low = target;
    while (low > 0 && target - low < most && this.#available(low - 1)) low--;
    const hurry = this.#steps >= HURRY_STEPS || target - low < LOW_SHARE * most;
    if (low > 0 && low <= this.#bottom && hurry) {
      // Not beyond the key: the few frames there would cost a whole pass more.
      this.#bottom = Math.max(low - most, this.#keyOf(low - 1));
    }
    this.#from = Math.min(low, this.#bottom);
    return { target, from: this.#from, to: target, fill: true, most };
  }
}

/** So few that the cache holds them on both sides. @param {number} frames @param {number} room */
function bounded(frames, room) {
  return Math.max(0, Math.min(frames, (room >> 1) - 1));
}
