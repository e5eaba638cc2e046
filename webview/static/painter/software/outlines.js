// Many upright boxes, the everyday case: outlines on pixel boundaries, inside and dashes.

import { alphaOf } from '../layout.js';
import { rectangle } from './raster.js';

/**
 * @param {import('./raster.js').Surface} surface
 * @param {Int32Array} rects @param {Uint16Array} styles @param {number} count
 * @param {import('../layout.js').Layout} layout
 */
export function outlines(surface, rects, styles, count, layout) {
  for (let i = 0; i < count; i++) outline(surface, rects, 4 * i, styles[i], layout);
}

function outline(surface, rects, at, style, layout) {
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
    rectangle(surface, left + w, innerTop, right - w, innerBottom, layout.fill[style]);
  }
  if (w === 0 || alphaOf(color) === 0) return;
  if (layout.dash[style]) {
    dashed(surface, left, top, right, bottom, w, color, layout);
  } else if (innerTop >= innerBottom || left + w >= right - w) {
    rectangle(surface, left, top, right, bottom, color);
  } else {
    rectangle(surface, left, top, right, innerTop, color);
    rectangle(surface, left, innerTop, left + w, innerBottom, color);
    rectangle(surface, right - w, innerTop, right, innerBottom, color);
    rectangle(surface, left, innerBottom, right, bottom, color);
  }
}

/** Dashes are counted from the outline's own top left corner, along x and along y. */
function dashed(surface, left, top, right, bottom, w, color, { dashOn, dashPeriod }) {
  const solid = top + w >= bottom - w || left + w >= right - w;
  const upper = solid ? bottom : top + w;
  // Only the dashes that can be seen: a box may reach far outside the canvas.
  const firstX = left + Math.max(0, Math.floor(-left / dashPeriod)) * dashPeriod;
  for (let x = firstX; x < Math.min(right, surface.w); x += dashPeriod) {
    const stop = Math.min(x + dashOn, right);
    rectangle(surface, x, top, stop, upper, color);
    if (!solid) rectangle(surface, x, bottom - w, stop, bottom, color);
  }
  if (solid) return;
  const firstY = top + Math.max(0, Math.floor(-top / dashPeriod)) * dashPeriod;
  for (let y = firstY; y < Math.min(bottom - w, surface.h); y += dashPeriod) {
    const start = Math.max(y, top + w);
    const stop = Math.min(y + dashOn, bottom - w);
    rectangle(surface, left, start, left + w, stop, color);
    rectangle(surface, right - w, start, right, stop, color);
  }
}
