// Names above the boxes, each on a plate in its colour. They never lie over each other: a name that
// finds no free place near its box is left out, and the ones that come first in the order win, so
// that names do not flicker.

import { Plates } from './plates.js';

/**
 * @typedef {object} Labels
 * @property {number} count
 * @property {Float32Array} boxes x, y, width, height per label, video px; NaN draws nothing
 * @property {ArrayLike<string>} text per label; an empty one draws nothing
 * @property {ArrayLike<string>} color per label, '#rrggbb': the plate behind the text
 * @property {{scale: number, x: number, y: number}} view CSS px = video px * scale + (x, y)
 * @property {number} width of the canvas, CSS px
 * @property {number} height
 * @property {number} dpr device px per CSS px
 * @property {ArrayLike<number>} [first] indices of labels to place before the others, such as the
 *   selected and the hovered one; these are drawn even where they cover a box
 */

/** Space is taken in cells of this size: coarse enough to be cheap, fine enough to pack well. */
const CELL_CSS_PX = 4;

/** What is taken, a byte per cell. */
class Space {
  constructor() {
    this.cells = new Uint8Array(0);
    this.columns = 0;
    this.rows = 0;
  }

  /** @param {number} width CSS px @param {number} height */
  clear(width, height) {
    this.columns = Math.ceil(width / CELL_CSS_PX);
    this.rows = Math.ceil(height / CELL_CSS_PX);
    const size = this.columns * this.rows;
    if (this.cells.length === size) this.cells.fill(0);
    else this.cells = new Uint8Array(size);
  }

  /** Takes the rectangle when it is free and wholly on the canvas. CSS px. */
  take(x, y, width, height) {
    const left = Math.floor(x / CELL_CSS_PX);
    const top = Math.floor(y / CELL_CSS_PX);
    const right = Math.ceil((x + width) / CELL_CSS_PX);
    const bottom = Math.ceil((y + height) / CELL_CSS_PX);
    if (left < 0 || top < 0 || right > this.columns || bottom > this.rows) return false;
    const { cells, columns } = this;
    for (let row = top; row < bottom; row++) {
      for (let p = row * columns + left; p < row * columns + right; p++) {
        if (cells[p]) return false;
      }
    }
    for (let row = top; row < bottom; row++) {
      for (let p = row * columns + left; p < row * columns + right; p++) cells[p] = 1;
    }
    return true;
  }
}

const space = new Space();

/**
 * Finds places for names, the prominent ones first.
 * @param {Plates} plates @param {Labels} labels
 * @returns {Array<{plate: import('./plates.js').Plate, x: number, y: number}>} device px
 */
export function placeLabels(plates, { count, boxes, text, color, view, width, height, dpr, first = [] }) {
  space.clear(width, height);
  plates.begin(dpr, width, height);
  const isFirst = new Set(first);
  const placed = [];
  for (let k = 0; k < first.length + count; k++) {
    const i = k < first.length ? first[k] : k - first.length;
    if (!text[i] || (k >= first.length && isFirst.has(i))) continue;
    const left = boxes[4 * i] * view.scale + view.x;
    const top = boxes[4 * i + 1] * view.scale + view.y;
    const right = left + boxes[4 * i + 2] * view.scale;
    const bottom = top + boxes[4 * i + 3] * view.scale;
    if (!(right > 0 && bottom > 0 && left < width && top < height)) continue;
    const plate = plates.get(text[i], color[i]);
    // Pushed in from the side where it would stick out. Whole device px keep the text sharp.
    const x = Math.round(Math.min(Math.max(0, left), width - plate.width / dpr) * dpr);
    const y = findPlace(x / dpr, top, bottom, plate.width / dpr, plates.height / dpr, dpr);
    if (y >= 0) placed.push({ plate, x, y: Math.round(y * dpr) });
  }
  return placed;
}

const ownPlates = new Plates();

/**
 * Draws what fits, for where the painter does not do so.
 * @param {CanvasRenderingContext2D} context of an empty canvas, `width * dpr` by `height * dpr`
 * @param {Labels} labels
 * @returns {number} how many were drawn
 */
export function drawLabels(context, labels) {
  const placed = placeLabels(ownPlates, labels);
  context.setTransform(1, 0, 0, 1, 0, 0);
  ownPlates.make(placed);
  for (const { plate, x, y } of placed) ownPlates.draw(context, plate, x, y);
  return placed.length;
}

/** Takes the place above the box, else below it, else inside; -1 when all are taken. */
function findPlace(x, top, bottom, width, height, dpr) {
  for (let attempt = 0; attempt < 3; attempt++) {
    const y = attempt === 0 ? top - height - 1 : attempt === 1 ? bottom + 1 : Math.max(0, top);
    const whole = Math.round(y * dpr) / dpr;
    if (space.take(x, whole, width, height)) return whole;
  }
  return -1;
}
