/** Points and angles in the plane, shared by the kinds. Pure arithmetic. */

/** Coordinates are kept to a hundredth of a pixel: finer than a hand, and every export holds it. */
export const hundredths = (v) => Math.round(v * 100) / 100 + 0;

/** @returns {number} distance of a point to the piece between two others */
export function distanceToPiece(x, y, [ax, ay], [bx, by]) {
  const { t } = footOn(x, y, [ax, ay], [bx, by]);
  return Math.hypot(x - (ax + t * (bx - ax)), y - (ay + t * (by - ay)));
}

/** The place on a piece that is nearest to a point. @returns {{t: number, x: number, y: number}} */
export function footOn(x, y, [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length ? ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length : 0;
  const t = Math.min(1, Math.max(0, along));
  return { t, x: ax + t * (bx - ax), y: ay + t * (by - ay) };
}

/** Whether a path passes a point within `reach`. */
export function nearPath(points, closed, x, y, reach) {
  if (points.length === 1) return Math.hypot(points[0][0] - x, points[0][1] - y) <= reach;
  for (let i = closed ? 0 : 1; i < points.length; i++) {
    const before = points[(i + points.length - 1) % points.length];
    if (distanceToPiece(x, y, before, points[i]) <= reach) return true;
  }
  return false;
}

/** Whether a point is inside rings by the even-odd rule. @param {number[][][]} rings */
export function insideRings(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if ((yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** @param {number[][]} points @returns {[number, number, number, number]|null} left, top, right, bottom */
export function boundsOfPoints(points) {
  if (!points.length) return null;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return [left, top, right, bottom];
}

/**
 * How to carry points from one upright box into another; a box without width or height is only
 * moved that way.
 * @returns {{at: (point: number[]) => number[], sx: number, sy: number}}
 */
export function fitting([l0, t0, r0, b0], [l1, t1, r1, b1]) {
  const sx = r0 > l0 ? (r1 - l1) / (r0 - l0) : 1;
  const sy = b0 > t0 ? (b1 - t1) / (b0 - t0) : 1;
  return { at: ([x, y]) => [l1 + (x - l0) * sx, t1 + (y - t0) * sy], sx, sy };
}

/** (dx, dy) turned to the nearest multiple of `step` degrees, its length kept along that way. */
export function constrained(dx, dy, step = 45) {
  const unit = (step * Math.PI) / 180;
  const angle = Math.round(Math.atan2(dy, dx) / unit) * unit;
  const length = dx * Math.cos(angle) + dy * Math.sin(angle);
  return [length * Math.cos(angle), length * Math.sin(angle)];
}
