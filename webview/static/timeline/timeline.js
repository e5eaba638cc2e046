/**
 * The timeline: the whole video, stills, findings, ruler; below them the properties of the selected
 * entity, events, and a lane for each entity that is there in the stretch shown. This module knows
 * what is shown and repaints what changed; what a hand does to it is in hands.js.
 */

import { afterFirstPicture, fetchBinary } from '../api.js';
import { fill, h, perFrame, setText } from '../dom.js';
import { plural } from '../format.js';
import { decodeOverview } from '../protocol.js';
import { createSplitter } from '../splitter.js';
import { readColors, watchTheme } from './colors.js';
import {
  FINDINGS_CSS_PX, OVERVIEW_CSS_PX, RULER_CSS_PX, drawFindings, drawLoop, drawOverview, drawRuler,
} from './draw_head.js';
import {
  drawEvents, drawLane, drawLine, drawMarquee, drawProperty, drawRoughLane,
} from './draw_rows.js';
import { eventRows } from './events.js';
import { fetchProblems } from './findings.js';
import { Gutter } from './gutter.js';
import { Hands } from './hands.js';
import { LaneCache } from './lane_cache.js';
import { Layout, PROPERTY_CSS_PX, lanesWithin } from './layout.js';
import { MarkKeys } from './mark_keys.js';
import { Marks } from './marks.js';
import { propertyRows } from './rows.js';
import { TimeScale } from './scale.js';
import { THUMBNAILS_CSS_PX, Thumbnails } from './thumbnails.js';

const MIN_HEIGHT_CSS_PX = 132;
const OVERVIEW_BINS = 1024;
const OVERVIEW_DELAY_MS = 1500;
/** Less room than this for rows, and the stills give way. */
const THUMBNAILS_FROM_CSS_PX = 190;
const ALL = ['overview', 'strip', 'head', 'rows'];

export class TimelinePanel {
  /** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
  constructor(root, workspace, units = null) {
    this.root = root;
    this.workspace = workspace;
    const { base, model, store } = workspace;
    this.scale = new TimeScale(model.frameCount);
    this.layout = new Layout();
    this.marks = new Marks();
    this.overview = null;
    /** @type {import('./findings.js').Problem[]} */
    this.problems = [];
    /** Whether the server has told of them yet. */
    this.problemsKnown = false;
    /** Frames by which the selected marks are being dragged. */
    this.by = 0;
    /** The event being dragged, as it would be. */
    this.held = null;
    this.marquee = null;
    this.colors = readColors();
    this.dirty = new Set();
    this.paint = perFrame(() => this.#paint());
    this.lanes = new LaneCache(base, () => this.redraw('rows'));
    const { width, height } = model.video;
    this.thumbnails = new Thumbnails({
      base, aspect: width && height ? width / height : 16 / 9, units, onLoaded: () => this.redraw('strip'),
    });
    this.#build(root);
    this.hands = new Hands(this);
    this.keys = new MarkKeys(this);
    store.watch(['timeline', 'structure', 'selected', 'colorBy'], () => this.#propertiesChanged());
    store.watch(['structure', 'lives', 'selected', 'seen', 'timeline'], () => this.#rowsChanged(), { now: false });
    store.watch(['frame', 'target', 'playing'], () => this.#movePlayhead(), { now: false });
    store.watch(['loop'], () => this.redraw('head'), { now: false });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.body);
    this.unwatchTheme = watchTheme(() => {
      this.colors = readColors();
      this.redraw(...ALL);
    });
    afterFirstPicture().then(() => {
      this.#fetchOverview();
      this.fetchProblems();
    });
  }

  #build(root) {
    const canvas = (name, label) => h('canvas', { class: name, ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }) });
    const marker = (name, ...children) => h('div', { class: name, 'aria-hidden': 'true' }, children);
    this.canvases = {
      overview: canvas('overview-canvas'), strip: canvas('strip-canvas'), head: canvas('ruler-canvas'),
      rows: canvas('timeline-rows-canvas', 'Keyframes, spans and events over time'),
    };
    this.overviewHead = marker('overview-head');
    this.grip = marker('playhead playhead-top', marker('playhead-grip'));
    this.playhead = marker('playhead');
    this.title = h('div', { class: 'gutter-ruler' });
    this.overviewArea = h('div', { class: 'timeline-area overview-area' }, this.canvases.overview, this.overviewHead);
    this.stripArea = h('div', { class: 'timeline-area strip-area' }, this.canvases.strip);
    this.head = h('div', { class: 'timeline-area ruler-area' }, this.canvases.head, this.grip);
    this.area = h('div', { class: 'timeline-area timeline-rows', tabindex: '0', role: 'application', 'aria-label': 'Keyframes: Shift+K selects those at this frame, Alt+comma and Alt+period move them, Delete removes them' },
      this.canvases.rows, this.playhead);
    this.stripLabel = h('div', { class: 'gutter-strip' }, 'Stills');
    this.names = h('div', { class: 'timeline-gutter timeline-names' });
    this.space = h('div', { class: 'timeline-space' }, this.names);
    this.hint = h('p', { class: 'timeline-hint' });
    this.body = h('div', { class: 'timeline-body', on: { scroll: () => this.#scrolled() } },
      h('div', { class: 'timeline-sight' }, this.area), this.space);
    this.heads = h('div', { class: 'timeline-head' },
      h('div', { class: 'timeline-gutter' },
        h('div', { class: 'gutter-overview' }, 'Whole video'), this.stripLabel, this.title),
      h('div', { class: 'timeline-heads' }, this.overviewArea, this.stripArea, this.head));
    fill(root,
      createSplitter({
        name: 'timeline', variable: '--timeline-height', label: 'Height of the timeline',
        title: 'Drag to make the timeline higher', least: MIN_HEIGHT_CSS_PX,
        most: () => innerHeight * 0.6, size: () => root.clientHeight,
      }),
      this.heads,
      this.body, this.hint);
    this.gutter = new Gutter(this.names, this);
  }

  close() {
    this.observer.disconnect();
    this.unwatchTheme();
    clearTimeout(this.overviewTimer);
    this.lanes.close();
    this.thumbnails.close();
    this.hands.close();
    this.keys.close();
  }

  #resize() {
    const width = this.area.clientWidth;
    if (!width) return;
    this.dpr = devicePixelRatio || 1;
    this.scale.resize(width);
    // As wide as the rows, beside which there may be a scroll bar.
    this.heads.style.paddingRight = `${this.body.offsetWidth - this.body.clientWidth}px`;
    const shown = this.thumbnails.available && this.root.clientHeight >= THUMBNAILS_FROM_CSS_PX;
    this.stripArea.hidden = this.stripLabel.hidden = !shown;
    this.sightHeight = this.body.clientHeight;
    this.area.style.height = `${this.sightHeight}px`;
    const heights = {
      overview: OVERVIEW_CSS_PX, strip: THUMBNAILS_CSS_PX, head: this.headHeight, rows: this.sightHeight,
    };
    for (const [name, height] of Object.entries(heights)) {
      const canvas = this.canvases[name];
      canvas.style.height = `${height}px`;
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.max(1, Math.round(height * this.dpr));
    }
    this.#rowsChanged();
    this.#movePlayhead();
    // At once: a canvas that was given a size is blank until it is painted.
    this.redraw(...ALL);
    this.#paint();
  }

  get findingsHeight() {
    return this.problems.length ? FINDINGS_CSS_PX : 0;
  }

  get headHeight() {
    return this.findingsHeight + RULER_CSS_PX;
  }

  // rows

  #propertiesChanged() {
    const { store, model, scene } = this.workspace;
    const { timeline, selected } = store.state;
    const entity = model.entities.get(selected);
    const current = entity && timeline?.id === entity.id;
    if (selected !== this.marksOf) {
      this.marks.clear();
      this.marksOf = selected;
      this.body.scrollTop = 0; // its properties are the first rows
      this.hands?.cancel();
    } else if (current) {
      this.marks.keepOnly(timeline);
    }
    this.layout.properties = current ? propertyRows(model, entity, timeline, scene.colorOf(entity)) : [];
    setText(this.title, entity ? entity.name : plural(model.entities.size, 'entity', 'entities'));
    this.hint.textContent = model.entities.size ? '' : 'Press B and drag a box on the video to begin.';
    this.hint.hidden = model.entities.size > 0;
  }

  /** Entities came or went, or are there at other times: which rows there are. */
  #rowsChanged() {
    const { model, lives, visibility } = this.workspace;
    const seen = (index) => !visibility.isHidden(model.byIndex[index].id);
    this.layout.events = eventRows(model, lives, seen);
    this.#chooseLanes();
  }

  #chooseLanes() {
    const { model, lives, visibility, store } = this.workspace;
    const { scale } = this;
    const selected = model.entities.get(store.state.selected)?.index ?? -1;
    this.layout.lanes = lanesWithin(lives, scale.first, scale.stop, (index) => {
      const entity = model.byIndex[index];
      return entity && index !== selected && !model.classOf(entity).event && !visibility.isHidden(entity.id);
    });
    this.space.style.height = `${this.layout.height}px`;
    this.#wantLanes();
    this.redraw('rows');
  }

  #scrolled() {
    this.#wantLanes();
    this.redraw('rows');
  }

  /** @returns {import('./layout.js').Place[]} */
  get inSight() {
    const top = this.body.scrollTop;
    return this.layout.between(top, top + (this.sightHeight ?? 0));
  }

  #wantLanes() {
    const lanes = this.inSight.filter(({ kind }) => kind === 'lane').map(({ i }) => this.layout.lanes[i]);
    if (lanes.length) this.lanes.want(lanes, this.scale);
  }

  /** The stretch in sight is another one. */
  scaleChanged() {
    this.redraw(...ALL);
    this.#placePlayhead();
    this.#chooseLanes();
  }

  fit() {
    this.scale.fit();
    this.scaleChanged();
  }

  /** @param {number} factor @param {number} [x] what stays where it is; by default the playhead */
  zoom(factor, x) {
    const head = this.scale.x(this.workspace.store.state.frame + 0.5);
    const inside = head >= 0 && head <= this.scale.width;
    this.scale.zoom(factor, x ?? (inside ? head : this.scale.width / 2));
    this.scaleChanged();
  }

  pan(px) {
    this.scale.pan(px);
    this.scaleChanged();
  }

  // drawing

  /** @param {...('overview'|'strip'|'head'|'rows')} parts */
  redraw(...parts) {
    for (const part of parts) this.dirty.add(part);
    this.paint();
  }

  /** Whether rows and lanes in sight are drawn as they were last heard of. */
  get drawn() {
    return this.dirty.size === 0 && !this.lanes.behind;
  }

  #paint() {
    const { scale, dpr, colors } = this;
    if (!dpr) return;
    const { dirty } = this;
    this.dirty = new Set();
    if (dirty.has('overview')) drawOverview(this.#cleared('overview'), scale, this.overview, colors);
    if (dirty.has('strip') && !this.stripArea.hidden) this.thumbnails.draw(this.#cleared('strip'), scale, dpr);
    if (dirty.has('head')) {
      const context = this.#cleared('head');
      const top = this.findingsHeight;
      if (top) drawFindings(context, scale, 0, this.problems, colors);
      drawLoop(context, scale, top, this.workspace.store.state.loop, colors);
      drawRuler(context, scale, top, this.workspace.times, colors);
    }
    if (dirty.has('rows')) this.#paintRows(this.#cleared('rows'));
  }

  #paintRows(context) {
    const { scale, colors, layout, marks, by } = this;
    const { model, scene, lives, store } = this.workspace;
    const scrolled = this.body.scrollTop;
    const places = this.inSight;
    const selected = model.entities.get(store.state.selected)?.index ?? -1;
    const looks = { nameOf: (index) => model.byIndex[index]?.name ?? '', selected, held: this.held };
    for (const { kind, i, top, height } of places) {
      const y = top - scrolled;
      if (kind === 'property') {
        drawLine(context, scale, y + PROPERTY_CSS_PX, colors);
        drawProperty(context, scale, y, layout.properties[i], marks, by, colors);
      } else if (kind === 'event') {
        drawLine(context, scale, y + height, colors);
        drawEvents(context, scale, y, layout.events[i], looks, colors);
      } else {
        const index = layout.lanes[i];
        const entity = model.byIndex[index];
        if (!entity) continue;
        const lane = this.lanes.get(index);
        const life = lives.of(index);
        if (lane) drawLane(context, scale, y, lane, scene.colorOf(entity), colors);
        else if (life) drawRoughLane(context, scale, y, life, scene.colorOf(entity));
      }
    }
    if (this.marquee) drawMarquee(context, this.marquee, colors);
    this.gutter.show(places);
  }

  #cleared(name) {
    const canvas = this.canvases[name];
    const context = canvas.getContext('2d');
    context.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    return context;
  }

  // the playhead

  #movePlayhead() {
    const { frame, playing } = this.workspace.store.state;
    if ((playing || !this.hands.busy) && this.scale.follow(frame)) this.scaleChanged();
    this.#placePlayhead();
    this.overviewHead.style.transform = `translateX(${(frame / this.scale.frameCount) * this.scale.width}px)`;
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

  // what others did

  /** @param {string[]|null} entities that were changed; null when they are too many to name */
  changed(entities) {
    const { model } = this.workspace;
    this.lanes.stale(entities && entities.map((id) => model.entities.get(id)?.index).filter((i) => i !== undefined));
    // It is a picture of everything, not a value: a while after the last of a run of edits.
    clearTimeout(this.overviewTimer);
    this.overviewTimer = setTimeout(() => this.#fetchOverview(), OVERVIEW_DELAY_MS);
  }

  async #fetchOverview() {
    try {
      const { base } = this.workspace;
      this.overview = decodeOverview(await fetchBinary(`${base}/overview?bins=${OVERVIEW_BINS}`));
      this.redraw('overview');
    } catch { /* offline: the connection says so */ }
  }

  async fetchProblems() {
    this.problems = await fetchProblems(this.workspace.base, this.scale.frameCount);
    this.problemsKnown = true;
    this.workspace.store.set({ problems: this.problems.filter(({ severity }) => severity !== 'note').length });
    this.#resize();
  }
}
