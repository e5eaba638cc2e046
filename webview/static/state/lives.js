/**
 * When each entity is there and how many keyframes it has, as columns of numbers: a few bytes an
 * entity, however many keyframes there are. Fetched anew a while after the last of a run of edits.
 */

import { afterFirstPicture, fetchBinary } from '../api.js';
import { decodeLives } from '../protocol.js';

const DELAY_MS = 300;

export class Lives {
  /** @param {string} base @param {() => void} onLoaded */
  constructor(base, onLoaded) {
    this.base = base;
    this.onLoaded = onLoaded;
    /** Whether the server has told of them yet. */
    this.known = false;
    this.#take({ entity: [], first: [], stop: [], keyframes: [] });
    afterFirstPicture().then(() => this.fetch());
  }

  /** @param {import('../protocol.js').LivesMessage} message */
  #take({ entity, first, stop, keyframes }) {
    /** Numbers of entities, ascending. @type {Uint32Array} */
    this.entity = entity;
    this.first = first;
    this.stop = stop;
    this.keyframes = keyframes;
    const size = entity.length ? entity[entity.length - 1] + 1 : 0;
    this.row = new Int32Array(size).fill(-1);
    for (let i = 0; i < entity.length; i++) this.row[entity[i]] = i;
  }

  /** @returns {number} position of an entity's row, -1 when it is not known yet */
  rowOf(index) {
    return index < this.row.length ? this.row[index] : -1;
  }

  /** @returns {{first: number, stop: number, keyframes: number}|null} */
  of(index) {
    const i = this.rowOf(index);
    return i < 0 ? null : { first: this.first[i], stop: this.stop[i], keyframes: this.keyframes[i] };
  }

  /** Something was changed by somebody. */
  stale() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), DELAY_MS);
  }

  async fetch() {
    const request = (this.request = {});
    try {
      const message = decodeLives(await fetchBinary(`${this.base}/lives`));
      if (request !== this.request) return;
      this.#take(message);
      this.known = true;
      this.onLoaded();
    } catch { /* offline: the connection says so */ }
  }

  close() {
    clearTimeout(this.timer);
    this.request = null;
  }
}
