/**
 * Painting masks: brush, eraser, fill of what is enclosed, and areas given by their outline. What is
 * painted is a bitmap in this page; at the end of each stroke its run lengths become a keyframe.
 * Painting goes on in the selected entity if its class has masks, else a new one is made.
 */

import { maskOfText, maskText } from '../../view/shapes.js';
import { toStage } from '../../view/viewport.js';
import { drawHandle, drawNote, drawPath } from '../overlay.js';
import { Bitmap } from './bitmap.js';

const EMPTY = '{"size":[0,0],"counts":[],"offset":[0,0]}';
export const MIN_BRUSH_PX = 1;
export const MAX_BRUSH_PX = 400;
export const MODES = Object.freeze([
  { name: 'brush', label: 'Brush', key: 'b' },
  { name: 'eraser', label: 'Eraser', key: 'e' },
  { name: 'fill', label: 'Fill', key: 'f' },
  { name: 'outline', label: 'Outline', key: 'l' },
]);
const SAME_CSS_PX = 4;
const SIZE_SHOWN_MS = 900;

export class MaskPainting {
  /** @param {import('../../workspace.js').Workspace} workspace @param {import('../drawing.js').Drawing} drawing */
  constructor(workspace, drawing) {
    this.workspace = workspace;
    this.drawing = drawing;
    this.stroke = null;
    /** @type {number[][]} an outline under way */
    this.outline = [];
    this.canvas = null;
    /** the mask of an entity just made, until the server has it @type {{id: string, text: string}|null} */
    this.newborn = null;
  }

  get mode() {
    return this.workspace.store.state.brush.mode;
  }

  get busy() {
    return this.stroke !== null || this.outline.length > 0;
  }

  #erases(event) {
    const erasing = this.mode === 'eraser';
    return event.altKey ? !erasing : erasing;
  }

  /** Whose mask is painted, and what is in it so far. @returns {{id: string|null, text: string|null}} */
  #target() {
    const { store, model, scene } = this.workspace;
    const { selected } = store.state;
    if (this.newborn?.id === selected && !model.entities.has(selected)) return this.newborn;
    const entity = model.entities.get(selected);
    if (!entity || !model.classOf(entity).geometry.includes('mask')) return { id: null, text: null };
    const shape = scene.geometriesOf(selected).find(({ kind }) => kind === 'mask');
    return { id: selected, text: shape?.value ?? null };
  }

  #open() {
    const { width, height } = this.workspace.stage.size;
    const target = this.#target();
    const bitmap = new Bitmap(0, 0, width, height);
    if (target.text) Bitmap.ofMask(maskOfText(target.text), bitmap);
    return { ...target, bitmap, frame: this.workspace.store.state.frame };
  }

  down(at) {
    this.workspace.actions.pause();
    if (this.mode === 'fill') {
      this.#fill(at);
    } else if (this.mode === 'outline') {
      this.#addVertex(at);
    } else {
      this.stroke = { ...this.#open(), value: this.#erases(at.event) ? 0 : 1, last: [at.x, at.y] };
      this.#hideEngines();
      this.#paintTo(at);
    }
  }

  move(at) {
    if (this.stroke) this.#paintTo(at);
    this.workspace.stage.refreshOverlay();
  }

  #paintTo(at) {
    const { stroke } = this;
    const { size } = this.workspace.store.state.brush;
    // Where the pointer went between two frames of the screen, for round curves.
    const between = at.event.getCoalescedEvents?.() ?? [];
    const points = between.length > 1 ? between.map((event) => this.workspace.pointer.videoPoint(event)) : [[at.x, at.y]];
    for (const point of points) {
      const [a, b] = [stroke.last, point];
      stroke.bitmap.stroke(a, b, size / 2, stroke.value);
      const reach = size / 2 + 2;
      this.#show(stroke.bitmap, Math.min(a[0], b[0]) - reach, Math.min(a[1], b[1]) - reach,
        Math.max(a[0], b[0]) + reach, Math.max(a[1], b[1]) + reach);
      stroke.last = point;
    }
    this.workspace.stage.refreshOverlay();
  }

  /** The mask as it was would shine through where it is erased. */
  #hideEngines() {
    const { stroke } = this;
    if (stroke.id) this.workspace.editing.preview([this.#shape(stroke.id, EMPTY)], stroke.frame);
  }

  #shape(id, value) {
    const entity = this.workspace.model.entities.get(id) ?? null;
    return { id, entity, property: 'mask', kind: 'mask', value, skeleton: null };
  }

  up() {
    if (!this.stroke) return;
    const { stroke } = this;
    this.stroke = null;
    this.#save(stroke, stroke.value ? 'Paint' : 'Erase from');
  }

  #fill(at) {
    const target = this.#open();
    if (!target.bitmap.fill(at.x, at.y)) {
      this.workspace.notify('There is no closed region of the mask here to fill.');
      return;
    }
    this.#save(target, 'Fill');
  }

  #addVertex(at) {
    const last = this.outline.at(-1);
    const { scale } = this.workspace.stage.view;
    const close = (point, reach) => point && Math.hypot(at.x - point[0], at.y - point[1]) * scale < reach;
    if (this.outline.length > 2 && close(this.outline[0], 2 * SAME_CSS_PX)) this.#closeOutline(at.event);
    else if (!close(last, SAME_CSS_PX)) this.outline.push([at.x, at.y]);
    this.workspace.stage.refreshOverlay();
  }

  doubleClick(at) {
    if (this.outline.length > 2) this.#closeOutline(at.event);
  }

  /** With Alt what is inside is taken away. */
  #closeOutline(event) {
    const ring = this.outline;
    this.outline = [];
    if (ring.length < 3) return;
    this.fillParts([[ring]], event.altKey ? 0 : 1);
  }

  /** Puts the area of a polygon's parts into the mask, or takes it away. @param {0|1} value */
  fillParts(parts, value = 1) {
    const target = this.#open();
    // Each on its own: where two overlap, both are there.
    for (const rings of parts) target.bitmap.polygon(rings, value);
    this.#save(target, value ? 'Paint' : 'Erase from');
  }

  #save({ id, bitmap, frame }, verb) {
    const { editing, store, notify, model } = this.workspace;
    this.canvas = null;
    const text = maskText(bitmap.toMask());
    if (id === null) {
      if (bitmap.isEmpty || !this.drawing.entityClass?.geometry.includes('mask')) {
        if (bitmap.isEmpty) notify('There is nothing to erase: select an entity with a mask.');
        return;
      }
      this.newborn = { id: editing.create('mask', text, frame), text };
      return;
    }
    const entity = model.entities.get(id);
    store.set({ shape: 'mask' });
    if (entity) {
      editing.commit(`${verb} mask of ${entity.name}`, [this.#shape(id, text)], frame);
      return;
    }
    // Painted again before the server has named it: the edits arrive in this order.
    this.newborn = { id, text };
    const ops = [{ op: 'set', entity: id, property: 'mask', frame, value: text }];
    editing.send({ label: `${verb} mask`, ops }, [this.#shape(id, text)], frame, this.drawing.color);
  }

  /** The bitmap as a picture in the colour of its class; only what changed is copied. */
  #show({ width, height, data }, left, top, right, bottom) {
    let box = [left, top, right, bottom].map(Math.floor);
    if (!this.canvas) {
      this.canvas = new OffscreenCanvas(width, height);
      this.image = new ImageData(width, height);
      box = [0, 0, width, height];
    }
    const [x0, y0] = [Math.max(0, box[0]), Math.max(0, box[1])];
    const [x1, y1] = [Math.min(width, box[2]), Math.min(height, box[3])];
    if (x0 >= x1 || y0 >= y1) return;
    const pixels = new Uint32Array(this.image.data.buffer);
    const rgb = Number.parseInt(this.drawing.color.slice(1), 16);
    // Bytes lie as R, G, B, A; numbers are little-endian wherever browsers run.
    const ink = (0x80 << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16);
    for (let y = y0; y < y1; y++) {
      for (let i = y * width + x0; i < y * width + x1; i++) pixels[i] = data[i] ? ink : 0;
    }
    this.canvas.getContext('2d').putImageData(this.image, 0, 0, x0, y0, x1 - x0, y1 - y0);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey) return false;
    const { key } = event;
    if (key === 'Enter' && this.outline.length > 2) this.#closeOutline(event);
    else if (key === 'Backspace' && this.outline.length) this.outline.pop();
    else if (key === '[' || key === ']') this.resize(key === ']' ? 1.15 : 1 / 1.15);
    else if (!event.altKey && MODES.some((mode) => mode.key === key)) this.setMode(MODES.find((mode) => mode.key === key).name);
    else return false;
    this.workspace.stage.refreshOverlay();
    return true;
  }

  wheel(event) {
    if (!event.altKey) return false;
    this.resize(Math.exp(-(event.deltaY || event.deltaX) * 0.002));
    return true;
  }

  /** @param {number} factor */
  resize(factor) {
    const { store, stage } = this.workspace;
    const { size } = store.state.brush;
    // At least a pixel, so that small brushes change at all.
    const next = factor > 1 ? Math.max(size * factor, size + 1) : Math.min(size * factor, size - 1);
    const clamped = Math.round(Math.min(MAX_BRUSH_PX, Math.max(MIN_BRUSH_PX, next)));
    store.set({ brush: { ...store.state.brush, size: clamped } });
    stage.refreshOverlay();
  }

  setMode(mode) {
    const { store } = this.workspace;
    this.outline = [];
    store.set({ brush: { ...store.state.brush, mode } });
  }

  cancel() {
    const { stroke, busy } = this;
    this.stroke = null;
    this.outline = [];
    this.canvas = null;
    if (stroke?.id) this.workspace.editing.drop([this.#shape(stroke.id, EMPTY)]);
    return busy;
  }

  cursor() {
    return this.mode === 'fill' ? 'cell' : this.mode === 'outline' ? 'crosshair' : 'none';
  }

  decorate(context, stage, at) {
    const { view } = stage;
    if (this.stroke && this.canvas) {
      context.imageSmoothingEnabled = view.scale < 1;
      context.drawImage(this.canvas, view.x, view.y, stage.size.width * view.scale, stage.size.height * view.scale);
    }
    const { color } = this.drawing;
    if (this.outline.length) {
      const all = at ? [...this.outline, [at.x, at.y]] : this.outline;
      drawPath(context, view, all, { color, closed: all.length > 2, fill: `${color}40` });
      for (const [x, y] of this.outline) drawHandle(context, ...toStage(view, x, y), 'round', 7);
    }
    if (!at || this.cursor() !== 'none') return;
    const [x, y] = toStage(view, at.x, at.y);
    const { size } = this.workspace.store.state.brush;
    const radius = Math.max(1, (size / 2) * view.scale);
    const erasing = this.#erases(at.event);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = 3;
    context.strokeStyle = 'rgba(0, 0, 0, 0.55)';
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = erasing ? '#ffffff' : color;
    context.setLineDash(erasing ? [4, 3] : []);
    context.stroke();
    context.setLineDash([]);
    if (this.sizeShown !== size) {
      this.sizeShown = size;
      this.sizeUntil = performance.now() + SIZE_SHOWN_MS;
      setTimeout(stage.refreshOverlay, SIZE_SHOWN_MS + 20);
    }
    if (performance.now() < this.sizeUntil) drawNote(context, `${size} px`, x + radius + 8, y - 10);
  }
}
