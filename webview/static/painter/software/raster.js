// Spans, lines and discs written into pixels.

import { alphaOf } from '../layout.js';
import { over } from './blend.js';

/** A run this short is cheaper as a loop than as a call of fill(). */
const SHORT_RUN = 24;
/** Less than this share of a pixel is not seen. */
const NOTHING = 1 / 512;

/** @typedef {{pixels: Uint32Array, w: number, h: number}} Surface */

/** Fills columns [left, right) of rows [top, bottom), clipped to the surface. @param {Surface} surface */
export function rectangle({ pixels, w, h }, left, top, right, bottom, color) {
  if (left < 0) left = 0;
  if (right > w) right = w;
  if (top < 0) top = 0;
  if (bottom > h) bottom = h;
  const length = right - left;
  if (length <= 0) return;
  let start = top * w + left;
  if (alphaOf(color) < 255) {
    for (let y = top; y < bottom; y++, start += w) tint(pixels, start, start + length, color);
  } else if (length < SHORT_RUN) {
    for (let y = top; y < bottom; y++, start += w) {
      for (let p = start; p < start + length; p++) pixels[p] = color;
    }
  } else {
    for (let y = top; y < bottom; y++, start += w) pixels.fill(color, start, start + length);
  }
}

/** A translucent colour over a run: neighbours are mostly alike, so few are worked out. */
function tint(pixels, start, stop, color) {
  const a = alphaOf(color);
  let under = 0;
  let mixed = color;
  for (let p = start; p < stop; p++) {
    const here = pixels[p];
    if (here !== under) {
      under = here;
      mixed = over(color, a, here);
    }
    pixels[p] = mixed;
  }
}

/**
 * A line with soft edges: each pixel takes the share of it that the line covers, measured across
 * the line's main direction. `dashOn` of every `dashPeriod` px are drawn, `dash` px into the first.
 * @param {Surface} surface
 */
export function segment({ pixels, w, h }, x0, y0, x1, y1, half, color, dash, dashOn, dashPeriod) {
  const flat = Math.abs(x1 - x0) >= Math.abs(y1 - y0);
  // Along the main direction: from a0 to a1, at the height b0 in the beginning.
  let a0 = flat ? x0 : y0;
  let a1 = flat ? x1 : y1;
  let b0 = flat ? y0 : x0;
  const b1 = flat ? y1 : x1;
  const backwards = a1 < a0;
  const slope = a1 === a0 ? 0 : (b1 - b0) / (a1 - a0);
  if (backwards) {
    const swap = a0;
    a0 = a1;
    a1 = swap;
    b0 = b1;
  }
  const stretch = Math.sqrt(1 + slope * slope);
  const reach = half * stretch;
  const alongStep = flat ? 1 : w;
  const acrossStep = flat ? w : 1;
  const limit = flat ? h : w;
  const from = Math.max(0, Math.floor(a0));
  const to = Math.min(flat ? w : h, Math.ceil(a1));
  const alpha = alphaOf(color);
  for (let i = from; i < to; i++) {
    let share = Math.min(i + 1, a1) - Math.max(i, a0);
    const middle = i + 0.5 - a0;
    if (dash >= 0) {
      const gone = dash + (backwards ? a1 - a0 - middle : middle) * stretch;
      share *= dashShare(gone, dashOn, dashPeriod);
    }
    if (share < NOTHING) continue;
    const centre = b0 + slope * middle;
    const low = centre - reach;
    const high = centre + reach;
    let j = Math.max(0, Math.floor(low));
    const stop = Math.min(limit, Math.ceil(high));
    let p = i * alongStep + j * acrossStep;
    for (; j < stop; j++, p += acrossStep) {
      let covered = share;
      if (j < low) covered *= (j + 1 < high ? j + 1 : high) - low;
      else if (j + 1 > high) covered *= high - j;
      const a = Math.round(covered * alpha);
      if (a === 255) pixels[p] = color;
      else if (a > 0) pixels[p] = over(color, a, pixels[p]);
    }
  }
}

/** How much of a pixel `gone` px along the line lies on a dash. */
function dashShare(gone, on, period) {
  const phase = gone - Math.floor(gone / period) * period;
  const inside = phase <= on ? Math.min(phase, on - phase) : Math.max(on - phase, phase - period);
  return Math.min(1, Math.max(0, inside + 0.5));
}

/** @param {Surface} surface */
export function disc({ pixels, w, h }, x, y, radius, color) {
  const alpha = alphaOf(color);
  const top = Math.max(0, Math.floor(y - radius - 0.5));
  const bottom = Math.min(h, Math.ceil(y + radius + 0.5));
  const left = Math.max(0, Math.floor(x - radius - 0.5));
  const right = Math.min(w, Math.ceil(x + radius + 0.5));
  for (let j = top; j < bottom; j++) {
    const dy = j + 0.5 - y;
    for (let i = left; i < right; i++) {
      const dx = i + 0.5 - x;
      const covered = radius + 0.5 - Math.sqrt(dx * dx + dy * dy);
      if (covered <= 0) continue;
      const a = covered >= 1 ? alpha : Math.round(covered * alpha);
      const p = j * w + i;
      if (a === 255) pixels[p] = color;
      else if (a > 0) pixels[p] = over(color, a, pixels[p]);
    }
  }
}
