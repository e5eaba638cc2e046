/**
 * The drawing tools as the pointer sees them: one for new entities, one that draws a shape of the
 * selected entity anew, one that adds a hole, a part or a path to it. How a kind is drawn is in
 * draw_frame.js, draw_path.js and mask/paint.js; here is what becomes of it.
 */

import { FrameDrawing } from './draw_frame.js';
import { PathDrawing } from './draw_path.js';
import { KINDS } from './kinds.js';
import { MaskPainting } from './mask/paint.js';

const HOW = { polygon: PathDrawing, polyline: PathDrawing, mask: MaskPainting };

export class Drawing {
  /**
   * @param {import('../workspace.js').Workspace} workspace
   * @param {'draw'|'redraw'|'extend'} purpose
   */
  constructor(workspace, purpose) {
    this.workspace = workspace;
    this.purpose = purpose;
    this.at = null;
    this.byKind = Object.fromEntries(Object.keys(KINDS).map((kind) => (
      [kind, new (HOW[kind] ?? FrameDrawing)(workspace, this, kind)])));
  }

  get kind() {
    return this.workspace.store.state.drawKind;
  }

  get how() {
    return this.byKind[this.kind];
  }

  /** Class of what is drawn. */
  get entityClass() {
    const { model, store, actions } = this.workspace;
    if (this.purpose !== 'draw' && actions.entity) return model.classOf(actions.entity);
    return model.classByName.get(store.state.drawClass);
  }

  get skeleton() {
    return this.entityClass?.skeleton ?? null;
  }

  get color() {
    const { scene, actions } = this.workspace;
    if (this.purpose !== 'draw' && actions.entity) return scene.colorOf(actions.entity);
    return this.entityClass?.color ?? '#ffffff';
  }

  /** A shape was drawn. */
  done(value) {
    const { store, actions, editing, model } = this.workspace;
    const { frame, selected, drawKind: kind, drawMany } = store.state;
    if (this.purpose === 'draw') {
      if (this.entityClass) editing.create(kind, value, frame);
    } else {
      const entity = model.entities.get(selected);
      if (entity) {
        store.set({ shape: kind });
        const shape = { id: entity.id, entity, property: kind, kind, value, skeleton: this.skeleton };
        editing.commit(`Redraw ${entity.name}`, [shape], frame);
      }
    }
    if (!drawMany || this.purpose !== 'draw') actions.useTool('select');
  }

  /** A ring or a path was drawn. @param {number[][]} ring */
  doneRing(ring) {
    const { editing, actions, notify, store } = this.workspace;
    const { kind } = this;
    if (this.purpose !== 'extend') {
      this.done(KINDS[kind].of(ring));
      return;
    }
    const shape = editing.active();
    if (shape?.kind !== kind) {
      notify('The shape to add to is not on this frame.');
    } else {
      const value = KINDS[kind].extended(shape.value, ring);
      const isHole = kind === 'polygon' && value.length === shape.value.length;
      const what = kind === 'polyline' ? 'path' : isHole ? 'hole' : 'part';
      editing.commit(`Add a ${what} to ${shape.entity.name}`, [{ ...shape, value }], store.state.frame);
    }
    actions.useTool('select');
  }

  down(at) {
    this.at = at;
    this.how.down(at);
  }

  move(at) {
    this.at = at;
    this.how.move(at);
  }

  up(at) {
    this.at = at;
    this.how.up(at);
  }

  doubleClick(at) {
    this.how.doubleClick?.(at);
  }

  wheel(event) {
    return this.how.wheel?.(event) ?? false;
  }

  key(event) {
    return this.how.key(event);
  }

  cancel() {
    const cancelled = this.how.cancel();
    this.workspace.stage.refreshOverlay();
    return cancelled;
  }

  /** Another tool was taken: what was begun is given up. */
  put() {
    for (const how of Object.values(this.byKind)) how.cancel();
    this.at = null;
  }

  leave() {
    this.at = null;
  }

  get busy() {
    return this.how.busy;
  }

  cursor() {
    return this.how.cursor?.() ?? 'crosshair';
  }

  decorate(context, stage) {
    this.how.decorate(context, stage, this.at);
  }
}
