/**
 * What a person's gesture means as operations: pure functions to `{label, ops}`, the input of
 * Live.edit. Entities are called by name in labels, since undo shows them.
 */

import { randomId } from './live.js';

/** Boxes are kept to a hundredth of a pixel: finer than a hand, and every export can hold it. */
export const roundBox = (box) => box.map((v) => Math.round(v * 100) / 100);

/** @returns {{label: string, ops: Object[], id: string}} */
export function addEntity(entityClass, frame, box, constants = {}) {
  const id = `${entityClass.name}-${randomId(6)}`;
  return {
    id,
    label: `Add ${entityClass.label}`,
    ops: [
      { op: 'add', entity: id, class: entityClass.name, frame },
      { op: 'set', entity: id, property: 'box', frame, value: box },
      ...Object.entries(constants).map(([property, value]) => (
        { op: 'set', entity: id, property, frame: null, value })),
    ],
  };
}

/** @param {'Move'|'Resize'|'Redraw'|'Set box of'} verb @param {boolean} appear also make it present */
export function setBox(entity, frame, box, verb, appear = false) {
  const ops = [{ op: 'set', entity: entity.id, property: 'box', frame, value: box }];
  if (appear) {
    ops.push({ op: 'set', entity: entity.id, property: 'presence', frame, value: 'present' });
  }
  return { label: `${verb} ${entity.name}`, ops };
}

/** @param {number|null} frame null for a constant @param {any} value null takes a constant's value away */
export function setValue(entity, property, frame, value, text) {
  return {
    label: `${property.label} of ${entity.name}: ${text}`,
    ops: [{ op: 'set', entity: entity.id, property: property.name, frame, value }],
  };
}

/** Make the engine's value here a keyframe; the server takes it at full precision. */
export function keepValues(entity, properties, frame, label) {
  return {
    label: `Keyframe ${label} of ${entity.name}`,
    ops: properties.map((property) => ({ op: 'keep', entity: entity.id, property, frame })),
  };
}

export function removeKeyframes(entity, properties, frame, label) {
  return {
    label: `Remove keyframe ${label} of ${entity.name}`,
    ops: properties.map((property) => ({ op: 'unset', entity: entity.id, property, frame })),
  };
}

export function rename(entity, name) {
  return { label: `Rename ${entity.name} to ${name}`, ops: [{ op: 'rename', entity: entity.id, name }] };
}

export function changeClass(entity, entityClass) {
  return {
    label: `Make ${entity.name} a ${entityClass.label}`,
    ops: [{ op: 'class', entity: entity.id, class: entityClass.name }],
  };
}

export function remove(entity) {
  return { label: `Delete ${entity.name}`, ops: [{ op: 'delete', entity: entity.id }] };
}
