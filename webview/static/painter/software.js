// Pixels written without the browser's help and handed over with putImageData. Where WebGL is
// emulated this is 5 to 10 times faster than any call the canvas offers for the same boxes.

import { placeLabels } from './labels.js';
import { Plates } from './plates.js';
import { MOST_ROWS, MOST_VERTICES } from './software/kernels.js';
import { BOX, EVERYDAY, Marks, PLATE, RINGS, SEGMENTS, SPANS, sameBand } from './software/marks.js';
import { everydayColors, paintAlike, paintBox } from './software/outlines.js';
import { Raster } from './software/raster.js';
import { trace } from './trace.js';

/** @typedef {import('./layout.js').Layout} Layout */

/** Rows of the canvas that are painted at once: so many fit into a core's own cache. */
const BAND_ROWS = MOST_ROWS;

/** @implements {import('./trace.js').Sink} */
export class SoftwareBackend {
  /** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
  constructor(canvas) {
    this.plates = new Plates({ read: true });
    this.raster = new Raster(); // before the canvas is taken: another backend may want it
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This canvas has no 2D context.');
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
    // A browser that lost the pixels gives back an empty canvas: nothing is as before.
    this.onRestored = () => { this.before = null; };
    canvas.addEventListener('contextrestored', this.onRestored);
    this.canvas = canvas;
    this.resize(canvas.width, canvas.height);
  }

  get name() {
    return 'software';
  }

  /** A canvas of their own for names would cost more than all shapes. */
  get paintsLabels() {
    return true;
  }

  /** @param {number} width device px @param {number} height */
  resize(width, height) {
    this.w = width;
    this.h = height;
    this.raster.resize(width, height);
    /** what the raster has of the plates' store: how many plates, and how many pixels these are */
    this.taken = { store: null, plates: 0, pixels: 0 };
    this.marks = new Marks(height, BAND_ROWS);
    /** what was painted last, null when that is not known whole */
    this.before = null;
    this.spare = new Marks(height, BAND_ROWS);
    const bands = Math.ceil(height / BAND_ROWS);
    // The columns of each band that hold something: [left, right). Empty when left >= right.
    this.left = new Int32Array(bands).fill(width);
    this.right = new Int32Array(bands);
    this.oldLeft = new Int32Array(bands).fill(width);
    this.oldRight = new Int32Array(bands);
    /** bands that may hold translucent colours */
    this.soft = new Uint8Array(bands);
    /** bands that are painted anew */
    this.changed = new Uint8Array(bands);
  }

  /** @param {import('./layout.js').Scene} scene @param {Layout} layout */
  draw(scene, layout) {
    this.layout = layout;
    this.everyday = everydayColors(layout);
    this.#forget();
    trace(scene, layout, this);
    if (scene.labels) this.#addLabels(scene.labels);
    this.#paint(true);
    this.#present();
  }

  /** Names on plates, over all else. @param {import('./labels.js').Labels} labels */
  #addLabels(labels) {
    const { plates, marks } = this;
    const placed = placeLabels(plates, labels);
    plates.make(placed);
    this.#takePlates();
    for (const { plate, x, y } of placed) {
      const left = Math.min(x, this.w - plate.width); // rounding may have put it over the side
      if (left >= 0 && plate.store === plates.store) marks.addPlate(plate.kept, left, y, left + plate.width, y + plates.height);
    }
    if (marks.full) this.#paint(false);
  }

  /** Takes the pixels of plates that were made since the last time. */
  #takePlates() {
    const { plates, raster } = this;
    const { store, made, height } = plates;
    if (this.taken.store !== store) {
      raster.layStore(store.width * store.height);
      this.before = null; // where its plates were, others are now
      this.taken = { store, plates: 0, pixels: 0 };
    }
    const fresh = made.slice(this.taken.plates);
    if (!fresh.length) return;
    const top = fresh[0].y;
    const image = plates.context.getImageData(0, top, store.width, fresh[fresh.length - 1].y + height - top);
    const pixels = new Int32Array(image.data.buffer);
    for (const plate of fresh) {
      plate.kept = this.taken.pixels;
      raster.keepPlate(plate.kept, pixels, (plate.y - top) * store.width + plate.x, store.width, plate.width, height);
      this.taken.pixels += plate.width * height;
    }
    this.taken.plates = made.length;
  }

  boxes(rects, styles, count) {
    this.marks.addBoxes(rects, styles, count, this.layout, this.everyday);
    if (this.marks.full) this.#paint(false);
  }

  ink(color) {
    this.color = color;
  }

  spans(spans, count) {
    this.marks.addSpans(this.color, spans, count);
    if (this.marks.full) this.#paint(false);
  }

  rings(points, bounds) {
    if (bounds[bounds.length - 1] > MOST_VERTICES) return false;
    this.marks.addRings(this.color, points, bounds);
    if (this.marks.full) this.#paint(false);
    return true;
  }

  segments(lines, count) {
    this.marks.addSegments(this.color, lines, count);
    if (this.marks.full) this.#paint(false);
  }

  disc(x, y, radius) {
    this.marks.addDisc(this.color, x, y, radius);
    if (this.marks.full) this.#paint(false);
  }

  touch(left, top, right, bottom) {
    const a = Math.max(0, left);
    const b = Math.min(this.w, right);
    const first = Math.max(0, top) / BAND_ROWS | 0;
    const last = (Math.min(this.h, bottom) - 1) / BAND_ROWS | 0;
    for (let band = first; band <= last; band++) {
      if (a < this.left[band]) this.left[band] = a;
      if (b > this.right[band]) this.right[band] = b;
      this.soft[band] = 1;
    }
  }

  /** Waits until the pixels are in the canvas; for timing only. */
  finish() {
    this.context.getImageData(0, 0, 1, 1);
  }

  close() {
    this.canvas.removeEventListener('contextrestored', this.onRestored);
    this.resize(0, 0);
  }

  /** The picture that there is becomes the old one. */
  #forget() {
    this.oldLeft.set(this.left);
    this.oldRight.set(this.right);
    this.left.fill(this.w);
    this.right.fill(0);
    this.soft.fill(0);
    this.begun = false;
    const look = lookOf(this.layout);
    if (look !== this.look) this.before = null;
    this.look = look;
    this.marks.clear();
  }

  /**
   * Band by band, so that each stays in the processor's cache. What looks as before is left alone:
   * of thousands of shapes one may be dragged.
   * @param {boolean} last whether nothing follows
   */
  #paint(last) {
    const { marks, raster, left, right, oldLeft, oldRight, h, changed } = this;
    marks.sort();
    raster.take(marks);
    const before = last && !this.begun ? this.before : null;
    for (let band = 0; band < left.length; band++) {
      const top = band * BAND_ROWS;
      const bottom = Math.min(h, top + BAND_ROWS);
      if (before && sameBand(before, marks, band)) {
        changed[band] = 0;
        left[band] = oldLeft[band];
        right[band] = oldRight[band];
        continue;
      }
      changed[band] = 1;
      if (!this.begun) raster.erase(oldLeft[band], top, oldRight[band], bottom);
      raster.clip(top, bottom);
      this.#paintBand(marks.starts[band], marks.starts[band + 1]);
      left[band] = Math.min(left[band], raster.left);
      right[band] = Math.max(right[band], raster.right);
      if (raster.soft) this.soft[band] = 1;
      if (last && this.soft[band]) raster.release(left[band], top, right[band], bottom);
    }
    // Several goes leave only the last one's marks, which is not what the picture is made of.
    this.before = last && !this.begun ? marks : null;
    this.begun = true;
    if (this.before) [this.marks, this.spare] = [this.spare, marks];
    this.marks.clear();
  }

  #paintBand(first, stop) {
    const { raster, layout, marks } = this;
    const { order, kind, ink, at, stop: end, next, spans, discs } = marks;
    for (let k = first; k < stop; k++) {
      const i = order[k];
      const from = at[i];
      if (kind[i] === EVERYDAY || kind[i] === PLATE) {
        k = paintAlike(raster, marks, k, stop) - 1;
        continue;
      }
      if (kind[i] === BOX) {
        paintBox(raster, marks.rects.numbers, from, ink[i], layout);
        continue;
      }
      raster.setInk(ink[i]);
      if (kind[i] === SPANS) {
        next[i] = raster.spans(spans.numbers, next[i], end[i]);
      } else if (kind[i] === RINGS) {
        raster.rings(from, end[i]);
      } else if (kind[i] === SEGMENTS) {
        raster.segments(from, end[i], layout.dashOn, layout.dashPeriod);
      } else {
        const { numbers } = discs;
        raster.disc(numbers[from], numbers[from + 1], numbers[from + 2]);
      }
    }
  }

  #present() {
    const { left, right, oldLeft, oldRight, changed, h } = this;
    // Neighbouring bands go over in one call unless that copies much more than two would.
    let first = 0;
    let a = this.w;
    let b = 0;
    const put = (stop) => {
      if (a < b) {
        const y = first * BAND_ROWS;
        const rows = Math.min(h, stop * BAND_ROWS) - y;
        this.context.putImageData(this.raster.image, 0, 0, a, y, b - a, rows);
      }
    };
    for (let band = 0; band < left.length; band++) {
      const bandLeft = changed[band] ? Math.min(left[band], oldLeft[band]) : this.w;
      const bandRight = changed[band] ? Math.max(right[band], oldRight[band]) : 0;
      const joined = Math.max(b, bandRight) - Math.min(a, bandLeft);
      const apart = Math.max(0, b - a) + Math.max(0, bandRight - bandLeft);
      if (a < b && bandLeft < bandRight && 2 * joined <= 1.5 * apart) {
        a = Math.min(a, bandLeft);
        b = Math.max(b, bandRight);
      } else {
        put(band);
        first = band;
        a = bandLeft;
        b = bandRight;
      }
    }
    put(left.length);
  }
}

/** All that the marks of a picture do not say. @param {Layout} layout */
function lookOf({ color, fill, width, dash, dashOn, dashPeriod }) {
  return [color, fill, width, dash, dashOn, dashPeriod].join(' ');
}
