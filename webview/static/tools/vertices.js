/** Changes of single vertices and points of the selected shape. */

import { KINDS } from './kinds.js';
import { ABSENT, OCCLUDED, VISIBLE } from './kinds/points.js';

/** @typedef {import('../workspace.js').Workspace} Workspace @typedef {import('./editing.js').Shape} Shape */

/** @param {Workspace} workspace @param {Shape} shape @param {Object} edge from the kind's `edgeAt` */
export function insertVertex({ editing, store }, shape, edge) {
  const value = KINDS[shape.kind].inserted(shape.value, edge);
  editing.commit(`Add a vertex to ${shape.entity.name}`, [{ ...shape, value }], store.state.frame);
}

/**
 * @param {Workspace} workspace @param {Shape|null} shape @param {import('./kinds.js').Handle} handle
 * @returns {boolean} whether it was a vertex
 */
export function removeVertex({ editing, store, notify, readOnly }, shape, handle) {
  if (!shape || handle?.name !== 'vertex' || readOnly) return false;
  editing.finishNudge();
  const value = KINDS[shape.kind].removed(shape.value, handle);
  if (value === null) {
    notify('A shape keeps its last vertices; delete the entity instead.');
    return true;
  }
  const left = KINDS[shape.kind].handles(value).length;
  if (store.state.handle !== null) store.set({ handle: Math.min(handle.index, left - 1) });
  editing.commit(`Remove a vertex of ${shape.entity.name}`, [{ ...shape, value }], store.state.frame);
  return true;
}

const NEXT = { [VISIBLE]: OCCLUDED, [OCCLUDED]: ABSENT, [ABSENT]: VISIBLE };
const WORDS = { [VISIBLE]: 'visible', [OCCLUDED]: 'occluded', [ABSENT]: 'absent' };

/**
 * A point of a skeleton: visible, occluded, absent, and visible again.
 * @param {Workspace} workspace @param {Shape|null} shape @param {import('./kinds.js').Handle} handle
 * @param {number|null} to @returns {boolean} whether it was a point
 */
export function changeVisibility({ editing, store, notify, readOnly }, shape, handle, to = null) {
  if (shape?.kind !== 'points' || handle?.name !== 'point' || readOnly) return false;
  editing.finishNudge();
  const next = to ?? NEXT[shape.value[handle.index][2]];
  const value = KINDS.points.seen(shape.value, handle, next);
  if (!KINDS.points.bounds(value)) {
    notify('A skeleton keeps at least one point; delete the entity instead.');
    return true;
  }
  const name = shape.skeleton?.points[handle.index] ?? 'a point';
  editing.commit(`Make ${name} of ${shape.entity.name} ${WORDS[next]}`, [{ ...shape, value }], store.state.frame);
  return true;
}
