/** The selecting tool: click to select, drag to move, handles to resize. */

import { roundBox, setBox } from '../state/edits.js';
import { toStage } from '../view/viewport.js';
import { handleAt, handlesOf, resizeBox, rowsAt } from './hit.js';

const DRAG_FROM_CSS_PX = 3;
const SAME_PLACE_CSS_PX = 4;
const HANDLE_CSS_PX = 8;

export class SelectTool {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.drag = null;
    this.lastClick = null;
  }

  /** @param {{x: number, y: number, sx: number, sy: number, event: PointerEvent}} at video and stage px */
  down(at) {
    const { store, scene, stage, actions } = this.workspace;
    const { selected, frame } = store.state;
    const box = selected && scene.boxOf(selected);
    const handle = box && handleAt(box, at.x, at.y, stage.view.scale);
    if (handle) {
      this.drag = { id: selected, frame, start: box, handle, from: at, moved: false };
      return;
    }
    const rows = this.#pickable(rowsAt(scene.painted, at.x, at.y, stage.view.scale));
    const ids = rows.map((i) => this.workspace.model.byIndex[scene.painted.entity[i]]?.id).filter(Boolean);
    const grabbed = ids.includes(selected) ? selected : ids[0];
    if (!grabbed) {
      this.drag = { id: null, from: at, moved: false, ids };
      return;
    }
    if (grabbed !== selected) {
      actions.select(grabbed, { reveal: false });
      this.lastClick = { sx: at.sx, sy: at.sy };
      ids.fresh = true;
    }
    this.drag = { id: grabbed, frame, start: scene.boxOf(grabbed), handle: null, from: at, moved: false, ids };
  }

  move(at) {
    const { drag } = this;
    const { scene, stage, store } = this.workspace;
    if (!drag) {
      this.#hover(at);
      return;
    }
    if (!drag.id) return;
    const far = Math.hypot(at.sx - drag.from.sx, at.sy - drag.from.sy) >= DRAG_FROM_CSS_PX;
    if (!drag.moved && !far) return;
    if (!drag.moved) this.workspace.actions.pause();
    drag.moved = true;
    if (store.state.frame !== drag.frame || !drag.start || this.workspace.readOnly) return;
    const dx = at.x - drag.from.x;
    const dy = at.y - drag.from.y;
    drag.box = roundBox(drag.handle
      ? resizeBox(drag.start, drag.handle, dx, dy, at.event.shiftKey)
      : [drag.start[0] + dx, drag.start[1] + dy, drag.start[2], drag.start[3]]);
    scene.setOverride({
      id: drag.id, property: 'box', kind: 'box', value: drag.box, frame: drag.frame, revision: Infinity,
    });
    stage.paint();
  }

  up(at) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (!drag.moved) {
      this.#click(at, drag);
      return;
    }
    if (!drag.box) return;
    const entity = this.workspace.model.entities.get(drag.id);
    if (!entity) return;
    this.workspace.actions.sendBox(
      setBox(entity, drag.frame, drag.box, drag.handle ? 'Resize' : 'Move'), drag.id, drag.frame, drag.box);
  }

  /** Escape: the shape goes back to where it was. */
  cancel() {
    const { drag } = this;
    this.drag = null;
    if (!drag?.moved) return false;
    this.workspace.scene.dropOverride(drag.id, 'box');
    this.workspace.stage.paint();
    return true;
  }

  get busy() {
    return Boolean(this.drag?.moved);
  }

  /** A second click at the same place reaches the next box below. */
  #click(at, drag) {
    const { actions, store } = this.workspace;
    if (!drag.ids) return;
    if (!drag.ids.length) {
      actions.select(null);
      this.lastClick = null;
      return;
    }
    const again = this.lastClick
      && Math.hypot(at.sx - this.lastClick.sx, at.sy - this.lastClick.sy) < SAME_PLACE_CSS_PX;
    this.lastClick = { sx: at.sx, sy: at.sy };
    if (drag.ids.fresh) return;
    if (again) {
      const next = (drag.ids.indexOf(store.state.selected) + 1) % drag.ids.length;
      actions.select(drag.ids[next], { reveal: false });
    } else {
      actions.select(drag.ids[0], { reveal: false });
    }
  }

  /** Locked shapes let the pointer through. */
  #pickable(rows) {
    const { scene, visibility } = this.workspace;
    return rows.filter((i) => visibility.pickable(scene.painted.entity[i]));
  }

  #hover(at) {
    const { scene, stage, store, model } = this.workspace;
    const row = this.#pickable(rowsAt(scene.painted, at.x, at.y, stage.view.scale))[0];
    store.set({ hovered: row === undefined ? null : model.byIndex[scene.painted.entity[row]]?.id ?? null });
  }

  cursor(at) {
    const { store, scene, stage } = this.workspace;
    if (this.drag?.handle) return this.drag.handle.cursor;
    if (this.drag?.moved) return 'move';
    const { selected, hovered } = store.state;
    const box = selected && scene.boxOf(selected);
    const handle = box && !this.workspace.readOnly && handleAt(box, at.x, at.y, stage.view.scale);
    if (handle) return handle.cursor;
    if (hovered) return hovered === selected ? 'move' : 'pointer';
    return 'default';
  }

  /** Handles of the selected shape, and a thin line around the one under the pointer. */
  decorate(context, stage) {
    const { store, scene, readOnly } = this.workspace;
    const { selected, hovered } = store.state;
    if (hovered && hovered !== selected) {
      const box = scene.boxOf(hovered);
      if (box) {
        const [x, y] = toStage(stage.view, box[0], box[1]);
        context.strokeStyle = 'rgba(255, 255, 255, 0.75)';
        context.lineWidth = 1;
        context.strokeRect(
          Math.round(x) - 2.5, Math.round(y) - 2.5,
          Math.round(box[2] * stage.view.scale) + 5, Math.round(box[3] * stage.view.scale) + 5);
      }
    }
    const box = selected && !readOnly && !store.state.playing && scene.boxOf(selected);
    if (!box) return;
    const half = HANDLE_CSS_PX / 2;
    context.lineWidth = 1.5;
    for (const handle of handlesOf(box, stage.view.scale)) {
      const [x, y] = toStage(stage.view, box[0] + handle.fx * box[2], box[1] + handle.fy * box[3]);
      context.fillStyle = '#ffffff';
      context.strokeStyle = '#10141a';
      context.beginPath();
      context.roundRect(Math.round(x) - half, Math.round(y) - half, HANDLE_CSS_PX, HANDLE_CSS_PX, 2);
      context.fill();
      context.stroke();
    }
  }
}
