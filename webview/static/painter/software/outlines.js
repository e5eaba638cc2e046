// Many upright boxes, the everyday case: outlines on pixel boundaries, inside and dashes.

import { alphaOf } from '../layout.js';

/**
 * @param {import('./raster.js').Raster} raster
 * @param {Int32Array} rects @param {Uint16Array} styles @param {number} count
 * @param {import('../layout.js').Layout} layout
 */
export function outlines(raster, rects, styles, count, layout) {
  for (let i = 0; i < count; i++) outline(raster, rects, 4 * i, styles[i], layout);
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
