/**
 * The timeline: overview of the whole video, ruler, and a row for each property of the selected
 * entity. Dragging scrubs, the wheel zooms, a click on a keyframe goes there.
 */

import { fetchBinary } from '../api.js';
import { fill, h, perFrame } from '../dom.js';
import { decodeOverview } from '../protocol.js';
import { upperBound } from '../state/track.js';
import { OVERVIEW_CSS_PX, ROW_CSS_PX, RULER_CSS_PX, drawOverview, drawRow, drawRuler } from './draw.js';
import { TimeScale } from './scale.js';

const OVERVIEW_BINS = 1024;
const OVERVIEW_DELAY_MS = 800;
const KEYFRAME_REACH_CSS_PX = 6;
const ZOOM_PER_PX = 0.003;
const PRESENCE_COLORS = { present: '#3f86e0', occluded: '#8f74d6' };
const PRESENCE_LABELS = { present: 'Present', occluded: 'Occluded' };
const CHOICE_COLORS = ['#56b4e9', '#e69f00', '#2ed3a3', '#f0e442', '#ff7a45', '#cc79a7', '#8fd14f', '#b19cff'];

export class TimelinePanel {
  /** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
  constructor(root, workspace) {
    this.workspace = workspace;
    this.scale = new TimeScale(workspace.model.frameCount);
    this.overview = null;
    this.rows = [];
    this.#build(root);
    const { store } = workspace;
    this.redraw = perFrame(() => this.#draw());
    store.watch(['timeline', 'structure', 'selected', 'colorBy'], () => this.#makeRows());
    store.watch(['frame', 'target', 'playing'], () => this.#movePlayhead(), { now: false });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.area);
    this.#fetchOverview();
  }

  #build(root) {
    this.canvas = h('canvas', { class: 'timeline-canvas', role: 'img', 'aria-label': 'Keyframes of the selected entity' });
    this.context = this.canvas.getContext('2d');
    this.playhead = h('div', { class: 'playhead', 'aria-hidden': 'true' }, h('div', { class: 'playhead-grip' }));
    this.overviewHead = h('div', { class: 'overview-head', 'aria-hidden': 'true' });
    this.gutter = h('div', { class: 'timeline-gutter' });
    this.hint = h('p', { class: 'timeline-hint' });
    this.area = h('div', { class: 'timeline-area' }, this.canvas, this.overviewHead, this.playhead, this.hint);
    fill(root, this.gutter, this.area);
    this.area.addEventListener('pointerdown', (event) => this.#down(event));
    this.area.addEventListener('pointermove', (event) => this.#move(event));
    this.area.addEventListener('pointerup', () => { this.dragging = null; });
    this.area.addEventListener('pointercancel', () => { this.dragging = null; });
    this.area.addEventListener('dblclick', () => this.#fit());
    this.area.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.overviewTimer);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.area;
    if (!clientWidth) return;
    this.height = clientHeight;
    this.dpr = devicePixelRatio || 1;
    this.canvas.width = Math.round(clientWidth * this.dpr);
    this.scale.resize(clientWidth);
    this.#setHeight();
    this.#movePlayhead();
  }

  /** The canvas is as high as its rows; what does not fit scrolls. */
  #setHeight() {
    const height = Math.max(this.height ?? 0, OVERVIEW_CSS_PX + RULER_CSS_PX + this.rows.length * ROW_CSS_PX);
    this.canvas.style.height = `${height}px`;
    this.canvas.height = Math.round(height * this.dpr);
    this.#draw();
  }

  #fit() {
    this.scale.fit();
    this.#movePlayhead();
    this.redraw();
  }

  // rows

  #makeRows() {
    const { store, model, scene } = this.workspace;
    const entity = model.entities.get(store.state.selected);
    const { timeline } = store.state;
    this.rows = [];
    if (entity && timeline?.id === entity.id) {
      const color = scene.colorOf(entity);
      const order = ['presence', 'box', ...model.classOf(entity).properties.map((p) => p.name)];
      for (const name of order) {
        const track = timeline.properties[name];
        if (track) this.rows.push(this.#row(name, track, entity, color));
      }
    }
    fill(this.gutter,
      h('div', { class: 'gutter-overview' }, 'Whole video'),
      h('div', { class: 'gutter-ruler' }, entity ? entity.name : ''),
      this.rows.map((row) => h('div', { class: 'gutter-row', title: row.label }, row.label)));
    this.hint.textContent = entity ? '' : 'Select an entity to see its keyframes.';
    if (this.height) this.#setHeight();
  }

  #row(name, track, entity, color) {
    const row = { name, label: name === 'box' ? 'Box' : 'Presence', color, ...track };
    if (name === 'presence') {
      row.colorOf = (value) => PRESENCE_COLORS[value];
      row.labelOf = (value) => PRESENCE_LABELS[value] ?? value;
      row.hatched = (value) => value === 'occluded';
    } else if (track.spans) {
      const property = this.workspace.model.propertyOf(entity, name);
      const known = new Map((property?.choices ?? []).map((c, i) => (
        [c.name, { label: c.label, color: c.color ?? CHOICE_COLORS[i % CHOICE_COLORS.length] }])));
      row.label = property?.label ?? name;
      row.colorOf = (value) => known.get(value)?.color ?? '#8b95a3';
      row.labelOf = (value) => known.get(value)?.label ?? value;
      row.hatched = () => false;
    }
    return row;
  }

  // drawing

  #draw() {
    const { context, scale, dpr, rows } = this;
    if (!dpr) return;
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.clearRect(0, 0, scale.width, this.canvas.height / dpr);
    drawOverview(context, scale, 0, this.overview);
    context.save();
    context.translate(0, OVERVIEW_CSS_PX);
    drawRuler(context, scale, this.workspace.times);
    context.restore();
    rows.forEach((row, i) => drawRow(context, scale, OVERVIEW_CSS_PX + RULER_CSS_PX + i * ROW_CSS_PX, row));
  }

  #movePlayhead() {
    const { frame, playing } = this.workspace.store.state;
    if ((playing || !this.dragging) && this.scale.follow(frame)) this.redraw();
    const width = Math.max(1, this.scale.pxPerFrame);
    const left = this.scale.x(frame);
    this.playhead.style.transform = `translateX(${left}px)`;
    this.playhead.style.width = `${width}px`;
    this.playhead.classList.toggle('is-wide', width >= 5);
    this.overviewHead.style.transform = `translateX(${(frame / this.scale.frameCount) * this.scale.width}px)`;
  }

  // the pointer

  #at(event) {
    const rect = this.canvas.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top };
  }

  #down(event) {
    if (event.button !== 0) return;
    this.area.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.dragging = at.y < OVERVIEW_CSS_PX ? 'overview' : 'scrub';
    const keyframe = this.#keyframeAt(at);
    if (keyframe !== null) {
      this.dragging = 'keyframe';
      this.workspace.actions.seek(keyframe);
    } else {
      this.#drag(at);
    }
  }

  #move(event) {
    const at = this.#at(event);
    if (this.dragging) {
      if (this.dragging !== 'keyframe') this.#drag(at);
      return;
    }
    const over = this.#keyframeAt(at);
    this.area.style.cursor = over !== null ? 'pointer' : 'default';
    this.area.title = over !== null ? `Keyframe at frame ${over}` : '';
  }

  #drag({ x }) {
    const { scale } = this;
    if (this.dragging === 'overview') {
      const frame = Math.floor((x / scale.width) * scale.frameCount);
      this.workspace.actions.seek(frame);
      scale.follow(Math.min(scale.frameCount - 1, Math.max(0, frame)));
      this.redraw();
    } else {
      this.workspace.actions.seek(scale.frame(x));
    }
  }

  /** @returns {number|null} the keyframe under the pointer */
  #keyframeAt({ x, y }) {
    const row = this.rows[Math.floor((y - OVERVIEW_CSS_PX - RULER_CSS_PX) / ROW_CSS_PX)];
    if (!row || y < OVERVIEW_CSS_PX + RULER_CSS_PX) return null;
    const { scale } = this;
    const position = scale.first + x / scale.pxPerFrame - 0.5;
    const above = upperBound(row.keyframes, position);
    let best = null;
    let bestDistance = KEYFRAME_REACH_CSS_PX;
    for (const frame of [row.keyframes[above - 1], row.keyframes[above]]) {
      if (frame === undefined) continue;
      const distance = Math.abs(scale.x(frame + 0.5) - x);
      if (distance <= bestDistance) [best, bestDistance] = [frame, distance];
    }
    return best;
  }

  #wheel(event) {
    const horizontal = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 30 : 1;
    if (horizontal) this.scale.pan((event.deltaX || event.deltaY) * unit);
    else this.scale.zoom(Math.exp(-event.deltaY * unit * ZOOM_PER_PX), this.#at(event).x);
    this.redraw();
    this.#placePlayhead();
  }

  #placePlayhead() {
    const { frame } = this.workspace.store.state;
    this.playhead.style.transform = `translateX(${this.scale.x(frame)}px)`;
    this.playhead.style.width = `${Math.max(1, this.scale.pxPerFrame)}px`;
    this.playhead.classList.toggle('is-wide', this.scale.pxPerFrame >= 5);
  }

  // the whole video

  /** Fetched anew a while after the last of a run of edits: it is a picture, not a value. */
  overviewChanged() {
    clearTimeout(this.overviewTimer);
    this.overviewTimer = setTimeout(() => this.#fetchOverview(), OVERVIEW_DELAY_MS);
  }

  async #fetchOverview() {
    try {
      const { base } = this.workspace;
      this.overview = decodeOverview(await fetchBinary(`${base}/overview?bins=${OVERVIEW_BINS}`));
      this.redraw();
    } catch { /* offline: the connection says so */ }
  }
}
