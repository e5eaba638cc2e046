// How the view and the style table look in device pixels. Everything that both backends must agree
// on is decided in here and in the modules that trace shapes; backends only fill pixels.

/**
 * What to paint. Shapes are painted in order: later ones lie over earlier ones.
 * @typedef {object} Scene
 * @property {import('../view/painted.js').Painted} painted
 * @property {StyleTable} table
 * @property {View} view
 * @property {(entity: number) => ArrayLike<number>} [edges] pairs of points that are joined in the
 *   skeleton of an entity
 * @property {import('./labels.js').Labels} [labels] names over all shapes; only where the painter
 *   says that it paints them
 */

/**
 * Colours are RGBA per row, alpha not multiplied in; alpha 0 paints nothing.
 * @typedef {object} StyleTable
 * @property {Uint8Array} color the outline
 * @property {Uint8Array} fill inside of boxes, upright or turned, and ellipses
 * @property {Uint8Array} [area] inside of polygons and of a cuboid's front; as `fill` when missing
 * @property {Uint8Array} [mask] inside of masks; as `fill` when missing
 * @property {Float32Array} width outline in CSS px; 0 paints none
 * @property {Uint8Array} dash 1 = dashed outline
 */

/**
 * CSS px = video px * scale + (x, y).
 * @typedef {{scale: number, x: number, y: number}} View
 */

const DASH_ON_CSS_PX = 6;
const DASH_OFF_CSS_PX = 4;
const POINT_RADIUS_CSS_PX = 3.5;

/** Colours are four bytes in memory order R, G, B, A, whatever the machine's byte order. */
export class Layout {
  constructor() {
    this.styles = 0;
    this.#reserve(0);
  }

  #reserve(rows) {
    this.styles = rows;
    this.color = new Uint32Array(rows);
    this.fill = new Uint32Array(rows);
    this.area = new Uint32Array(rows);
    this.mask = new Uint32Array(rows);
    this.width = new Uint8Array(rows);
    this.dash = new Uint8Array(rows);
  }

  /**
   * @param {Scene} scene
   * @param {number} width of the canvas, device px
   * @param {number} height
   * @param {number} dpr device px per CSS px
   */
  take({ table, view }, width, height, dpr) {
    const rows = table.width.length;
    if (rows !== this.styles) this.#reserve(rows);
    const copy = (to, from) => new Uint8Array(to.buffer).set(from.subarray(0, 4 * rows));
    copy(this.color, table.color);
    copy(this.fill, table.fill);
    copy(this.area, table.area ?? table.fill);
    copy(this.mask, table.mask ?? table.fill);
    this.dash.set(table.dash.subarray(0, rows));
    for (let k = 0; k < rows; k++) {
      const w = table.width[k];
      this.width[k] = w > 0 ? Math.min(255, Math.max(1, Math.round(w * dpr))) : 0;
    }
    this.dashOn = Math.max(1, Math.round(DASH_ON_CSS_PX * dpr));
    this.dashPeriod = this.dashOn + Math.max(1, Math.round(DASH_OFF_CSS_PX * dpr));
    this.pointRadius = POINT_RADIUS_CSS_PX * dpr;
    this.canvasWidth = width;
    this.canvasHeight = height;
    /** device px = video px * scale + (x, y) */
    this.scale = view.scale * dpr;
    this.x = view.x * dpr;
    this.y = view.y * dpr;
  }

  /** Whether a point with something around it is on the canvas, device px. */
  shows(x, y, radius) {
    const reach = radius + 2;
    return x > -reach && y > -reach && x < this.canvasWidth + reach && y < this.canvasHeight + reach;
  }

  /**
   * Whether a shape touches the canvas. NaN fails every comparison, hence the tests for what is
   * wanted.
   * @param {Float32Array} bounds video px @param {number} at @param {number} reach device px
   */
  sees(bounds, at, reach) {
    const left = bounds[at] * this.scale + this.x;
    const top = bounds[at + 1] * this.scale + this.y;
    const right = left + bounds[at + 2] * this.scale;
    const bottom = top + bounds[at + 3] * this.scale;
    return left - reach < this.canvasWidth && right + reach > 0
      && top - reach < this.canvasHeight && bottom + reach > 0;
  }
}

const order = new Uint8Array(Uint32Array.of(1).buffer);
/** Where alpha is in a colour of four bytes in memory order. */
export const ALPHA_SHIFT = order[0] === 1 ? 24 : 0;

/** @param {number} color */
export const alphaOf = (color) => (color >>> ALPHA_SHIFT) & 255;

/** The colour with its alpha times `factor`. @param {number} color @param {number} factor */
export function faded(color, factor) {
  return ((color & ~(255 << ALPHA_SHIFT)) | (Math.round(alphaOf(color) * factor) << ALPHA_SHIFT)) >>> 0;
}
