/**
 * Looking things up in a timeline as the server sent it: sorted keyframes, and spans of values
 * that hold. Looking up is all: what holds where was worked out by the engine.
 *
 * @typedef {{id: string, revision: number, properties: Object<string,
 *   {keyframes: number[], spans?: Array<[number, number, string]>}>}} Timeline
 */

/** @returns {number} position of the first element above `value` */
export function upperBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function hasKeyframe(timeline, property, frame) {
  const keyframes = timeline?.properties[property]?.keyframes;
  return keyframes !== undefined && keyframes[upperBound(keyframes, frame) - 1] === frame;
}

/** @returns {string|null} the value that holds at a frame */
export function valueAt(timeline, property, frame) {
  const spans = timeline?.properties[property]?.spans ?? [];
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle][1] <= frame) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  return span && span[0] <= frame ? span[2] : null;
}

/** @returns {string[]} properties with a keyframe exactly at a frame */
export function propertiesWithKeyframe(timeline, frame) {
  return Object.keys(timeline?.properties ?? {}).filter((name) => hasKeyframe(timeline, name, frame));
}

/** @param {1|-1} direction @returns {number|null} the nearest keyframe of any property beyond a frame */
export function neighbourKeyframe(timeline, frame, direction) {
  let best = null;
  for (const { keyframes } of Object.values(timeline?.properties ?? {})) {
    const above = upperBound(keyframes, frame);
    let candidate = keyframes[above];
    if (direction < 0) {
      const below = keyframes[above - 1] === frame ? above - 2 : above - 1;
      candidate = keyframes[below];
    }
    if (candidate === undefined) continue;
    if (best === null || (candidate - best) * direction < 0) best = candidate;
  }
  return best;
}

/** @returns {number|null} the frame nearest to `frame` on which the entity is there */
export function nearestPresence(timeline, frame) {
  let best = null;
  for (const [start, stop, value] of timeline?.properties.presence?.spans ?? []) {
    if (value === 'absent') continue;
    const candidate = Math.min(stop - 1, Math.max(start, frame));
    if (best === null || Math.abs(candidate - frame) < Math.abs(best - frame)) best = candidate;
  }
  return best;
}
