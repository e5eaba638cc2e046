/**
 * The selecting tool: click to select, drag to move, handles to change a shape; Shift-click and the
 * marquee for several.
 */

import { toStage } from '../view/viewport.js';
import { handleAt, shapesAt, shapesWithin } from './hit.js';
import { KINDS } from './kinds.js';
import { BOX_HANDLES, boxBetween, draggedSides, handlesWorthShowing } from './kinds/box.js';
import { ABSENT, OCCLUDED, VISIBLE } from './kinds/points.js';
import { constrained } from './kinds/plane.js';
import { drawGroup, drawHandle, drawHandles, drawMarquee, drawNote, drawOutline } from './overlay.js';
import { snapMove, snapPoint } from './snap.js';
import { changeVisibility, insertVertex, removeVertex } from './vertices.js';

const DRAG_FROM_CSS_PX = 3;
const SAME_PLACE_CSS_PX = 4;
const EDGE_REACH_CSS_PX = 5;

/** @typedef {{x: number, y: number, sx: number, sy: number, event: PointerEvent}} At video and stage px */

export class SelectTool {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.drag = null;
    this.lastClick = null;
    /** @type {import('./kinds.js').Handle|null} under the pointer */
    this.handle = null;
    /** where a click would put a vertex */
    this.edge = null;
  }

  get editing() {
    return this.workspace.editing;
  }

  /** @param {At} at */
  down(at) {
    const { store } = this.workspace;
    const { frame } = store.state;
    this.editing.finishNudge();
    this.#look(at);
    if (this.handle) {
      this.#takeHandle(at, frame);
      return;
    }
    const hits = this.#hitsAt(at);
    if (at.event.shiftKey) {
      this.drag = { what: 'toggle', from: at, hits, moved: false };
      return;
    }
    const chosen = this.editing.ids;
    const grabbed = hits.find((hit) => chosen.includes(hit.id) && (chosen.length > 1 || this.#isActive(hit)));
    const fresh = !grabbed && hits.length > 0;
    if (fresh) {
      this.editing.select([hits[0].id], hits[0].kind);
      this.lastClick = at;
    }
    this.drag = grabbed || fresh
      ? { what: 'move', frame, from: at, shapes: this.editing.shapes(), hits, fresh, edge: this.edge, moved: false }
      : { what: 'marquee', from: at, hits, moved: false };
  }

  #isActive({ id, kind }) {
    const active = this.editing.active();
    return active?.id === id && active.kind === kind;
  }

  #takeHandle(at, frame) {
    const { handle } = this;
    const shapes = this.editing.shapes();
    this.workspace.store.set({ handle: null });
    this.drag = {
      what: 'handle', frame, from: at, shapes, handle, group: this.group, moved: false,
      // Taken a little beside its middle it does not jump under the pointer.
      off: [handle.x - at.x, handle.y - at.y],
    };
  }

  /** What handle or edge of the selected shapes lies under the pointer. @param {At} at */
  #look(at) {
    const { stage, store, readOnly } = this.workspace;
    const { scale } = stage.view;
    this.handle = null;
    this.edge = null;
    this.group = null;
    if (readOnly || store.state.playing) return;
    const active = this.#editable();
    if (active) {
      this.handle = handleAt(KINDS[active.kind].handles(active.value, scale, active.skeleton), at.x, at.y, scale);
      if (!this.handle) this.edge = KINDS[active.kind].edgeAt?.(active.value, at.x, at.y, EDGE_REACH_CSS_PX / scale) ?? null;
    } else if (this.editing.ids.length > 1) {
      const bounds = this.editing.groupBounds();
      this.group = bounds;
      this.handle = bounds && handleAt(groupHandles(bounds, scale), at.x, at.y, scale);
      if (!this.handle) this.group = null;
    }
  }

  /** @returns {import('./editing.js').Shape|null} the shape that shows handles */
  #editable() {
    const active = this.editing.active();
    const { visibility } = this.workspace;
    return active && visibility.pickable(active.entity.index) ? active : null;
  }

  /** @param {At} at @returns {Array<{id: string, kind: string}>} the smallest first */
  #hitsAt(at) {
    const { scene, model } = this.workspace;
    return shapesAt(this.workspace, at.x, at.y).map((i) => (
      { id: model.byIndex[scene.painted.entity[i]].id, kind: scene.painted.layerOf(i).kind }));
  }

  /** @param {At} at */
  move(at) {
    const { drag } = this;
    const { store } = this.workspace;
    if (!drag) {
      this.#hover(at);
      return;
    }
    const far = Math.hypot(at.sx - drag.from.sx, at.sy - drag.from.sy) >= DRAG_FROM_CSS_PX;
    if (!drag.moved && !far) return;
    if (!drag.moved) this.workspace.actions.pause();
    drag.moved = true;
    if (drag.what === 'marquee' || drag.what === 'toggle') {
      drag.to = at;
      this.workspace.stage.refreshOverlay();
      return;
    }
    if (store.state.frame !== drag.frame || this.workspace.readOnly || !drag.shapes.length) return;
    drag.now = drag.what === 'handle' ? this.#withHandleAt(drag, at) : this.#movedTo(drag, at);
    this.editing.preview(drag.now, drag.frame);
  }

  #movedTo(drag, at) {
    let [dx, dy] = [at.x - drag.from.x, at.y - drag.from.y];
    if (at.event.shiftKey) [dx, dy] = constrained(dx, dy);
    drag.bounds ??= this.editing.boundsOf(drag.shapes);
    [dx, dy] = snapMove(this.workspace, drag.bounds, dx, dy);
    return drag.shapes.map((shape) => ({ ...shape, value: KINDS[shape.kind].moved(shape.value, dx, dy) }));
  }

  #withHandleAt(drag, at) {
    const { event } = at;
    const modifiers = { constrain: event.shiftKey, centred: event.ctrlKey || event.altKey || event.metaKey };
    const [x, y] = drag.handle.name === 'turn' ? [at.x + drag.off[0], at.y + drag.off[1]]
      : snapPoint(this.workspace, at.x + drag.off[0], at.y + drag.off[1]);
    if (drag.group) {
      const [l, t, r, b] = draggedSides(drag.group, drag.handle, x, y, modifiers);
      const [left, top, width, height] = boxBetween(l, t, r, b);
      const to = [left, top, left + width, top + height];
      return drag.shapes.map((shape) => ({ ...shape, value: KINDS[shape.kind].fitted(shape.value, drag.group, to) }));
    }
    return drag.shapes.map((shape) => (
      { ...shape, value: KINDS[shape.kind].dragged(shape.value, drag.handle, x, y, modifiers) }));
  }

  /** @param {At} at */
  up(at) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.what === 'marquee' || (drag.what === 'toggle' && drag.moved)) {
      if (drag.moved) this.#selectWithin(drag.from, at);
      else this.#click(at, drag);
      return;
    }
    if (drag.what === 'toggle') {
      this.#toggle(drag.hits);
      return;
    }
    if (drag.moved) {
      if (!drag.now) return;
      const verb = drag.what === 'move' ? 'Move' : { turn: 'Turn', vertex: 'Change', point: 'Change', corner: 'Change' }[drag.handle.name] ?? 'Resize';
      this.editing.commit(this.editing.labelFor(verb, drag.now), drag.now, drag.frame);
    } else if (drag.what === 'handle') {
      this.#clickHandle(at, drag);
    } else if (drag.edge && !drag.fresh && !at.event.altKey && this.#editable()) {
      insertVertex(this.workspace, drag.shapes[0], drag.edge);
    } else {
      this.#click(at, drag);
    }
  }

  /** Alt takes a vertex away, and changes whether a point of a skeleton is seen. */
  #clickHandle(at, { handle }) {
    // The handles of boxes are reached with Tab alone: after a click the arrows still go through time.
    if (!at.event.altKey) {
      if (['vertex', 'point', 'corner'].includes(handle.name)) this.workspace.store.set({ handle: handle.index });
      return;
    }
    if (handle.name === 'vertex') removeVertex(this.workspace, this.#editable(), handle);
    else if (handle.name === 'point') changeVisibility(this.workspace, this.#editable(), handle);
  }

  #toggle(hits) {
    if (!hits.length) return;
    const { selection } = this.workspace.store.state;
    const [{ id, kind }] = hits;
    const rest = selection.filter((other) => other !== id);
    this.editing.select(rest.length < selection.length ? rest : [...rest, id], rest.length ? null : kind);
  }

  #selectWithin(from, to) {
    const { scene, model, store } = this.workspace;
    const [x, y, width, height] = boxBetween(from.x, from.y, to.x, to.y);
    const ids = shapesWithin(this.workspace, [x, y, x + width, y + height])
      .map((i) => model.byIndex[scene.painted.entity[i]].id);
    this.editing.select(to.event.shiftKey ? [...store.state.selection, ...ids] : ids);
  }

  /** Escape: the shape goes back to where it was. */
  cancel() {
    const { drag } = this;
    this.drag = null;
    if (drag?.moved) {
      if (drag.now) this.editing.drop(drag.now);
      this.workspace.stage.refreshOverlay();
      return true;
    }
    if (this.workspace.store.state.handle === null) return false;
    this.editing.finishNudge();
    this.workspace.store.set({ handle: null });
    return true;
  }

  get busy() {
    return Boolean(this.drag?.moved);
  }

  leave() {
    this.handle = null;
    this.edge = null;
  }

  /** A second click at the same place, or one with Alt, reaches the next shape below. */
  #click(at, { hits, fresh }) {
    const { store, actions } = this.workspace;
    if (!hits.length) {
      if (!at.event.altKey) actions.select(null);
      this.lastClick = null;
      return;
    }
    const again = this.lastClick
      && Math.hypot(at.sx - this.lastClick.sx, at.sy - this.lastClick.sy) < SAME_PLACE_CSS_PX;
    this.lastClick = at;
    if (fresh && !at.event.altKey) return;
    const active = this.editing.active();
    const now = hits.findIndex(({ id, kind }) => id === store.state.selected && (!active || kind === active.kind));
    const next = hits[again || (at.event.altKey && !fresh) ? (now + 1) % hits.length : 0];
    this.editing.select([next.id], next.kind);
  }

  #hover(at) {
    const { store, stage } = this.workspace;
    const before = [this.handle?.index, this.handle?.name, this.edge].join();
    this.#look(at);
    const hit = this.handle ? null : this.#hitsAt(at)[0];
    store.set({ hovered: hit?.id ?? null });
    if (this.edge || before !== [this.handle?.index, this.handle?.name, this.edge].join()) stage.refreshOverlay();
  }

  cursor() {
    const { hovered, selection } = this.workspace.store.state;
    if (this.drag?.handle) return this.drag.handle.name === 'turn' ? 'grabbing' : this.drag.handle.cursor;
    if (this.drag?.moved) return this.drag.what === 'move' ? 'move' : 'crosshair';
    if (this.handle) return this.handle.cursor;
    if (this.edge) return 'copy';
    if (hovered) return selection.includes(hovered) ? 'move' : 'pointer';
    return 'default';
  }

  // keys: Tab walks over handles, arrows move the one reached

  /** @param {KeyboardEvent} event @returns {boolean} whether it was meant for this tool */
  key(event) {
    const { store, stage } = this.workspace;
    const { handle } = store.state;
    if (event.key === 'Tab') return this.#walk(event);
    const active = handle === null ? null : this.#editable();
    if (!active || event.ctrlKey || event.metaKey || event.altKey) return false;
    const found = KINDS[active.kind].handles(active.value, stage.view.scale, active.skeleton)
      .find(({ index }) => index === handle);
    const step = arrowOf(event);
    if (step) {
      this.editing.nudge(...step);
      return true;
    }
    if (event.key === 'Delete' || event.key === 'Backspace') {
      return !event.shiftKey && removeVertex(this.workspace, active, found);
    }
    const seen = { x: ABSENT, o: OCCLUDED, p: VISIBLE }[event.key];
    return seen !== undefined && changeVisibility(this.workspace, active, found, seen);
  }

  #walk(event) {
    const { store, stage, readOnly } = this.workspace;
    if (event.ctrlKey || event.altKey || event.metaKey || readOnly) return false;
    // Elsewhere Tab goes from control to control.
    if (document.activeElement !== stage.root) return false;
    const active = this.#editable();
    const indices = active ? KINDS[active.kind].handles(active.value, stage.view.scale, active.skeleton).map(({ index }) => index) : [];
    if (!indices.length) return false;
    this.editing.finishNudge();
    const at = indices.indexOf(store.state.handle);
    const next = event.shiftKey ? (at < 0 ? indices.length - 1 : at - 1) : at + 1;
    // Past the last handle Tab leaves the shape, and the stage.
    store.set({ handle: indices[next] ?? null });
    stage.refreshOverlay();
    return indices[next] !== undefined;
  }

  /** Handles of what is selected, and a thin line around the shape under the pointer. */
  decorate(context, stage) {
    const { store, scene, model, readOnly } = this.workspace;
    const { selection, hovered, handle, playing } = store.state;
    const { view } = stage;
    if (!hovered && !this.drag && (readOnly || playing || !selection.length)) return false;
    const under = hovered && !selection.includes(hovered) && model.entities.get(hovered);
    if (under && selection.length < 500) {
      for (const shape of scene.geometriesOf(hovered)) {
        drawOutline(context, view, { ...shape, skeleton: model.classOf(under).skeleton }, { color: 'rgba(255, 255, 255, 0.9)', width: 1 });
      }
    }
    this.#drawMarquee(context);
    if (readOnly || playing) return true;
    const active = this.#editable();
    if (active) {
      const handles = KINDS[active.kind].handles(active.value, view.scale, active.skeleton);
      drawHandles(context, view, handles, { active: handle, hovered: this.drag ? null : this.handle });
      if (this.edge && !this.drag) drawHandle(context, ...toStage(view, this.edge.x, this.edge.y), 'ghost');
      this.#drawMeasure(context, view, active);
    } else if (this.editing.ids.length > 1) {
      const bounds = this.editing.groupBounds();
      if (!bounds) return true;
      drawGroup(context, view, bounds);
      drawHandles(context, view, groupHandles(bounds, view.scale));
    }
    return true;
  }

  #drawMarquee(context) {
    const { drag } = this;
    if (!drag?.to || !drag.moved) return;
    drawMarquee(context, boxBetween(drag.from.sx, drag.from.sy, drag.to.sx, drag.to.sy));
  }

  /** Size or angle beside the handle that is dragged. */
  #drawMeasure(context, view, { kind, value }) {
    const { drag } = this;
    if (drag?.what !== 'handle' || !drag.now) return;
    let text = null;
    if (drag.handle.name === 'turn') text = `${Math.round((((value[4] % 360) + 360) % 360) * 10) / 10}°`;
    else if (kind === 'box' || kind === 'rotated_box') text = `${Math.round(value[2])} × ${Math.round(value[3])}`;
    if (text === null) return;
    const bounds = KINDS[kind].bounds(value);
    drawNote(context, text, ...toStage(view, bounds[2], bounds[3]).map((v) => v + 10));
  }
}

/** Handles of the box around several shapes. @returns {import('./kinds.js').Handle[]} */
function groupHandles([left, top, right, bottom], scale) {
  return handlesWorthShowing(right - left, bottom - top, scale).map((handle) => ({
    ...handle, index: BOX_HANDLES.indexOf(handle), x: left + handle.fx * (right - left), y: top + handle.fy * (bottom - top),
  }));
}

/** @returns {number[]|null} px right and down for an arrow key, ten with Shift */
export function arrowOf({ key, shiftKey }) {
  const by = shiftKey ? 10 : 1;
  return { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[key] ?? null;
}
