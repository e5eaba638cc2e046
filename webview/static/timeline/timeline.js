/**
 * The timeline: overview of the whole video, ruler, and a row for each property of the selected
 * entity; while none is selected, a lane for each entity. Dragging scrubs, the wheel zooms, a click on a keyframe goes there.
 */

import { fetchBinary, fetchJson } from '../api.js';
import { fill, h, perFrame, setText } from '../dom.js';
import { decodeOverview } from '../protocol.js';
import { plural } from '../format.js';
import { upperBound } from '../state/track.js';
import {
  LANE_CSS_PX, OVERVIEW_CSS_PX, ROW_CSS_PX, RULER_CSS_PX, drawLane, drawOverview, drawRow, drawRuler,
} from './draw.js';
import { propertyRows } from './rows.js';
import { TimeScale } from './scale.js';

const OVERVIEW_BINS = 1024;
const OVERVIEW_DELAY_MS = 1500;
const LANES_DELAY_MS = 150;
const HEAD_CSS_PX = OVERVIEW_CSS_PX + RULER_CSS_PX;
const KEYFRAME_REACH_CSS_PX = 6;
const ZOOM_PER_PX = 0.003;
export class TimelinePanel {
  /** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
  constructor(root, workspace) {
    this.workspace = workspace;
    this.scale = new TimeScale(workspace.model.frameCount);
    this.overview = null;
    /** Rows of the selected entity's properties. */
    this.rows = [];
    /** Lanes of all entities in sight, shown while none is selected. */
    this.lanes = [];
    this.#build(root);
    const { store } = workspace;
    this.redraw = perFrame(() => this.#draw());
    store.watch(['timeline', 'structure', 'selected', 'colorBy'], () => this.#makeRows());
    store.watch(['structure', 'selected'], () => this.#lanesChanged());
    store.watch(['frame', 'target', 'playing'], () => this.#movePlayhead(), { now: false });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.area);
    this.#fetchOverview();
  }

  #build(root) {
    const marker = (name, ...children) => h('div', { class: name, 'aria-hidden': 'true' }, children);
    this.headCanvas = h('canvas', { class: 'timeline-head-canvas', 'aria-hidden': 'true' });
    this.rowsCanvas = h('canvas', { class: 'timeline-rows-canvas', role: 'img', 'aria-label': 'Keyframes' });
    this.overviewHead = marker('overview-head');
    this.grip = marker('playhead playhead-top', marker('playhead-grip'));
    this.playhead = marker('playhead');
    this.title = h('div', { class: 'gutter-ruler' });
    this.gutter = h('div', { class: 'timeline-gutter' });
    this.hint = h('p', { class: 'timeline-hint' });
    this.head = h('div', { class: 'timeline-area' }, this.headCanvas, this.overviewHead, this.grip);
    this.area = h('div', { class: 'timeline-area timeline-rows' }, this.rowsCanvas, this.playhead, this.hint);
    fill(root,
      h('div', { class: 'timeline-head' },
        h('div', { class: 'timeline-gutter' }, h('div', { class: 'gutter-overview' }, 'Whole video'), this.title),
        this.head),
      h('div', { class: 'timeline-body' }, this.gutter, this.area));
    for (const area of [this.head, this.area]) {
      area.addEventListener('pointerdown', (event) => this.#down(event));
      area.addEventListener('pointermove', (event) => this.#move(event));
      area.addEventListener('pointerup', () => { this.dragging = null; });
      area.addEventListener('pointercancel', () => { this.dragging = null; });
      area.addEventListener('dblclick', () => this.#fit());
      area.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    }
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.overviewTimer);
    clearTimeout(this.lanesTimer);
  }

  #resize() {
    const { clientWidth } = this.area;
    if (!clientWidth) return;
    this.dpr = devicePixelRatio || 1;
    this.scale.resize(clientWidth);
    this.headCanvas.width = Math.round(clientWidth * this.dpr);
    this.headCanvas.height = Math.round(HEAD_CSS_PX * this.dpr);
    this.#setHeight();
    this.#movePlayhead();
  }

  /** The lower canvas is as high as its rows; what does not fit scrolls. */
  #setHeight() {
    const height = this.rows.length * ROW_CSS_PX + this.lanes.length * LANE_CSS_PX;
    this.rowsCanvas.style.height = `${height}px`;
    this.rowsCanvas.width = this.headCanvas.width;
    this.rowsCanvas.height = Math.max(1, Math.round(height * this.dpr));
    this.#draw();
  }

  #fit() {
    this.scale.fit();
    this.#movePlayhead();
    this.redraw();
    this.#lanesChanged();
  }

  // rows

  #makeRows() {
    const { store, model, scene } = this.workspace;
    const entity = model.entities.get(store.state.selected);
    const { timeline } = store.state;
    this.rows = entity && timeline?.id === entity.id
      ? propertyRows(model, entity, timeline, scene.colorOf(entity)) : [];
    if (entity) this.lanes = [];
    const name = ({ id }) => model.entities.get(id)?.name ?? '';
    setText(this.title, entity ? entity.name : plural(model.entities.size, 'entity', 'entities'));
    fill(this.gutter,
      this.rows.map((row) => h('div', { class: 'gutter-row', title: row.label }, row.label)),
      this.lanes.map((lane) => h('button', {
        class: 'gutter-lane', type: 'button', title: `Select ${name(lane)}`,
        on: { click: () => this.workspace.actions.select(lane.id) },
      }, name(lane))),
      this.moreLanes && !entity ? h('div', { class: 'gutter-more' }, 'and more: zoom in') : null);
    this.hint.textContent = entity || model.entities.size ? '' : 'Press B and drag a box on the video to begin.';
    if (this.dpr) this.#setHeight();
  }

  /** Fetched when nothing is selected, for what is in sight. */
  #lanesChanged() {
    clearTimeout(this.lanesTimer);
    if (this.workspace.store.state.selected) return;
    this.lanesTimer = setTimeout(() => this.#fetchLanes(), LANES_DELAY_MS);
  }

  async #fetchLanes() {
    const { base, model, scene, store } = this.workspace;
    const first = Math.floor(this.scale.first);
    const stop = Math.ceil(this.scale.stop);
    try {
      const { lanes, more } = await fetchJson(`${base}/lanes?first=${first}&stop=${stop}`);
      if (store.state.selected) return;
      this.lanes = lanes.filter(({ id }) => model.entities.has(id));
      for (const lane of this.lanes) lane.color = scene.colorOf(model.entities.get(lane.id));
      this.moreLanes = more;
      this.#makeRows();
    } catch { /* offline: the connection says so */ }
  }

  // drawing

  #draw() {
    const { scale, dpr } = this;
    if (!dpr) return;
    const head = this.#cleared(this.headCanvas);
    drawOverview(head, scale, 0, this.overview);
    head.translate(0, OVERVIEW_CSS_PX);
    drawRuler(head, scale, this.workspace.times);
    const body = this.#cleared(this.rowsCanvas);
    this.rows.forEach((row, i) => drawRow(body, scale, i * ROW_CSS_PX, row));
    this.lanes.forEach((lane, i) => drawLane(body, scale, i * LANE_CSS_PX, lane));
  }

  #cleared(canvas) {
    const context = canvas.getContext('2d');
    context.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    return context;
  }

  #movePlayhead() {
    const { frame, playing } = this.workspace.store.state;
    if ((playing || !this.dragging) && this.scale.follow(frame)) {
      this.redraw();
      this.#lanesChanged();
    }
    this.#placePlayhead();
    this.overviewHead.style.transform = `translateX(${(frame / this.scale.frameCount) * this.scale.width}px)`;
  }

  // the pointer

  /** @returns {{x: number, y: number, inHead: boolean}} y within the rows, or within the head */
  #at(event) {
    const inHead = event.currentTarget === this.head;
    const rect = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top, inHead };
  }

  #down(event) {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    const keyframe = this.#keyframeAt(at);
    if (keyframe !== null) {
      this.dragging = 'keyframe';
      this.workspace.actions.seek(keyframe);
      return;
    }
    this.dragging = at.inHead && at.y < OVERVIEW_CSS_PX ? 'overview' : 'scrub';
    this.#drag(at);
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
  #keyframeAt({ x, y, inHead }) {
    const row = inHead ? undefined : this.rows[Math.floor(y / ROW_CSS_PX)];
    if (!row) return null;
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
    this.#lanesChanged();
  }

  #placePlayhead() {
    const { frame } = this.workspace.store.state;
    const width = Math.max(1.5, this.scale.pxPerFrame);
    for (const part of [this.grip, this.playhead]) {
      part.style.transform = `translateX(${this.scale.x(frame)}px)`;
      part.style.width = `${width}px`;
      part.classList.toggle('is-wide', width >= 5);
    }
  }

  // the whole video

  /** Fetched anew a while after the last of a run of edits: it is a picture, not a value. */
  overviewChanged() {
    this.#lanesChanged();
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
