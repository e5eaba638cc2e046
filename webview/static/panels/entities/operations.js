/** What becomes of whole entities, as edits: pure functions to `{label, ops}`. */

import { randomId } from '../../state/live.js';

const newId = (entity) => `${entity.class}-${randomId(8)}`;

/** @typedef {import('../../state/model.js').Entity} Entity */

/** @param {Entity} entity */
export function split(entity, frame) {
  const id = newId(entity);
  return { id, label: `Split ${entity.name} at frame ${frame}`, ops: [{ op: 'split', entity: entity.id, frame, new: id }] };
}

/** @param {Entity} entity @param {Entity} other @param {'entity'|'from'} wins */
export function merge(entity, other, wins) {
  return { label: `Merge ${other.name} into ${entity.name}`, ops: [{ op: 'merge', entity: entity.id, from: other.id, wins }] };
}

export function join(entity, other) {
  return { label: `Join ${other.name} to ${entity.name}`, ops: [{ op: 'join', entity: entity.id, from: other.id }] };
}

export function swap(entity, other, frame) {
  return { label: `Swap ${entity.name} and ${other.name} from frame ${frame}`, ops: [{ op: 'swap', entity: entity.id, with: other.id, frame }] };
}

/** Absent outside `[first, stop)`. */
export function trim(entity, first, stop) {
  return { label: `Trim ${entity.name} to frames ${first} to ${stop - 1}`, ops: [{ op: 'trim', entity: entity.id, first, stop }] };
}

export function shift(entity, by) {
  return { label: `Shift ${entity.name} by ${by > 0 ? '+' : ''}${by} frames`, ops: [{ op: 'shift', entity: entity.id, by }] };
}

export function copy(entity) {
  const id = newId(entity);
  return { id, label: `Copy ${entity.name}`, ops: [{ op: 'copy', entity: entity.id, new: id }] };
}
