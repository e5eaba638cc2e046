/**
 * Evaluated windows: blocks of frames as the engine answered them, in a bounded cache.
 *
 * A block that an edit made stale stays on show until its new answer is here, so nothing
 * flickers. Nothing is computed between keyframes in this page: what is not here is fetched.
 */

import { fetchBinary } from '../api.js';
import { decodeWindow } from '../protocol.js';

const MAX_BLOCK_FRAMES = 256;
const FIRST_BLOCK_FRAMES = 16;
const TARGET_BYTES = 2 << 20;
/** Blocks ahead are fetched until they hold so many frames, or so many blocks. */
const AHEAD_FRAMES = 24;
const MAX_BLOCKS_AHEAD = 8;
const MAX_CACHED_BYTES = 96 << 20;
const MAX_REQUESTS = 3;
const RETRY_MS = 1000;

/**
 * @typedef {{number: number, window: import('../protocol.js').EvaluatedWindow|null, needed: number,
 *   loading: boolean, failedAt: number, used: number, bytes: number, partial: boolean}} Block
 * `partial`: the window stands in until one that has all the block's frames is here
 */
export class Windows {
  /**
   * @param {{base: string, frameCount: number, onLoaded: (first: number, stop: number) => void}} options
   */
  constructor({ base, frameCount, onLoaded }) {
    this.base = base;
    this.frameCount = frameCount;
    this.onLoaded = onLoaded;
    // Few at first: the first picture waits for them.
    this.blockFrames = FIRST_BLOCK_FRAMES;
    this.answered = false;
    /** the server has cut an answer down to so many frames: more are not to be had at once */
    this.mostFrames = MAX_BLOCK_FRAMES;
    /** @type {Map<number, Block>} */
    this.blocks = new Map();
    this.requests = 0;
    this.clock = 0;
    this.frame = 0;
    this.direction = 1;
    this.generation = 0;
  }

  /**
   * The rows of a frame, or null while they are not here. They may be older than the last edit:
   * `window.revision` tells.
   * @returns {{window: import('../protocol.js').EvaluatedWindow, start: number, stop: number}|null}
   */
  rows(frame) {
    const block = this.blocks.get(Math.floor(frame / this.blockFrames));
    const window = block?.window;
    if (!window || frame < window.first || frame >= window.first + window.frames) return null;
    block.used = ++this.clock;
    const k = frame - window.first;
    return { window, start: window.offsets[k], stop: window.offsets[k + 1] };
  }

  /** Fetch what `frame` needs, and what comes next in the direction of travel. */
  want(frame) {
    if (frame !== this.frame) this.direction = frame < this.frame ? -1 : 1;
    this.frame = frame;
    this.#pump();
  }

  /** The frames `[first, stop)` were changed by `revision`; null means all of them. */
  invalidate(frames, revision) {
    const [first, stop] = frames ?? [0, this.frameCount];
    const near = this.#wanted();
    for (const [number, block] of this.blocks) {
      const from = number * this.blockFrames;
      if (from >= stop || from + this.blockFrames <= first) continue;
      block.needed = Math.max(block.needed, revision);
      if (!near.includes(number) && !block.loading) this.blocks.delete(number);
    }
    this.#pump();
  }

  /** Forget everything, e.g. when entities got other numbers after the server was restarted. */
  reset() {
    this.generation++;
    this.requests = 0;
    this.blocks.clear();
    this.#pump();
  }

  #wanted() {
    const here = Math.floor(this.frame / this.blockFrames);
    const last = Math.floor((this.frameCount - 1) / this.blockFrames);
    const count = Math.min(MAX_BLOCKS_AHEAD, Math.max(2, Math.ceil(AHEAD_FRAMES / this.blockFrames)));
    const ahead = Array.from({ length: count }, (_, i) => here + (i + 1) * this.direction);
    return [here, ...ahead, here - this.direction]
      .filter((number) => number >= 0 && number <= last);
  }

  #pump() {
    const now = performance.now();
    for (const number of this.#wanted()) {
      // What comes next must not hold up what is looked at first.
      if (this.requests >= (this.answered ? MAX_REQUESTS : 1)) return;
      let block = this.blocks.get(number);
      if (!block) {
        block = this.#newBlock(number);
        this.blocks.set(number, block);
      }
      const fresh = block.window && block.window.revision >= block.needed && !block.partial;
      if (fresh || block.loading || now - block.failedAt < RETRY_MS) continue;
      this.#load(block);
    }
  }

  #newBlock(number) {
    return {
      number, window: null, needed: 0, loading: false, failedAt: -Infinity, used: 0, bytes: 0,
      partial: false,
    };
  }

  async #load(block) {
    const generation = this.generation;
    const first = block.number * this.blockFrames;
    const stop = Math.min(first + this.blockFrames, this.frameCount);
    block.loading = true;
    this.requests++;
    let window = null;
    try {
      window = decodeWindow(await fetchBinary(`${this.base}/window?first=${first}&stop=${stop}`));
    } catch {
      // The live connection notices a lost server and says so; here we only try again.
      block.failedAt = performance.now();
      setTimeout(() => this.#pump(), RETRY_MS + 50);
    }
    if (generation !== this.generation) return;
    this.requests--;
    block.loading = false;
    if (window) {
      const cut = window.frames < stop - first;
      if (cut) this.mostFrames = window.frames;
      const keep = Math.min(this.#idealFrames(window), this.mostFrames);
      const size = 2 ** Math.floor(Math.log2(keep));
      const isFirst = !this.answered;
      this.answered = true;
      // A factor of four, so that the size does not swing between neighbours.
      if (cut || keep * 4 < this.blockFrames || keep > this.blockFrames * 4 || (isFirst && size !== this.blockFrames)) {
        block.window = window;
        this.#regrid(size);
      } else {
        this.#fill(block, window);
      }
      this.#evict();
      this.onLoaded(first, stop);
    }
    this.#pump();
  }

  #fill(block, window, partial = false) {
    block.window = window;
    block.partial = partial;
    block.used = ++this.clock;
    block.bytes = (window.bytes * Math.min(window.frames, this.blockFrames)) / window.frames;
  }

  /** How many frames to ask for at once, by how heavy they are. */
  #idealFrames({ bytes, frames }) {
    return Math.min(MAX_BLOCK_FRAMES, Math.max(1, (TARGET_BYTES * frames) / bytes));
  }

  /** Blocks of another size; what is here stays on show. */
  #regrid(blockFrames) {
    const old = [...this.blocks.values()].filter(({ window }) => window).sort((a, b) => a.used - b.used);
    this.generation++;
    this.requests = 0;
    this.blocks.clear();
    this.blockFrames = blockFrames;
    for (const { window, needed } of old) {
      const stop = window.first + window.frames;
      for (let number = Math.floor(window.first / blockFrames); number * blockFrames < stop; number++) {
        const block = this.blocks.get(number) ?? this.#newBlock(number);
        const whole = window.first <= number * blockFrames
          && stop >= Math.min((number + 1) * blockFrames, this.frameCount);
        block.needed = Math.max(block.needed, needed);
        if (whole || !block.window || block.partial) this.#fill(block, window, !whole);
        this.blocks.set(number, block);
      }
    }
  }

  #evict() {
    let bytes = 0;
    for (const block of this.blocks.values()) bytes += block.bytes;
    if (bytes <= MAX_CACHED_BYTES) return;
    const keep = this.#wanted();
    const oldest = [...this.blocks.values()]
      .filter((block) => !block.loading && !keep.includes(block.number))
      .sort((a, b) => a.used - b.used);
    for (const block of oldest) {
      if (bytes <= MAX_CACHED_BYTES) break;
      bytes -= block.bytes;
      this.blocks.delete(block.number);
    }
  }
}
