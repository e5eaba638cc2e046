// Lines with soft edges, handed over many at a time.

import { SEGMENT } from './marks.js';

/** Numbers of a line: x0, y0, x1, y1, half its width, dash. */
const NUMBERS = 6;

/**
 * Paints the lines at `order[from]` and behind, up to the next mark of another kind or colour.
 * @param {import('./raster.js').Raster} raster clipped to the band, with the ink
 * @param {import('./marks.js').Marks} marks @param {number} from @param {number} stop
 * @param {import('../layout.js').Layout} layout
 * @returns {number} where it ended
 */
export function paintLines({ kernels, real }, { order, kind, ink, at, lines }, from, stop, layout) {
  const color = ink[order[from]];
  const most = real.length - NUMBERS;
  let k = from;
  let count = 0;
  for (; k < stop && count <= most; k++) {
    const i = order[k];
    if (kind[i] !== SEGMENT || ink[i] !== color) break;
    for (let p = at[i]; p < at[i] + NUMBERS; p++) real[count++] = lines[p];
  }
  kernels.segments(count / NUMBERS, layout.dashOn, layout.dashPeriod);
  return k;
}
