// Cuboids, as eight projected corners: the front face in turn, then the back face in the same order.

import { Pen } from './pen.js';
import { alphaOf, faded } from './layout.js';

const pen = new Pen();
const FRONT = [[0, 1], [1, 2], [2, 3], [3, 0]];
const BEHIND = [[4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]];
/** Edges behind the front face, against those of the front. */
const BEHIND_ALPHA = 0.6;

/** @param {import('../view/shapes.js').Column} column */
export function traceCuboid({ values }, k, style, layout, sink) {
  const corner = (i) => [values[16 * k + 2 * i], values[16 * k + 2 * i + 1]];
  const width = layout.width[style];
  const color = layout.color[style];
  const dashed = layout.dash[style] === 1;
  const outlined = width > 0 && alphaOf(color) > 0;
  if (outlined) {
    const thin = Math.max(1, width - 1);
    for (const edge of BEHIND) {
      pen.begin(layout);
      pen.ring();
      for (const i of edge) pen.add(...corner(i));
      pen.stroke(thin, faded(color, BEHIND_ALPHA), dashed, false, sink);
    }
  }
  pen.begin(layout);
  pen.ring();
  for (const [i] of FRONT) pen.add(...corner(i));
  if (alphaOf(layout.area[style]) > 0) pen.fill(layout.area[style], sink);
  if (outlined) pen.stroke(width, color, dashed, true, sink);
}
