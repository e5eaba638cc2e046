/** What is painted, in words of its own: for tests and bug reports. */

import { valueOf } from './shapes.js';

/** Boxes as the painter got them, and the other shapes in the form in which edits carry them. */
export function describePainted({ painted, model }) {
  const entities = [];
  const boxes = [];
  const shapes = [];
  for (let i = 0; i < painted.count; i++) {
    const id = model.byIndex[painted.entity[i]]?.id;
    if (id === undefined) continue;
    const { property, kind, column } = painted.layerOf(i);
    if (kind === 'box') {
      entities.push(id);
      boxes.push(...painted.bounds.subarray(4 * i, 4 * i + 4));
    } else {
      shapes.push({ entity: id, property, kind, value: valueOf(column, painted.at[i]) });
    }
  }
  return {
    frame: painted.frame, loaded: painted.loaded, entities, boxes: Float32Array.from(boxes), shapes,
  };
}
