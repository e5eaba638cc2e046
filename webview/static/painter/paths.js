// Polygons with holes and parts, and polylines.

import { Pen } from './pen.js';
import { alphaOf } from './layout.js';

const pen = new Pen();
/** Length of the mark that shows where a polyline begins, in line widths. */
const START_MARK = 1.4;

/**
 * @param {import('../view/shapes.js').Column} column @param {number} k
 * @param {number} style row of the style table
 * @param {import('./layout.js').Layout} layout @param {import('./trace.js').Sink} sink
 */
export function tracePath({ kind, parts, rings, vertices, values }, k, style, layout, sink) {
  pen.begin(layout);
  for (let ring = rings[parts[k]]; ring < rings[parts[k + 1]]; ring++) {
    pen.ring();
    for (let i = vertices[ring]; i < vertices[ring + 1]; i++) pen.add(values[2 * i], values[2 * i + 1]);
  }
  const closed = kind === 'polygon';
  if (closed && alphaOf(layout.area[style]) > 0) {
    const several = parts[k + 1] - parts[k] > 1;
    const first = rings[parts[k]];
    pen.fill(layout.area[style], sink, several
      ? Array.from(rings.subarray(parts[k], parts[k + 1] + 1), (ring) => ring - first) : undefined);
  }
  const width = layout.width[style];
  const color = layout.color[style];
  if (width === 0 || alphaOf(color) === 0) return;
  pen.stroke(width, color, layout.dash[style] === 1, closed, sink);
  if (closed) return;
  for (const start of pen.starts) {
    const { points } = pen;
    const radius = START_MARK * width;
    const [x, y] = [points[2 * start], points[2 * start + 1]];
    if (layout.shows(x, y, radius)) sink.disc(x, y, radius);
  }
}
