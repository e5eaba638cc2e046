// Frames as pictures made by the server, one at a time: exact, and slow.

export class Stills {
  #abort = new AbortController();
  /** What is wrong with the pictures that came. @type {Map<number, import('./marks.js').Mark>} */
  marks = new Map();
  /** running mean of what one takes */
  latencyS = 0.1;

  /** @param {string} base such as '/api/0' @param {HeadersInit} [headers] */
  constructor(base, headers) {
    this.base = base;
    this.headers = headers;
  }

  /**
   * @param {number} frame
   * @returns {Promise<ImageBitmap>} upright; the caller closes it. Rejects with an Error whose
   *   message can be shown.
   */
  async get(frame) {
    const start = performance.now();
    let response;
    try {
      response = await fetch(`${this.base}/still/${frame}.jpg`, {
        headers: this.headers, signal: this.#abort.signal,
      });
    } catch (error) {
      throw new Error(`Frame ${frame}: the server does not answer.`, { cause: error });
    }
    if (!response.ok) {
      throw new Error(`Frame ${frame}: the server cannot decode it (${response.status}).`);
    }
    const shown = response.headers.get('reviewer-shown');
    if (shown === null) this.marks.delete(frame);
    else this.marks.set(frame, { shown: Number(shown) });
    const bitmap = await createImageBitmap(await response.blob());
    this.latencyS += 0.3 * ((performance.now() - start) / 1000 - this.latencyS);
    return bitmap;
  }

  close() {
    this.#abort.abort();
  }
}
