// From evaluated boxes in video pixels to whole device pixels. Both backends rasterise what this
// module computed, so that where an edge falls can never differ between them.

/**
 * What to paint. Rows are painted in order: later rows lie over earlier ones.
 * @typedef {object} Scene
 * @property {number} count boxes to paint
 * @property {Float32Array} boxes x, y, width, height per box, video px; NaN paints nothing
 * @property {Uint16Array} style row of `table` for each box
 * @property {StyleTable} table
 * @property {View} view
 */

/**
 * @typedef {object} StyleTable
 * @property {Uint8Array} color RGBA per row, alpha not multiplied in: the outline
 * @property {Uint8Array} fill RGBA per row: the inside; alpha 0 paints nothing
 * @property {Float32Array} width outline in CSS px; 0 paints none
 * @property {Uint8Array} dash 1 = dashed outline
 */

/**
 * CSS px = video px * scale + (x, y).
 * @typedef {{scale: number, x: number, y: number}} View
 */

/** Far outside any canvas, and still exact in a float32 (the GPU's vertex coordinates). */
const LIMIT = 1 << 20;
const DASH_ON_CSS_PX = 6;
const DASH_OFF_CSS_PX = 4;

export class Layout {
  constructor() {
    /** boxes that touch the canvas */
    this.count = 0;
    /** left, top, right, bottom: the pixel boundaries that the edges were snapped to */
    this.rects = new Int32Array(4 * 256);
    this.style = new Uint16Array(256);
    /** the style table with widths in device px */
    this.styles = 0;
    this.color = new Uint8Array(0);
    this.fill = new Uint8Array(0);
    this.width = new Uint8Array(0);
    this.dash = new Uint8Array(0);
    this.dashOn = DASH_ON_CSS_PX;
    this.dashPeriod = DASH_ON_CSS_PX + DASH_OFF_CSS_PX;
  }

  /**
   * @param {Scene} scene
   * @param {number} width of the canvas, device px
   * @param {number} height
   * @param {number} dpr device px per CSS px
   */
  compute(scene, width, height, dpr) {
    this.#takeTable(scene.table, dpr);
    this.#reserve(scene.count);
    const { boxes, style, view } = scene;
    const { rects, style: styleOut, width: lineWidth, styles } = this;
    const scale = view.scale * dpr;
    const dx = view.x * dpr;
    const dy = view.y * dpr;
    let n = 0;
    for (let i = 0; i < scene.count; i++) {
      const x = boxes[4 * i];
      const y = boxes[4 * i + 1];
      let left = Math.round(x * scale + dx);
      let top = Math.round(y * scale + dy);
      let right = Math.round((x + boxes[4 * i + 2]) * scale + dx);
      let bottom = Math.round((y + boxes[4 * i + 3]) * scale + dy);
      const row = style[i];
      // NaN fails every comparison, hence the tests for what is wanted
      if (!(left + top + right + bottom > -Infinity) || row >= styles) continue;
      if (right < left) [left, right] = [right, left];
      if (bottom < top) [top, bottom] = [bottom, top];
      const reach = lineWidth[row];
      if (!(left - reach < width && right + reach > 0)) continue;
      if (!(top - reach < height && bottom + reach > 0)) continue;
      rects[4 * n] = Math.max(left, -LIMIT);
      rects[4 * n + 1] = Math.max(top, -LIMIT);
      rects[4 * n + 2] = Math.min(right, LIMIT);
      rects[4 * n + 3] = Math.min(bottom, LIMIT);
      styleOut[n++] = row;
    }
    this.count = n;
  }

  /** @param {StyleTable} table @param {number} dpr */
  #takeTable(table, dpr) {
    const rows = table.width.length;
    if (rows !== this.styles) {
      this.styles = rows;
      this.color = new Uint8Array(4 * rows);
      this.fill = new Uint8Array(4 * rows);
      this.width = new Uint8Array(rows);
      this.dash = new Uint8Array(rows);
    }
    this.color.set(table.color.subarray(0, 4 * rows));
    this.fill.set(table.fill.subarray(0, 4 * rows));
    this.dash.set(table.dash.subarray(0, rows));
    for (let k = 0; k < rows; k++) {
      const w = table.width[k];
      this.width[k] = w > 0 ? Math.min(255, Math.max(1, Math.round(w * dpr))) : 0;
    }
    this.dashOn = Math.max(1, Math.round(DASH_ON_CSS_PX * dpr));
    this.dashPeriod = this.dashOn + Math.max(1, Math.round(DASH_OFF_CSS_PX * dpr));
  }

  /** @param {number} count */
  #reserve(count) {
    if (this.style.length >= count) return;
    const capacity = Math.max(count, 2 * this.style.length);
    this.rects = new Int32Array(4 * capacity);
    this.style = new Uint16Array(capacity);
  }
}
