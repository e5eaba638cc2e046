// Rings of vertices in device pixels, filled by spans and stroked by segments.

import { fillRings } from './spans.js';

/** A vertex nearer to the one before it than this cannot be told from it. */
const SAME_PX = 0.3;
/** Strokes of one shape end after so many px: a scribble that is longer is a blot anyway. */
const MAX_STROKE_PX = 1 << 22;
/** Numbers of a segment, see Sink. */
export const SEGMENT_NUMBERS = 6;

export class Pen {
  constructor() {
    /** x, y of all rings one behind the other */
    this.points = new Float64Array(512);
    this.count = 0;
    /** vertex at which each ring begins */
    this.starts = [];
    /** the edges of the stroke at hand: x0, y0, x1, y1, half the width, dash of each */
    this.lines = new Float64Array(512 * SEGMENT_NUMBERS);
    this.segments = 0;
  }

  /** Takes a new shape. @param {import('./layout.js').Layout} layout */
  begin(layout) {
    this.layout = layout;
    this.count = 0;
    this.starts.length = 0;
  }

  ring() {
    this.starts.push(this.count);
  }

  /** Adds a vertex to the ring, video px. */
  add(x, y) {
    const { layout } = this;
    this.addDevice(x * layout.scale + layout.x, y * layout.scale + layout.y);
  }

  /** Adds a vertex to the ring, device px. */
  addDevice(x, y) {
    const n = this.count;
    if (n > this.starts[this.starts.length - 1]) {
      const dx = x - this.points[2 * n - 2];
      const dy = y - this.points[2 * n - 1];
      if (dx < SAME_PX && dx > -SAME_PX && dy < SAME_PX && dy > -SAME_PX) return;
    }
    if (2 * n + 2 > this.points.length) {
      const grown = new Float64Array(4 * n + 4);
      grown.set(this.points);
      this.points = grown;
    }
    this.points[2 * n] = x;
    this.points[2 * n + 1] = y;
    this.count = n + 1;
  }

  #stop(ring) {
    return ring + 1 < this.starts.length ? this.starts[ring + 1] : this.count;
  }

  /**
   * Fills by the even-odd rule within a part; parts are added to each other.
   * @param {number} color @param {import('./trace.js').Sink} sink
   * @param {ArrayLike<number>} [parts] ring at which each part begins, and where the last one ends
   */
  fill(color, sink, parts = [0, this.starts.length]) {
    const bounds = [...this.starts, this.count];
    sink.ink(color);
    if (parts.length === 2 && sink.rings?.(this.points, bounds)) return;
    fillRings(this.points, bounds, parts, this.layout, sink);
  }

  /**
   * @param {number} width device px @param {number} color @param {boolean} dashed
   * @param {boolean} closed
   * @param {import('./trace.js').Sink} sink
   */
  stroke(width, color, dashed, closed, sink) {
    let left = MAX_STROKE_PX;
    this.segments = 0;
    sink.ink(color);
    for (let ring = 0; ring < this.starts.length && left > 0; ring++) {
      left = this.#strokeRing(this.starts[ring], this.#stop(ring), width / 2, dashed, closed, sink, left);
    }
    if (this.segments) sink.segments(this.lines, this.segments);
  }

  /** One edge after the other; numbers without arrays around them, as pictures have thousands. */
  #strokeRing(first, stop, half, dashed, closed, sink, left) {
    const { points } = this;
    let count = stop - first;
    // A ring that ends where it begins has nothing to draw there.
    if (closed && count > 1 && Math.abs(points[2 * first] - points[2 * stop - 2]) < SAME_PX
      && Math.abs(points[2 * first + 1] - points[2 * stop - 1]) < SAME_PX) count--;
    if (count <= 1) {
      if (count === 1) this.#dot(points[2 * first], points[2 * first + 1], half, sink);
      return left;
    }
    const round = closed && count > 2;
    const edges = round ? count : count - 1;
    // The edge at hand goes from (x0, y0) to (x1, y1), in the direction (ux, uy).
    let x0 = points[2 * first];
    let y0 = points[2 * first + 1];
    let x1 = points[2 * first + 2];
    let y1 = points[2 * first + 3];
    let length = Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)) || 1;
    let ux = (x1 - x0) / length;
    let uy = (y1 - y0) / length;
    // Ends are drawn out until the outer sides of two edges meet.
    let tail = 0;
    if (round) {
      const dx = x0 - points[2 * (first + count) - 2];
      const dy = y0 - points[2 * (first + count) - 1];
      const before = Math.sqrt(dx * dx + dy * dy) || 1;
      tail = half * overlap(ux, uy, dx / before, dy / before);
    }
    let along = 0;
    for (let edge = 0; edge < edges && left > 0; edge++) {
      let head = 0;
      let after = 1;
      let nextX = x1;
      let nextY = y1;
      let vx = ux;
      let vy = uy;
      if (round || edge < edges - 1) {
        const next = 2 * (first + (edge + 2 < count ? edge + 2 : edge + 2 - count));
        nextX = points[next];
        nextY = points[next + 1];
        after = Math.sqrt((nextX - x1) * (nextX - x1) + (nextY - y1) * (nextY - y1)) || 1;
        vx = (nextX - x1) / after;
        vy = (nextY - y1) / after;
        head = half * overlap(ux, uy, vx, vy);
      }
      left -= this.#segment(
        x0 - ux * tail, y0 - uy * tail, x1 + ux * head, y1 + uy * head,
        half, dashed ? Math.max(0, along + this.layout.dashPeriod - tail) : -1);
      along += length;
      if (along > 1e6) along %= this.layout.dashPeriod;
      x0 = x1;
      y0 = y1;
      x1 = nextX;
      y1 = nextY;
      ux = vx;
      uy = vy;
      length = after;
      tail = head;
    }
    return left;
  }

  #dot(x, y, half, sink) {
    if (this.layout.shows(x, y, half)) sink.disc(x, y, half + 0.5);
  }

  /** Cut at the canvas, so that what lies far outside costs nothing. @returns {number} px drawn */
  #segment(x0, y0, x1, y1, half, dash) {
    const pad = half + 2;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const right = this.layout.canvasWidth + pad;
    const bottom = this.layout.canvasHeight + pad;
    let from = 0;
    let to = 1;
    if (!(x0 > -pad && x1 > -pad && y0 > -pad && y1 > -pad
      && x0 < right && x1 < right && y0 < bottom && y1 < bottom)) {
      // Liang and Barsky: how far into each side of the canvas the line goes
      for (const [p, q] of [[-dx, x0 + pad], [dx, right - x0], [-dy, y0 + pad], [dy, bottom - y0]]) {
        if (p === 0 && q < 0) return 1;
        if (p < 0) from = Math.max(from, q / p);
        if (p > 0) to = Math.min(to, q / p);
      }
    }
    if (!(from < to || (dx === 0 && dy === 0))) return 1;
    const length = Math.sqrt(dx * dx + dy * dy);
    const at = SEGMENT_NUMBERS * this.segments++;
    if (at + SEGMENT_NUMBERS > this.lines.length) {
      const grown = new Float64Array(2 * this.lines.length);
      grown.set(this.lines);
      this.lines = grown;
    }
    const { lines } = this;
    lines[at] = x0 + from * dx;
    lines[at + 1] = y0 + from * dy;
    lines[at + 2] = x0 + to * dx;
    lines[at + 3] = y0 + to * dy;
    lines[at + 4] = half;
    lines[at + 5] = dash < 0 ? -1 : (dash + from * length) % this.layout.dashPeriod;
    return (to - from) * length + 1;
  }
}

/**
 * How far an edge goes on past the joint with another, in half line widths.
 * @param {number} ax direction of one, of length 1 @param {number} ay
 * @param {number} bx direction of the other @param {number} by
 */
function overlap(ax, ay, bx, by) {
  const cos = ax * bx + ay * by;
  const turn = cos > 0.9999 ? 0 : cos <= 0 ? 1 : Math.sqrt((1 - cos) / (1 + cos));
  const across = Math.abs(ax);
  const along = Math.abs(ay);
  if (across >= along === Math.abs(bx) >= Math.abs(by)) return turn;
  // A line ends along a row or a column of pixels: where one does this and the other that, a
  // notch would be left between them.
  return Math.max(turn, Math.min(across, along) / Math.max(across, along));
}
