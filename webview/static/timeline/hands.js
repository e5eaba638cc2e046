/**
 * What a hand does to the timeline. On the whole video it moves the view, on the ruler it scrubs;
 * on rows it takes hold of keyframe marks and events, draws a marquee, or goes to a frame.
 */

import { fetchJson } from '../api.js';
import { upperBound } from '../state/track.js';
import { draggedSpan, eventAt, newEvent, spanOperations } from './events.js';
import { problemAt } from './findings.js';
import { openEntityMenu } from '../panels/entities/menu.js';

const REACH_CSS_PX = 6;
const DRAG_FROM_CSS_PX = 3;
const ZOOM_PER_PX = 0.003;
const CURSORS = { start: 'ew-resize', stop: 'ew-resize', body: 'grab' };

export class Hands {
  /** @param {import('./timeline.js').TimelinePanel} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    this.workspace = timeline.workspace;
    /** What is held: {kind, from, moved, ...}. */
    this.held = null;
    for (const area of [timeline.overviewArea, timeline.stripArea, timeline.head, timeline.area]) {
      area.addEventListener('pointerdown', (event) => this.#down(event));
      area.addEventListener('pointermove', (event) => this.#move(event));
      area.addEventListener('pointerup', (event) => this.#up(event));
      area.addEventListener('pointercancel', () => this.cancel());
      area.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    }
    timeline.head.addEventListener('dblclick', () => timeline.fit());
    timeline.overviewArea.addEventListener('dblclick', () => timeline.fit());
    timeline.area.addEventListener('contextmenu', (event) => this.#menu(event));
    this.onKey = (event) => {
      if (event.key !== 'Escape' || !this.held?.moved) return;
      event.stopImmediatePropagation();
      this.cancel();
    };
    addEventListener('keydown', this.onKey, true);
  }

  close() {
    removeEventListener('keydown', this.onKey, true);
  }

  get busy() {
    return this.held !== null;
  }

  /** Everything as it was before the drag. */
  cancel() {
    this.held = null;
    this.timeline.by = 0;
    this.timeline.held = null;
    this.timeline.marquee = null;
    this.timeline.redraw('rows');
  }

  #at(event) {
    const rect = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - rect.left;
    const sightY = event.clientY - rect.top;
    return { x, sightY, y: sightY + this.timeline.body.scrollTop, event };
  }

  // taking hold

  #down(event) {
    const { timeline } = this;
    if (event.button === 2 || this.held) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    const from = { x: at.x, y: at.y, first: timeline.scale.first };
    if (event.button === 1) {
      event.preventDefault();
      this.held = { kind: 'pan', from, moved: true };
    } else if (event.currentTarget === timeline.overviewArea) {
      this.held = { kind: 'overview', from, moved: true };
      this.#overview(at);
    } else if (event.currentTarget !== timeline.area) {
      this.held = { kind: 'scrub', from, moved: true };
      this.workspace.actions.seek(timeline.scale.frame(at.x));
    } else {
      this.#downOnRows(at, from);
    }
  }

  #downOnRows(at, from) {
    const { timeline } = this;
    const { marks } = timeline;
    const several = at.event.shiftKey || at.event.ctrlKey || at.event.metaKey;
    const mark = this.#markAt(at);
    if (mark) {
      const was = marks.has(mark.property, mark.frame);
      if (several) marks.toggle(mark.property, mark.frame);
      else if (!was) {
        marks.clear();
        marks.add(mark.property, mark.frame);
      }
      this.held = { kind: 'marks', from, moved: false, mark, alone: !several };
      timeline.redraw('rows');
      return;
    }
    const span = this.#eventAt(at);
    if (span) {
      this.workspace.actions.select(this.workspace.model.byIndex[span.entity].id, { reveal: false });
      this.held = { kind: 'event', from, moved: false, span };
      return;
    }
    const place = timeline.layout.at(at.y);
    if (place?.kind === 'event' && !this.workspace.readOnly) {
      const row = timeline.layout.events[place.i];
      this.held = { kind: 'create', from, moved: false, row, start: timeline.scale.frame(at.x) };
      return;
    }
    // Without marks to select, dragging scrubs.
    const kind = timeline.layout.properties.length ? 'marquee' : 'rows';
    this.held = { kind, from, moved: false, several };
  }

  /** @returns {{property: string, frame: number}|null} the keyframe mark under the pointer */
  #markAt({ x, y }) {
    const { scale, layout } = this.timeline;
    const place = layout.at(y);
    if (place?.kind !== 'property') return null;
    const { keyframes, name } = layout.properties[place.i];
    const above = upperBound(keyframes, scale.first + x / scale.pxPerFrame - 0.5);
    let best = null;
    let bestDistance = REACH_CSS_PX;
    for (const frame of [keyframes[above - 1], keyframes[above]]) {
      if (frame === undefined) continue;
      const distance = Math.abs(scale.x(frame + 0.5) - x);
      if (distance <= bestDistance) [best, bestDistance] = [{ property: name, frame }, distance];
    }
    return best;
  }

  #eventAt({ x, y }) {
    const { scale, layout } = this.timeline;
    const place = layout.at(y);
    return place?.kind === 'event' ? eventAt(layout.events[place.i], scale, x) : null;
  }

  // moving

  #move(event) {
    const at = this.#at(event);
    const { held, timeline } = this;
    if (!held) {
      if (event.currentTarget === timeline.area) this.#pointAt(at);
      else if (event.currentTarget === timeline.head) this.#explain(at);
      return;
    }
    if (!held.moved && Math.hypot(at.x - held.from.x, at.y - held.from.y) < DRAG_FROM_CSS_PX) return;
    if (!held.moved && ['marks', 'event'].includes(held.kind) && this.workspace.readOnly) return;
    held.moved = true;
    const by = Math.round((at.x - held.from.x) / timeline.scale.pxPerFrame);
    switch (held.kind) {
      case 'overview': return this.#overview(at);
      case 'rows':
      case 'scrub': return this.workspace.actions.seek(timeline.scale.frame(at.x));
      case 'pan':
        timeline.scale.first = held.from.first;
        return timeline.pan(held.from.x - at.x);
      case 'marks': return this.#dragMarks(by);
      case 'event': return this.#dragEvent(by);
      case 'create': return this.#drawEvent(timeline.scale.frame(at.x));
      default: return this.#drawMarquee(at);
    }
  }

  #overview({ x }) {
    const { timeline, workspace } = this;
    const { scale } = timeline;
    const frame = Math.min(scale.frameCount - 1, Math.max(0, Math.floor((x / scale.width) * scale.frameCount)));
    workspace.actions.seek(frame);
    if (scale.follow(frame)) timeline.scaleChanged();
  }

  #dragMarks(by) {
    const { timeline } = this;
    timeline.by = timeline.marks.size ? timeline.marks.clamp(by, timeline.scale.frameCount) : 0;
    timeline.area.style.cursor = 'grabbing';
    timeline.redraw('rows');
  }

  #dragEvent(by) {
    const { timeline, held } = this;
    const { span } = held;
    held.after = draggedSpan(span, by, timeline.scale.frameCount);
    timeline.held = { entity: span.entity, ...held.after };
    timeline.area.style.cursor = span.part === 'body' ? 'grabbing' : 'ew-resize';
    const { first, stop } = held.after;
    // The picture follows the end that moves, so that it is placed by what is seen.
    this.workspace.actions.seek(span.part === 'stop' ? stop - 1 : first);
    timeline.area.title = `Frames ${first} to ${stop - 1}`;
    timeline.redraw('rows');
  }

  /** A new event, from where it was begun to where the hand is. */
  #drawEvent(frame) {
    const { timeline, held } = this;
    const { row, start } = held;
    held.after = { first: Math.min(start, frame), stop: Math.max(start, frame) + 1 };
    timeline.held = { entity: -1, row, ...held.after };
    this.workspace.actions.seek(frame);
    timeline.area.title = `Frames ${held.after.first} to ${held.after.stop - 1}`;
    timeline.redraw('rows');
  }

  #drawMarquee(at) {
    const { timeline, held } = this;
    const scrolled = timeline.body.scrollTop;
    timeline.marquee = { x0: held.from.x, y0: held.from.y - scrolled, x1: at.x, y1: at.sightY };
    timeline.redraw('rows');
  }

  // letting go

  #up(event) {
    const { held, timeline } = this;
    if (!held) return;
    const at = this.#at(event);
    const { by } = timeline;
    this.cancel();
    timeline.area.style.cursor = '';
    if (held.kind === 'marks') {
      if (held.moved) this.moveMarks(by);
      else this.#clickMark(held);
    } else if (held.kind === 'event') {
      if (held.moved && held.after) this.#dropEvent(held);
      else if (!held.moved) this.workspace.actions.seek(timeline.scale.frame(at.x));
    } else if (held.kind === 'marquee') {
      if (held.moved) this.#takeMarquee(held, at);
      else this.#clickRow(at);
    } else if (held.kind === 'create' && held.after) {
      this.#addEvent(held);
    } else if (!held.moved) {
      this.#clickRow(at);
    }
  }

  #clickMark({ mark, alone }) {
    const { marks } = this.timeline;
    if (!alone) return;
    marks.clear();
    marks.add(mark.property, mark.frame);
    this.timeline.redraw('rows');
    this.workspace.actions.seek(mark.frame);
  }

  #clickRow(at) {
    const { timeline, workspace } = this;
    timeline.marks.clear();
    const place = timeline.layout.at(at.y);
    const entity = place?.kind === 'lane' ? workspace.model.byIndex[timeline.layout.lanes[place.i]] : null;
    workspace.actions.seek(timeline.scale.frame(at.x));
    if (entity) workspace.actions.select(entity.id, { reveal: false });
    timeline.redraw('rows');
  }

  #takeMarquee({ from, several }, at) {
    const { timeline } = this;
    const { scale, layout, marks } = timeline;
    if (!several) marks.clear();
    const [left, right] = [Math.min(from.x, at.x), Math.max(from.x, at.x)];
    const [top, bottom] = [Math.min(from.y, at.y), Math.max(from.y, at.y)];
    const rows = layout.between(top, bottom).filter(({ kind }) => kind === 'property').map(({ i }) => layout.properties[i]);
    // A mark is inside when its middle is.
    marks.addWithin(rows, Math.ceil(scale.first + left / scale.pxPerFrame - 0.5), Math.floor(scale.first + right / scale.pxPerFrame - 0.5));
    timeline.area.focus({ preventScroll: true });
    timeline.redraw('rows');
  }

  /** @param {number} by frames */
  async moveMarks(by) {
    const { timeline, workspace } = this;
    const { entity } = workspace.actions;
    const clamped = timeline.marks.size ? timeline.marks.clamp(by, timeline.scale.frameCount) : 0;
    if (!entity || !clamped) return;
    const edit = timeline.marks.shifted('move_keyframes', entity, clamped);
    timeline.marks.moveBy(clamped);
    if (await workspace.actions.send(edit)) return;
    timeline.marks.moveBy(-clamped);
    timeline.redraw('rows');
  }

  async #addEvent({ row, after }) {
    const { workspace, timeline } = this;
    timeline.held = { entity: -1, row, ...after };
    const edit = newEvent(row.class, after, timeline.scale.frameCount);
    if (await workspace.actions.send(edit)) {
      workspace.actions.select(edit.id, { reveal: false });
      await workspace.lives.fetch();
    }
    timeline.held = null;
    timeline.redraw('rows');
  }

  async #dropEvent({ span, after }) {
    const { workspace, timeline } = this;
    const entity = workspace.model.byIndex[span.entity];
    // Shown where it was dropped until the answer is here.
    timeline.held = { entity: span.entity, ...after };
    timeline.redraw('rows');
    try {
      const track = await fetchJson(`${workspace.base}/timeline/${encodeURIComponent(entity.id)}`);
      const ops = spanOperations(entity, track, span, after, timeline.scale.frameCount);
      const verb = span.part === 'body' ? 'Move' : span.part === 'start' ? 'Set the start of' : 'Set the end of';
      if (ops.length && await workspace.actions.send({ label: `${verb} ${entity.name}`, ops })) await workspace.lives.fetch();
    } catch (error) {
      workspace.notify(error.message, 'bad');
    }
    timeline.held = null;
    timeline.redraw('rows');
  }

  // looking

  #pointAt(at) {
    const { area } = this.timeline;
    const mark = this.#markAt(at);
    const span = mark ? null : this.#eventAt(at);
    area.style.cursor = mark ? 'pointer' : span ? CURSORS[span.part] : '';
    const name = span && this.workspace.model.byIndex[span.entity]?.name;
    area.title = mark ? `Keyframe at frame ${mark.frame}` : span ? `${name}: frames ${span.first} to ${span.stop - 1}` : '';
  }

  #explain({ x, sightY }) {
    const { timeline } = this;
    const { scale } = timeline;
    const over = sightY < timeline.findingsHeight
      ? problemAt(timeline.problems, scale.frame(x), Math.ceil(3 / scale.pxPerFrame)) : null;
    timeline.head.title = over ? `${over.severity}: ${over.text}` : '';
  }

  #menu(event) {
    const at = this.#at(event);
    const { timeline, workspace } = this;
    const place = timeline.layout.at(at.y);
    const span = this.#eventAt(at);
    const index = span?.entity ?? (place?.kind === 'lane' ? timeline.layout.lanes[place.i] : undefined);
    const entity = index === undefined ? workspace.actions.entity : workspace.model.byIndex[index];
    event.preventDefault();
    if (!entity) return;
    workspace.actions.select(entity.id, { reveal: false });
    openEntityMenu(workspace, entity.id, event.clientX, event.clientY);
  }

  #wheel(event) {
    const { timeline } = this;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 30 : 1;
    if (event.altKey) {
      timeline.body.scrollTop += event.deltaY * unit;
      return;
    }
    const horizontal = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (horizontal) timeline.pan((event.deltaX || event.deltaY) * unit);
    else timeline.zoom(Math.exp(-event.deltaY * unit * ZOOM_PER_PX), this.#at(event).x);
  }
}
