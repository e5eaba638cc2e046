// Shapes on a transparent canvas above the video. One input, two ways to make the pixels: WebGL2
// where there is a GPU, pixels of our own making where WebGL is only emulated.

import { isEmulated, rendererName } from './graphics.js';
import { Layout } from './painter/layout.js';
import { SoftwareBackend } from './painter/software.js';
import { WebglBackend } from './painter/webgl.js';
import { Painted } from './view/painted.js';

/** @typedef {import('./painter/layout.js').Scene} Scene */

const TRIAL_BOXES = 500;
const TRIAL_FRAMES = 5;
/** A backend that takes this long for one trial frame has lost; no need to try it again. */
const TRIAL_LIMIT_MS = 100;

/**
 * @param {HTMLCanvasElement} canvas without a context yet; the painter becomes its only user
 * @param {{backend?: 'auto' | 'webgl' | 'software'}} [options] `auto` times both, keeps the faster
 * @returns {Promise<Painter>} rejects when neither backend is to be had, or the forced one is not
 */
export async function createPainter(canvas, { backend = 'auto' } = {}) {
  if (backend === 'webgl' || backend === 'software') return new Painter(canvas, backend, backend);
  const { choice, reason } = await chooseBackend();
  try {
    return new Painter(canvas, choice, reason);
  } catch (error) {
    return new Painter(canvas, choice === 'software' ? 'webgl' : 'software', String(error));
  }
}

export class Painter {
  #canvas;
  #layout = new Layout();
  #backend;
  #dpr = 1;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {'webgl' | 'software'} backend
   * @param {string} reason why this backend, for diagnostics
   */
  constructor(canvas, backend, reason) {
    this.#canvas = canvas;
    this.reason = reason;
    this.#backend = backend === 'webgl'
      ? new WebglBackend(canvas)
      : new SoftwareBackend(canvas);
  }

  /** @returns {'webgl' | 'software'} */
  get backend() {
    return /** @type {'webgl' | 'software'} */ (this.#backend.name);
  }

  /** Whether it paints names too. */
  get paintsLabels() {
    return this.#backend.paintsLabels;
  }

  /**
   * Sizes the canvas and empties it: paint afterwards.
   * @param {number} cssWidth @param {number} cssHeight
   * @param {number} dpr device px per CSS px
   */
  resize(cssWidth, cssHeight, dpr) {
    this.#dpr = dpr;
    this.#canvas.width = Math.max(1, Math.round(cssWidth * dpr));
    this.#canvas.height = Math.max(1, Math.round(cssHeight * dpr));
    this.#canvas.style.width = `${this.#canvas.width / dpr}px`;
    this.#canvas.style.height = `${this.#canvas.height / dpr}px`;
    this.#backend.resize(this.#canvas.width, this.#canvas.height);
  }

  /** Replaces the picture; `scene` may be painted again when a driver lost it. @param {Scene} scene */
  paint(scene) {
    this.#layout.take(scene, this.#canvas.width, this.#canvas.height, this.#dpr);
    this.#backend.draw(scene, this.#layout);
  }

  /** Waits until the pixels are there; for timing and tests only. */
  finish() {
    this.#backend.finish();
  }

  close() {
    this.#backend.close();
  }
}

/** @returns {Promise<{choice: 'webgl' | 'software', reason: string}>} */
async function chooseBackend() {
  const renderer = rendererName();
  if (renderer === null) return { choice: 'software', reason: 'This browser has no WebGL2.' };
  if (isEmulated()) return { choice: 'software', reason: `WebGL is emulated (${renderer})` };
  let webgl;
  try {
    webgl = new WebglBackend(trialCanvas());
  } catch (error) {
    return { choice: 'software', reason: String(error) };
  }
  try {
    const webglMs = await time(webgl);
    const softwareMs = await time(new SoftwareBackend(trialCanvas()));
    const reason = `webgl ${webglMs.toFixed(1)} ms, software ${softwareMs.toFixed(1)} ms`;
    return { choice: webglMs <= softwareMs ? 'webgl' : 'software', reason };
  } catch (error) {
    return { choice: 'webgl', reason: String(error) }; // the other one is not to be had
  } finally {
    webgl.close();
  }
}

function trialCanvas() {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  return canvas;
}

/** Median ms of a frame of moving boxes. @param {WebglBackend | SoftwareBackend} backend */
async function time(backend) {
  const layout = new Layout();
  const column = { kind: 'box', property: 'box', values: new Float32Array(4 * TRIAL_BOXES) };
  const table = {
    color: new Uint8Array([255, 0, 0, 255]), fill: new Uint8Array(4),
    width: new Float32Array([2]), dash: new Uint8Array(1),
  };
  const painted = new Painted();
  const scene = { painted, table, view: { scale: 1, x: 0, y: 0 } };
  const times = [];
  // The first frame pays for compiling: it is not counted.
  for (let frame = -1; frame < TRIAL_FRAMES; frame++) {
    painted.clear(frame, true);
    for (let i = 0; i < TRIAL_BOXES; i++) {
      column.values.set([(i * 37 + frame * 3) % 1200, (i * 53 + frame * 2) % 640, 60, 60], 4 * i);
      painted.add(column, i, i, 1, 0);
    }
    const start = performance.now();
    layout.take(scene, 1280, 720, 1);
    backend.draw(scene, layout);
    backend.finish();
    const ms = performance.now() - start;
    if (frame >= 0) times.push(ms);
    if (frame >= 0 && ms > TRIAL_LIMIT_MS) break;
    // One frame between, so that the page stays alive while a slow driver is timed.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}
