// Upright boxes: outlines on pixel boundaries, inside and dashes.

import { alphaOf } from '../layout.js';
import { EVERYDAY } from './marks.js';

/** Numbers of an everyday box or a plate: see Marks. */
const NUMBERS = 5;

/**
 * The styles of nearly all boxes there are, an opaque outline of two pixels: their colours, and 0
 * for all others.
 * @param {import('../layout.js').Layout} layout
 */
export function everydayColors({ color, fill, width, dash }) {
  return color.map((c, k) => (
    width[k] === 2 && !dash[k] && alphaOf(c) === 255 && alphaOf(fill[k]) === 0 ? c : 0));
}

/**
 * Paints the everyday boxes, or the plates, at `order[from]` and behind, up to the next mark of
 * another kind.
 * @param {import('./raster.js').Raster} raster clipped to the band
 * @param {import('./marks.js').Marks} marks @param {number} from @param {number} stop
 * @returns {number} where it ended
 */
export function paintAlike(raster, { order, kind, at, rects: { numbers: rects } }, from, stop) {
  const wanted = kind[order[from]];
  const { whole } = raster;
  const most = whole.length - NUMBERS;
  let leftmost = raster.w;
  let rightmost = 0;
  let count = 0;
  let k = from;
  for (; k < stop && count <= most; k++) {
    const i = order[k];
    if (kind[i] !== wanted) break;
    const p = at[i];
    const left = rects[p + 1];
    const right = rects[p + 3];
    if (left < leftmost) leftmost = left;
    if (right > rightmost) rightmost = right;
    whole[count] = rects[p];
    whole[count + 1] = left;
    whole[count + 2] = rects[p + 2];
    whole[count + 3] = right;
    whole[count + 4] = rects[p + 4];
    count += NUMBERS;
  }
  if (wanted === EVERYDAY) raster.kernels.outlines(count / NUMBERS);
  else raster.plates(count / NUMBERS);
  raster.touch(leftmost, rightmost, false);
  return k;
}

/**
 * Paints the rows of a box that are not clipped.
 * @param {import('./raster.js').Raster} raster
 * @param {Int32Array} rects left, top, right, bottom @param {number} at where those of the box begin
 * @param {number} style @param {import('../layout.js').Layout} layout
 */
export function paintBox(raster, rects, at, style, layout) {
  const w = layout.width[style];
  const before = w >> 1;
  const left = rects[at] - before;
  const top = rects[at + 1] - before;
  const right = rects[at + 2] - before + w;
  const bottom = rects[at + 3] - before + w;
  const innerTop = top + w;
  const innerBottom = bottom - w;
  const color = layout.color[style];
  raster.touch(left, right, isTranslucent(color) || isTranslucent(layout.fill[style]));
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
  } else {
    raster.rectangle(left, top, right, innerTop);
    raster.rectangle(left, innerTop, left + w, innerBottom);
    raster.rectangle(right - w, innerTop, right, innerBottom);
    raster.rectangle(left, innerBottom, right, bottom);
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

function isTranslucent(color) {
  const alpha = alphaOf(color);
  return alpha > 0 && alpha < 255;
}
