/**
 * A strip of small stills above the ruler: made by the server, fetched one by one when the hand
 * rests, kept in a bounded cache. Where a GOP begins within a place, its first picture stands there:
 * that one is cheap to decode.
 */

import { afterFirstPicture } from '../api.js';

export const THUMBNAILS_CSS_PX = 36;
const MAX_KEPT = 160;
const MAX_FAILED = 4;
const REST_MS = 150;

export class Thumbnails {
  /**
   * @param {{base: string, aspect: number, units: import('../protocol.js').UnitTable|null, onLoaded: () => void}} options
   */
  constructor({ base, aspect, units, onLoaded }) {
    this.base = base;
    this.units = units;
    this.onLoaded = onLoaded;
    this.width = Math.max(24, Math.min(140, Math.round((THUMBNAILS_CSS_PX - 4) * aspect)));
    /** By frame, the least recently used first. @type {Map<number, ImageBitmap>} */
    this.pictures = new Map();
    this.loading = false;
    this.failed = 0;
    this.wanted = [];
  }

  get available() {
    return this.units !== null && this.failed < MAX_FAILED;
  }

  /** Places along the strip, and the frame for each. They stay with the frames while panning. */
  places(scale) {
    const frames = Math.max(1, Math.ceil((this.width + 2) / scale.pxPerFrame));
    const found = [];
    for (let slot = Math.floor(scale.first / frames); slot * frames < scale.stop; slot++) {
      const first = slot * frames;
      found.push({ frame: this.#frameFor(first, Math.min(first + frames, scale.frameCount)), x: scale.x(first) });
    }
    return found;
  }

  #frameFor(first, stop) {
    const { firstFrame } = this.units;
    let low = 0;
    let high = firstFrame.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (firstFrame[middle] < first) low = middle + 1;
      else high = middle;
    }
    return low < firstFrame.length && firstFrame[low] < stop ? firstFrame[low] : first;
  }

  draw(context, scale, dpr) {
    const height = THUMBNAILS_CSS_PX - 4;
    const missing = [];
    context.imageSmoothingQuality = 'medium';
    for (const { frame, x } of this.places(scale)) {
      const picture = this.pictures.get(frame);
      if (!picture) {
        missing.push(frame);
        continue;
      }
      this.pictures.delete(frame);
      this.pictures.set(frame, picture);
      context.drawImage(picture, x, 2, this.width, height);
    }
    this.wanted = missing;
    this.pixels = Math.min(2, dpr);
    clearTimeout(this.timer);
    if (missing.length) this.timer = setTimeout(() => this.#pump(), REST_MS);
  }

  async #pump() {
    await afterFirstPicture();
    if (this.closed || this.loading || !this.wanted.length || !this.available) return;
    const frame = this.wanted.shift();
    this.loading = true;
    try {
      const response = await fetch(`${this.base}/thumbnail/${frame}.jpg?w=${Math.round(this.width * this.pixels)}`);
      if (!response.ok) throw new Error(response.statusText);
      const picture = await createImageBitmap(await response.blob());
      if (this.closed) picture.close();
      else this.#keep(frame, picture);
      this.failed = 0;
    } catch {
      this.failed++;
    }
    this.loading = false;
    if (!this.closed) this.#pump();
  }

  #keep(frame, picture) {
    this.pictures.set(frame, picture);
    for (const [old, unused] of this.pictures) {
      if (this.pictures.size <= MAX_KEPT) break;
      unused.close();
      this.pictures.delete(old);
    }
    this.onLoaded();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    for (const picture of this.pictures.values()) picture.close();
    this.pictures.clear();
  }
}
