// The file's own packets, fetched a unit at a time and kept within a bound.

import { decodeUnit } from '../protocol.js';

/** @typedef {import('../protocol.js').Unit} Unit */

const BUDGET_BYTES = 64 << 20;
/** A longer stretch between key frames than this is not worth its memory: stills are shown. */
const MAX_UNIT_BYTES = 256 << 20;
const RETRY_MS = [250, 500, 1000, 2000];

export class PacketCache {
  /** @type {Map<number, Unit>} least recently used first */
  #units = new Map();
  /** @type {Map<number, {promise: Promise<Unit>, abort: AbortController}>} */
  #running = new Map();
  #bytes = 0;

  /** @param {string} base such as '/api/0' @param {HeadersInit} [headers] */
  constructor(base, headers) {
    this.base = base;
    this.headers = headers;
  }

  /** What is here already. @param {number} unit */
  peek(unit) {
    const found = this.#units.get(unit);
    if (found) {
      this.#units.delete(unit);
      this.#units.set(unit, found);
    }
    return found;
  }

  /**
   * @param {number} unit
   * @returns {Promise<Unit>} rejects with an AbortError when given up, with an Error when the
   *   server has no such unit; while the server does not answer at all it is asked again
   */
  get(unit) {
    const found = this.peek(unit);
    if (found) return Promise.resolve(found);
    let running = this.#running.get(unit);
    if (!running) {
      const abort = new AbortController();
      running = { abort, promise: this.#fetch(unit, abort.signal) };
      this.#running.set(unit, running);
      const done = () => this.#running.delete(unit);
      running.promise.then(done, done);
    }
    return running.promise;
  }

  /** Gives up what is on its way for other units. @param {number[]} units */
  keepOnly(units) {
    for (const [unit, { abort }] of this.#running) if (!units.includes(unit)) abort.abort();
  }

  close() {
    this.keepOnly([]);
    this.#units.clear();
  }

  /** @param {number} unit @param {AbortSignal} signal */
  async #fetch(unit, signal) {
    for (let attempt = 0; ; attempt++) {
      let response;
      try {
        response = await fetch(`${this.base}/unit/${unit}`, { headers: this.headers, signal });
        const length = Number(response.headers.get('content-length'));
        if (length > MAX_UNIT_BYTES) {
          response.body?.cancel();
          throw new Error(`Part ${unit} is too large to load (${length >> 20} MB).`);
        }
        if (response.ok) {
          const packets = decodeUnit(await response.arrayBuffer());
          this.#keep(unit, packets);
          return packets;
        }
      } catch (error) {
        // A TypeError is the network: the server may be back in a moment.
        if (!(error instanceof TypeError) || signal.aborted) throw error;
        await wait(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], signal);
        continue;
      }
      throw new Error(`The server has no packets for part ${unit} (${response.status}).`);
    }
  }

  /** @param {number} unit @param {Unit} packets */
  #keep(unit, packets) {
    this.#units.set(unit, packets);
    this.#bytes += packets.data.buffer.byteLength;
    for (const [old, { data }] of this.#units) {
      if (this.#bytes <= BUDGET_BYTES || this.#units.size <= 1) break;
      this.#units.delete(old);
      this.#bytes -= data.buffer.byteLength;
    }
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
