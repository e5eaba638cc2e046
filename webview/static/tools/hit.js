/**
 * What lies under the pointer. Works on the painted shapes, that is on what the person sees: first
 * a pass over all bounds, in one typed array, then an exact look at the few that are near.
 */

import { KINDS } from './kinds.js';

const REACH_CSS_PX = 5;
const HANDLE_REACH_CSS_PX = 7;

/**
 * Painted shapes under a point, the smallest first: a small shape inside a large one can always be
 * reached.
 * @param {import('../workspace.js').Workspace} workspace
 * @param {number} x video px
 * @param {number} y
 * @returns {number[]} numbers of shapes in `scene.painted`
 */
export function shapesAt({ scene, stage, model, visibility }, x, y) {
  const reach = REACH_CSS_PX / stage.view.scale;
  const { painted } = scene;
  const { bounds, count } = painted;
  const found = [];
  for (let i = 0, b = 0; i < count; i++, b += 4) {
    if (x < bounds[b] - reach || x > bounds[b] + bounds[b + 2] + reach) continue;
    if (y < bounds[b + 1] - reach || y > bounds[b + 1] + bounds[b + 3] + reach) continue;
    found.push(i);
  }
  const exact = found.filter((i) => {
    const entity = model.byIndex[painted.entity[i]];
    if (!entity || !visibility.pickable(entity.index)) return false;
    const { kind } = painted.layerOf(i);
    if (kind === 'box') return true;
    return KINDS[kind].hits(scene.geometryAt(i).value, x, y, reach, model.classOf(entity).skeleton);
  });
  const area = (i) => bounds[4 * i + 2] * bounds[4 * i + 3];
  return exact.sort((a, b) => area(a) - area(b) || b - a);
}

/** Numbers of painted shapes whose bounds touch a box. @param {import('./kinds.js').Bounds} within */
export function shapesWithin({ scene, model, visibility }, [left, top, right, bottom]) {
  const { bounds, count, entity } = scene.painted;
  const found = [];
  for (let i = 0, b = 0; i < count; i++, b += 4) {
    if (bounds[b] > right || bounds[b] + bounds[b + 2] < left) continue;
    if (bounds[b + 1] > bottom || !(bounds[b + 1] + bounds[b + 3] >= top)) continue;
    if (model.byIndex[entity[i]] && visibility.pickable(entity[i])) found.push(i);
  }
  return found;
}

/**
 * The handle under a point; of several the nearest.
 * @param {import('./kinds.js').Handle[]} handles
 * @returns {import('./kinds.js').Handle|null}
 */
export function handleAt(handles, x, y, scale) {
  let best = null;
  let nearest = HANDLE_REACH_CSS_PX / scale;
  for (const handle of handles) {
    const distance = Math.max(Math.abs(x - handle.x), Math.abs(y - handle.y));
    if (distance > nearest) continue;
    best = handle;
    nearest = distance;
  }
  return best;
}
