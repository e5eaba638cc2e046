/**
 * Shapes in the columns of a window: their bounds, their values as the server takes them in an
 * edit, and back. Pure functions; a shape is number `k` of a column.
 *
 * @typedef {import('../protocol.js').GeometryColumn} Column
 */

/** The order in which kinds are painted: what hides least comes last. */
export const PAINT_ORDER = Object.freeze([
  'mask', 'polygon', 'ellipse', 'rotated_box', 'box', 'cuboid', 'polyline', 'points',
]);

/** Visibility codes of a skeleton's points. */
export const VISIBILITY = Object.freeze({ absent: 0, occluded: 1, visible: 2 });

const WIDTHS = { box: 4, rotated_box: 5, ellipse: 5, cuboid: 16 };

/** Whether shapes of a kind are vertices in parts and rings. */
export const isPath = (kind) => kind === 'polygon' || kind === 'polyline';

/**
 * Writes left, top, width, height of the smallest upright box around a shape; NaN where there is
 * nothing to see.
 * @param {Column} column @param {number} k
 * @param {Float32Array} out @param {number} at index into `out`
 */
export function writeBounds(column, k, out, at) {
  const { kind, values } = column;
  if (kind === 'box') {
    for (let c = 0; c < 4; c++) out[at + c] = values[4 * k + c];
  } else if (kind === 'rotated_box' || kind === 'ellipse') {
    turnedBounds(values, 5 * k, kind === 'ellipse', out, at);
  } else if (kind === 'mask') {
    const { boxes } = column;
    for (let c = 0; c < 4; c++) out[at + c] = boxes[4 * k + c];
    if (boxes[4 * k + 2] === 0) out[at] = NaN;
  } else if (kind === 'points') {
    pointBounds(values, column.width * k, column.width / 3, 3, true, out, at);
  } else if (kind === 'cuboid') {
    pointBounds(values, 16 * k, 8, 2, false, out, at);
  } else {
    column.bounds ??= pathBounds(column);
    for (let c = 0; c < 4; c++) out[at + c] = column.bounds[4 * k + c];
  }
}

function turnedBounds(values, from, round, out, at) {
  const [x, y, a, b, degrees] = values.subarray(from, from + 5);
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const dx = round ? Math.hypot(a * cos, b * sin) : (Math.abs(a * cos) + Math.abs(b * sin)) / 2;
  const dy = round ? Math.hypot(a * sin, b * cos) : (Math.abs(a * sin) + Math.abs(b * cos)) / 2;
  out[at] = x - dx;
  out[at + 1] = y - dy;
  out[at + 2] = 2 * dx;
  out[at + 3] = 2 * dy;
}

function pointBounds(values, from, count, stride, named, out, at) {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let i = from; i < from + count * stride; i += stride) {
    if (named && values[i + 2] === VISIBILITY.absent) continue;
    left = Math.min(left, values[i]);
    right = Math.max(right, values[i]);
    top = Math.min(top, values[i + 1]);
    bottom = Math.max(bottom, values[i + 1]);
  }
  out[at] = left <= right ? left : NaN;
  out[at + 1] = top;
  out[at + 2] = right - left;
  out[at + 3] = bottom - top;
}

/** @param {Column} column @returns {Float32Array} of all its shapes */
function pathBounds({ parts, rings, vertices, values }) {
  const count = parts.length - 1;
  const bounds = new Float32Array(4 * count);
  for (let k = 0; k < count; k++) {
    const first = vertices[rings[parts[k]]];
    const stop = vertices[rings[parts[k + 1]]];
    pointBounds(values, 2 * first, stop - first, 2, false, bounds, 4 * k);
  }
  return bounds;
}

/** The shape's value in the form in which an edit carries it. @param {Column} column */
export function valueOf(column, k) {
  const { kind, values } = column;
  if (kind === 'mask') return maskText(maskOf(column, k));
  if (isPath(kind)) {
    const parts = partsOf(column, k);
    return kind === 'polygon' ? parts : parts.map(([path]) => path);
  }
  if (kind === 'points') return tuples(values, column.width * k, column.width / 3, 3);
  if (kind === 'cuboid') return tuples(values, 16 * k, 8, 2);
  const width = WIDTHS[kind];
  return Array.from(values.subarray(width * k, width * (k + 1)));
}

function tuples(values, from, count, width) {
  return Array.from({ length: count }, (_, i) => (
    Array.from(values.subarray(from + width * i, from + width * (i + 1)))));
}

/** @returns {number[][][][]} parts of rings of vertices */
function partsOf({ parts, rings, vertices, values }, k) {
  const span = (offsets, i, item) => Array.from(
    { length: offsets[i + 1] - offsets[i] }, (_, j) => item(offsets[i] + j));
  return span(parts, k, (part) => span(rings, part, (ring) => (
    tuples(values, 2 * vertices[ring], vertices[ring + 1] - vertices[ring], 2))));
}

/**
 * Run lengths over a box of video pixels, alternately out and in, down the columns.
 * @typedef {{x: number, y: number, width: number, height: number, counts: Uint32Array}} Mask
 * @returns {Mask}
 */
export function maskOf({ boxes, runs, counts }, k) {
  const [x, y, width, height] = boxes.subarray(4 * k, 4 * k + 4);
  return { x, y, width, height, counts: counts.subarray(runs[k], runs[k + 1]) };
}

/** A mask as an edit carries it. @param {Mask} mask @returns {string} */
export function maskText({ x, y, width, height, counts }) {
  return JSON.stringify({ size: [height, width], counts: Array.from(counts), offset: [x, y] });
}

/** @param {string} text as `maskText` writes it @returns {Mask} */
export function maskOfText(text) {
  const { size, counts, offset = [0, 0] } = JSON.parse(text);
  return { x: offset[0], y: offset[1], width: size[1], height: size[0], counts: Uint32Array.from(counts) };
}

/**
 * A column of one shape, from a value as an edit carries it (vertices in any of the nestings that
 * the server takes; masks as `maskText` writes them).
 * @param {string} property @param {string} kind @param {any} value
 * @returns {Column}
 */
export function columnOf(property, kind, value) {
  const column = {
    key: property, property, kind, rows: null, which: null, offsets: Uint32Array.of(0, 1),
  };
  if (kind === 'mask') {
    const { x, y, width, height, counts } = maskOfText(value);
    return {
      ...column, boxes: Int32Array.of(x, y, width, height), runs: Uint32Array.of(0, counts.length), counts,
    };
  }
  if (isPath(kind)) return { ...column, ...pathArrays(nestedParts(kind, value)) };
  const values = Float32Array.from(value.flat(2));
  return { ...column, width: values.length, values };
}

function nestedParts(kind, value) {
  let depth = 0;
  for (let inner = value; Array.isArray(inner); inner = inner[0]) depth++;
  if (depth === 2) return [[value]];
  if (kind === 'polyline') return value.map((path) => [path]);
  return depth === 3 ? [value] : value;
}

function pathArrays(parts) {
  const rings = parts.flat();
  const starts = (lists) => {
    const out = new Uint32Array(lists.length + 1);
    lists.forEach((list, i) => { out[i + 1] = out[i] + list.length; });
    return out;
  };
  return {
    parts: Uint32Array.of(0, parts.length), rings: starts(parts), vertices: starts(rings),
    values: Float32Array.from(rings.flat(2)),
  };
}
