/** Which keyframe marks of the selected entity are selected, and what can be done with them. */

import { hasKeyframe, upperBound } from '../state/track.js';

/** So many operations fit one edit. */
const MAX_DELETED = 5000;

export class Marks {
  constructor() {
    /** Frames by property. @type {Map<string, Set<number>>} */
    this.byProperty = new Map();
  }

  get size() {
    let size = 0;
    for (const frames of this.byProperty.values()) size += frames.size;
    return size;
  }

  has(property, frame) {
    return this.byProperty.get(property)?.has(frame) ?? false;
  }

  add(property, frame) {
    if (!this.byProperty.has(property)) this.byProperty.set(property, new Set());
    this.byProperty.get(property).add(frame);
  }

  toggle(property, frame) {
    if (this.has(property, frame)) this.byProperty.get(property).delete(frame);
    else this.add(property, frame);
  }

  clear() {
    this.byProperty.clear();
  }

  /** @returns {Array<[string, number[]]>} properties with frames, ascending */
  entries() {
    return [...this.byProperty].filter(([, frames]) => frames.size)
      .map(([property, frames]) => [property, [...frames].sort((a, b) => a - b)]);
  }

  /** Add all keyframes of some rows within `[first, stop]`. @param {import('./rows.js').Row[]} rows */
  addWithin(rows, first, stop) {
    for (const { name, keyframes } of rows) {
      for (let i = upperBound(keyframes, first - 1); i < keyframes.length && keyframes[i] <= stop; i++) {
        this.add(name, keyframes[i]);
      }
    }
  }

  /** What was removed, by whomever, is selected no more. */
  keepOnly(timeline) {
    for (const [property, frames] of this.byProperty) {
      for (const frame of frames) if (!hasKeyframe(timeline, property, frame)) frames.delete(frame);
    }
  }

  moveBy(by) {
    for (const [property, frames] of this.byProperty) {
      this.byProperty.set(property, new Set([...frames].map((frame) => frame + by)));
    }
  }

  /** The first and the last frame of all. */
  get extent() {
    let first = Infinity;
    let last = -Infinity;
    for (const frames of this.byProperty.values()) {
      for (const frame of frames) {
        first = Math.min(first, frame);
        last = Math.max(last, frame);
      }
    }
    return { first, last };
  }

  /** So that none leaves the video. */
  clamp(by, frameCount) {
    const { first, last } = this.extent;
    return Math.min(frameCount - 1 - last, Math.max(-first, by));
  }

  /** @param {'move_keyframes'|'copy_keyframes'} op @returns {{label: string, ops: Object[]}} */
  shifted(op, entity, by) {
    const verb = op === 'move_keyframes' ? 'Move' : 'Copy';
    const count = this.size === 1 ? 'a keyframe' : `${this.size} keyframes`;
    return {
      label: `${verb} ${count} of ${entity.name}`,
      ops: this.entries().map(([property, frames]) => ({ op, entity: entity.id, property, frames, by })),
    };
  }

  /**
   * Remove them, but never all that says where or whether the entity is.
   * @param {string[]} needed properties of which one keyframe must stay
   * @returns {{label: string, ops: Object[], kept: number}}
   */
  removal(entity, timeline, needed) {
    const ops = [];
    let kept = 0;
    for (const [property, frames] of this.entries()) {
      const all = timeline.properties[property]?.keyframes ?? [];
      const spare = needed.includes(property) && frames.length >= all.length ? 1 : 0;
      kept += spare;
      for (const frame of frames.slice(spare)) ops.push({ op: 'unset', entity: entity.id, property, frame });
    }
    const label = ops.length === 1 ? `Remove a keyframe of ${entity.name}` : `Remove ${ops.length} keyframes of ${entity.name}`;
    return { label, ops: ops.slice(0, MAX_DELETED), kept: kept + Math.max(0, ops.length - MAX_DELETED) };
  }
}
