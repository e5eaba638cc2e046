// Skeletons: edges between points, and a disc for each; one that is hidden is a ring.

import { VISIBILITY } from '../view/shapes.js';
import { Pen } from './pen.js';
import { alphaOf } from './layout.js';

const pen = new Pen();
const NO_EDGES = new Uint16Array(0);
/** A dark rim keeps points apart from their edges and from bright footage: RGBA in memory order. */
const RIM = new Uint32Array(Uint8Array.of(16, 20, 26, 255).buffer)[0];
const RIM_PX = 1;
/** The inside of a hidden point, as a part of its radius. */
const HOLLOW = 0.55;

/**
 * @param {import('../view/shapes.js').Column} column x, y, visibility for each point
 * @param {number} k @param {number} style
 * @param {import('./layout.js').Layout} layout @param {import('./trace.js').Sink} sink
 * @param {ArrayLike<number>} [edges] pairs of points
 */
export function tracePoints({ values, width: size }, k, style, layout, sink, edges = NO_EDGES) {
  const from = size * k;
  const count = size / 3;
  const color = layout.color[style];
  const width = layout.width[style];
  if (alphaOf(color) === 0) return;
  const visibility = (i) => values[from + 3 * i + 2];
  for (let e = 0; width > 0 && e + 1 < edges.length; e += 2) {
    const [a, b] = [edges[e], edges[e + 1]];
    if (a >= count || b >= count || !visibility(a) || !visibility(b)) continue;
    pen.begin(layout);
    pen.ring();
    for (const i of [a, b]) pen.add(values[from + 3 * i], values[from + 3 * i + 1]);
    const hidden = visibility(a) === VISIBILITY.occluded || visibility(b) === VISIBILITY.occluded;
    pen.stroke(width, color, hidden || layout.dash[style] === 1, false, sink);
  }
  const radius = layout.pointRadius + (width > 2 ? 0.5 : 0);
  for (let i = 0; i < count; i++) {
    if (!visibility(i)) continue;
    const x = values[from + 3 * i] * layout.scale + layout.x;
    const y = values[from + 3 * i + 1] * layout.scale + layout.y;
    if (!layout.shows(x, y, radius + RIM_PX)) continue;
    sink.ink(RIM);
    sink.disc(x, y, radius + RIM_PX);
    sink.ink(color);
    sink.disc(x, y, radius);
    if (visibility(i) !== VISIBILITY.occluded) continue;
    sink.ink(RIM);
    sink.disc(x, y, HOLLOW * radius);
  }
}
