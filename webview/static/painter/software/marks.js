// What is to be painted, kept until it is painted band by band: a band of rows stays in the
// processor's cache while all that touches it is written; the whole picture would not.

import { SEGMENT_NUMBERS } from '../pen.js';

/** What a mark is. */
export const BOX = 0;
export const SPANS = 1;
export const SEGMENTS = 2;
export const DISC = 3;
/** A box whose outline is opaque, two pixels wide and cut by neither side of the picture. */
export const EVERYDAY = 4;
/** Rings that are filled by the even-odd rule. */
export const RINGS = 5;
/** A plate with a name, ready made. */
export const PLATE = 6;

/** More than this is painted in several goes: it bounds what a hostile picture can take up. */
const MANY_MARKS = 1 << 18;
const MANY_SPANS = 1 << 20;
const MANY_NUMBERS = 1 << 22;
/** Numbers of an edge of a ring. */
export const EDGE_NUMBERS = 4;

/** Where marks of a kind have their numbers. */
const POOLS = {
  [BOX]: 'rects', [EVERYDAY]: 'rects', [PLATE]: 'rects', [SPANS]: 'spans', [SEGMENTS]: 'lines', [RINGS]: 'edges', [DISC]: 'discs',
};

/** Numbers that grow as marks come. */
class Pool {
  /** @param {Int32Array | Float64Array} numbers room to begin with */
  constructor(numbers) {
    this.numbers = numbers;
    /** so many are taken */
    this.count = 0;
  }

  /** Takes room for more. @returns {number} where it begins */
  take(count) {
    const from = this.count;
    this.count += count;
    if (this.count > this.numbers.length) this.numbers = grown(this.numbers, this.count);
    return from;
  }
}

export class Marks {
  /** @param {number} height rows of the picture @param {number} bandRows */
  constructor(height, bandRows) {
    this.height = height;
    this.bandRows = bandRows;
    /** what touches band b: `order[starts[b]]` up to `order[starts[b + 1]]`, as it came */
    this.starts = new Int32Array(Math.ceil(height / bandRows) + 1);
    this.order = new Int32Array(0);
    this.kind = new Uint8Array(256);
    /** a colour; of boxes the row of the style table */
    this.ink = new Int32Array(256);
    /** the bands that are touched, first and last */
    this.first = new Uint16Array(256);
    this.last = new Uint16Array(256);
    /** where its numbers begin in that of the pools below which its kind has, and where they end */
    this.at = new Int32Array(256);
    this.stop = new Int32Array(256);
    /** where the spans begin that are painted next */
    this.next = new Int32Array(256);
    /** whether the mark of this number in the picture before is the same; 0 when nobody asked yet */
    this.same = new Uint8Array(256);
    /**
     * left, top, right, bottom of each box; of everyday ones colour and the outline's own four, of
     * plates where in the store they begin and the four
     */
    this.rects = new Pool(new Int32Array(1024));
    /** left, row, right of each span */
    this.spans = new Pool(new Int32Array(1024));
    /** segments as in Sink */
    this.lines = new Pool(new Float64Array(1024));
    /** x0, y0, x1, y1 of each edge of rings */
    this.edges = new Pool(new Float64Array(1024));
    /** x, y, radius of each disc */
    this.discs = new Pool(new Float64Array(1024));
    this.clear();
  }

  clear() {
    this.count = 0;
    for (const name of Object.values(POOLS)) this[name].count = 0;
  }

  /** Whether it is time to paint what there is. */
  get full() {
    return this.count >= MANY_MARKS || this.spans.count >= 3 * MANY_SPANS
      || this.lines.count >= MANY_NUMBERS || this.edges.count >= MANY_NUMBERS;
  }

  #reserve(count) {
    if (count <= this.kind.length) return;
    for (const name of ['kind', 'ink', 'first', 'last', 'at', 'stop', 'next', 'same']) this[name] = grown(this[name], count);
  }

  /** Rows [top, bottom) are touched. */
  #add(kind, ink, at, stop, top, bottom) {
    const end = Math.min(this.height, Math.ceil(bottom)) - 1;
    if (!(end >= 0 && top <= end)) return;
    const i = this.count++;
    this.kind[i] = kind;
    this.ink[i] = ink;
    this.at[i] = at;
    this.stop[i] = stop;
    this.next[i] = at;
    this.same[i] = 0;
    this.first[i] = (top > 0 ? top : 0) / this.bandRows;
    this.last[i] = end / this.bandRows;
  }

  /**
   * @param {Int32Array} rects @param {Uint16Array} styles @param {number} count
   * @param {import('../layout.js').Layout} layout @param {Uint32Array} everyday colours of styles
   */
  addBoxes(rects, styles, count, { width: widths, canvasWidth }, everyday) {
    let next = this.rects.take(5 * count);
    this.#reserve(this.count + count);
    const out = this.rects.numbers;
    for (let i = 0; i < count; i++) {
      const from = next;
      const left = rects[4 * i];
      const top = rects[4 * i + 1];
      const right = rects[4 * i + 2];
      const bottom = rects[4 * i + 3];
      const color = everyday[styles[i]];
      if (color !== 0 && left > 0 && right < canvasWidth && bottom - top > 1 && right - left > 1) {
        out[from] = color;
        out[from + 1] = left - 1;
        out[from + 2] = top - 1;
        out[from + 3] = right + 1;
        out[from + 4] = bottom + 1;
        next = from + 5;
        this.#add(EVERYDAY, 0, from, from + 5, top - 1, bottom + 1);
      } else {
        out[from] = left;
        out[from + 1] = top;
        out[from + 2] = right;
        out[from + 3] = bottom;
        next = from + 4;
        const reach = widths[styles[i]];
        this.#add(BOX, styles[i], from, from + 4, top - reach, bottom + reach);
      }
    }
    this.rects.count = next; // less than taken where boxes have four numbers
  }

  /** @param {number} from the pixel of the store where the plate begins; all else device px */
  addPlate(from, left, top, right, bottom) {
    const at = this.rects.take(5);
    const { numbers } = this.rects;
    numbers[at] = from;
    numbers[at + 1] = left;
    numbers[at + 2] = top;
    numbers[at + 3] = right;
    numbers[at + 4] = bottom;
    this.#reserve(this.count + 1);
    this.#add(PLATE, 0, at, at + 5, top, bottom);
  }

  /** @param {number} ink @param {Int32Array} spans @param {number} count */
  addSpans(ink, spans, count) {
    const from = this.spans.take(3 * count);
    this.spans.numbers.set(spans.subarray(0, 3 * count), from);
    this.#reserve(this.count + 1);
    this.#add(SPANS, ink, from, from + 3 * count, spans[1], spans[3 * count - 2] + 1);
  }

  /** @param {number} ink @param {Float64Array} points x, y @param {number[]} bounds where rings begin, and the last one ends */
  addRings(ink, points, bounds) {
    const rings = bounds.length - 1;
    const from = this.edges.take(EDGE_NUMBERS * bounds[rings]);
    this.#reserve(this.count + 1);
    const { numbers } = this.edges;
    let at = from;
    let top = Infinity;
    let bottom = -Infinity;
    for (let ring = 0; ring < rings; ring++) {
      const last = 2 * bounds[ring + 1] - 2;
      let x = points[last];
      let y = points[last + 1];
      for (let i = 2 * bounds[ring]; i <= last; i += 2) {
        numbers[at] = x;
        numbers[at + 1] = y;
        numbers[at + 2] = x = points[i];
        numbers[at + 3] = y = points[i + 1];
        at += EDGE_NUMBERS;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
    }
    this.#add(RINGS, ink, from, at, Math.floor(top), bottom + 1);
  }

  /** @param {number} ink @param {Float64Array} segments as in Sink @param {number} count */
  addSegments(ink, segments, count) {
    const from = this.lines.take(SEGMENT_NUMBERS * count);
    this.#reserve(this.count + 1);
    const { numbers } = this.lines;
    let top = Infinity;
    let bottom = -Infinity;
    let half = 0;
    for (let i = 0; i < SEGMENT_NUMBERS * count; i += SEGMENT_NUMBERS) {
      const y0 = segments[i + 1];
      const y1 = segments[i + 3];
      numbers[from + i] = segments[i];
      numbers[from + i + 1] = y0;
      numbers[from + i + 2] = segments[i + 2];
      numbers[from + i + 3] = y1;
      numbers[from + i + 4] = half = segments[i + 4];
      numbers[from + i + 5] = segments[i + 5];
      if (y0 < top) top = y0;
      if (y1 < top) top = y1;
      if (y0 > bottom) bottom = y0;
      if (y1 > bottom) bottom = y1;
    }
    // Across its main direction a line is up to half the square root of two times its width.
    const reach = 1.5 * half + 1;
    this.#add(SEGMENTS, ink, from, from + SEGMENT_NUMBERS * count, top - reach, bottom + reach);
  }

  addDisc(ink, x, y, radius) {
    const from = this.discs.take(3);
    const { numbers } = this.discs;
    this.#reserve(this.count + 1);
    numbers[from] = x;
    numbers[from + 1] = y;
    numbers[from + 2] = radius;
    this.#add(DISC, ink, from, from + 3, y - radius - 1, y + radius + 1);
  }

  /** Puts the marks into the bands that they touch, in their order. */
  sort() {
    const { starts, first, last, count } = this;
    starts.fill(0);
    let total = 0;
    for (let i = 0; i < count; i++) {
      for (let band = first[i]; band <= last[i]; band++) starts[band + 1]++;
    }
    for (let band = 1; band < starts.length; band++) {
      total += starts[band];
      starts[band] = total;
    }
    if (total > this.order.length) this.order = new Int32Array(2 * total);
    // Filled from the end; afterwards starts[band] is where the band begins again.
    for (let i = count - 1; i >= 0; i--) {
      for (let band = first[i]; band <= last[i]; band++) this.order[--starts[band + 1]] = i;
    }
    for (let band = 1; band < starts.length; band++) starts[band - 1] = starts[band];
    starts[starts.length - 1] = total;
  }
}

const SAME = 1;
const OTHER = 2;

/**
 * Whether a band looks as in the picture before.
 * @param {Marks} a of the picture before @param {Marks} b sorted both
 */
export function sameBand(a, b, band) {
  const count = a.starts[band + 1] - a.starts[band];
  if (count !== b.starts[band + 1] - b.starts[band]) return false;
  for (let k = 0; k < count; k++) {
    const i = a.order[a.starts[band] + k];
    const j = b.order[b.starts[band] + k];
    if (i !== j) {
      if (!sameMark(a, i, b, j)) return false;
      continue;
    }
    // Nearly all marks have the number that they had, and touch several bands.
    if (b.same[j] === 0) b.same[j] = sameMark(a, i, b, j) ? SAME : OTHER;
    if (b.same[j] === OTHER) return false;
  }
  return true;
}

function sameMark(a, i, b, j) {
  const length = a.stop[i] - a.at[i];
  if (a.kind[i] !== b.kind[j] || a.ink[i] !== b.ink[j] || length !== b.stop[j] - b.at[j]) return false;
  const pool = POOLS[a.kind[i]];
  const ours = a[pool].numbers;
  const theirs = b[pool].numbers;
  for (let k = 0, p = a.at[i], q = b.at[j]; k < length; k++) if (ours[p + k] !== theirs[q + k]) return false;
  return true;
}

function grown(old, length) {
  const array = new old.constructor(Math.max(length, 2 * old.length));
  array.set(old);
  return array;
}
