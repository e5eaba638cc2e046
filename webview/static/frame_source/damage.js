// Which frames a check of the video found damaged. What is left of them the server decodes best: a
// browser's decoder stops at an error, or goes on and makes something up.

import { fetchQuietly } from './fetching.js';

/** Findings whose frames do not show what the camera saw. */
const CODES = new Set(['decode-corruption', 'corrupt-packet', 'no-leading-key-frame']);

export class Damage {
  /** Ranges [first, stop), ascending. @type {Array<[number, number]>} */
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
    this.#ranges = ranges.sort(([a], [b]) => a - b);
  }

  /** @param {number} frame */
  has(frame) {
    return this.#ranges.some(([first, stop]) => frame >= first && frame < stop);
  }
}
