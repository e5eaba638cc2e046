// Cuboids, as eight projected corners in the order of FORMAT.md: front left top, front left bottom,
// front right top, front right bottom, back right top, back right bottom, back left top, bottom.

import { Pen } from './pen.js';
import { alphaOf, faded } from './layout.js';

const pen = new Pen();
const FRONT = [[0, 2], [2, 3], [3, 1], [1, 0]];
const BEHIND = [[6, 4], [4, 5], [5, 7], [7, 6], [0, 6], [1, 7], [2, 4], [3, 5]];
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
