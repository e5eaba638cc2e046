/**
 * Binary messages from the server: typed-array views over one buffer, nothing copied.
 * The layout is described in webview/protocol.py, which is the other side.
 */

const VERSION = 2;
const HEADER_BYTES = 16;
const TYPES = [
  null, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
];

export const MAGIC = Object.freeze({
  times: 'RVTM', units: 'RVUT', unit: 'RVUP', window: 'RVWN', overview: 'RVOV',
  lives: 'RVLV', lanes: 'RVLN',
});

/** What the store's presence codes mean. */
export const PRESENCE = Object.freeze(['absent', 'present', 'occluded']);

const pad = (length) => (8 - (length % 8)) % 8;

/**
 * @param {ArrayBuffer} buffer
 * @param {string} magic one of MAGIC
 * @returns {{header: Object, arrays: Array<ArrayBufferView>}}
 * @throws {Error} when the message is another one, cut or malformed
 */
export function decode(buffer, magic) {
  if (buffer.byteLength < HEADER_BYTES) throw new Error('message shorter than its header');
  const view = new DataView(buffer);
  const found = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  const version = view.getUint16(4, true);
  const count = view.getUint16(6, true);
  const metaLength = view.getUint32(8, true);
  const total = view.getUint32(12, true);
  if (found !== magic || version !== VERSION) {
    throw new Error(`expected ${magic} version ${VERSION}, got ${found} version ${version}`);
  }
  if (total !== buffer.byteLength) {
    throw new Error(`message says ${total} bytes but has ${buffer.byteLength}`);
  }
  let at = HEADER_BYTES + 8 * count;
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, at, metaLength)));
  at += metaLength + pad(metaLength);
  const arrays = [];
  for (let i = 0; i < count; i++) {
    const Type = TYPES[view.getUint32(HEADER_BYTES + 8 * i, true)];
    if (!Type) throw new Error('unknown element type');
    const array = new Type(buffer, at, view.getUint32(HEADER_BYTES + 8 * i + 4, true));
    arrays.push(array);
    at += array.byteLength + pad(array.byteLength);
  }
  return { header, arrays };
}

/**
 * Seconds of each frame, the first frame at 0.
 * @param {ArrayBuffer} buffer
 * @returns {Float64Array}
 */
export function decodeTimes(buffer) {
  return /** @type {Float64Array} */ (decode(buffer, MAGIC.times).arrays[0]);
}

/**
 * Independently decodable stretches of the video; together they show each frame exactly once.
 * @typedef {{firstFrame: Int32Array, frameCount: Int32Array}} UnitTable
 * @param {ArrayBuffer} buffer
 * @returns {UnitTable}
 */
export function decodeUnits(buffer) {
  const [firstFrame, frameCount] = decode(buffer, MAGIC.units).arrays;
  return { firstFrame, frameCount };
}

/**
 * Packets of one unit in decode order. `frames[k]` is the frame index of packet k, -1 for one to
 * decode but not show; `keys[k]` is 1 for a key packet; packet k is the next `sizes[k]` bytes of
 * `data`.
 * @typedef {{frames: Int32Array, keys: Uint8Array, sizes: Uint32Array, data: Uint8Array}} Unit
 * @param {ArrayBuffer} buffer
 * @returns {Unit}
 */
export function decodeUnit(buffer) {
  const [frames, keys, sizes, data] = decode(buffer, MAGIC.unit).arrays;
  return { frames, keys, sizes, data };
}

/**
 * One property in a window; see webview/windows.py for the arrays of each kind. Of geometry the
 * entries of frame `first + k` are `offsets[k] .. offsets[k + 1]`; entry e belongs to row `rows[e]`,
 * or to row e where `rows` is null, and shows shape `which[e]`, or e where `which` is null.
 * @typedef {{key: string, property: string, kind: string, width?: number, offsets: Uint32Array,
 *   rows: Uint32Array|null, which: Uint32Array|null, values?: Float32Array, parts?: Uint32Array,
 *   rings?: Uint32Array, vertices?: Uint32Array, boxes?: Int32Array, runs?: Uint32Array,
 *   counts?: Uint32Array, bounds?: Float32Array}} GeometryColumn
 *
 * A property that is no geometry, with a value for each row.
 * @typedef {{key: string, property: string, kind: string, codes?: Int16Array, values?: Float64Array,
 *   which?: Uint32Array, texts?: string[], cut?: number[]}} ValueColumn
 *
 * The engine's values for `frames` frames from `first`; frame `first + k` has the rows
 * `offsets[k] .. offsets[k + 1]`.
 * @typedef {{revision: number, first: number, frames: number, rows: number, bytes: number,
 *   offsets: Uint32Array, entity: Uint32Array, presence: Uint8Array,
 *   geometry: GeometryColumn[], values: ValueColumn[]}} EvaluatedWindow
 */

const GEOMETRY = new Set([
  'box', 'rotated_box', 'ellipse', 'points', 'polyline', 'polygon', 'cuboid', 'mask',
]);

/** @param {ArrayBuffer} buffer @returns {EvaluatedWindow} */
export function decodeWindow(buffer) {
  const { header, arrays } = decode(buffer, MAGIC.window);
  const { columns, ...rest } = header;
  const [offsets, entity, presence] = arrays;
  const window = {
    ...rest, bytes: buffer.byteLength, offsets, entity, presence, geometry: [], values: [],
  };
  let next = 3;
  for (const { arrays: names, ...column } of columns) {
    for (const name of names) column[name] = arrays[next++];
    if (GEOMETRY.has(column.kind)) {
      window.geometry.push({ rows: null, which: null, offsets, ...column });
    } else {
      window.values.push(column);
    }
  }
  return window;
}

/**
 * Per bin of the whole video: number of keyframes, mean number of entities there.
 * @param {ArrayBuffer} buffer
 * @returns {{revision: number, keyframes: Uint32Array, present: Float32Array}}
 */
export function decodeOverview(buffer) {
  const { header, arrays } = decode(buffer, MAGIC.overview);
  return { revision: header.revision, keyframes: arrays[0], present: arrays[1] };
}

/**
 * For each entity: first frame on which it is there, the frame after the last, its keyframes.
 * @typedef {{entity: Uint32Array, first: Uint32Array, stop: Uint32Array, keyframes: Uint32Array}} LivesMessage
 * @param {ArrayBuffer} buffer
 * @returns {LivesMessage}
 */
export function decodeLives(buffer) {
  const [entity, first, stop, keyframes] = decode(buffer, MAGIC.lives).arrays;
  return { entity, first, stop, keyframes };
}

/**
 * Lanes on `[first, stop)`: entity i has the spans `spanOffsets[i] .. spanOffsets[i + 1]` and the
 * keyframe marks `markOffsets[i] .. markOffsets[i + 1]`.
 * @typedef {{revision: number, first: number, stop: number, entity: Uint32Array,
 *   spanOffsets: Uint32Array, starts: Uint32Array, stops: Uint32Array, presence: Uint8Array,
 *   markOffsets: Uint32Array, marks: Uint32Array}} LanesMessage
 * @param {ArrayBuffer} buffer
 * @returns {LanesMessage}
 */
export function decodeLanes(buffer) {
  const { header, arrays } = decode(buffer, MAGIC.lanes);
  const [entity, spanOffsets, starts, stops, presence, markOffsets, marks] = arrays;
  const { revision, first, stop } = header;
  return { revision, first, stop, entity, spanOffsets, starts, stops, presence, markOffsets, marks };
}
