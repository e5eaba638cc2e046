/** Cuboids: eight projected corners, in the order of FORMAT.md (front left top, front left bottom, ...). */

import { boundsOfPoints, constrained, fitting, hundredths, insideRings, nearPath } from './plane.js';

export const FRONT = Object.freeze([0, 2, 3, 1]);
export const BACK = Object.freeze([6, 4, 5, 7]);
const SIDES = Object.freeze([[0, 6], [1, 7], [2, 4], [3, 5]]);
const FACES = Object.freeze([FRONT, BACK, [0, 1, 7, 6], [2, 3, 5, 4], [0, 2, 4, 6], [1, 3, 5, 7]]);
const NAMES = ['front left top', 'front left bottom', 'front right top', 'front right bottom',
  'back right top', 'back right bottom', 'back left top', 'back left bottom'];

const middleOf = (value, face) => [0, 1].map((c) => face.reduce((sum, i) => sum + value[i][c], 0) / 4);
const pick = (value, face) => face.map((i) => value[i]);

/** @type {import('../kinds.js').Kind} */
export const cuboid = {
  bounds: boundsOfPoints,
  moved: (value, dx, dy) => value.map(([x, y]) => [x + dx, y + dy]),
  fitted: (value, from, to) => value.map(fitting(from, to).at),
  handles(value) {
    const corners = value.map(([x, y], index) => (
      { name: 'corner', look: 'round', cursor: 'crosshair', index, x, y, label: NAMES[index] }));
    const faces = [['front', FRONT], ['back', BACK]].map(([name, face], k) => {
      const [x, y] = middleOf(value, face);
      return { name, face, look: 'square', cursor: 'move', index: 8 + k, x, y, label: `${name} face` };
    });
    return [...corners, ...faces];
  },
  dragged(value, handle, x, y, { constrain } = {}) {
    let [dx, dy] = [x - handle.x, y - handle.y];
    if (constrain) [dx, dy] = constrained(dx, dy);
    const moving = handle.face ?? [handle.index];
    return value.map((corner, i) => (moving.includes(i) ? [corner[0] + dx, corner[1] + dy] : corner));
  },
  hits(value, x, y, reach) {
    return FACES.some((face) => {
      const ring = pick(value, face);
      return insideRings([ring], x, y) || nearPath(ring, true, x, y, reach);
    });
  },
  trace(path, value) {
    path.line(pick(value, FRONT), true);
    path.line(pick(value, BACK), true);
    for (const [a, b] of SIDES) path.line([value[a], value[b]], false);
  },
  round: (value) => value.map(([x, y]) => [hundredths(x), hundredths(y)]),
};

/** A cuboid from its front face and how far its back lies away. @param {number[]} box */
export function cuboidOf([x, y, width, height], dx, dy) {
  const front = [[x, y], [x, y + height], [x + width, y], [x + width, y + height]];
  const back = front.map(([cx, cy]) => [cx + dx, cy + dy]);
  return [...front, back[2], back[3], back[0], back[1]];
}
