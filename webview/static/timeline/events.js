/**
 * Events as spans: entities of classes without geometry. Spans of a class that overlap lie in
 * several rows; which row does not depend on the stretch shown, so nothing jumps while zooming.
 */

import { randomId } from '../state/live.js';

const MAX_ROWS_OF_CLASS = 8;

/**
 * Spans of a row ascend and overlap nowhere, but in the last row of a crowded class.
 * @typedef {{class: import('../state/model.js').EntityClass, label: string, entity: number[],
 *   starts: number[], stops: number[]}} EventRow
 * @param {import('../state/model.js').Model} model
 * @param {import('../state/lives.js').Lives} lives
 * @param {(index: number) => boolean} wanted
 * @returns {EventRow[]}
 */
export function eventRows(model, lives, wanted) {
  const rows = [];
  for (const entityClass of model.classes) {
    if (!entityClass.event) continue;
    const own = [];
    for (let i = 0; i < lives.entity.length; i++) {
      const entity = model.byIndex[lives.entity[i]];
      if (entity?.class === entityClass.name && lives.stop[i] > lives.first[i] && wanted(entity.index)) own.push(i);
    }
    own.sort((a, b) => lives.first[a] - lives.first[b] || a - b);
    rows.push(...pack(entityClass, own, lives));
  }
  return rows;
}

function pack(entityClass, own, lives) {
  const rows = [newRow(entityClass, entityClass.label)];
  for (const i of own) {
    let row = rows.find(({ stops }) => !stops.length || stops[stops.length - 1] <= lives.first[i]);
    if (!row && rows.length < MAX_ROWS_OF_CLASS) rows.push(row = newRow(entityClass, ''));
    row ??= rows[rows.length - 1];
    row.entity.push(lives.entity[i]);
    row.starts.push(lives.first[i]);
    row.stops.push(lives.stop[i]);
  }
  return rows;
}

const newRow = (entityClass, label) => ({ class: entityClass, label, entity: [], starts: [], stops: [] });

const EDGE_CSS_PX = 5;

/**
 * The span under x and which part of it a hand would take there.
 * @param {EventRow} row @param {import('./scale.js').TimeScale} scale
 * @returns {{entity: number, first: number, stop: number, part: 'start'|'stop'|'body'}|null}
 */
export function eventAt(row, scale, x) {
  let best = null;
  for (let i = row.entity.length - 1; i >= 0; i--) {
    const left = scale.x(row.starts[i]);
    const right = Math.max(left + 3, scale.x(row.stops[i]));
    if (x < left - EDGE_CSS_PX || x > right + EDGE_CSS_PX) continue;
    const found = { entity: row.entity[i], first: row.starts[i], stop: row.stops[i] };
    // Of a short span the middle still moves it: its ends are taken from outside.
    const inner = Math.min(EDGE_CSS_PX, (right - left) / 4);
    if (x >= left + inner && x <= right - inner) return { ...found, part: 'body' };
    best ??= { ...found, part: x < (left + right) / 2 ? 'start' : 'stop' };
  }
  return best;
}

/**
 * What dragging a part by so many frames makes of a span, kept within the video and at least a
 * frame long.
 */
export function draggedSpan({ first, stop, part }, by, frameCount) {
  if (part === 'start') return { first: Math.min(stop - 1, Math.max(0, first + by)), stop };
  if (part === 'stop') return { first, stop: Math.max(first + 1, Math.min(frameCount, stop + by)) };
  const moved = Math.min(frameCount - stop, Math.max(-first, by));
  return { first: first + moved, stop: stop + moved };
}

/** @returns {{id: string, label: string, ops: Object[]}} an event of a class on `[first, stop)` */
export function newEvent(entityClass, { first, stop }, frameCount) {
  const entity = `${entityClass.name}-${randomId(8)}`;
  const ops = [{ op: 'add', entity, class: entityClass.name, frame: first }];
  if (stop < frameCount) ops.push({ op: 'set', entity, property: 'presence', frame: stop, value: 'absent' });
  return { id: entity, label: `Add ${entityClass.label}`, ops };
}

/**
 * The operations that make it so, given the entity's timeline.
 * @returns {Object[]} none when nothing changes
 * @throws {Error} a sentence when an end would pass a change of presence within the event
 */
export function spanOperations(entity, timeline, before, after, frameCount) {
  const { presence } = timeline.properties;
  if (after.first === before.first && after.stop === before.stop) return [];
  const at = (op, frame, value) => ({ op, entity: entity.id, property: 'presence', frame, ...value });
  if (after.stop - after.first === before.stop - before.first) {
    // What lasts to the end of the video is never made absent: there is no frame to say so.
    const ops = [{ op: 'shift', entity: entity.id, by: after.first - before.first }];
    if (after.stop === frameCount) ops.unshift(at('unset', before.stop));
    else if (before.stop === frameCount) ops.push(at('set', after.stop, { value: 'absent' }));
    return ops;
  }
  const ops = [];
  const inner = presence.keyframes.filter((frame) => frame > before.first && frame < before.stop);
  if (after.first > (inner[0] ?? Infinity) - 1 || after.stop <= (inner[inner.length - 1] ?? -1)) {
    throw new Error(`${entity.name} changes its presence there; move that keyframe first.`);
  }
  const by = after.first - before.first;
  if (by) {
    // What was said of the event at its beginning goes with its beginning.
    for (const [property, { keyframes }] of Object.entries(timeline.properties)) {
      if (keyframes.includes(before.first)) {
        ops.push({ op: 'move_keyframes', entity: entity.id, property, frames: [before.first], by });
      }
    }
  }
  if (after.stop !== before.stop) {
    if (before.stop < frameCount) ops.push(at('unset', before.stop));
    if (after.stop < frameCount) ops.push(at('set', after.stop, { value: 'absent' }));
  }
  return ops;
}
