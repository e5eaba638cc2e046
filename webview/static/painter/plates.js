/**
 * Names on plates, drawn once each and then copied: drawing a text costs several times as much as
 * copying its pixels. They lie in rows on a canvas that nobody sees.
 */

const FONT = '500 12px system-ui, sans-serif';
const HEIGHT_CSS_PX = 16;
const PADDING_CSS_PX = 4;
const MAX_TEXT = 40;
/** A wider plate would take the place of several neighbours; the text is squeezed into it. */
const MAX_WIDTH_CSS_PX = 220;
const STORE_WIDTH_PX = 2048;
/** Rows of plates in the store at first, and so many at least before it is filled anew. */
const FEWEST_ROWS = 8;
const MOST_ROWS = 96;

/** More often than the store can grow; those that do not fit then, if there could be any, stay on an old one. */
const MOST_ROUNDS = 12;

/** More plates than this are forgotten together: names come and go. */
const MOST_KNOWN = 1 << 15;

/**
 * @typedef {object} Plate
 * @property {string} text as it is shown
 * @property {string} color '#rrggbb'
 * @property {number} width device px
 * @property {HTMLCanvasElement | null} store where its pixels were made last
 * @property {number} x where they lie in the store, device px
 * @property {number} y
 * @property {number} [kept] where whoever reads the store keeps its pixels
 */

export class Plates {
  /** @type {Map<string, Map<string, Plate>>} by colour and text */
  #known = new Map();
  #count = 0;
  #dpr = 0;
  #rows = FEWEST_ROWS;
  #mostRows = MOST_ROWS;
  #x = 0;
  #y = 0;

  /** @param {{read?: boolean}} [options] whether the store's pixels are read by us */
  constructor({ read = false } = {}) {
    this.read = read;
    /** those made on the store that there is @type {Plate[]} */
    this.made = [];
  }

  /**
   * Called before a picture is drawn.
   * @param {number} dpr device px per CSS px
   * @param {number} width of the picture, CSS px @param {number} height
   */
  begin(dpr, width, height) {
    // Plates on a picture do not lie over each other; in the store they do not fill every row.
    this.#mostRows = Math.max(MOST_ROWS, Math.ceil((1.3 * width * dpr * height) / STORE_WIDTH_PX / HEIGHT_CSS_PX));
    if (dpr === this.#dpr && this.#count < MOST_KNOWN) return;
    this.#dpr = dpr;
    /** of every plate, device px */
    this.height = Math.round(HEIGHT_CSS_PX * dpr);
    this.#known.clear();
    this.#count = 0;
    this.#empty();
  }

  #empty() {
    // A new canvas and not the old one: plates that are about to be drawn may have their pixels on that.
    const store = document.createElement('canvas');
    store.width = STORE_WIDTH_PX;
    store.height = this.#rows * this.height;
    this.store = store;
    this.context = store.getContext('2d', { willReadFrequently: this.read });
    this.context.textBaseline = 'middle';
    this.made = [];
    this.#x = 0;
    this.#y = 0;
  }

  /** A plate, measured. @param {string} text @param {string} color '#rrggbb' @returns {Plate} */
  get(text, color) {
    let ofColor = this.#known.get(color);
    if (!ofColor) this.#known.set(color, ofColor = new Map());
    let plate = ofColor.get(text);
    if (plate) return plate;
    const shown = shorten(text);
    this.context.font = FONT;
    const wanted = Math.ceil(this.context.measureText(shown).width) + 2 * PADDING_CSS_PX;
    const width = Math.ceil(Math.min(MAX_WIDTH_CSS_PX, wanted) * this.#dpr);
    plate = { text: shown, color, width, store: null, x: 0, y: 0 };
    ofColor.set(text, plate);
    this.#count++;
    return plate;
  }

  /**
   * Makes the pixels of plates where the store lacks them: before any plate of the picture is drawn,
   * as a canvas that is drawn on and copied from in turn is copied whole each time. When the store
   * grows, those that were made before are made again on the new one.
   * @param {Array<{plate: Plate}>} placed
   */
  make(placed) {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { store } = this;
      for (const { plate } of placed) if (plate.store !== this.store) this.#make(plate);
      if (store === this.store) return;
    }
  }

  /** @param {Plate} plate */
  #make(plate) {
    const dpr = this.#dpr;
    this.#place(plate);
    this.made.push(plate);
    const { context, height } = this;
    const { x, y, width, color } = plate;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000000'; // for a colour that is none
    context.fillStyle = color;
    context.fillRect(x, y, width, height);
    context.setTransform(dpr, 0, 0, dpr, x, y);
    context.font = FONT;
    context.textBaseline = 'middle';
    context.fillStyle = inkOn(color);
    context.fillText(plate.text, PADDING_CSS_PX, HEIGHT_CSS_PX / 2 + 0.5, width / dpr - 2 * PADDING_CSS_PX);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Takes room in the store. @param {Plate} plate */
  #place(plate) {
    if (this.#x + plate.width > STORE_WIDTH_PX) {
      this.#x = 0;
      this.#y += this.height;
    }
    if (this.#y + this.height > this.store.height) {
      this.#rows = Math.min(this.#mostRows, 2 * this.#rows);
      this.#empty();
    }
    plate.store = this.store;
    plate.x = this.#x;
    plate.y = this.#y;
    this.#x += plate.width;
  }

  /** @param {CanvasRenderingContext2D} context without a transform @param {Plate} plate @param {number} x device px @param {number} y */
  draw(context, plate, x, y) {
    const { store, x: from, y: row, width } = plate;
    context.drawImage(/** @type {HTMLCanvasElement} */ (store), from, row, width, this.height, x, y, width, this.height);
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
