/**
 * The drawing tool: drag a box for a new entity, or (redrawing) a new box for the selected one.
 * After one box it hands back to selecting, unless Shift is held.
 */

import { addEntity, roundBox, setBox } from '../state/edits.js';
import { toStage } from '../view/viewport.js';
import { boxBetween } from './hit.js';

const SMALLEST_CSS_PX = 4;

export class DrawTool {
  /** @param {import('../workspace.js').Workspace} workspace @param {boolean} redraw */
  constructor(workspace, redraw) {
    this.workspace = workspace;
    this.redraw = redraw;
    this.from = null;
    this.at = null;
  }

  down(at) {
    this.workspace.actions.pause();
    this.from = at;
    this.at = at;
    this.frame = this.workspace.store.state.frame;
  }

  move(at) {
    this.at = at;
    this.workspace.stage.refreshOverlay();
  }

  up(at) {
    const { from, frame } = this;
    const { stage, actions, store } = this.workspace;
    this.from = null;
    this.at = at;
    if (!from || frame !== store.state.frame) return;
    const scale = stage.view.scale;
    const box = this.#box(from, at);
    if (box[2] * scale < SMALLEST_CSS_PX || box[3] * scale < SMALLEST_CSS_PX) {
      stage.refreshOverlay();
      return;
    }
    if (this.redraw) this.#replace(frame, box);
    else this.#create(frame, box);
    if (!at.event.shiftKey || this.redraw) actions.useTool('select');
  }

  cancel() {
    const busy = Boolean(this.from);
    this.from = null;
    this.workspace.stage.refreshOverlay();
    return busy;
  }

  get busy() {
    return Boolean(this.from);
  }

  #box(a, b) {
    return roundBox(boxBetween(a.x, a.y, b.x, b.y));
  }

  #create(frame, box) {
    const { model, store, actions } = this.workspace;
    const entityClass = model.classByName.get(store.state.drawClass);
    if (!entityClass) return;
    const edit = addEntity(entityClass, frame, box);
    actions.sendNew(edit, frame, box);
  }

  #replace(frame, box) {
    const { model, store, scene, actions } = this.workspace;
    const entity = model.entities.get(store.state.selected);
    if (!entity) return;
    const appear = !scene.valuesOf(entity.id, frame).present;
    actions.sendBox(setBox(entity, frame, box, 'Redraw', appear), entity.id, frame, box);
  }

  cursor() {
    return 'crosshair';
  }

  /** The cross hair over the whole stage, and the box with its size while it is drawn. */
  decorate(context, stage) {
    const { at, from } = this;
    if (!at) return;
    const [x, y] = toStage(stage.view, at.x, at.y);
    context.strokeStyle = 'rgba(255, 255, 255, 0.45)';
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(stage.width, Math.round(y) + 0.5);
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, stage.height);
    context.stroke();
    context.setLineDash([]);
    if (!from) return;
    const box = this.#box(from, at);
    const [left, top] = toStage(stage.view, box[0], box[1]);
    context.strokeStyle = this.#color();
    context.lineWidth = 2;
    context.strokeRect(left, top, box[2] * stage.view.scale, box[3] * stage.view.scale);
    const text = `${Math.round(box[2])} × ${Math.round(box[3])}`;
    context.font = '500 12px system-ui, sans-serif';
    const width = context.measureText(text).width + 10;
    context.fillStyle = 'rgba(13, 15, 18, 0.85)';
    context.fillRect(x + 10, y + 10, width, 20);
    context.fillStyle = '#ffffff';
    context.textBaseline = 'middle';
    context.fillText(text, x + 15, y + 20.5);
  }

  #color() {
    const { model, store, scene } = this.workspace;
    const entity = this.redraw && model.entities.get(store.state.selected);
    if (entity) return scene.colorOf(entity);
    return model.classByName.get(store.state.drawClass)?.color ?? '#ffffff';
  }
}
