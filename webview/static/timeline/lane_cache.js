/**
 * Presence and keyframe marks of the entities whose lanes are in sight, as the server cut them to
 * the pixels there are. Bounded; what is stale or too coarse stays on show until its answer is here.
 */

import { fetchBinary } from '../api.js';
import { decodeLanes } from '../protocol.js';

const DELAY_MS = 60;
const RETRY_MS = 1500;
const MAX_ASKED = 200;
const MAX_KEPT = 600;
/** Zoomed in by more than this, marks that shared a pixel are asked for anew. */
const COARSE = 1.5;

/**
 * @typedef {{starts: Uint32Array, stops: Uint32Array, presence: Uint8Array, marks: Uint32Array,
 *   first: number, stop: number, pxPerFrame: number, stale: boolean}} Lane
 */
export class LaneCache {
  /** @param {string} base @param {() => void} onLoaded */
  constructor(base, onLoaded) {
    this.base = base;
    this.onLoaded = onLoaded;
    /** By entity number, the least recently used first. @type {Map<number, Lane>} */
    this.lanes = new Map();
    this.loading = false;
    this.wanted = null;
  }

  /** @param {number} index @returns {Lane|undefined} */
  get(index) {
    return this.lanes.get(index);
  }

  /** @param {number[]} indices rows in sight @param {import('./scale.js').TimeScale} scale */
  want(indices, scale) {
    this.wanted = { indices: indices.slice(0, MAX_ASKED), first: scale.first, stop: scale.stop, pxPerFrame: scale.pxPerFrame, frameCount: scale.frameCount };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#pump(), DELAY_MS);
  }

  /** @param {number[]|null} indices entities that were changed, null for any */
  stale(indices) {
    for (const index of indices ?? this.lanes.keys()) {
      const lane = this.lanes.get(index);
      if (lane) lane.stale = true;
    }
    if (this.wanted) this.#pump();
  }

  /** Whether lanes that are wanted are missing, stale or under way. */
  get behind() {
    const { wanted } = this;
    return this.loading || Boolean(wanted?.indices.some((index) => !this.#covers(this.lanes.get(index), wanted)));
  }

  /** Entities have other numbers now. */
  reset() {
    this.lanes.clear();
    if (this.wanted) this.#pump();
  }

  close() {
    clearTimeout(this.timer);
    this.wanted = null;
  }

  #covers(lane, { first, stop, pxPerFrame }) {
    return lane && !lane.stale && lane.first <= first && lane.stop >= stop && pxPerFrame <= lane.pxPerFrame * COARSE;
  }

  async #pump() {
    const { wanted } = this;
    if (!wanted || this.loading) return;
    const missing = wanted.indices.filter((index) => !this.#covers(this.lanes.get(index), wanted));
    if (!missing.length) return;
    this.loading = true;
    // Asked for as much again on both sides, so that panning finds it here.
    const span = wanted.stop - wanted.first;
    const first = Math.max(0, Math.floor(wanted.first - span));
    const stop = Math.min(wanted.frameCount, Math.ceil(wanted.stop + span));
    const bins = Math.ceil((stop - first) * wanted.pxPerFrame / 2) + 1;
    for (const index of missing) {
      const lane = this.lanes.get(index);
      if (lane) lane.stale = false; // stale again if something happens while the answer is under way
    }
    try {
      const path = `${this.base}/lanes?first=${first}&stop=${stop}&bins=${bins}&entities=${missing.join(',')}`;
      this.#take(decodeLanes(await fetchBinary(path)), missing, wanted.pxPerFrame);
      this.loading = false;
      this.onLoaded();
      this.#pump();
    } catch {
      // Offline (the connection says so), or one of them is gone: the rows will be others soon.
      for (const index of missing) {
        const lane = this.lanes.get(index);
        if (lane) lane.stale = true;
      }
      this.loading = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#pump(), RETRY_MS);
    }
  }

  #take(message, asked, pxPerFrame) {
    for (const index of asked) this.lanes.delete(index);
    message.entity.forEach((index, i) => {
      const from = message.spanOffsets[i];
      const to = message.spanOffsets[i + 1];
      this.lanes.set(index, {
        // Copies: a view would keep the whole answer alive for one lane of it.
        starts: message.starts.slice(from, to),
        stops: message.stops.slice(from, to),
        presence: message.presence.slice(from, to),
        marks: message.marks.slice(message.markOffsets[i], message.markOffsets[i + 1]),
        first: message.first, stop: message.stop, pxPerFrame, stale: false,
      });
    });
    for (const index of this.lanes.keys()) {
      if (this.lanes.size <= MAX_KEPT) break;
      this.lanes.delete(index);
    }
  }
}
