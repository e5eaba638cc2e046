// For machines with a GPU: boxes in one instanced draw call, everything else in another, in the order
// in which they are painted.

import { SEGMENT_NUMBERS } from './pen.js';
import { trace } from './trace.js';
import { BoxProgram } from './webgl/box_program.js';
import { MarkProgram } from './webgl/mark_program.js';

/** @typedef {import('./layout.js').Layout} Layout */

/** @implements {import('./trace.js').Sink} */
export class WebglBackend {
  /** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
  constructor(canvas) {
    const gl = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext('webgl2', {
      alpha: true, antialias: false, depth: false, stencil: false, premultipliedAlpha: true,
    }));
    if (!gl) throw new Error('This browser has no WebGL2.');
    this.gl = gl;
    this.canvas = canvas;
    this.rects = new Int32Array(4 * 256);
    this.styles = new Uint16Array(256);
    /** @type {Layout|null} of the picture drawn last; null before the first */
    this.layout = null;
    this.onLost = (event) => event.preventDefault();
    this.onRestored = () => {
      this.#build();
      if (this.scene) this.draw(this.scene, this.layout);
    };
    canvas.addEventListener('webglcontextlost', this.onLost);
    canvas.addEventListener('webglcontextrestored', this.onRestored);
    this.#build();
    this.resize(canvas.width, canvas.height);
  }

  get name() {
    return 'webgl';
  }

  get paintsLabels() {
    return false;
  }

  /** @param {number} width device px @param {number} height */
  resize(width, height) {
    this.gl.viewport(0, 0, width, height);
  }

  /** @param {import('./layout.js').Scene} scene @param {Layout} layout */
  draw(scene, layout) {
    const { gl, marks, outlines } = this;
    // Kept, so that a driver that lost everything can be given it again.
    this.scene = scene;
    this.layout = layout;
    if (gl.isContextLost()) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.count = 0;
    marks.clear();
    /** @type {Array<{boxes: boolean, first: number, count: number}>} runs of one program */
    this.runs = [];
    trace(scene, layout, this);
    if (this.count) outlines.load(this.rects, this.styles, this.count, layout);
    if (marks.count) marks.load(layout);
    for (const { boxes, first, count } of this.runs) (boxes ? outlines : marks).draw(first, count);
  }

  #drawn(boxes, first, count) {
    const last = this.runs[this.runs.length - 1];
    if (last?.boxes === boxes) last.count += count;
    else this.runs.push({ boxes, first, count });
  }

  boxes(rects, styles, count) {
    const total = this.count + count;
    if (total > this.styles.length) {
      const [oldRects, oldStyles] = [this.rects, this.styles];
      this.rects = new Int32Array(8 * total);
      this.styles = new Uint16Array(2 * total);
      this.rects.set(oldRects);
      this.styles.set(oldStyles);
    }
    this.rects.set(rects.subarray(0, 4 * count), 4 * this.count);
    this.styles.set(styles.subarray(0, count), this.count);
    this.#drawn(true, this.count, count);
    this.count = total;
  }

  ink(color) {
    this.marks.ink = color;
  }

  spans(spans, count) {
    this.#drawn(false, this.marks.count, count);
    for (let i = 0; i < 3 * count; i += 3) {
      this.marks.span(spans[i], spans[i + 1], spans[i + 2], spans[i + 1] + 1);
    }
  }

  segments(lines, count) {
    this.#drawn(false, this.marks.count, count);
    for (let i = 0; i < SEGMENT_NUMBERS * count; i += SEGMENT_NUMBERS) {
      this.marks.segment(lines[i], lines[i + 1], lines[i + 2], lines[i + 3], lines[i + 4], lines[i + 5]);
    }
  }

  disc(x, y, radius) {
    this.#drawn(false, this.marks.count, 1);
    this.marks.disc(x, y, radius);
  }

  touch() {} // the whole canvas is drawn anew

  /** Waits until the pixels are drawn; for timing only (gl.finish() does not wait in Chromium). */
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  close() {
    this.canvas.removeEventListener('webglcontextlost', this.onLost);
    this.canvas.removeEventListener('webglcontextrestored', this.onRestored);
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #build() {
    const { gl } = this;
    this.outlines = new BoxProgram(gl);
    this.marks = new MarkProgram(gl);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }
}
