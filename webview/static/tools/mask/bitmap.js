/**
 * A mask as pixels, a byte each (0 or 1), row by row: what brushes paint into. Pixel (x, y) covers
 * x to x + 1 and y to y + 1; it is in a shape when its middle is.
 */

export class Bitmap {
  /** @param {number} x of the left column, video px @param {number} y @param {number} width @param {number} height */
  constructor(x, y, width, height) {
    Object.assign(this, { x, y, width, height });
    this.data = new Uint8Array(width * height);
  }

  /** @param {import('../../view/shapes.js').Mask} mask @param {Bitmap} [onto] a larger one to put it in */
  static ofMask(mask, onto = new Bitmap(mask.x, mask.y, mask.width, mask.height)) {
    let at = 0;
    mask.counts.forEach((count, i) => {
      if (i % 2) onto.#strokes(mask, at, at + count);
      at += count;
    });
    return onto;
  }

  /** Positions `from .. to`, counted down the columns of a mask's box. */
  #strokes({ x, y, height }, from, to) {
    for (let at = from; at < to;) {
      const column = Math.floor(at / height);
      const stop = Math.min(to, (column + 1) * height);
      this.#column(x + column, y + (at - column * height), y + (stop - column * height));
      at = stop;
    }
  }

  #column(x, top, bottom) {
    if (x < this.x || x >= this.x + this.width) return;
    const first = Math.max(top, this.y) - this.y;
    const stop = Math.min(bottom, this.y + this.height) - this.y;
    for (let row = first; row < stop; row++) this.data[row * this.width + x - this.x] = 1;
  }

  /** The run lengths of what is in it, over their smallest box. @returns {import('../../view/shapes.js').Mask} */
  toMask() {
    const bounds = this.bounds();
    if (!bounds) return { x: 0, y: 0, width: 0, height: 0, counts: new Uint32Array(0) };
    const [left, top, right, bottom] = bounds;
    const counts = [];
    let run = 0;
    let inside = 0;
    for (let x = left; x < right; x++) {
      for (let y = top; y < bottom; y++) {
        if (this.data[y * this.width + x] !== inside) {
          counts.push(run);
          run = 0;
          inside = 1 - inside;
        }
        run++;
      }
    }
    counts.push(run);
    return {
      x: this.x + left, y: this.y + top, width: right - left, height: bottom - top,
      counts: Uint32Array.from(counts),
    };
  }

  /** @returns {number[]|null} left, top, right, bottom of what is in it, in its own pixels */
  bounds() {
    const { width, height, data } = this;
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0; y < height; y++) {
      const row = y * width;
      const first = data.indexOf(1, row);
      if (first < 0) break;
      // Rows without a pixel in them are skipped at once.
      y = Math.floor(first / width);
      top = Math.min(top, y);
      bottom = y + 1;
      left = Math.min(left, first - y * width);
      const last = data.lastIndexOf(1, y * width + width - 1);
      right = Math.max(right, last - y * width + 1);
    }
    return bottom ? [left, top, right, bottom] : null;
  }

  get isEmpty() {
    return !this.data.includes(1);
  }

  at(x, y) {
    const column = Math.floor(x) - this.x;
    const row = Math.floor(y) - this.y;
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return 0;
    return this.data[row * this.width + column];
  }

  /** Fills columns `from .. to` of row y (video px) with `value`. */
  #row(y, from, to, value) {
    if (y < this.y || y >= this.y + this.height) return;
    const first = Math.max(from, this.x) - this.x;
    const stop = Math.min(to, this.x + this.width) - this.x;
    if (stop > first) this.data.fill(value, (y - this.y) * this.width + first, (y - this.y) * this.width + stop);
  }

  /**
   * A stroke of a round brush from a to b. @param {number} radius video px
   * @param {0|1} value 0 erases
   */
  stroke([ax, ay], [bx, by], radius, value) {
    const top = Math.floor(Math.min(ay, by) - radius);
    const bottom = Math.ceil(Math.max(ay, by) + radius);
    for (let y = top; y < bottom; y++) {
      const span = capsuleSpan(ax, ay, bx, by, radius, y + 0.5);
      if (span) this.#row(y, Math.ceil(span[0] - 0.5), Math.floor(span[1] - 0.5) + 1, value);
    }
    // However small the brush, the pixel under it is painted.
    this.#row(Math.floor(by), Math.floor(bx), Math.floor(bx) + 1, value);
  }

  /** @param {number[][][]} rings even-odd @param {0|1} value */
  polygon(rings, value) {
    let [top, bottom] = [Infinity, -Infinity];
    for (const ring of rings) for (const [, y] of ring) [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    const first = Math.max(Math.floor(top), this.y);
    const stop = Math.min(Math.ceil(bottom), this.y + this.height);
    for (let y = first; y < stop; y++) {
      const crossings = [];
      for (const ring of rings) {
        for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          const [xi, yi] = ring[i];
          const [xj, yj] = ring[j];
          if ((yi > y + 0.5) !== (yj > y + 0.5)) crossings.push(xi + ((xj - xi) * (y + 0.5 - yi)) / (yj - yi));
        }
      }
      crossings.sort((a, b) => a - b);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        this.#row(y, Math.ceil(crossings[k] - 0.5), Math.ceil(crossings[k + 1] - 0.5), value);
      }
    }
  }

  /**
   * Fills what is empty around a point and enclosed by the mask.
   * @returns {boolean} false, with nothing changed, where it is not enclosed
   */
  fill(x, y) {
    const bounds = this.bounds();
    const [column, row] = [Math.floor(x) - this.x, Math.floor(y) - this.y];
    if (!bounds || column < bounds[0] || column >= bounds[2] || row < bounds[1] || row >= bounds[3]) return false;
    const { width, data } = this;
    const start = row * width + column;
    if (data[start]) return false;
    const found = [start];
    data[start] = 2;
    let closed = true;
    for (let k = 0; k < found.length && closed; k++) {
      const at = found[k];
      const [px, py] = [at % width, Math.floor(at / width)];
      // At the edge of the mask's own box nothing of the mask is further out.
      closed = px > bounds[0] && px < bounds[2] - 1 && py > bounds[1] && py < bounds[3] - 1;
      for (const next of closed ? [at - 1, at + 1, at - width, at + width] : []) {
        if (data[next] === 0) {
          data[next] = 2;
          found.push(next);
        }
      }
    }
    for (const at of found) data[at] = closed ? 1 : 0;
    return closed;
  }

  /** The picture stretched into another box, by the nearest pixel. @returns {Bitmap} */
  resized(left, top, right, bottom) {
    const [x, y] = [Math.min(left, right), Math.min(top, bottom)];
    const to = new Bitmap(x, y, Math.max(1, Math.abs(right - left)), Math.max(1, Math.abs(bottom - top)));
    for (let row = 0; row < to.height; row++) {
      const from = Math.floor(((row + 0.5) * this.height) / to.height) * this.width;
      for (let column = 0; column < to.width; column++) {
        to.data[row * to.width + column] = this.data[from + Math.floor(((column + 0.5) * this.width) / to.width)];
      }
    }
    return to;
  }
}

/** Where the line at height y is within `radius` of the piece from a to b: [from, to] or null. */
function capsuleSpan(ax, ay, bx, by, radius, y) {
  let [from, to] = [Infinity, -Infinity];
  const add = (low, high) => { [from, to] = [Math.min(from, low), Math.max(to, high)]; };
  for (const [cx, cy] of [[ax, ay], [bx, by]]) {
    const rest = radius * radius - (y - cy) ** 2;
    if (rest >= 0) add(cx - Math.sqrt(rest), cx + Math.sqrt(rest));
  }
  const length = Math.hypot(bx - ax, by - ay);
  if (length > 0) {
    // The rectangle between the two round ends.
    const [nx, ny] = [(-(by - ay) / length) * radius, ((bx - ax) / length) * radius];
    const corners = [[ax + nx, ay + ny], [bx + nx, by + ny], [bx - nx, by - ny], [ax - nx, ay - ny]];
    for (let i = 0, j = 3; i < 4; j = i++) {
      const [[xi, yi], [xj, yj]] = [corners[i], corners[j]];
      if ((yi > y) !== (yj > y)) {
        const x = xi + ((xj - xi) * (y - yi)) / (yj - yi);
        add(x, x);
      }
    }
  }
  return from <= to ? [from, to] : null;
}
