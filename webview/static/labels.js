// Names above the boxes. They never lie over each other: a name that finds no free place near its
// box is left out, and the ones that come first in the order win, so that names do not flicker.

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

const FONT = '500 12px system-ui, sans-serif';
const PLATE_HEIGHT_CSS_PX = 16;
const PADDING_CSS_PX = 4;
/** Space is taken in cells of this size: coarse enough to be cheap, fine enough to pack well. */
const CELL_CSS_PX = 4;
const MAX_TEXT = 40;
/** A wider plate would take the place of several neighbours; the text is squeezed into it. */
const MAX_WIDTH_CSS_PX = 220;
const MAX_REMEMBERED = 20_000;

/** Texts as they are drawn, and how wide; measuring costs as much as drawing. */
class Texts {
  /** @type {Map<string, {shown: string, width: number}>} */
  #known = new Map();

  /** @param {CanvasRenderingContext2D} context with the font set @param {string} text */
  get(context, text) {
    let found = this.#known.get(text);
    if (!found) {
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
      const shown = shorten(text);
      const width = Math.ceil(context.measureText(shown).width) + 2 * PADDING_CSS_PX;
      found = { shown, width: Math.min(MAX_WIDTH_CSS_PX, width) };
      this.#known.set(text, found);
    }
    return found;
  }
}

/** @param {string} text */
function shorten(text) {
  // Control and direction characters could make a name paint over others or read as another.
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
  const letters = [...clean.slice(0, 4 * MAX_TEXT)];
  return letters.length > MAX_TEXT ? `${letters.slice(0, MAX_TEXT - 1).join('')}…` : clean;
}

/** Black or white, whichever reads better on `color`. @param {string} color '#rrggbb' */
function inkOn(color) {
  const value = Number.parseInt(color.slice(1, 7), 16) || 0;
  const luma = 0.299 * (value >> 16) + 0.587 * ((value >> 8) & 255) + 0.114 * (value & 255);
  return luma > 140 ? '#000000' : '#ffffff';
}

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
    for (let row = top; row < bottom; row++) {
      for (let p = row * this.columns + left; p < row * this.columns + right; p++) {
        if (this.cells[p]) return false;
      }
    }
    for (let row = top; row < bottom; row++) {
      this.cells.fill(1, row * this.columns + left, row * this.columns + right);
    }
    return true;
  }
}

const texts = new Texts();
const space = new Space();

/**
 * Clears the canvas and draws what fits. The canvas must be `width * dpr` by `height * dpr`.
 * @param {CanvasRenderingContext2D} context
 * @param {Labels} labels
 * @returns {number} how many were drawn
 */
export function drawLabels(context, labels) {
  const { count, boxes, text, color, view, width, height, dpr, first = [] } = labels;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(dpr, 0, 0, dpr, 0, 0);
  context.font = FONT;
  context.textBaseline = 'middle';
  space.clear(width, height);
  const placed = new Set();
  let drawn = 0;
  for (let k = 0; k < first.length + count; k++) {
    const i = k < first.length ? first[k] : k - first.length;
    if (placed.has(i) || !text[i]) continue;
    if (k < first.length) placed.add(i);
    const left = boxes[4 * i] * view.scale + view.x;
    const top = boxes[4 * i + 1] * view.scale + view.y;
    const right = left + boxes[4 * i + 2] * view.scale;
    const bottom = top + boxes[4 * i + 3] * view.scale;
    if (!(right > 0 && bottom > 0 && left < width && top < height)) continue;
    const { shown, width: plate } = texts.get(context, text[i]);
    // Pushed in from the side where it would stick out. Whole device px keep the text sharp.
    const x = Math.round(Math.min(Math.max(0, left), width - plate) * dpr) / dpr;
    const y = findPlace(x, top, bottom, plate, dpr);
    if (y < 0) continue;
    context.fillStyle = color[i];
    context.fillRect(x, y, plate, PLATE_HEIGHT_CSS_PX);
    context.fillStyle = inkOn(color[i]);
    const middle = y + PLATE_HEIGHT_CSS_PX / 2 + 0.5;
    context.fillText(shown, x + PADDING_CSS_PX, middle, plate - 2 * PADDING_CSS_PX);
    drawn++;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  return drawn;
}

/** Takes the place above the box, else below it, else inside; -1 when all are taken. */
function findPlace(x, top, bottom, plate, dpr) {
  for (const y of [top - PLATE_HEIGHT_CSS_PX - 1, bottom + 1, Math.max(0, top)]) {
    const whole = Math.round(y * dpr) / dpr;
    if (space.take(x, whole, plate, PLATE_HEIGHT_CSS_PX)) return whole;
  }
  return -1;
}
