// Pictures onto the canvas, by the faster of two ways that give the same pixels. A graphics card
// takes a picture as it comes. Without one, the browser takes less time to convert it first and to
// copy the result. Which is faster is not timed here: a canvas does part of its work later.

import { isEmulated } from '../graphics.js';

/** @typedef {VideoFrame | ImageBitmap} Picture */

export class Brush {
  #context;
  #rotation;
  /** @type {ImageData | null} used again for every picture */
  #image = null;
  #converting = false;

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} rotation degrees clockwise that turn a decoded picture upright
   */
  constructor(context, rotation) {
    this.#context = context;
    this.#rotation = rotation;
  }

  /**
   * Draws at once.
   * @param {Picture} picture
   */
  draw(picture) {
    const context = this.#context;
    const { width, height } = context.canvas;
    const turn = 'timestamp' in picture ? this.#rotation : 0;
    if (turn === 0) {
      context.drawImage(picture, 0, 0, width, height);
      return;
    }
    const sideways = turn % 180 !== 0;
    const w = sideways ? height : width;
    const h = sideways ? width : height;
    context.setTransform(1, 0, 0, 1, width / 2, height / 2);
    context.rotate(turn * Math.PI / 180);
    context.drawImage(picture, -w / 2, -h / 2, w, h);
    context.resetTransform();
  }

  /**
   * Converts a picture, where that is the faster way.
   * @param {Picture} picture
   * @returns {Promise<() => void> | null} what puts it on the canvas, to be called before the next
   *   picture is converted; null: draw() it, or another is being converted
   */
  convert(picture) {
    if (this.#converting || !this.converts(picture)) return null;
    return this.#convert(/** @type {VideoFrame} */ (picture));
  }

  /** Whether to convert a picture is the faster way. @param {Picture} picture */
  converts(picture) {
    return isEmulated() && this.#canRead(picture);
  }

  /** @param {VideoFrame} picture */
  async #convert(picture) {
    const { width, height } = this.#context.canvas;
    const image = this.#image ??= new ImageData(width, height);
    this.#converting = true;
    try {
      await picture.copyTo(image.data, { format: 'RGBA' });
    } finally {
      this.#converting = false;
    }
    return () => this.#context.putImageData(image, 0, 0);
  }

  /** In plain memory, upright and of the canvas's size. @param {Picture} picture */
  #canRead(picture) {
    if (this.#rotation !== 0 || !('format' in picture)) return false;
    if (!(picture.format ?? '').startsWith('I4')) return false;
    const { width, height } = this.#context.canvas;
    const rect = picture.visibleRect;
    if (rect?.width !== width || rect.height !== height) return false;
    // Browsers that do not convert leave the wish for RGBA unheard.
    return picture.allocationSize({ format: 'RGBA' }) === 4 * width * height;
  }
}
