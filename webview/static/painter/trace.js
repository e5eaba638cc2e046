// From shapes in video pixels to what a backend fills: boxes, spans, segments and discs in device
// pixels. Both backends are driven by this, so where an edge falls cannot differ between them.

import { traceBoxes } from './boxes.js';
import { traceCuboid } from './cuboids.js';
import { traceMask } from './masks.js';
import { tracePath } from './paths.js';
import { tracePoints } from './points.js';
import { traceEllipse, traceTurned } from './turned.js';

/**
 * Where pixels are filled. All coordinates are device px.
 * @typedef {object} Sink
 * @property {(rects: Int32Array, styles: Uint16Array, count: number) => void} boxes upright outlines
 *   on pixel boundaries: left, top, right, bottom, and the row of the style table
 * @property {(color: number) => void} ink of the marks that follow, a colour as in Layout
 * @property {(spans: Int32Array, count: number) => void} spans of whole pixels on the canvas: left,
 *   row, right of each
 * @property {(points: Float64Array, bounds: number[]) => boolean} [rings] the inside of rings by the
 *   even-odd rule, as spans.js finds it; false when these are too many, and spans are wanted
 * @property {(lines: Float64Array, count: number) => void} segments lines with soft edges: x0, y0, x1,
 *   y1, half and dash of each; `half` as wide to either side; dashes begin `dash` px before its start,
 *   none when negative
 * @property {(x: number, y: number, radius: number) => void} disc with a soft edge
 * @property {(left: number, top: number, right: number, bottom: number) => void} touch said before
 *   anything is filled in there, but for boxes
 */

const SINGLE = {
  rotated_box: traceTurned, ellipse: traceEllipse, polygon: tracePath, polyline: tracePath,
  cuboid: traceCuboid, points: tracePoints, mask: traceMask,
};

/** How far a shape's line and points may reach out of its bounds, device px. */
const reachOf = (layout, style) => layout.width[style] + layout.pointRadius + 3;

/**
 * @param {import('./layout.js').Scene} scene
 * @param {import('./layout.js').Layout} layout that has taken the scene
 * @param {Sink} sink
 */
export function trace(scene, layout, sink) {
  const { painted } = scene;
  const { bounds, style } = painted;
  for (const layer of painted.layers) {
    if (layer.kind === 'box') {
      traceBoxes(painted, layer, layout, sink);
      continue;
    }
    const traceOne = SINGLE[layer.kind];
    if (!traceOne) continue;
    for (let i = layer.first; i < layer.first + layer.count; i++) {
      if (style[i] >= layout.styles) continue;
      const reach = reachOf(layout, style[i]);
      if (!layout.sees(bounds, 4 * i, reach)) continue;
      touch(layout, sink, bounds, 4 * i, reach);
      traceOne(layer.column, painted.at[i], style[i], layout, sink, scene.edges?.(painted.entity[i]));
    }
  }
}

function touch({ scale, x, y, canvasWidth, canvasHeight }, sink, bounds, at, reach) {
  const left = bounds[at] * scale + x;
  const top = bounds[at + 1] * scale + y;
  const right = left + bounds[at + 2] * scale + reach;
  const bottom = top + bounds[at + 3] * scale + reach;
  sink.touch(
    Math.max(0, Math.floor(left - reach)), Math.max(0, Math.floor(top - reach)),
    Math.min(canvasWidth, Math.ceil(right)), Math.min(canvasHeight, Math.ceil(bottom)));
}
