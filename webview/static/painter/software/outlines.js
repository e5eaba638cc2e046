// Upright boxes, the everyday case: outlines on pixel boundaries, inside and dashes.

import { alphaOf } from '../layout.js';
import { BOX } from './marks.js';

/** Numbers of an everyday box that are handed over: its colour, left, top, right, bottom. */
const NUMBERS = 5;

/** The styles of nearly all boxes there are: an opaque outline of two pixels. @param {import('../layout.js').Layout} layout */
export function everydayStyles({ color, fill, width, dash }) {
  return width.map((w, k) => (
    w === 2 && !dash[k] && alphaOf(color[k]) === 255 && alphaOf(fill[k]) === 0 ? 1 : 0));
}

/**
 * Paints the boxes at `order[from]` and behind, up to the next mark of another kind.
 * @param {import('./raster.js').Raster} raster clipped to the band
 * @param {import('./marks.js').Marks} marks @param {number} from @param {number} stop
 * @param {import('../layout.js').Layout} layout @param {Uint8Array} everyday which styles are
 * @returns {number} where it ended
 */
export function paintBoxes(raster, { order, kind, ink, at, rects }, from, stop, layout, everyday) {
  const { kernels, w, whole } = raster;
  const { color } = layout;
  const most = whole.length - NUMBERS;
  let leftmost = w;
  let rightmost = 0;
  let count = 0;
  const hand = () => {
    kernels.outlines(count / NUMBERS);
    count = 0;
  };
  let k = from;
  for (; k < stop && kind[order[k]] === BOX; k++) {
    const i = order[k];
    const style = ink[i];
    const left = rects[at[i]] - 1;
    const top = rects[at[i] + 1] - 1;
    const right = rects[at[i] + 2] + 1;
    const bottom = rects[at[i] + 3] + 1;
    if (!everyday[style] || left < 0 || right > w || bottom - top < 4 || right - left < 4) {
      hand(); // what was painted before lies below
      outline(raster, rects, at[i], style, layout);
      continue;
    }
    if (left < leftmost) leftmost = left;
    if (right > rightmost) rightmost = right;
    whole[count] = color[style];
    whole[count + 1] = left;
    whole[count + 2] = top;
    whole[count + 3] = right;
    whole[count + 4] = bottom;
    count += NUMBERS;
    if (count > most) hand();
  }
  hand();
  raster.touch(leftmost, rightmost, false);
  return k;
}

/**
 * Paints the rows of a box that are not clipped.
 * @param {import('./raster.js').Raster} raster
 * @param {Int32Array} rects left, top, right, bottom @param {number} at where the box's begin
 * @param {number} style @param {import('../layout.js').Layout} layout
 */
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
