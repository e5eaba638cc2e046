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
/** By alpha: what a channel with alpha multiplied in is multiplied by to take it out, in 65536ths. */
const UPWARDS = Int32Array.from({ length: 256 }, (_, alpha) => Math.round((255 * 65536) / Math.max(1, alpha)));
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

  /** Nothing is painted outside of these rows; forgets what was touched. */
  clip(top, bottom) {
    this.top = top;
    this.bottom = bottom;
    this.left = this.w;
    this.right = 0;
    this.soft = false;
  }

  /** Columns [left, right) hold something. @param {boolean} soft that may be translucent */
  touch(left, right, soft) {
    if (left < this.left) this.left = left > 0 ? left : 0;
    if (right > this.right) this.right = right < this.w ? right : this.w;
    this.soft ||= soft;
  }

  /** @param {number} color of what is drawn next, four bytes in memory order R, G, B, A */
  setInk(color) {
    this.alpha = (color >>> ALPHA_SHIFT) & 255;
    this.solid = color | (255 << ALPHA_SHIFT);
    // What `over` makes of the ink alone: the same for all pixels
    this.evenInk = (Math.imul(this.solid & LANES, this.alpha) + HALF) | 0;
    this.oddInk = (Math.imul((this.solid >>> 8) & LANES, this.alpha) + HALF) | 0;
  }

  /** Empties columns [left, right) of rows [top, bottom). */
  erase(left, top, right, bottom) {
    const { w, pixels } = this;
    if (left === 0 && right === w) {
      pixels.fill(0, top * w, bottom * w);
      return;
    }
    for (let y = top; left < right && y < bottom; y++) pixels.fill(0, y * w + left, y * w + right);
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

  /** The translucent ink over a run of pixels: neighbours are mostly alike, so few are worked out. */
  #tint(start, stop) {
    const { pixels, evenInk, oddInk } = this;
    const rest = 255 - this.alpha;
    let under = ~pixels[start];
    let laid = 0;
    for (let p = start; p < stop; p++) {
      const here = pixels[p];
      if (here !== under) {
        under = here;
        const even = (evenInk + Math.imul(here & LANES, rest)) | 0;
        const odd = (oddInk + Math.imul((here >>> 8) & LANES, rest)) | 0;
        laid = joined(even, odd);
      }
      pixels[p] = laid;
    }
  }

  /**
   * Fills the spans numbered [from, stop) that lie above the clipped bottom, from the top down: left,
   * row, right of each, within the picture. @param {Int32Array} spans
   * @returns {number} where the first one below begins
   */
  spans(spans, from, stop) {
    const { pixels, w, alpha, solid, bottom } = this;
    let i = from;
    for (; i < stop && spans[i + 1] < bottom; i += 3) {
      const row = spans[i + 1] * w;
      const start = row + spans[i];
      const end = row + spans[i + 2];
      if (alpha < 255) this.#tint(start, end);
      else if (end - start > SHORT_RUN) pixels.fill(solid, start, end);
      else for (let p = start; p < end; p++) pixels[p] = solid;
    }
    return i;
  }

  /** @param {number} a alpha, not rounded yet */
  blend(p, a) {
    this.pixels[p] = laidOver(this.solid, (a + 0.5) | 0, this.pixels[p]);
  }

  /**
   * A line with soft edges: each pixel takes the share of it that the line covers, measured across
   * the line's main direction. `dashOn` of every `dashPeriod` px are drawn, beginning `dash` px into
   * the first; all when `dash` is negative.
   */
  segment(x0, y0, x1, y1, half, dash, dashOn, dashPeriod) {
    const { w, pixels, solid, alpha } = this;
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
    const least = flat ? this.top : 0;
    const limit = flat ? this.bottom : w;
    let from = Math.max(flat ? 0 : this.top, Math.floor(a0)) | 0;
    let to = Math.min(flat ? w : this.bottom, Math.ceil(a1)) | 0;
    if (flat && slope !== 0) {
      // Where the line is within the rows, and a bit before and after
      const above = a0 + (least - reach - b0) / slope;
      const below = a0 + (limit + reach - b0) / slope;
      const [near, far] = slope > 0 ? [above, below] : [below, above];
      if (near - 2 > from) from = near - 2 < to ? (near - 2) | 0 : to;
      if (far + 2 < to) to = far + 2 > from ? (far + 2) | 0 : from;
    }
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
      if (high <= least || low >= limit) continue;
      let j = low > least ? low | 0 : least;
      const stop = high < limit ? Math.ceil(high) : limit;
      let p = i * alongStep + j * acrossStep;
      if (weight === 255 && j <= low && stop >= high && stop - j > 1) {
        // Nearly all of a line: the two soft sides of it, and what is between them
        pixels[p] = laidOver(solid, ((j + 1 - low) * 255 + 0.5) | 0, pixels[p]);
        for (j++, p += acrossStep; j < stop - 1; j++, p += acrossStep) pixels[p] = solid;
        pixels[p] = laidOver(solid, ((high - j) * 255 + 0.5) | 0, pixels[p]);
        continue;
      }
      for (; j < stop; j++, p += acrossStep) {
        let share = weight;
        if (j < low) share *= (j + 1 < high ? j + 1 : high) - low;
        else if (j + 1 > high) share *= high - j;
        pixels[p] = laidOver(solid, (share + 0.5) | 0, pixels[p]);
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
            | (((Math.imul((color >>> RED) & 255, up) + 0x8000) >>> 16) << RED)
            | (((Math.imul((color >>> GREEN) & 255, up) + 0x8000) >>> 16) << GREEN)
            | (((Math.imul((color >>> BLUE) & 255, up) + 0x8000) >>> 16) << BLUE);
        }
        pixels[p] = bare;
      }
    }
  }

  disc(x, y, radius) {
    const { w, alpha } = this;
    const top = Math.max(this.top, Math.floor(y - radius - 0.5));
    const bottom = Math.min(this.bottom, Math.ceil(y + radius + 0.5));
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
  const even = (Math.imul(solid & LANES, a) + Math.imul(under & LANES, rest) + HALF) | 0;
  const odd = (Math.imul((solid >>> 8) & LANES, a) + Math.imul((under >>> 8) & LANES, rest) + HALF) | 0;
  return joined(even, odd);
}

/** Lanes of up to 255 * 255 + 128, each divided by 255 and rounded, as one colour. */
function joined(even, odd) {
  return (((even + ((even >>> 8) & LANES)) >>> 8) & LANES) | ((odd + ((odd >>> 8) & LANES)) & ~LANES);
}

/** As `over`, but what covers a pixel wholly or not at all needs no sums. */
function laidOver(solid, a, under) {
  return a >= 255 ? solid : a > 0 ? over(solid, a, under) : under;
}

/** How much of a pixel `gone` px along the line lies on a dash. */
function dashShare(gone, on, period) {
  const phase = gone - Math.floor(gone / period) * period;
  const inside = phase <= on ? Math.min(phase, on - phase) : Math.max(on - phase, phase - period);
  return Math.min(1, Math.max(0, inside + 0.5));
}
