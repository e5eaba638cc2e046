/** Skeletons: x, y and visibility (0 absent, 1 occluded, 2 visible) of each point. */

import { boundsOfPoints, constrained, fitting, hundredths, nearPath } from './plane.js';
import { placesOf } from './skeleton_layout.js';

export const ABSENT = 0;
export const OCCLUDED = 1;
export const VISIBLE = 2;

const there = (value) => value.filter(([, , seen]) => seen !== ABSENT);

/** Where absent points are offered: their usual place within what is there. */
function ghostsOf(value, skeleton) {
  const bounds = boundsOfPoints(there(value));
  if (!bounds || !skeleton) return [];
  const places = placesOf(skeleton);
  const missing = value.flatMap(([, , seen], i) => (seen === ABSENT ? [i] : []));
  // The usual places of the points that are there lie where these are.
  const known = boundsOfPoints(places.filter((_, i) => !missing.includes(i)));
  const { at } = fitting(known, bounds);
  return missing.map((i) => ({ i, place: at(places[i]) }));
}

/** @type {import('../kinds.js').Kind} */
export const points = {
  bounds: (value) => boundsOfPoints(there(value)),
  moved: (value, dx, dy) => value.map(([x, y, seen]) => (seen ? [x + dx, y + dy, seen] : [x, y, seen])),
  fitted(value, from, to) {
    const { at } = fitting(from, to);
    return value.map(([x, y, seen]) => (seen ? [...at([x, y]), seen] : [x, y, seen]));
  },
  handles(value, _scale, skeleton) {
    const found = value.flatMap(([x, y, seen], index) => (seen === ABSENT ? [] : [{
      name: 'point', look: 'round', cursor: 'crosshair', index, x, y, label: skeleton?.points[index],
    }]));
    const ghosts = ghostsOf(value, skeleton).map(({ i, place: [x, y] }) => ({
      name: 'point', look: 'ghost', cursor: 'crosshair', index: i, x, y, label: `${skeleton.points[i]} (absent)`,
    }));
    return [...found, ...ghosts].sort((a, b) => a.index - b.index);
  },
  dragged(value, handle, x, y, { constrain } = {}) {
    let to = [x, y];
    if (constrain) {
      const [dx, dy] = constrained(x - handle.x, y - handle.y);
      to = [handle.x + dx, handle.y + dy];
    }
    return value.map((point, i) => (i === handle.index ? [...to, point[2] || VISIBLE] : point));
  },
  hits(value, x, y, reach, skeleton) {
    const near = there(value).some(([px, py]) => Math.hypot(px - x, py - y) <= 1.6 * reach);
    return near || edgesOf(value, skeleton).some((edge) => nearPath(edge, false, x, y, reach));
  },
  trace(path, value, skeleton) {
    for (const edge of edgesOf(value, skeleton)) path.line(edge, false);
  },
  round: (value) => value.map(([x, y, seen]) => [hundredths(x), hundredths(y), seen]),

  /** With a point made visible, occluded or absent. */
  seen(value, handle, visibility) {
    return value.map((point, i) => {
      if (i !== handle.index) return point;
      return visibility === ABSENT ? [0, 0, ABSENT] : [handle.x, handle.y, visibility];
    });
  },
};

/** Pairs of points that are both there. */
function edgesOf(value, skeleton) {
  const number = new Map((skeleton?.points ?? []).map((name, i) => [name, i]));
  return (skeleton?.edges ?? [])
    .map(([a, b]) => [value[number.get(a)], value[number.get(b)]])
    .filter(([a, b]) => a?.[2] && b?.[2]);
}

/** A skeleton as it is usually laid out, in an upright box. @param {number[]} box */
export function pointsOf([x, y, width, height], skeleton) {
  const { at } = fitting([0, 0, 1, 1], [x, y, x + width, y + height]);
  return placesOf(skeleton).map((place) => [...at(place), VISIBLE]);
}
