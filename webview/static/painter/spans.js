// The inside of rings as spans of whole pixels: a pixel is in when its centre is. Even-odd within a
// part, parts added to each other, as the engine turns a polygon into a mask.

/** Crossings of edges with rows of pixels; a hostile polygon could have a million million. */
const MAX_CROSSINGS = 1 << 22;

let offsets = new Int32Array(1024);
let crossings = new Int32Array(4096);
/** left, row, right of each span found */
let spans = new Int32Array(4096);
let count = 0;

/**
 * @param {Float64Array} points x, y of all rings, device px
 * @param {ArrayLike<number>} bounds vertex at which each ring begins, and where the last one ends
 * @param {ArrayLike<number>} parts ring at which each part begins, and where the last one ends
 * @param {import('./layout.js').Layout} layout
 * @param {import('./trace.js').Sink} sink
 */
export function fillRings(points, bounds, parts, { canvasWidth, canvasHeight }, sink) {
  count = 0;
  for (let part = 0; part + 1 < parts.length; part++) {
    addSpans(points, bounds, parts[part], parts[part + 1], canvasWidth, canvasHeight);
  }
  if (parts.length > 2) joinSpans();
  if (count) sink.spans(spans, count);
}

/** Makes one of spans of several parts that touch each other. */
function joinSpans() {
  const order = Array.from({ length: count }, (_, i) => 3 * i)
    .sort((a, b) => spans[a + 1] - spans[b + 1] || spans[a] - spans[b]);
  const old = spans.slice(0, 3 * count);
  let at = -3;
  for (const i of order) {
    if (at >= 0 && old[i + 1] === spans[at + 1] && old[i] <= spans[at + 2]) {
      spans[at + 2] = Math.max(spans[at + 2], old[i + 2]);
    } else {
      at += 3;
      spans[at] = old[i];
      spans[at + 1] = old[i + 1];
      spans[at + 2] = old[i + 2];
    }
  }
  count = at / 3 + 1;
}

/** Adds the spans of one part, row by row. */
function addSpans(points, bounds, firstRing, stopRing, width, height) {
  // A pixel row is crossed by an edge that goes from above its middle to below it.
  let top = height;
  let bottom = 0;
  if (offsets.length < height + 2) offsets = new Int32Array(height + 2);
  offsets.fill(0, 0, height + 2);
  const rowOf = (y) => Math.min(height, Math.max(0, Math.ceil(y - 0.5)));
  for (let ring = firstRing; ring < stopRing; ring++) {
    const stop = bounds[ring + 1];
    let before = rowOf(points[2 * stop - 1]);
    for (let i = bounds[ring]; i < stop; i++) {
      const here = rowOf(points[2 * i + 1]);
      const low = Math.min(before, here);
      const high = Math.max(before, here);
      before = here;
      if (low === high) continue;
      offsets[low + 1]++;
      offsets[high + 1]--;
      if (low < top) top = low;
      if (high > bottom) bottom = high;
    }
  }
  if (top >= bottom) return;
  // From where counts change, to counts, to where each row's crossings begin.
  const starts = offsets;
  let crossed = 0;
  let total = 0;
  for (let row = top; row < bottom; row++) {
    crossed += starts[row + 1];
    total += crossed;
    starts[row + 1] = total;
  }
  if (total > MAX_CROSSINGS) return;
  if (crossings.length < total) crossings = new Int32Array(2 * total);
  const found = crossings;
  for (let ring = firstRing; ring < stopRing; ring++) {
    const stop = bounds[ring + 1];
    let x0 = points[2 * stop - 2];
    let y0 = points[2 * stop - 1];
    let a = rowOf(y0);
    for (let i = bounds[ring]; i < stop; i++) {
      const x1 = points[2 * i];
      const y1 = points[2 * i + 1];
      const b = rowOf(y1);
      if (a !== b) {
        const slope = (x1 - x0) / (y1 - y0);
        const high = a < b ? b : a;
        for (let row = a < b ? a : b; row < high; row++) {
          const x = Math.ceil(x0 + (row + 0.5 - y0) * slope - 0.5);
          // Rows are filled from their end; starts[row] moves back to where the row begins.
          found[--starts[row + 1]] = x < 0 ? 0 : x > width ? width : x;
        }
      }
      x0 = x1;
      y0 = y1;
      a = b;
    }
  }
  const most = count + (total >> 1);
  if (most > MAX_CROSSINGS) return;
  if (spans.length < 3 * most) {
    const grown = new Int32Array(6 * most);
    grown.set(spans.subarray(0, 3 * count));
    spans = grown;
  }
  const out = spans;
  let at = 3 * count;
  for (let row = top; row < bottom; row++) {
    const start = starts[row + 1];
    const stop = row + 1 < bottom ? starts[row + 2] : total;
    if (stop - start > 2) sort(found, start, stop);
    for (let k = start; k + 1 < stop; k += 2) {
      const left = found[k] < found[k + 1] ? found[k] : found[k + 1];
      const right = found[k] < found[k + 1] ? found[k + 1] : found[k];
      if (left === right) continue;
      out[at] = left;
      out[at + 1] = row;
      out[at + 2] = right;
      at += 3;
    }
  }
  count = at / 3;
}

const FEW = 24;

/** Sorts found[start, stop), nearly always two of them or four. */
function sort(found, start, stop) {
  if (stop - start > FEW) {
    found.subarray(start, stop).sort();
    return;
  }
  for (let i = start + 1; i < stop; i++) {
    const value = found[i];
    let j = i - 1;
    for (; j >= start && found[j] > value; j--) found[j + 1] = found[j];
    found[j + 1] = value;
  }
}
