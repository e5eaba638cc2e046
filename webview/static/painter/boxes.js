// Upright boxes: edges snap to pixel boundaries, so that they are crisp at any zoom.

/** Far outside any canvas, and still exact in a float32 (the GPU's vertex coordinates). */
const LIMIT = 1 << 20;

let rects = new Int32Array(4 * 256);
let styles = new Uint16Array(256);

function reserve(count) {
  if (styles.length >= count) return;
  const capacity = Math.max(count, 2 * styles.length);
  rects = new Int32Array(4 * capacity);
  styles = new Uint16Array(capacity);
}

/**
 * @param {import('../view/painted.js').Painted} painted
 * @param {import('../view/painted.js').Layer} layer
 * @param {import('./layout.js').Layout} layout
 * @param {import('./trace.js').Sink} sink
 */
export function traceBoxes({ bounds, style }, { first, count }, layout, sink) {
  reserve(count);
  const { scale, x: dx, y: dy, canvasWidth: width, canvasHeight: height } = layout;
  let n = 0;
  for (let i = first; i < first + count; i++) {
    const x = bounds[4 * i];
    const y = bounds[4 * i + 1];
    let left = Math.round(x * scale + dx);
    let top = Math.round(y * scale + dy);
    let right = Math.round((x + bounds[4 * i + 2]) * scale + dx);
    let bottom = Math.round((y + bounds[4 * i + 3]) * scale + dy);
    const row = style[i];
    // NaN fails every comparison, hence the tests for what is wanted
    if (!(left + top + right + bottom > -Infinity) || row >= layout.styles) continue;
    if (right < left) [left, right] = [right, left];
    if (bottom < top) [top, bottom] = [bottom, top];
    const reach = layout.width[row];
    if (!(left - reach < width && right + reach > 0)) continue;
    if (!(top - reach < height && bottom + reach > 0)) continue;
    rects[4 * n] = Math.max(left, -LIMIT);
    rects[4 * n + 1] = Math.max(top, -LIMIT);
    rects[4 * n + 2] = Math.min(right, LIMIT);
    rects[4 * n + 3] = Math.min(bottom, LIMIT);
    styles[n++] = row;
  }
  if (n) sink.boxes(rects, styles, n);
}
