/**
 * Polylines (paths of vertices) and polygons (parts of rings of vertices). A vertex is named by
 * `ring`, [part, ring] (of a polyline [path, 0]), and its place in it.
 */

import { boundsOfPoints, constrained, fitting, footOn, hundredths, insideRings, nearPath } from './plane.js';

/** More handles than these hide the shape: then only those near the pointer are of use. */
const MAX_HANDLES = 1500;

/** @param {boolean} closed */
function paths(closed) {
  const least = closed ? 3 : 2;
  const partsOf = (value) => (closed ? value : value.map((path) => [path]));
  const valueOf = (parts) => (closed ? parts : parts.map(([path]) => path));
  const ringsOf = (value) => partsOf(value).flat();
  const mapped = (value, change) => valueOf(partsOf(value).map((part) => part.map((ring) => ring.map(change))));
  const withRing = (value, [p, r], change) => valueOf(partsOf(value).map((part, i) => (
    i === p ? part.map((ring, j) => (j === r ? change(ring) : ring)) : part)));

  return {
    closed,
    ringsOf,
    bounds: (value) => boundsOfPoints(ringsOf(value).flat()),
    moved: (value, dx, dy) => mapped(value, ([x, y]) => [x + dx, y + dy]),
    fitted: (value, from, to) => mapped(value, fitting(from, to).at),
    handles(value) {
      const found = [];
      partsOf(value).forEach((part, p) => part.forEach((ring, r) => ring.forEach(([x, y], i) => {
        if (found.length >= MAX_HANDLES) return;
        found.push({ name: 'vertex', look: 'round', cursor: 'crosshair', index: found.length, ring: [p, r], at: i, x, y });
      })));
      return found;
    },
    dragged(value, { ring, at, x: fromX, y: fromY }, x, y, { constrain } = {}) {
      let to = [x, y];
      if (constrain) {
        const [dx, dy] = constrained(x - fromX, y - fromY);
        to = [fromX + dx, fromY + dy];
      }
      return withRing(value, ring, (vertices) => vertices.map((vertex, i) => (i === at ? to : vertex)));
    },
    hits(value, x, y, reach) {
      const rings = ringsOf(value);
      if (rings.some((ring) => nearPath(ring, closed, x, y, reach))) return true;
      // Parts may overlap, so that each is looked into on its own.
      return closed && value.some((part) => insideRings(part, x, y));
    },
    trace(path, value) {
      for (const ring of ringsOf(value)) path.line(ring, closed);
    },
    round: (value) => mapped(value, ([x, y]) => [hundredths(x), hundredths(y)]),

    /**
     * The edge under a point. @returns {{ring: number[], at: number, x: number, y: number}|null}
     * a vertex put in there would be number `at`
     */
    edgeAt(value, x, y, reach) {
      let best = null;
      let nearest = reach;
      partsOf(value).forEach((part, p) => part.forEach((ring, r) => {
        for (let i = closed ? 0 : 1; i < ring.length; i++) {
          const foot = footOn(x, y, ring[(i + ring.length - 1) % ring.length], ring[i]);
          const distance = Math.hypot(x - foot.x, y - foot.y);
          if (distance > nearest) continue;
          nearest = distance;
          // Before the first vertex of a ring is behind its last one.
          best = { ring: [p, r], at: i === 0 ? ring.length : i, x: foot.x, y: foot.y };
        }
      }));
      return best;
    },
    inserted: (value, { ring, at, x, y }) => (
      withRing(value, ring, (vertices) => [...vertices.slice(0, at), [x, y], ...vertices.slice(at)])),
    /** Without a vertex; a ring that would be none goes with it. @returns {any|null} null: nothing is left */
    removed(value, { ring: [p, r], at }) {
      const parts = partsOf(value);
      if (parts[p][r].length > least) {
        return withRing(value, [p, r], (vertices) => vertices.filter((_, i) => i !== at));
      }
      const left = r === 0 ? parts.filter((_, i) => i !== p)
        : parts.map((part, i) => (i === p ? part.filter((_, j) => j !== r) : part));
      return left.length ? valueOf(left) : null;
    },
    /** With one more ring: a hole where it lies inside a part, else a part; of polylines a path. */
    extended(value, ring) {
      if (!closed) return [...value, ring];
      const around = value.findIndex((part) => ring.every(([x, y]) => insideRings([part[0]], x, y)));
      return around < 0 ? [...value, [ring]]
        : value.map((part, i) => (i === around ? [...part, ring] : part));
    },
    of: (ring) => (closed ? [[ring]] : [ring]),
  };
}

export const polyline = paths(false);
export const polygon = paths(true);
