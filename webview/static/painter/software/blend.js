// Colours over colours, both with alpha not multiplied in, as ImageData has them.

import { ALPHA_SHIFT, RGB_SHIFT } from '../layout.js';

const CHANNELS = [RGB_SHIFT, RGB_SHIFT + 8, RGB_SHIFT + 16];
const OPAQUE = (255 << ALPHA_SHIFT) >>> 0;
const COLORS = ~OPAQUE;

/** @param {number} color @param {number} a its alpha, 0 to 255, in place of its own @param {number} under */
export function over(color, a, under) {
  const b = (under >>> ALPHA_SHIFT) & 255;
  if (b === 0) return ((color & COLORS) | (a << ALPHA_SHIFT)) >>> 0;
  if (b === 255) {
    let out = OPAQUE;
    for (let c = 0; c < 3; c++) {
      const shift = CHANNELS[c];
      const mixed = ((color >>> shift) & 255) * a + ((under >>> shift) & 255) * (255 - a);
      out |= ((mixed + 127) / 255 | 0) << shift;
    }
    return out >>> 0;
  }
  const rest = (b * (255 - a)) / 255;
  const alpha = a + rest;
  let out = Math.round(alpha) << ALPHA_SHIFT;
  for (let c = 0; c < 3; c++) {
    const shift = CHANNELS[c];
    const mixed = (((color >>> shift) & 255) * a + ((under >>> shift) & 255) * rest) / alpha;
    out |= Math.round(mixed) << shift;
  }
  return out >>> 0;
}
