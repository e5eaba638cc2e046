// Boxes and ellipses at an angle.

import { Pen } from './pen.js';
import { alphaOf } from './layout.js';

const pen = new Pen();
/** An ellipse is drawn with edges that leave the curve by less than this. */
const CURVE_ERROR_PX = 0.1;
const FEWEST_EDGES = 12;
const MOST_EDGES = 256;
/** How far the mark of a box's front reaches in, as a part of its shorter side. */
const FRONT_MARK = 0.25;

/** @param {import('../view/shapes.js').Column} column centre x, y, width, height, angle */
export function traceTurned({ values }, k, style, layout, sink) {
  const [x, y, width, height, degrees] = values.subarray(5 * k, 5 * k + 5);
  const [cos, sin] = direction(degrees);
  const at = (u, v) => [x + u * cos - v * sin, y + u * sin + v * cos];
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u, v]) => at((u * width) / 2, (v * height) / 2));
  pen.begin(layout);
  pen.ring();
  for (const [px, py] of corners) pen.add(px, py);
  finish(style, layout, sink);
  // A short line inwards from the middle of the top edge says which side is up.
  if (layout.width[style] === 0) return;
  const inwards = FRONT_MARK * Math.min(width, height);
  pen.begin(layout);
  pen.ring();
  pen.add(...at(0, -height / 2));
  pen.add(...at(0, -height / 2 + inwards));
  pen.stroke(layout.width[style], layout.color[style], false, false, sink);
}

/** @param {import('../view/shapes.js').Column} column centre x, y, radius x, y, angle */
export function traceEllipse({ values }, k, style, layout, sink) {
  const [x, y, a, b, degrees] = values.subarray(5 * k, 5 * k + 5);
  const [cos, sin] = direction(degrees);
  const radius = Math.max(a, b) * layout.scale;
  const wanted = Math.PI / Math.acos(Math.max(0, 1 - CURVE_ERROR_PX / Math.max(radius, CURVE_ERROR_PX)));
  const edges = Math.min(MOST_EDGES, Math.max(FEWEST_EDGES, Math.ceil(wanted)));
  pen.begin(layout);
  pen.ring();
  for (let i = 0; i < edges; i++) {
    const turn = (2 * Math.PI * i) / edges;
    const u = a * Math.cos(turn);
    const v = b * Math.sin(turn);
    pen.add(x + u * cos - v * sin, y + u * sin + v * cos);
  }
  finish(style, layout, sink);
}

function direction(degrees) {
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}

function finish(style, layout, sink) {
  if (alphaOf(layout.fill[style]) > 0) pen.fill(layout.fill[style], sink);
  if (layout.width[style] > 0 && alphaOf(layout.color[style]) > 0) {
    pen.stroke(layout.width[style], layout.color[style], layout.dash[style] === 1, true, sink);
  }
}
