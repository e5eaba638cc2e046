// Spans, lines, discs and boxes written into pixels. While painting, colours have their alpha
// multiplied in; at the end `release` takes it out again, since ImageData has none multiplied in.

import { SEGMENT_NUMBERS } from '../pen.js';
import { HANDS, HANDS_END, MARGIN, PICTURE, makeKernels } from './kernels.js';
import { EDGE_NUMBERS } from './marks.js';

const PAGE_BYTES = 65536;
/** Pixels in a line of a processor's cache. */
const LINE = 16;

export class Raster {
  constructor() {
    this.kernels = makeKernels();
    this.resize(0, 0);
  }

  /** Takes an empty picture of another size, in pixels. */
  resize(width, height) {
    this.w = width;
    /** pixels from one row to the next */
    this.stride = strideOf(width);
    this.h = height;
    this.layStore(0);
    this.whole = null;
    this.#reserve(0);
    this.pixels.fill(0);
    this.clip(0, height);
    this.setInk(0);
  }

  /** Takes an empty store of plates, for so many pixels. */
  layStore(pixels) {
    /** where the store begins, bytes */
    this.store = PICTURE + 8 * Math.ceil((4 * this.stride * this.h + MARGIN) / 8);
    /** where the numbers of segments begin, and those of edges behind them, bytes */
    this.numbers = this.store + 8 * Math.ceil(pixels / 2);
  }

  /**
   * Puts pixels into the store of plates, from pixel `at` on.
   * @param {Int32Array} pixels of an image `stride` wide @param {number} from where the plate begins
   */
  keepPlate(at, pixels, from, stride, width, height) {
    this.#reserve(0);
    const store = new Int32Array(this.whole.buffer, this.store + 4 * at, width * height);
    for (let row = 0; row < height; row++) {
      const begin = from + row * stride;
      store.set(pixels.subarray(begin, begin + width), row * width);
    }
  }

  /** Copies plates, so many of them handed over: see pixels/boxes.wat. */
  plates(count) {
    this.kernels.plates(count, this.store);
  }

  /** Makes room for the picture, the store and so many numbers behind them. */
  #reserve(count) {
    const { stride, h, kernels: { memory } } = this;
    const missing = this.numbers + 8 * count - memory.buffer.byteLength;
    // Some more than now, as growing lets go of all that looks into the memory.
    if (missing > 0) memory.grow(Math.ceil((missing + 4 * count) / PAGE_BYTES));
    const { buffer } = memory;
    if (this.whole?.buffer === buffer) return;
    this.pixels = new Int32Array(buffer, PICTURE, stride * h);
    /** what is handed over with a call */
    this.whole = new Int32Array(buffer, HANDS, (HANDS_END - HANDS) / 4);
    /** the picture, as a canvas takes it; null when it has no pixels */
    this.image = stride * h ? new ImageData(new Uint8ClampedArray(buffer, PICTURE, 4 * stride * h), stride, h) : null;
  }

  /** Takes the numbers that segments and rings are made of. @param {import('./marks.js').Marks} marks */
  take({ lines, edges }) {
    const { kernels, numbers } = this;
    this.#reserve(lines.count + edges.count);
    this.edges = numbers + 8 * lines.count;
    const room = new Float64Array(kernels.memory.buffer, numbers, lines.count + edges.count);
    room.set(lines.numbers.subarray(0, lines.count));
    room.set(edges.numbers.subarray(0, edges.count), lines.count);
    kernels.planSegments(numbers, lines.count / SEGMENT_NUMBERS);
    kernels.planEdges(this.edges, edges.count / EDGE_NUMBERS);
  }

  /** Nothing is painted outside of these rows; forgets what was touched. */
  clip(top, bottom) {
    this.kernels.clip(this.w, this.stride, top, bottom);
    this.bottom = bottom;
    this.left = this.w;
    this.right = 0;
    this.soft = false;
  }

  /** Columns [left, right) hold something. @param {boolean} soft that may be translucent */
  touch(left, right, soft) {
    if (left < this.left) this.left = left > 0 ? left : 0;
    if (right > this.right) this.right = right < this.w ? right : this.w;
    this.soft ||= soft;
  }

  /** @param {number} color of what is drawn next, four bytes in memory order R, G, B, A */
  setInk(color) {
    this.kernels.ink(color);
  }

  /** Empties columns [left, right) of rows [top, bottom). */
  erase(left, top, right, bottom) {
    const { w, stride, pixels } = this;
    if (left === 0 && right === w) {
      pixels.fill(0, top * stride, bottom * stride);
      return;
    }
    for (let y = top; left < right && y < bottom; y++) pixels.fill(0, y * stride + left, y * stride + right);
  }

  /** Fills columns [left, right) of rows [top, bottom), clipped. */
  rectangle(left, top, right, bottom) {
    if (left < 0) left = 0;
    if (right > this.w) right = this.w;
    if (left < right) this.kernels.rows(left, top, right, bottom);
  }

  /**
   * Fills the spans numbered [from, stop) that lie above the clipped bottom, from the top down: left,
   * row, right of each, within the picture. @param {Int32Array} spans
   * @returns {number} where the first one below begins
   */
  spans(spans, from, stop) {
    const { whole, bottom } = this;
    const most = whole.length - 3;
    let count = 0;
    let i = from;
    for (; i < stop && spans[i + 1] < bottom; i += 3) {
      if (count > most) {
        this.kernels.spans(count / 3);
        count = 0;
      }
      whole[count++] = spans[i];
      whole[count++] = spans[i + 1];
      whole[count++] = spans[i + 2];
    }
    this.kernels.spans(count / 3);
    return i;
  }

  /** Fills rings, numbers [from, stop) of those taken, by the even-odd rule. */
  rings(from, stop) {
    this.kernels.rings(this.edges + 8 * from, (stop - from) / EDGE_NUMBERS);
  }

  /** Paints segments, numbers [from, stop) of those taken. */
  segments(from, stop, dashOn, dashPeriod) {
    this.kernels.segments(this.numbers + 8 * from, (stop - from) / SEGMENT_NUMBERS, dashOn, dashPeriod);
  }

  /** With a soft edge. */
  disc(x, y, radius) {
    this.kernels.disc(x, y, radius);
  }

  /** Takes alpha out of columns [left, right) of rows [top, bottom), for ImageData. */
  release(left, top, right, bottom) {
    const { stride } = this;
    for (let y = top; left < right && y < bottom; y++) this.kernels.release(y * stride + left, y * stride + right);
  }
}

/**
 * An odd number of a cache's lines: were it a multiple of many, a shape's rows would push each other
 * out of the cache, and a processor would take them for the same place.
 * @param {number} width pixels
 */
function strideOf(width) {
  return width && LINE * (Math.ceil(width / LINE) | 1);
}
