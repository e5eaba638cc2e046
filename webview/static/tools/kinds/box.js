/** Upright boxes: x, y, width, height. */

import { fitting, hundredths } from './plane.js';

/** The eight handles of a box, as factors of its width and height, with their pointers. */
export const BOX_HANDLES = Object.freeze([
  { name: 'nw', fx: 0, fy: 0, cursor: 'nwse-resize' },
  { name: 'n', fx: 0.5, fy: 0, cursor: 'ns-resize' },
  { name: 'ne', fx: 1, fy: 0, cursor: 'nesw-resize' },
  { name: 'e', fx: 1, fy: 0.5, cursor: 'ew-resize' },
  { name: 'se', fx: 1, fy: 1, cursor: 'nwse-resize' },
  { name: 's', fx: 0.5, fy: 1, cursor: 'ns-resize' },
  { name: 'sw', fx: 0, fy: 1, cursor: 'nesw-resize' },
  { name: 'w', fx: 0, fy: 0.5, cursor: 'ew-resize' },
]);
const MIDDLE_HANDLES_FROM_CSS_PX = 28;

/** Handles worth showing: on small boxes those in the middle of an edge would cover the corners. */
export function handlesWorthShowing(width, height, scale) {
  const wide = width * scale >= MIDDLE_HANDLES_FROM_CSS_PX;
  const high = height * scale >= MIDDLE_HANDLES_FROM_CSS_PX;
  return BOX_HANDLES.filter(({ fx, fy }) => (fx !== 0.5 || wide) && (fy !== 0.5 || high));
}

/** @returns {number[]} x, y, width, height of two opposite corners in any order */
export function boxBetween(x0, y0, x1, y1) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
}

/**
 * Left, top, right, bottom of a box whose handle was taken to (x, y); right may be left of left.
 * With `constrain` a corner keeps the box's shape; with `centred` its middle stays.
 */
export function draggedSides([left, top, right, bottom], { fx, fy }, x, y, { constrain, centred } = {}) {
  const middle = [(left + right) / 2, (top + bottom) / 2];
  let sides = [fx === 0 ? x : left, fy === 0 ? y : top, fx === 1 ? x : right, fy === 1 ? y : bottom];
  if (centred) {
    if (fx !== 0.5) sides = [middle[0] - Math.abs(x - middle[0]), sides[1], middle[0] + Math.abs(x - middle[0]), sides[3]];
    if (fy !== 0.5) sides = [sides[0], middle[1] - Math.abs(y - middle[1]), sides[2], middle[1] + Math.abs(y - middle[1])];
  }
  const width = right - left;
  const height = bottom - top;
  if (!constrain || fx === 0.5 || fy === 0.5 || !(width > 0 && height > 0)) return sides;
  const factor = Math.max((sides[2] - sides[0]) / width, (sides[3] - sides[1]) / height, 0);
  if (centred) {
    const [dx, dy] = [(width * factor) / 2, (height * factor) / 2];
    return [middle[0] - dx, middle[1] - dy, middle[0] + dx, middle[1] + dy];
  }
  if (fx === 0) sides[0] = right - width * factor;
  else sides[2] = left + width * factor;
  if (fy === 0) sides[1] = bottom - height * factor;
  else sides[3] = top + height * factor;
  return sides;
}

/** @type {import('../kinds.js').Kind} */
export const box = {
  bounds: ([x, y, width, height]) => [x, y, x + width, y + height],
  moved: ([x, y, width, height], dx, dy) => [x + dx, y + dy, width, height],
  fitted(value, from, to) {
    const { at, sx, sy } = fitting(from, to);
    return [...at(value), value[2] * sx, value[3] * sy];
  },
  handles: ([x, y, width, height], scale) => handlesWorthShowing(width, height, scale).map((handle, index) => ({
    ...handle, index, x: x + handle.fx * width, y: y + handle.fy * height,
  })),
  dragged: (value, handle, x, y, modifiers) => (
    boxBetween(...draggedSides(box.bounds(value), handle, x, y, modifiers))),
  hits: ([left, top, width, height], x, y, reach) => (
    x >= left - reach && x <= left + width + reach && y >= top - reach && y <= top + height + reach),
  trace(path, [x, y, width, height]) {
    path.line([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], true);
  },
  round: (value) => value.map(hundredths),
};
