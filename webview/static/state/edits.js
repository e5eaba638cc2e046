/**
 * What a person's gesture means as operations: pure functions to `{label, ops}`, the input of
 * Live.edit. Entities are called by name in labels, since undo shows them.
 */

import { randomId } from './live.js';

/** @param {number|null} frame null for a constant @param {any} value null takes a constant's value away */
export function setValue(entities, property, frame, value, text) {
  const of = entities.length === 1 ? entities[0].name : `${entities.length} entities`;
  return {
    label: `${property.label} of ${of}: ${text}`,
    ops: entities.map(({ id }) => ({ op: 'set', entity: id, property: property.name, frame, value })),
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

/** Values go on from this keyframe by that rule; null is the kind's own. */
export function setRule(entity, property, frame, rule) {
  return {
    label: `${property.label} of ${entity.name}: ${rule ?? 'default'} from frame ${frame}`,
    ops: [{ op: 'rule', entity: entity.id, property: property.name, frame, rule }],
  };
}

/** An event from `first` to before `stop`. @returns {{label: string, ops: Object[], id: string}} */
export function addEvent(entityClass, first, stop, frameCount) {
  const id = `${entityClass.name}-${randomId(6)}`;
  const ops = [{ op: 'add', entity: id, class: entityClass.name, frame: first }];
  if (stop < frameCount) ops.push(presence(id, stop, 'absent'));
  return { id, label: `Add ${entityClass.label}`, ops };
}

/**
 * Let an event last from `first` to before `stop`.
 * @param {number[]} keyframes where its presence has keyframes now
 */
export function setEventSpan(entity, keyframes, first, stop, frameCount) {
  const ops = [presence(entity.id, first, 'present')];
  if (stop < frameCount) ops.push(presence(entity.id, stop, 'absent'));
  for (const frame of keyframes) {
    if (frame === first || frame === stop) continue;
    ops.push({ op: 'unset', entity: entity.id, property: 'presence', frame });
  }
  return { label: `${entity.name}: frames ${first} to ${stop - 1}`, ops };
}

const presence = (entity, frame, value) => ({ op: 'set', entity, property: 'presence', frame, value });
