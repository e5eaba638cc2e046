// The loops over pixels, in WebAssembly: the files in pixels/ say what they do. A machine without a
// graphics card paints several million pixels for a picture, and four at a time take a third of the
// time.

/**
 * @typedef {object} Kernels
 * @property {WebAssembly.Memory} memory holds the picture and more
 * @property {(width: number, stride: number, top: number, bottom: number) => void} clip
 * @property {(color: number) => void} ink
 * @property {(count: number) => void} spans
 * @property {(left: number, top: number, right: number, bottom: number) => void} rows
 * @property {(at: number, count: number) => void} planEdges
 * @property {(at: number, count: number) => void} rings
 * @property {(count: number) => void} outlines
 * @property {(count: number, store: number) => void} plates
 * @property {(at: number, count: number) => void} planSegments
 * @property {(at: number, count: number, dashOn: number, dashPeriod: number) => void} segments
 * @property {(x: number, y: number, radius: number) => void} disc
 * @property {(start: number, stop: number) => void} release
 */

/** Where the numbers begin that are handed over with a call, bytes, and where they end at the latest. */
export const HANDS = 4096;
export const HANDS_END = 65536;
/** So many vertices and rows can be filled at once: there is room for that many crossings. */
export const MOST_VERTICES = 1000;
export const MOST_ROWS = 64;
/** Where the picture begins, bytes. */
export const PICTURE = 393216;
/** Bytes behind the picture that are read and written with its last pixels. */
export const MARGIN = 16;

/** The compiled module, or why there is none: a browser that is told so may refuse it. */
const compiled = await fetch(new URL('pixels.wasm', import.meta.url))
  .then((response) => response.arrayBuffer())
  .then((bytes) => WebAssembly.compile(bytes))
  .catch((error) => error);

/** @returns {Kernels} with a memory of their own. Throws when this browser does not run them. */
export function makeKernels() {
  if (!(compiled instanceof WebAssembly.Module)) throw compiled;
  return /** @type {any} */ (new WebAssembly.Instance(compiled).exports);
}
