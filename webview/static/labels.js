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

const FONT_CSS_PX = 12;
const FONT = '500 {}px system-ui, sans-serif';
const PLATE_HEIGHT_CSS_PX = 16;
const PADDING_CSS_PX = 4;
/** Space is taken in cells of this size: coarse enough to be cheap, fine enough to pack well. */
const CELL_CSS_PX = 4;
const MAX_TEXT = 40;
/** A plate this much wider than its box would claim space the neighbours need. */
const MAX_WIDTH_CSS_PX = 220;

/** Texts already drawn once, on one canvas; emptied as a whole when it is full. */
class Sprites {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.canvas.width = 2048;
    this.canvas.height = 1024;
    this.context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext('2d', { willReadFrequently: true }));
    this.reset(1);
  }

  /** @param {number} dpr */
  reset(dpr) {
    this.dpr = dpr;
    this.known = new Map();
    this.x = 0;
    this.y = 0;
    this.rows = Math.ceil(PLATE_HEIGHT_CSS_PX * dpr);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.font = FONT.replace('{}', String(Math.round(FONT_CSS_PX * dpr)));
    this.context.textBaseline = 'middle';
  }

  /**
   * @param {string} text
   * @param {string} color
   * @returns {{x: number, y: number, width: number}} device px on the sprite canvas
   */
  get(text, color) {
    const key = `${color} ${text}`;
    const found = this.known.get(key);
    if (found) return found;
    const shown = shorten(text);
    const padding = Math.round(PADDING_CSS_PX * this.dpr);
    const limit = Math.min(this.canvas.width, Math.round(MAX_WIDTH_CSS_PX * this.dpr));
    const textWidth = Math.ceil(this.context.measureText(shown).width);
    const width = Math.min(limit, textWidth + 2 * padding);
    if (this.x + width > this.canvas.width) {
      this.x = 0;
      this.y += this.rows;
    }
    if (this.y + this.rows > this.canvas.height) this.reset(this.dpr);
    const sprite = { x: this.x, y: this.y, width };
    this.x += width;
    this.known.set(key, sprite);
    const { context } = this;
    context.fillStyle = color;
    context.fillRect(sprite.x, sprite.y, width, this.rows);
    context.fillStyle = inkOn(color);
    context.fillText(shown, sprite.x + padding, sprite.y + this.rows / 2, width - 2 * padding);
    return sprite;
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

/** What is taken, as one bit a cell would be; bytes are quicker to test. */
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

/** @type {Sprites | undefined} */
let sprites;
const space = new Space();

/**
 * Clears the canvas and draws what fits. The canvas must be `width * dpr` by `height * dpr`.
 * @param {CanvasRenderingContext2D} context
 * @param {Labels} labels
 * @returns {number} how many were drawn
 */
export function drawLabels(context, labels) {
  const { count, boxes, text, color, view, width, height, dpr, first = [] } = labels;
  sprites ??= new Sprites();
  if (sprites.dpr !== dpr) sprites.reset(dpr);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
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
    const sprite = sprites.get(text[i], color[i]);
    const plate = sprite.width / dpr;
    // Above the box; else below it; else inside. Pushed in from the side where it would stick out.
    const x = Math.min(Math.max(0, left), width - plate);
    const inside = Math.max(0, top);
    const y = [top - PLATE_HEIGHT_CSS_PX - 1, bottom + 1, inside].find(
      (candidate) => space.take(x, candidate, plate, PLATE_HEIGHT_CSS_PX));
    if (y === undefined) continue;
    context.drawImage(sprites.canvas, sprite.x, sprite.y, sprite.width, sprites.rows,
      Math.round(x * dpr), Math.round(y * dpr), sprite.width, sprites.rows);
    drawn++;
  }
  return drawn;
}
