// Pixels written in JavaScript and handed over with putImageData. Where WebGL is emulated this is
// 5 to 10 times faster than any call the canvas offers for the same boxes.

/** @typedef {import('./layout.js').Layout} Layout */

/** Rows of the canvas are cleared and handed over in bands of this many device px. */
const BAND_ROWS = 64;
/** A run this short is cheaper as a loop than as a call of fill(). */
const SHORT_RUN = 24;

export class SoftwareBackend {
  /** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
  constructor(canvas) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This canvas has no 2D context.');
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
    this.resize(canvas.width, canvas.height);
  }

  get name() {
    return 'software';
  }

  /** @param {number} width device px @param {number} height */
  resize(width, height) {
    this.w = width;
    this.h = height;
    this.image = this.context.createImageData(Math.max(1, width), Math.max(1, height));
    this.pixels = new Uint32Array(this.image.data.buffer);
    const bands = Math.ceil(height / BAND_ROWS);
    // The columns of each band that hold something: [left, right). Empty when left >= right.
    this.left = new Int32Array(bands).fill(width);
    this.right = new Int32Array(bands);
    this.oldLeft = new Int32Array(bands).fill(width);
    this.oldRight = new Int32Array(bands);
  }

  /** @param {Layout} layout */
  draw(layout) {
    this.#clear();
    const { rects, style, width, dash, count } = layout;
    // Bytes reinterpreted in memory order are right whatever the machine's byte order.
    const color = new Uint32Array(layout.color.buffer);
    const fill = new Uint32Array(layout.fill.buffer);
    for (let i = 0; i < count; i++) {
      const row = style[i];
      const w = width[row];
      const before = w >> 1;
      const left = rects[4 * i] - before;
      const top = rects[4 * i + 1] - before;
      const right = rects[4 * i + 2] - before + w;
      const bottom = rects[4 * i + 3] - before + w;
      this.#mark(left, top, right, bottom);
      const innerTop = top + w;
      const innerBottom = bottom - w;
      if (layout.fill[4 * row + 3] > 0) {
        this.#rectangle(left + w, innerTop, right - w, innerBottom, fill[row]);
      }
      if (w === 0 || layout.color[4 * row + 3] === 0) continue;
      if (dash[row]) {
        this.#dashed(left, top, right, bottom, w, color[row], layout);
      } else if (innerTop >= innerBottom || left + w >= right - w) {
        this.#rectangle(left, top, right, bottom, color[row]);
      } else {
        this.#rectangle(left, top, right, innerTop, color[row]);
        this.#rectangle(left, innerTop, left + w, innerBottom, color[row]);
        this.#rectangle(right - w, innerTop, right, innerBottom, color[row]);
        this.#rectangle(left, innerBottom, right, bottom, color[row]);
      }
    }
    this.#present();
  }

  /** Waits until the pixels are in the canvas; for timing only. */
  finish() {
    this.context.getImageData(0, 0, 1, 1);
  }

  close() {
    this.resize(0, 0);
  }

  #clear() {
    const { w, h, pixels, left, right } = this;
    for (let band = 0; band < left.length; band++) {
      const a = left[band];
      const b = right[band];
      if (a < b) {
        const stop = Math.min(h, (band + 1) * BAND_ROWS);
        if (b - a === w) {
          pixels.fill(0, band * BAND_ROWS * w, stop * w);
        } else {
          for (let y = band * BAND_ROWS; y < stop; y++) pixels.fill(0, y * w + a, y * w + b);
        }
      }
      this.oldLeft[band] = a;
      this.oldRight[band] = b;
      left[band] = w;
      right[band] = 0;
    }
  }

  #mark(left, top, right, bottom) {
    const a = Math.max(0, left);
    const b = Math.min(this.w, right);
    const first = Math.max(0, top) / BAND_ROWS | 0;
    const last = (Math.min(this.h, bottom) - 1) / BAND_ROWS | 0;
    for (let band = first; band <= last; band++) {
      if (a < this.left[band]) this.left[band] = a;
      if (b > this.right[band]) this.right[band] = b;
    }
  }

  #present() {
    const { left, right, oldLeft, oldRight, h } = this;
    // Neighbouring bands go over in one call unless that copies much more than two would.
    let first = 0;
    let a = this.w;
    let b = 0;
    const put = (stop) => {
      if (a < b) {
        const y = first * BAND_ROWS;
        const rows = Math.min(h, stop * BAND_ROWS) - y;
        this.context.putImageData(this.image, 0, 0, a, y, b - a, rows);
      }
    };
    for (let band = 0; band < left.length; band++) {
      const bandLeft = Math.min(left[band], oldLeft[band]);
      const bandRight = Math.max(right[band], oldRight[band]);
      const joined = Math.max(b, bandRight) - Math.min(a, bandLeft);
      const apart = Math.max(0, b - a) + Math.max(0, bandRight - bandLeft);
      if (a < b && bandLeft < bandRight && 2 * joined <= 1.5 * apart) {
        a = Math.min(a, bandLeft);
        b = Math.max(b, bandRight);
      } else {
        put(band);
        first = band;
        a = bandLeft;
        b = bandRight;
      }
    }
    put(left.length);
  }

  /** Fills columns [left, right) of rows [top, bottom), clipped to the canvas. */
  #rectangle(left, top, right, bottom, color) {
    const { w, pixels } = this;
    if (left < 0) left = 0;
    if (right > w) right = w;
    if (top < 0) top = 0;
    if (bottom > this.h) bottom = this.h;
    const length = right - left;
    if (length <= 0) return;
    let start = top * w + left;
    if (!isOpaque(color)) {
      for (let y = top; y < bottom; y++, start += w) {
        for (let p = start; p < start + length; p++) pixels[p] = over(color, pixels[p]);
      }
    } else if (length < SHORT_RUN) {
      for (let y = top; y < bottom; y++, start += w) {
        for (let p = start; p < start + length; p++) pixels[p] = color;
      }
    } else {
      for (let y = top; y < bottom; y++, start += w) pixels.fill(color, start, start + length);
    }
  }

  /** Dashes are counted from the outline's own top left corner, along x and along y. */
  #dashed(left, top, right, bottom, w, color, { dashOn, dashPeriod }) {
    const solid = top + w >= bottom - w || left + w >= right - w;
    const upper = solid ? bottom : top + w;
    // Only the dashes that can be seen: a box may reach far outside the canvas.
    const firstX = left + Math.max(0, Math.floor(-left / dashPeriod)) * dashPeriod;
    for (let x = firstX; x < Math.min(right, this.w); x += dashPeriod) {
      const stop = Math.min(x + dashOn, right);
      this.#rectangle(x, top, stop, upper, color);
      if (!solid) this.#rectangle(x, bottom - w, stop, bottom, color);
    }
    if (solid) return;
    const firstY = top + Math.max(0, Math.floor(-top / dashPeriod)) * dashPeriod;
    for (let y = firstY; y < Math.min(bottom - w, this.h); y += dashPeriod) {
      const start = Math.max(y, top + w);
      const stop = Math.min(y + dashOn, bottom - w);
      this.#rectangle(left, start, left + w, stop, color);
      this.#rectangle(right - w, start, right, stop, color);
    }
  }
}

const scratch = new Uint32Array(1);
const bytes = new Uint8Array(scratch.buffer);
scratch[0] = 1;
const LITTLE = bytes[0] === 1;
const ALPHA_SHIFT = LITTLE ? 24 : 0;

/** @param {number} color four bytes in memory order R, G, B, A */
function isOpaque(color) {
  return ((color >>> ALPHA_SHIFT) & 255) === 255;
}

/** `color` over `under`, both with alpha not multiplied in, as ImageData has it. */
function over(color, under) {
  const a = (color >>> ALPHA_SHIFT) & 255;
  const b = (under >>> ALPHA_SHIFT) & 255;
  if (b === 0) return color;
  const rest = (b * (255 - a)) / 255;
  const alpha = a + rest;
  let out = Math.round(alpha) << ALPHA_SHIFT;
  for (let k = LITTLE ? 0 : 8; k < (LITTLE ? 24 : 32); k += 8) {
    const mixed = (((color >>> k) & 255) * a + ((under >>> k) & 255) * rest) / alpha;
    out |= Math.round(mixed) << k;
  }
  return out >>> 0;
}
