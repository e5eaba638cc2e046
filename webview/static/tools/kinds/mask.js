/** Masks: run lengths as text. They move by whole pixels; what is in them is changed by painting. */

import { maskOfText, maskText } from '../../view/shapes.js';
import { Bitmap } from '../mask/bitmap.js';

/** The mask read last: hit tests ask for the same one again and again. */
let last = { text: '', mask: null, ends: null };

function read(text) {
  if (last.text !== text) {
    const mask = maskOfText(text);
    const ends = new Uint32Array(mask.counts.length);
    let sum = 0;
    mask.counts.forEach((count, i) => { ends[i] = sum += count; });
    last = { text, mask, ends };
  }
  return last;
}

function isIn({ mask, ends }, x, y) {
  const column = Math.floor(x) - mask.x;
  const row = Math.floor(y) - mask.y;
  if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) return false;
  const at = column * mask.height + row;
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** @type {import('../kinds.js').Kind} */
export const mask = {
  bounds(value) {
    const { x, y, width, height } = read(value).mask;
    return width ? [x, y, x + width, y + height] : null;
  },
  moved(value, dx, dy) {
    const { mask: found } = read(value);
    return maskText({ ...found, x: found.x + Math.round(dx), y: found.y + Math.round(dy) });
  },
  fitted(value, [l0, t0, r0, b0], [l1, t1, r1, b1]) {
    const { mask: found } = read(value);
    const sx = r0 > l0 ? (r1 - l1) / (r0 - l0) : 1;
    const sy = b0 > t0 ? (b1 - t1) / (b0 - t0) : 1;
    const to = [found.x, found.y, found.x + found.width, found.y + found.height]
      .map((v, i) => Math.round(i % 2 ? t1 + (v - t0) * sy : l1 + (v - l0) * sx));
    return maskText(Bitmap.ofMask(found).resized(...to).toMask());
  },
  handles: () => [],
  dragged: (value) => value,
  hits(value, x, y, reach) {
    const found = read(value);
    return isIn(found, x, y) || [[-reach, 0], [reach, 0], [0, -reach], [0, reach]]
      .some(([dx, dy]) => isIn(found, x + dx, y + dy));
  },
  trace(path, value) {
    const { x, y, width, height } = read(value).mask;
    if (width) path.line([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], true);
  },
  round: (value) => value,
};
