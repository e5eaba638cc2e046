/**
 * What a person's gesture means as operations: pure functions to `{label, ops}`, the input of
 * Live.edit. Entities are called by name in labels, since undo shows them.
 */

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
