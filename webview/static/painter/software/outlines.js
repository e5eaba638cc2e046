// Many upright boxes, the everyday case: outlines on pixel boundaries, inside and dashes.

import { alphaOf } from '../layout.js';

/** So many boxes are drawn in bands of rows, one after another: a band stays in the cache. */
const MANY = 1000;
const BAND_ROWS = 128;

/** Numbers of the boxes that touch each band, in their order. @type {Int32Array[]} */
let members = [];

/**
 * @param {import('./raster.js').Raster} raster
 * @param {Int32Array} rects @param {Uint16Array} styles @param {number} count
 * @param {import('../layout.js').Layout} layout
 */
export function outlines(raster, rects, styles, count, layout) {
  if (count < MANY) {
    for (let i = 0; i < count; i++) outline(raster, rects, 4 * i, styles[i], layout);
    return;
  }
  const sizes = sort(raster.h, rects, styles, count, layout);
  for (let band = 0; band < sizes.length; band++) {
    raster.clip(band * BAND_ROWS, Math.min(raster.h, (band + 1) * BAND_ROWS));
    const here = members[band];
    for (let k = 0; k < sizes[band]; k++) outline(raster, rects, 4 * here[k], styles[here[k]], layout);
  }
  raster.clip(0, raster.h);
}

/** Puts each box into the bands that it touches; returns how many each has. */
function sort(height, rects, styles, count, layout) {
  const sizes = new Int32Array(Math.ceil(height / BAND_ROWS));
  if (members.length < sizes.length || members[0].length < count) {
    members = Array.from(sizes, () => new Int32Array(count));
  }
  for (let i = 0; i < count; i++) {
    const reach = layout.width[styles[i]];
    const first = Math.max(0, rects[4 * i + 1] - reach) / BAND_ROWS | 0;
    const last = Math.min(height - 1, rects[4 * i + 3] + reach) / BAND_ROWS | 0;
    for (let band = first; band <= last; band++) members[band][sizes[band]++] = i;
  }
  return sizes;
}

function outline(raster, rects, at, style, layout) {
  const w = layout.width[style];
  const before = w >> 1;
  const left = rects[at] - before;
  const top = rects[at + 1] - before;
  const right = rects[at + 2] - before + w;
  const bottom = rects[at + 3] - before + w;
  const innerTop = top + w;
  const innerBottom = bottom - w;
  const color = layout.color[style];
  if (alphaOf(layout.fill[style]) > 0) {
    raster.setInk(layout.fill[style]);
    raster.rectangle(left + w, innerTop, right - w, innerBottom);
  }
  if (w === 0 || alphaOf(color) === 0) return;
  raster.setInk(color);
  if (layout.dash[style]) {
    dashed(raster, left, top, right, bottom, w, layout);
  } else if (innerTop >= innerBottom || left + w >= right - w) {
    raster.rectangle(left, top, right, bottom);
  } else if (w === 2 && left >= 0 && right <= raster.w && alphaOf(color) === 255) {
    everyday(raster, left, top, right, bottom);
  } else {
    raster.rectangle(left, top, right, innerTop);
    raster.rectangle(left, innerTop, left + w, innerBottom);
    raster.rectangle(right - w, innerTop, right, innerBottom);
    raster.rectangle(left, innerBottom, right, bottom);
  }
}

/** An opaque outline of two pixels, not cut off at the sides: nearly all there are. */
function everyday(raster, left, top, right, bottom) {
  const { pixels, w, solid } = raster;
  const first = Math.max(raster.top, top);
  const stop = Math.min(raster.bottom, bottom);
  const across = right - left - 2;
  for (let y = first, p = first * w + left; y < stop; y++, p += w) {
    if (y < top + 2 || y >= bottom - 2) {
      pixels.fill(solid, p, p + across + 2);
    } else {
      pixels[p] = solid;
      pixels[p + 1] = solid;
      pixels[p + across] = solid;
      pixels[p + across + 1] = solid;
    }
  }
}

/** Dashes are counted from the outline's own top left corner, along x and along y. */
function dashed(raster, left, top, right, bottom, w, { dashOn, dashPeriod }) {
  const solid = top + w >= bottom - w || left + w >= right - w;
  const upper = solid ? bottom : top + w;
  // Only the dashes that can be seen: a box may reach far outside the canvas.
  const firstX = left + Math.max(0, Math.floor(-left / dashPeriod)) * dashPeriod;
  for (let x = firstX; x < Math.min(right, raster.w); x += dashPeriod) {
    const stop = Math.min(x + dashOn, right);
    raster.rectangle(x, top, stop, upper);
    if (!solid) raster.rectangle(x, bottom - w, stop, bottom);
  }
  if (solid) return;
  const firstY = top + Math.max(0, Math.floor(-top / dashPeriod)) * dashPeriod;
  for (let y = firstY; y < Math.min(bottom - w, raster.h); y += dashPeriod) {
    const start = Math.max(y, top + w);
    const stop = Math.min(y + dashOn, bottom - w);
    raster.rectangle(left, start, left + w, stop);
    raster.rectangle(right - w, start, right, stop);
  }
}
