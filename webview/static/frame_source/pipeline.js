// One VideoDecoder, told which frames are wanted. It works out which packets to feed, from where,
// which to leave out, and when to start over; the frames come out by index.

import { join } from './join.js';
import { disposableTest } from './nal.js';

/**
 * Frames wanted. `target` comes first, then the following ones up to `to`, then, with `fill`, the
 * preceding ones down to `from`, as long as no more than `most` of those are in memory. Before
 * `from`, packets that nothing refers to are not decoded.
 * @typedef {{target: number, from: number, to: number, fill: boolean, most?: number}} Wish
 */

/** @typedef {import('../protocol.js').Unit} Unit */

/**
 * @typedef {object} PipelineOptions
 * @property {VideoDecoderConfig} config
 * @property {import('./packets.js').PacketCache} packets
 * @property {import('../protocol.js').UnitTable} units
 * @property {(frame: number) => boolean} has whether a frame need not be decoded
 * @property {(frame: number, picture: VideoFrame) => void} onFrame takes the picture over
 * @property {(frames: number[]) => void} onMissing the decoder ate the packets and gave no picture
 * @property {(unit: number, reason: string) => void} onUnitFailed nothing of it will come
 */

/** Chunks handed to the decoder ahead: enough for its threads, few enough to abandon quickly. */
const MAX_QUEUE = 16;
/** An error may be an accident of the machine; a second one on the same unit is the unit's. */
const TRIES = 2;
/** Then it is decoded from so many units earlier, step by step, before it is given up. */
const MAX_LEAD = 2;
/** A decoder that has work and shows no sign of life for so long is given up. */
const STALL_MS = 6000;

export class Pipeline {
  #options;
  #disposable;
  #frameCount;
  /** @type {VideoDecoder | null} */
  #decoder = null;
  /** @type {Wish | null} */
  #wish = null;
  #unit = -1;
  /** @type {Unit | null} */
  #packets = null;
  /** @type {Int32Array} where in the unit's packets each of its frames is, -1 nowhere */
  #position = new Int32Array(0);
  #next = 0;
  #offset = 0;
  #flushed = false;
  /** Counts how often a unit was begun: the same one may be fed twice in a row. */
  #run = 0;
  /** Frames fed and not yet out, and the run in which each was fed. @type {Map<number, number>} */
  #pending = new Map();
  /** @type {Map<number, number>} errors of each unit */
  #failures = new Map();
  #failed = new Set();
  /** Units that only decode after so many before them. @type {Map<number, number>} */
  #lead = new Map();
  #stallTimer = 0;
  #closed = false;

  /** @param {PipelineOptions} options */
  constructor(options) {
    this.#options = options;
    const { codec, description } = options.config;
    this.#disposable = disposableTest(codec, /** @type {Uint8Array | undefined} */ (description));
    this.#frameCount = options.units.firstFrame.length
      ? options.units.firstFrame.at(-1) + options.units.frameCount.at(-1) : 0;
  }

  /** @param {number} frame */
  unitOf(frame) {
    const { firstFrame } = this.#options.units;
    let low = 0;
    let high = firstFrame.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (firstFrame[middle] <= frame) low = middle;
      else high = middle;
    }
    return low;
  }

  /** @param {number} unit */
  failed(unit) {
    return this.#failed.has(unit);
  }

  /** Whether a frame comes out by going on, without starting over. @param {number} frame */
  reaches(frame) {
    return this.#pending.has(frame) || this.#isAhead(frame);
  }

  /** Replaces what is wanted; null wants nothing, and what is under way still comes. @param {Wish | null} wish */
  want(wish) {
    this.#wish = wish;
    this.#pump();
  }

  close() {
    this.#closed = true;
    this.#wish = null;
    clearTimeout(this.#stallTimer);
    this.#dropDecoder();
  }

  #pump() {
    if (this.#closed) return;
    for (let queue = this.#decoder?.decodeQueueSize ?? 0; queue < MAX_QUEUE; queue++) {
      const frame = this.#nextNeeded();
      if (frame < 0) {
        this.#prefetch();
        return;
      }
      if (this.#pending.has(frame)) {
        // Inside the decoder, which wants more before it lets go of it.
        this.#feed();
        continue;
      }
      const unit = this.unitOf(frame);
      if (unit === this.#unit && !this.#packets) return;
      if (!this.#isAhead(frame)) {
        if (unit === this.#unit && this.#packets && this.#positionOf(frame) < 0) {
          this.#options.onMissing([frame]);
          continue;
        }
        this.#leave(unit);
        this.#enter(unit);
        if (!this.#packets) return;
      }
      if (!this.#feed()) return;
    }
  }

  /** The most urgent frame that feeding something can bring about; -1 for none. */
  #nextNeeded() {
    const wish = this.#wish;
    if (!wish) return -1;
    const { has } = this.#options;
    const mustFeed = (frame) => {
      if (has(frame) || this.#failed.has(this.unitOf(frame))) return false;
      const run = this.#pending.get(frame);
      // Once its unit is flushed, it comes of itself.
      return run === undefined || (run === this.#run && !this.#flushed);
    };
    if (mustFeed(wish.target)) return wish.target;
    for (let frame = wish.target + 1; frame <= wish.to; frame++) if (mustFeed(frame)) return frame;
    if (!wish.fill || this.#isFull(wish)) return -1;
    for (let frame = wish.target - 1; frame >= wish.from; frame--) {
      if (!mustFeed(frame)) continue;
      // To look back means to start over: not before everything else is out.
      const goesOn = this.#pending.has(frame) || this.#isAhead(frame);
      return goesOn || !this.#flushed || this.#pending.size === 0 ? frame : -1;
    }
    return -1;
  }

  /** @param {Wish} wish */
  #isFull({ target, from, most = Infinity }) {
    let held = this.#pending.size;
    for (let frame = from; frame < target && held < most; frame++) {
      if (this.#options.has(frame)) held++;
    }
    return held >= most;
  }

  /** Fetches the packets that are likely to be wanted next, when there is nothing else to do. */
  #prefetch() {
    const wish = this.#wish;
    if (!wish) return;
    const unit = this.unitOf(wish.target) + (wish.fill ? -1 : 1);
    const { packets, units } = this.#options;
    if (unit < 0 || unit >= units.firstFrame.length || packets.peek(unit)) return;
    packets.get(unit).catch(() => {
      // It will be asked for again, and then it matters.
    });
  }

  /** @param {number} frame in the unit that is entered */
  #positionOf(frame) {
    return this.#position[frame - this.#options.units.firstFrame[this.#unit]];
  }

  /** @param {number} frame */
  #isAhead(frame) {
    return this.#packets !== null && this.unitOf(frame) === this.#unit
      && this.#positionOf(frame) >= this.#next;
  }

  /** Makes the decoder ready for the key packet of a unit. @param {number} unit */
  #leave(unit) {
    if (!this.#decoder || this.#next === 0) return;
    const goesOn = this.#pending.size === 0 || unit === this.#unit + 1;
    if (this.#flushed && goesOn) return;
    // What is still inside belongs to frames nobody waits for any more: reset() is instant.
    this.#decoder.reset();
    this.#pending.clear();
    this.#configure();
  }

  /** @param {number} unit */
  #enter(unit) {
    const { packets } = this.#options;
    this.#unit = unit;
    this.#run++;
    this.#next = 0;
    this.#offset = 0;
    this.#flushed = false;
    const lead = this.#lead.get(unit) ?? 0;
    const units = Array.from({ length: lead + 1 }, (_, k) => unit - lead + k);
    packets.keepOnly([...units, unit - 1, unit + 1]);
    this.#packets = null;
    const here = units.map((each) => packets.peek(each));
    if (here.every((each) => each)) {
      this.#begin(/** @type {Unit[]} */ (here));
      return;
    }
    const run = this.#run;
    Promise.all(units.map((each) => packets.get(each))).then((fetched) => {
      if (run !== this.#run || this.#closed) return;
      this.#begin(fetched);
      this.#pump();
    }, (error) => {
      if (run !== this.#run || this.#closed) return;
      this.#unit = -1;
      // Given up for another unit, and this one became wanted again at once.
      if (error.name === 'AbortError') this.#pump();
      else this.#giveUp(unit, error.message);
    });
  }

  /** @param {Unit[]} units the unit that was entered, after those it needs before it */
  #begin(units) {
    const { firstFrame, frameCount } = this.#options.units;
    const first = firstFrame[this.#unit];
    const count = frameCount[this.#unit];
    this.#packets = units.reduce(join);
    this.#position = new Int32Array(count).fill(-1);
    this.#packets.frames.forEach((frame, k) => {
      if (frame >= first && frame < first + count) this.#position[frame - first] = k;
    });
  }

  /** Feeds one packet, or ends the unit. False when nothing more can be fed now. */
  #feed() {
    const packets = this.#packets;
    if (!packets || this.#flushed) return false;
    const from = this.#wish?.from ?? 0;
    try {
      while (this.#next < packets.sizes.length) {
        const k = this.#next++;
        const data = packets.data.subarray(this.#offset, this.#offset + packets.sizes[k]);
        this.#offset += packets.sizes[k];
        const frame = packets.frames[k];
        const wanted = frame >= from && !this.#options.has(frame);
        if (k > 0 && !wanted && this.#disposable(data)) continue;
        this.#decode(k, frame, data);
        return true;
      }
      this.#flush();
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  /** @param {number} k @param {number} frame @param {Uint8Array} data */
  #decode(k, frame, data) {
    if (!this.#decoder) this.#open();
    const decoder = /** @type {VideoDecoder} */ (this.#decoder);
    // The time stamp is the frame's index: it comes out with the picture, whatever the order.
    // What is not to be shown gets one past the end.
    decoder.decode(new EncodedVideoChunk({
      type: k === 0 ? 'key' : 'delta',
      timestamp: frame >= 0 ? frame : this.#frameCount + k,
      data,
    }));
    if (frame >= 0) this.#pending.set(frame, this.#run);
    this.#watch();
  }

  #flush() {
    const unit = this.#unit;
    const run = this.#run;
    const decoder = /** @type {VideoDecoder} */ (this.#decoder);
    this.#flushed = true;
    if (!decoder || decoder.state !== 'configured') return;
    decoder.flush().then(() => {
      const lost = [];
      for (const [frame, fedIn] of this.#pending) if (fedIn === run) lost.push(frame);
      for (const frame of lost) this.#pending.delete(frame);
      if (lost.length) this.#options.onMissing(lost);
      this.#failures.delete(unit);
      this.#pump();
    }, () => {
      // reset() or an error came in between: both are dealt with where they happen.
    });
  }

  #open() {
    const decoder = new VideoDecoder({
      output: (picture) => this.#output(decoder, picture),
      error: (error) => {
        if (decoder === this.#decoder) this.#fail(error);
      },
    });
    decoder.addEventListener('dequeue', () => this.#pump());
    this.#decoder = decoder;
    this.#configure();
  }

  #configure() {
    this.#decoder?.configure(this.#options.config);
  }

  /** @param {VideoDecoder} decoder @param {VideoFrame} picture */
  #output(decoder, picture) {
    const frame = picture.timestamp;
    if (this.#closed || decoder !== this.#decoder || !this.#pending.delete(frame)) {
      picture.close();
      return;
    }
    this.#watch();
    this.#options.onFrame(frame, picture);
    this.#pump();
  }

  /** The decoder is closed or refuses its input. @param {unknown} error */
  #fail(error) {
    // What was fed first fails first; a run may have begun with frames of an earlier unit.
    const [[frame, run] = [-1, this.#run]] = this.#pending;
    const unit = run === this.#run ? this.#unit : this.unitOf(frame);
    this.#dropDecoder();
    if (this.#closed) return;
    // The browser took the decoder back, as it does from pages in the background.
    const reclaimed = error instanceof DOMException && error.name === 'QuotaExceededError';
    const failures = (this.#failures.get(unit) ?? 0) + (reclaimed ? 0 : 1);
    this.#failures.set(unit, failures);
    if (failures >= TRIES) {
      const lead = (this.#lead.get(unit) ?? 0) + 1;
      if (lead > MAX_LEAD || lead > unit) {
        this.#giveUp(unit, error instanceof Error ? error.message : '');
        return;
      }
      this.#lead.set(unit, lead);
    }
    // Not at once: this may be inside a call of the failed decoder.
    setTimeout(() => this.#pump(), reclaimed ? 500 : 0);
  }

  /** @param {number} unit @param {string} reason */
  #giveUp(unit, reason) {
    this.#failed.add(unit);
    this.#options.onUnitFailed(unit, reason);
    this.#pump();
  }

  #dropDecoder() {
    const decoder = this.#decoder;
    this.#decoder = null;
    this.#pending.clear();
    this.#unit = -1;
    this.#packets = null;
    this.#next = 0;
    if (decoder && decoder.state !== 'closed') decoder.close();
  }

  #watch() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = 0;
    if (this.#pending.size === 0) return;
    this.#stallTimer = setTimeout(() => {
      // Frames of a unit that is not fed to its end stay inside: that is no stall.
      const busy = (this.#decoder?.decodeQueueSize ?? 0) > 0 || this.#flushed;
      if (busy && this.#pending.size > 0) this.#fail(new Error('the decoder stands still'));
    }, STALL_MS);
  }
}
