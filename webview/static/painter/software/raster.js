// Spans, lines and discs written into pixels. While painting, colours have their alpha multiplied in,
// which makes blending a few whole-number operations on two channels at a time; at the end
// `release` takes it out again, since ImageData has none multiplied in. The ink is set apart from
// the marks made with it: numbers as large as a colour are slow to hand from function to function.

import { ALPHA_SHIFT, RGB_SHIFT } from '../layout.js';

/** Two of the four channels of a colour, with room to multiply each by up to 255. */
const LANES = 0x00ff00ff;
const HALF = 0x00800080;
const RED = RGB_SHIFT;
const GREEN = RGB_SHIFT + 8;
const BLUE = RGB_SHIFT + 16;
/** By alpha: what a channel with alpha multiplied in becomes without it. */
const UPWARDS = Float64Array.from({ length: 256 }, (_, alpha) => 255 / Math.max(1, alpha));
/** A run this short is cheaper as a loop than as a call of fill(). */
const SHORT_RUN = 24;
/** Less alpha than this rounds to none. */
const NOTHING = 0.5;

export class Raster {
  /** @param {ArrayBuffer} buffer RGBA @param {number} width @param {number} height */
  constructor(buffer, width, height) {
    this.pixels = new Int32Array(buffer);
    this.w = width;
    this.h = height;
    this.setInk(0);
    this.clip(0, height);
  }

  /** Rectangles are cut at these rows of the picture. */
  clip(top, bottom) {
    this.top = top;
    this.bottom = bottom;
  }

  /** @param {number} color of what is drawn next, four bytes in memory order R, G, B, A */
  setInk(color) {
    this.alpha = (color >>> ALPHA_SHIFT) & 255;
    this.solid = color | (255 << ALPHA_SHIFT);
  }

  /** Fills columns [left, right) of rows [top, bottom), clipped. */
  rectangle(left, top, right, bottom) {
    const { w, pixels, solid } = this;
    if (left < 0) left = 0;
    if (right > w) right = w;
    if (top < this.top) top = this.top;
    if (bottom > this.bottom) bottom = this.bottom;
    const length = right - left;
    if (length <= 0) return;
    let start = top * w + left;
    if (this.alpha < 255) {
      for (let y = top; y < bottom; y++, start += w) this.#tint(start, start + length);
    } else if (length < SHORT_RUN) {
      for (let y = top; y < bottom; y++, start += w) {
        for (let p = start; p < start + length; p++) pixels[p] = solid;
      }
    } else {
      for (let y = top; y < bottom; y++, start += w) pixels.fill(solid, start, start + length);
    }
  }

  /** The ink over a run of pixels: neighbours are mostly alike, so few are worked out. */
  #tint(start, stop) {
    const { pixels, alpha, solid } = this;
    let under = 0;
    let mixed = over(solid, alpha, 0);
    for (let p = start; p < stop; p++) {
      const here = pixels[p];
      if (here !== under) {
        under = here;
        mixed = over(solid, alpha, here);
      }
      pixels[p] = mixed;
    }
  }

  /** Fills spans, all within the picture: left, row, right of each. @param {Int32Array} spans */
  spans(spans, count) {
    const { pixels, w, alpha, solid } = this;
    if (alpha === 255) {
      for (let i = 0; i < 3 * count; i += 3) {
        const start = spans[i + 1] * w;
        pixels.fill(solid, start + spans[i], start + spans[i + 2]);
      }
      return;
    }
    let under = 0;
    let mixed = over(solid, alpha, 0);
    for (let i = 0; i < 3 * count; i += 3) {
      const stop = spans[i + 1] * w + spans[i + 2];
      for (let p = spans[i + 1] * w + spans[i]; p < stop; p++) {
        const here = pixels[p];
        if (here !== under) {
          under = here;
          mixed = over(solid, alpha, here);
        }
        pixels[p] = mixed;
      }
    }
  }

  /** @param {number} a alpha, not rounded yet */
  blend(p, a) {
    const whole = (a + 0.5) | 0;
    if (whole >= 255) this.pixels[p] = this.solid;
    else if (whole > 0) this.pixels[p] = over(this.solid, whole, this.pixels[p]);
  }

  /**
   * A line with soft edges: each pixel takes the share of it that the line covers, measured across
   * the line's main direction. `dashOn` of every `dashPeriod` px are drawn, beginning `dash` px into
   * the first; all when `dash` is negative.
   */
  segment(x0, y0, x1, y1, half, dash, dashOn, dashPeriod) {
    const { w, h, pixels, solid, alpha } = this;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const flat = Math.abs(dx) >= Math.abs(dy);
    // Along the main direction: from a0 to a1, at the height b0 in the beginning.
    const backwards = flat ? x1 < x0 : y1 < y0;
    const a0 = flat ? (backwards ? x1 : x0) : (backwards ? y1 : y0);
    const a1 = flat ? (backwards ? x0 : x1) : (backwards ? y0 : y1);
    const b0 = flat ? (backwards ? y1 : y0) : (backwards ? x1 : x0);
    const slope = a1 === a0 ? 0 : flat ? dy / dx : dx / dy;
    const stretch = Math.sqrt(1 + slope * slope);
    const reach = half * stretch;
    const alongStep = flat ? 1 : w;
    const acrossStep = flat ? w : 1;
    const limit = flat ? h : w;
    const from = Math.max(0, Math.floor(a0)) | 0;
    const to = Math.min(flat ? w : h, Math.ceil(a1)) | 0;
    for (let i = from; i < to; i++) {
      const middle = i + 0.5 - a0;
      let weight = i < a0 || i + 1 > a1 ? alpha * (Math.min(i + 1, a1) - Math.max(i, a0)) : alpha;
      if (dash >= 0) {
        weight *= dashShare(dash + (backwards ? a1 - a0 - middle : middle) * stretch, dashOn, dashPeriod);
        if (weight < NOTHING) continue;
      }
      const centre = b0 + slope * middle;
      const low = centre - reach;
      const high = centre + reach;
      if (high <= 0 || low >= limit) continue;
      let j = low > 0 ? low | 0 : 0;
      const stop = high < limit ? Math.ceil(high) : limit;
      let p = i * alongStep + j * acrossStep;
      for (; j < stop; j++, p += acrossStep) {
        let share = weight;
        if (j < low) share *= (j + 1 < high ? j + 1 : high) - low;
        else if (j + 1 > high) share *= high - j;
        const a = (share + 0.5) | 0;
        if (a >= 255) pixels[p] = solid;
        else if (a > 0) pixels[p] = over(solid, a, pixels[p]);
      }
    }
  }

  /** Takes alpha out of columns [left, right) of rows [top, bottom), for ImageData. */
  release(left, top, right, bottom) {
    const { pixels, w } = this;
    let last = 0;
    let bare = 0;
    for (let y = top; y < bottom; y++) {
      const stop = y * w + right;
      for (let p = y * w + left; p < stop; p++) {
        const color = pixels[p];
        if (color === 0) continue;
        const alpha = (color >>> ALPHA_SHIFT) & 255;
        if (alpha === 255) continue;
        if (color !== last) {
          last = color;
          const up = UPWARDS[alpha];
          bare = (alpha << ALPHA_SHIFT)
            | ((((color >>> RED) & 255) * up + 0.5) << RED)
            | ((((color >>> GREEN) & 255) * up + 0.5) << GREEN)
            | ((((color >>> BLUE) & 255) * up + 0.5) << BLUE);
        }
        pixels[p] = bare;
      }
    }
  }

  disc(x, y, radius) {
    const { w, h, alpha } = this;
    const top = Math.max(0, Math.floor(y - radius - 0.5));
    const bottom = Math.min(h, Math.ceil(y + radius + 0.5));
    const left = Math.max(0, Math.floor(x - radius - 0.5));
    const right = Math.min(w, Math.ceil(x + radius + 0.5));
    for (let j = top; j < bottom; j++) {
      const dy = j + 0.5 - y;
      for (let i = left; i < right; i++) {
        const dx = i + 0.5 - x;
        const covered = radius + 0.5 - Math.sqrt(dx * dx + dy * dy);
        if (covered > 0) this.blend(j * w + i, covered >= 1 ? alpha : covered * alpha);
      }
    }
  }
}

/**
 * A colour over another with its alpha multiplied in.
 * @param {number} solid the one above, opaque @param {number} a its alpha, 0 to 255
 */
function over(solid, a, under) {
  const rest = 255 - a;
  const even = (Math.imul(solid & LANES, a) + Math.imul(under & LANES, rest) + HALF) >>> 0;
  const odd = (Math.imul((solid >>> 8) & LANES, a) + Math.imul((under >>> 8) & LANES, rest) + HALF) >>> 0;
  // x / 255, rounded, for x up to 255 * 255
  return (((even + ((even >>> 8) & LANES)) >>> 8) & LANES) | ((odd + ((odd >>> 8) & LANES)) & ~LANES);
}

/** How much of a pixel `gone` px along the line lies on a dash. */
function dashShare(gone, on, period) {
  const phase = gone - Math.floor(gone / period) * period;
  const inside = phase <= on ? Math.min(phase, on - phase) : Math.max(on - phase, phase - period);
  return Math.min(1, Math.max(0, inside + 0.5));
}
