/**
 * Rotated boxes (centre x, y, width, height, degrees clockwise) and ellipses (centre x, y, radius x,
 * y, degrees): both are a turned frame with eight handles and one to turn it by.
 */

import { boxBetween, draggedSides, handlesWorthShowing } from './box.js';
import { fitting, hundredths, insideRings, nearPath } from './plane.js';

const TURN_HANDLE_CSS_PX = 28;
const TURN_STEP_DEGREES = 15;
const OVAL_PIECES = 48;
const CURSORS = ['ns-resize', 'nesw-resize', 'ew-resize', 'nwse-resize'];

/** Along the frame and across it, as unit vectors. */
function axesOf(degrees) {
  const angle = (degrees * Math.PI) / 180;
  return { u: [Math.cos(angle), Math.sin(angle)], v: [-Math.sin(angle), Math.cos(angle)] };
}

const cursorToward = (degrees) => CURSORS[((Math.round(degrees / 45) % 4) + 4) % 4];

/**
 * @param {(value: number[]) => number[]} toFrame centre x, y, width, height, degrees
 * @param {(frame: number[]) => number[]} fromFrame
 * @param {boolean} round
 * @returns {import('../kinds.js').Kind}
 */
function turned(toFrame, fromFrame, round) {
  const place = ([cx, cy, width, height, degrees], fx, fy) => {
    const { u, v } = axesOf(degrees);
    const [a, b] = [(fx - 0.5) * width, (fy - 0.5) * height];
    return [cx + a * u[0] + b * v[0], cy + a * u[1] + b * v[1]];
  };
  const corners = (frame) => [[0, 0], [1, 0], [1, 1], [0, 1]].map(([fx, fy]) => place(frame, fx, fy));
  const outline = (frame) => {
    if (!round) return corners(frame);
    return Array.from({ length: OVAL_PIECES }, (_, i) => {
      const t = (2 * Math.PI * i) / OVAL_PIECES;
      return place(frame, 0.5 + Math.cos(t) / 2, 0.5 + Math.sin(t) / 2);
    });
  };

  function turn([cx, cy, width, height, degrees], x, y, { constrain }) {
    let angle = (Math.atan2(y - cy, x - cx) * 180) / Math.PI + 90;
    if (constrain) angle = Math.round(angle / TURN_STEP_DEGREES) * TURN_STEP_DEGREES;
    // The number nearest to the one before, so that it does not jump by a full turn.
    angle += 360 * Math.round((degrees - angle) / 360);
    return [cx, cy, width, height, angle];
  }

  return {
    bounds(value) {
      const [cx, cy, width, height, degrees] = toFrame(value);
      const { u } = axesOf(degrees);
      const [c, s] = [Math.abs(u[0]), Math.abs(u[1])];
      const dx = round ? Math.hypot(width * c, height * s) / 2 : (width * c + height * s) / 2;
      const dy = round ? Math.hypot(width * s, height * c) / 2 : (width * s + height * c) / 2;
      return [cx - dx, cy - dy, cx + dx, cy + dy];
    },
    moved: ([x, y, ...rest], dx, dy) => [x + dx, y + dy, ...rest],
    fitted(value, from, to) {
      const [cx, cy, width, height, degrees] = toFrame(value);
      const { at, sx, sy } = fitting(from, to);
      const { u, v } = axesOf(degrees);
      // Each side is stretched by what its own direction is; the angle stays, a frame keeps its
      // right angles.
      const along = Math.hypot(u[0] * sx, u[1] * sy);
      const across = Math.hypot(v[0] * sx, v[1] * sy);
      return fromFrame([...at([cx, cy]), width * along, height * across, degrees]);
    },
    handles(value, scale) {
      const frame = toFrame(value);
      const [, , width, height, degrees] = frame;
      const found = handlesWorthShowing(width, height, scale).map((handle, index) => {
        const [x, y] = place(frame, handle.fx, handle.fy);
        const away = (Math.atan2(handle.fy - 0.5, handle.fx - 0.5) * 180) / Math.PI + 90;
        return { ...handle, index, x, y, cursor: cursorToward(away + degrees) };
      });
      const { v } = axesOf(degrees);
      const [x, y] = place(frame, 0.5, 0);
      const out = TURN_HANDLE_CSS_PX / scale;
      found.push({
        name: 'turn', look: 'turn', index: found.length, cursor: 'grab',
        x: x - v[0] * out, y: y - v[1] * out, from: [x, y],
      });
      return found;
    },
    dragged(value, handle, x, y, modifiers) {
      const frame = toFrame(value);
      if (handle.name === 'turn') return fromFrame(turn(frame, x, y, modifiers));
      const [cx, cy, width, height, degrees] = frame;
      const { u, v } = axesOf(degrees);
      const along = (x - cx) * u[0] + (y - cy) * u[1];
      const across = (x - cx) * v[0] + (y - cy) * v[1];
      const sides = draggedSides([-width / 2, -height / 2, width / 2, height / 2], handle, along, across, modifiers);
      const [left, top, w, h] = boxBetween(...sides);
      const [a, b] = [left + w / 2, top + h / 2];
      return fromFrame([cx + a * u[0] + b * v[0], cy + a * u[1] + b * v[1], w, h, degrees]);
    },
    hits(value, x, y, reach) {
      const points = outline(toFrame(value));
      return insideRings([points], x, y) || nearPath(points, true, x, y, reach);
    },
    trace(path, value) {
      const frame = toFrame(value);
      if (round) path.oval(frame[0], frame[1], frame[2] / 2, frame[3] / 2, frame[4]);
      else path.line(corners(frame), true);
    },
    round: (value) => value.map(hundredths),
  };
}

const same = (frame) => [...frame];
export const rotatedBox = turned(same, same, false);
export const ellipse = turned(
  ([x, y, rx, ry, degrees]) => [x, y, 2 * rx, 2 * ry, degrees],
  ([x, y, width, height, degrees]) => [x, y, width / 2, height / 2, degrees],
  true,
);

/** The turned frame that an upright box is, for what is drawn as one. */
export const rotatedBoxOf = ([x, y, width, height]) => [x + width / 2, y + height / 2, width, height, 0];
export const ellipseOf = ([x, y, width, height]) => [x + width / 2, y + height / 2, width / 2, height / 2, 0];
