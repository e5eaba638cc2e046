/** What lies under the pointer. Works on the painted shapes, that is on what the person sees. */

const BORDER_CSS_PX = 5;

/**
 * Painted shapes whose bounds are under a point, the smallest first: a small shape inside a large
 * one can always be reached.
 * @param {import('../view/painted.js').Painted} painted
 * @param {number} x video px
 * @param {number} y
 * @param {number} scale css px per video px
 * @returns {number[]}
 */
export function rowsAt(painted, x, y, scale) {
  const reach = BORDER_CSS_PX / scale;
  const { bounds: boxes, count } = painted;
  const found = [];
  for (let i = 0; i < count; i++) {
    const left = boxes[4 * i];
    const top = boxes[4 * i + 1];
    if (x < left - reach || x > left + boxes[4 * i + 2] + reach) continue;
    if (y < top - reach || y > top + boxes[4 * i + 3] + reach) continue;
    found.push(i);
  }
  const area = (i) => boxes[4 * i + 2] * boxes[4 * i + 3];
  return found.sort((a, b) => area(a) - area(b) || b - a);
}

/** The eight handles of a box, as factors of its width and height, with their pointers. */
export const HANDLES = [
  { name: 'nw', fx: 0, fy: 0, cursor: 'nwse-resize' },
  { name: 'n', fx: 0.5, fy: 0, cursor: 'ns-resize' },
  { name: 'ne', fx: 1, fy: 0, cursor: 'nesw-resize' },
  { name: 'e', fx: 1, fy: 0.5, cursor: 'ew-resize' },
  { name: 'se', fx: 1, fy: 1, cursor: 'nwse-resize' },
  { name: 's', fx: 0.5, fy: 1, cursor: 'ns-resize' },
  { name: 'sw', fx: 0, fy: 1, cursor: 'nesw-resize' },
  { name: 'w', fx: 0, fy: 0.5, cursor: 'ew-resize' },
];
const HANDLE_REACH_CSS_PX = 7;
const MIDDLE_HANDLES_FROM_CSS_PX = 28;

/** Handles worth showing: on small boxes those in the middle of an edge would cover the corners. */
export function handlesOf(box, scale) {
  const wide = box[2] * scale >= MIDDLE_HANDLES_FROM_CSS_PX;
  const high = box[3] * scale >= MIDDLE_HANDLES_FROM_CSS_PX;
  return HANDLES.filter(({ fx, fy }) => (fx !== 0.5 || wide) && (fy !== 0.5 || high));
}

/** @returns {typeof HANDLES[number]|null} the handle under a point, in video px */
export function handleAt(box, x, y, scale) {
  const reach = HANDLE_REACH_CSS_PX / scale;
  let best = null;
  let bestDistance = Infinity;
  for (const handle of handlesOf(box, scale)) {
    const dx = x - (box[0] + handle.fx * box[2]);
    const dy = y - (box[1] + handle.fy * box[3]);
    if (Math.abs(dx) > reach || Math.abs(dy) > reach) continue;
    const distance = dx * dx + dy * dy;
    if (distance < bestDistance) [best, bestDistance] = [handle, distance];
  }
  return best;
}

/**
 * A box whose handle was dragged by (dx, dy). Dragged past the other side it turns over instead of
 * getting a negative size.
 * @returns {number[]}
 */
export function resizeBox(box, handle, dx, dy, keepRatio = false) {
  let left = box[0] + (handle.fx === 0 ? dx : 0);
  let right = box[0] + box[2] + (handle.fx === 1 ? dx : 0);
  let top = box[1] + (handle.fy === 0 ? dy : 0);
  let bottom = box[1] + box[3] + (handle.fy === 1 ? dy : 0);
  if (keepRatio && handle.fx !== 0.5 && handle.fy !== 0.5 && box[2] > 0 && box[3] > 0) {
    const factor = Math.max((right - left) / box[2], (bottom - top) / box[3], 0);
    if (handle.fx === 0) left = right - box[2] * factor;
    else right = left + box[2] * factor;
    if (handle.fy === 0) top = bottom - box[3] * factor;
    else bottom = top + box[3] * factor;
  }
  return boxBetween(left, top, right, bottom);
}

/** @returns {number[]} x, y, width, height of two opposite corners in any order */
export function boxBetween(x0, y0, x1, y1) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
}
