// Which frames a check of the video found damaged. What is left of them the server decodes best: a
// browser's decoder stops at an error, or goes on and makes something up.

import { fetchQuietly } from './fetching.js';

/** Findings whose frames do not show what the camera saw. */
const CODES = new Set(['decode-corruption', 'corrupt-packet', 'no-leading-key-frame']);

export class Damage {
  /** Ranges [first, stop), ascending and apart. @type {Array<[number, number]>} */
  #ranges = [];

  /** @param {string} base such as '/api/0' @param {HeadersInit} [headers] */
  constructor(base, headers) {
    this.base = base;
    this.headers = headers;
  }

  /** Asks the server what is known by now. Never rejects. */
  async load() {
    const found = await fetchQuietly(`${this.base}/findings`, this.headers);
    const ranges = (found?.items ?? [])
      .filter(({ code }) => CODES.has(code))
      .flatMap(({ frames }) => frames);
    this.#ranges = [];
    for (const [first, stop] of ranges.sort(([a], [b]) => a - b)) {
      const last = this.#ranges.at(-1);
      if (last && first <= last[1]) last[1] = Math.max(last[1], stop);
      else this.#ranges.push([first, stop]);
    }
  }

  /** @param {number} frame */
  has(frame) {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle][1] <= frame) low = middle + 1;
      else high = middle;
    }
    return low < this.#ranges.length && this.#ranges[low][0] <= frame;
  }
}
