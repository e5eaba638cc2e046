/**
 * The stage: video canvas, shapes canvas, and a thin overlay for handles and the drag, and for names
 * where the painter does not paint them.
 * Each is repainted only when what it shows changed; shapes follow the video in the same task.
 */

import { h, perFrame } from '../dom.js';
import { drawLabels } from '../painter/labels.js';
import { centreOn, fitView, keepInSight, MAX_SCALE, toStage, zoomAt } from './viewport.js';

/** Above this scale video pixels are shown as squares, so that edges can be placed on them. */
const PIXELATED_SCALE = 2;
/** More names than these hide the picture: then only those pointed at are shown. */
const MANY_NAMES = 80;

export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {{store: import('../state/store.js').Store, scene: import('./scene.js').Scene,
   *   model: import('../state/model.js').Model, size: {width: number, height: number}}} context
   */
  constructor(root, { store, scene, model, size }) {
    this.root = root;
    this.store = store;
    this.scene = scene;
    this.model = model;
    this.size = size;
    this.videoCanvas = h('canvas', { class: 'video-canvas', width: size.width, height: size.height, 'aria-hidden': 'true' });
    this.shapesCanvas = h('canvas', { class: 'shapes-canvas', 'aria-hidden': 'true' });
    this.overlayCanvas = h('canvas', { class: 'overlay-canvas', 'aria-hidden': 'true' });
    this.context = this.overlayCanvas.getContext('2d');
    root.replaceChildren(this.videoCanvas, this.shapesCanvas, this.overlayCanvas);
    this.videoCanvas.style.width = `${size.width}px`;
    this.videoCanvas.style.height = `${size.height}px`;
    this.painter = null;
    this.fitted = true;
    /** @type {'auto'|'all'|'few'} */
    this.labels = 'auto';
    /**
     * What is drawn over names; one that draws nothing may say so with `false`.
     * @type {Array<(context: CanvasRenderingContext2D, stage: Stage) => boolean | void>}
     */
    this.decorations = [];
    /** whether there is something on the overlay */
    this.overlayShown = true;
    this.view = { scale: 1, x: 0, y: 0 };
    this.width = 1;
    this.height = 1;
    this.drawOverlay = this.drawOverlay.bind(this);
    this.refreshOverlay = perFrame(this.drawOverlay);
    this.repaintShapes = perFrame(() => this.#paintShapes());
    this.refresh = perFrame(() => this.paint());
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(root);
  }

  /** @param {Object} painter from createPainter on `shapesCanvas` */
  usePainter(painter) {
    this.painter = painter;
    this.#resize();
  }

  close() {
    this.observer.disconnect();
    this.painter?.close();
  }

  #resize() {
    const { clientWidth, clientHeight } = this.root;
    if (!clientWidth || !clientHeight) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.dpr = devicePixelRatio || 1;
    this.painter?.resize(clientWidth, clientHeight, this.dpr);
    this.overlayCanvas.width = Math.round(clientWidth * this.dpr);
    this.overlayCanvas.height = Math.round(clientHeight * this.dpr);
    if (this.fitted) this.setView(fitView(this.size, this), true);
    else this.setView(this.view);
    this.paint();
  }

  /** @param {import('./viewport.js').View} view @param {boolean} [fitted] follow the window's size */
  setView(view, fitted = false) {
    this.view = fitted ? view : keepInSight(view, this.size, this);
    this.fitted = fitted;
    const { scale, x, y } = this.view;
    this.videoCanvas.style.transform = `matrix(${scale}, 0, 0, ${scale}, ${x}, ${y})`;
    this.videoCanvas.classList.toggle('pixelated', scale >= PIXELATED_SCALE);
    this.store.set({ view: this.view });
    this.refresh();
  }

  fit() {
    this.setView(fitView(this.size, this), true);
  }

  /** One pixel of the video on one of the screen. */
  actualSize() {
    this.zoom(1 / (this.view.scale * (devicePixelRatio || 1)));
  }

  /** Let a box fill most of the stage. @param {number[]} box x, y, width, height */
  zoomTo([x, y, width, height]) {
    const scale = Math.min(MAX_SCALE, 0.6 * Math.min(this.width / Math.max(1, width), this.height / Math.max(1, height)));
    this.setView({ scale, x: this.width / 2 - (x + width / 2) * scale, y: this.height / 2 - (y + height / 2) * scale });
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const minimum = Math.min(1, fitView(this.size, this).scale) / 4;
    this.setView(zoomAt(this.view, factor, x, y, minimum));
  }

  /** Make a box visible if it is off the stage or tiny. */
  reveal(box) {
    const [x, y] = toStage(this.view, box[0] + box[2] / 2, box[1] + box[3] / 2);
    if (x >= 0 && y >= 0 && x <= this.width && y <= this.height) return;
    this.setView(centreOn(this.view, box, this));
  }

  /** Shapes of the frame shown now; called in the task that drew the video frame. */
  paint() {
    const { frame, selection } = this.store.state;
    this.scene.build(frame, selection);
    this.#paintShapes();
    this.store.bump('shapes');
    this.refreshOverlay();
  }

  #paintShapes() {
    this.painter?.paint({
      painted: this.scene.painted, table: this.scene.palette.table, view: this.view,
      edges: (entity) => this.scene.edgesOf(entity),
      labels: this.painter.paintsLabels ? this.#labels() : undefined,
    });
  }

  /** When other names are to be seen, or other ones first. */
  refreshNames() {
    if (this.painter?.paintsLabels) this.repaintShapes();
    else this.refreshOverlay();
  }

  drawOverlay() {
    const { context, dpr } = this;
    if (!dpr) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.overlayShown) context.clearRect(0, 0, this.overlayCanvas.width, this.overlayCanvas.height);
    const names = this.painter?.paintsLabels ? 0 : drawLabels(context, this.#labels());
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    const drawn = this.decorations.filter((decorate) => decorate(context, this) !== false);
    context.setTransform(1, 0, 0, 1, 0, 0);
    // Laying an empty canvas over the picture costs a browser as much as a full one.
    this.#showOverlay(names > 0 || drawn.length > 0);
  }

  #showOverlay(shown) {
    if (shown === this.overlayShown) return;
    this.overlayShown = shown;
    this.overlayCanvas.style.visibility = shown ? '' : 'hidden';
  }

  /** @returns {import('../painter/labels.js').Labels} */
  #labels() {
    const { painted } = this.scene;
    const { selected, hovered } = this.store.state;
    const all = this.labels === 'all' || (this.labels === 'auto' && painted.count <= MANY_NAMES);
    const prominent = this.#firstShapesOf([selected, hovered]);
    const shapes = all ? this.#firstShapes() : prominent;
    const labels = { text: [], color: [], boxes: new Float32Array(4 * shapes.length) };
    shapes.forEach((i, k) => {
      const entity = this.model.byIndex[painted.entity[i]];
      labels.text.push(entity?.name ?? '');
      labels.color.push(this.scene.colorOfRow(i));
      labels.boxes.set(painted.bounds.subarray(4 * i, 4 * i + 4), 4 * k);
    });
    return {
      ...labels, count: shapes.length, first: prominent.map((i) => shapes.indexOf(i)),
      view: this.view, width: this.width, height: this.height, dpr: this.dpr,
    };
  }

  /** The first shape painted of each entity: one of several shapes has one name. */
  #firstShapes() {
    const { count, entity } = this.scene.painted;
    const named = new Set();
    const found = [];
    for (let i = 0; i < count; i++) {
      if (named.has(entity[i])) continue;
      named.add(entity[i]);
      found.push(i);
    }
    return found;
  }

  /** @param {Array<string|null>} ids @returns {number[]} */
  #firstShapesOf(ids) {
    const { count, entity } = this.scene.painted;
    return [...new Set(ids)].flatMap((id) => {
      const index = this.model.entities.get(id)?.index;
      const i = index === undefined ? -1 : entity.subarray(0, count).indexOf(index);
      return i < 0 ? [] : [i];
    }).sort((a, b) => a - b);
  }
}
