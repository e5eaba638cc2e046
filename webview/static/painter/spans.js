// The inside of rings as spans of whole pixels: a pixel is in when its centre is. Even-odd within a
// part, parts added to each other, as the engine turns a polygon into a mask.

/** Crossings of edges with rows of pixels; a hostile polygon could have a million million. */
const MAX_CROSSINGS = 1 << 22;

let offsets = new Int32Array(1024);
let crossings = new Int32Array(4096);

/**
 * @param {Float64Array} points x, y of all rings, device px
 * @param {ArrayLike<number>} bounds vertex at which each ring begins, and where the last one ends
 * @param {ArrayLike<number>} parts ring at which each part begins, and where the last one ends
 * @param {import('./layout.js').Layout} layout
 * @param {import('./trace.js').Sink} sink
 */
export function fillRings(points, bounds, parts, { canvasWidth, canvasHeight }, sink) {
  if (parts.length === 2) {
    eachSpan(points, bounds, parts[0], parts[1], canvasWidth, canvasHeight,
      (row, left, right) => sink.span(left, row, right));
    return;
  }
  const spans = [];
  for (let part = 0; part + 1 < parts.length; part++) {
    eachSpan(points, bounds, parts[part], parts[part + 1], canvasWidth, canvasHeight,
      (row, left, right) => { if (spans.length < MAX_CROSSINGS) spans.push([row, left, right]); });
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (let i = 0; i < spans.length;) {
    const [row, left] = spans[i];
    let right = spans[i][2];
    for (i++; i < spans.length && spans[i][0] === row && spans[i][1] <= right; i++) {
      right = Math.max(right, spans[i][2]);
    }
    sink.span(left, row, right);
  }
}

/** Calls back with each span of one part, row by row. */
function eachSpan(points, bounds, firstRing, stopRing, width, height, emit) {
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
  let crossed = 0;
  let total = 0;
  for (let row = top; row < bottom; row++) {
    crossed += offsets[row + 1];
    total += crossed;
    offsets[row + 1] = total;
  }
  if (total > MAX_CROSSINGS) return;
  if (crossings.length < total) crossings = new Int32Array(2 * total);
  for (let ring = firstRing; ring < stopRing; ring++) {
    const stop = bounds[ring + 1];
    let x0 = points[2 * stop - 2];
    let y0 = points[2 * stop - 1];
    for (let i = bounds[ring]; i < stop; i++) {
      const x1 = points[2 * i];
      const y1 = points[2 * i + 1];
      const a = rowOf(y0);
      const b = rowOf(y1);
      if (a !== b) {
        const slope = (x1 - x0) / (y1 - y0);
        const low = Math.min(a, b);
        const high = Math.max(a, b);
        for (let row = low; row < high; row++) {
          const x = Math.ceil(x0 + (row + 0.5 - y0) * slope - 0.5);
          // Rows are filled from their end; offsets[row] moves back to where the row begins.
          crossings[--offsets[row + 1]] = x < 0 ? 0 : x > width ? width : x;
        }
      }
      x0 = x1;
      y0 = y1;
    }
  }
  for (let row = top; row < bottom; row++) {
    const start = offsets[row + 1];
    const stop = row + 1 < bottom ? offsets[row + 2] : total;
    sort(start, stop);
    for (let k = start; k + 1 < stop; k += 2) {
      if (crossings[k] < crossings[k + 1]) emit(row, crossings[k], crossings[k + 1]);
    }
  }
}

const FEW = 24;

/** Sorts crossings[start, stop), nearly always two of them. */
function sort(start, stop) {
  if (stop - start > FEW) {
    crossings.subarray(start, stop).sort();
    return;
  }
  for (let i = start + 1; i < stop; i++) {
    const value = crossings[i];
    let j = i - 1;
    for (; j >= start && crossings[j] > value; j--) crossings[j + 1] = crossings[j];
    crossings[j + 1] = value;
  }
}
