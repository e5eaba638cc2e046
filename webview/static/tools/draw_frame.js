/**
 * Drawing what fits a box: drag from corner to corner. Shift makes it square, Ctrl or Alt draws it
 * about where the drag began. A cuboid's front face is drawn so; then the pointer, without a
 * button held, pulls its back away, and a click (or Enter) is the end of it.
 */

import { toStage } from '../view/viewport.js';
import { KINDS } from './kinds.js';
import { boxBetween } from './kinds/box.js';
import { cuboidOf } from './kinds/cuboid.js';
import { constrained } from './kinds/plane.js';
import { pointsOf } from './kinds/points.js';
import { ellipseOf, rotatedBoxOf } from './kinds/turned.js';
import { drawCrosshair, drawNote, drawOutline } from './overlay.js';
import { snapPoint } from './snap.js';

const SMALLEST_CSS_PX = 4;

const SHAPES = {
  box: (box) => box,
  rotated_box: rotatedBoxOf,
  ellipse: ellipseOf,
  points: pointsOf,
  cuboid: (box, _skeleton, [dx, dy]) => cuboidOf(box, dx, dy),
};

export class FrameDrawing {
  /** @param {import('../workspace.js').Workspace} workspace @param {import('./drawing.js').Drawing} drawing */
  constructor(workspace, drawing, kind) {
    this.workspace = workspace;
    this.drawing = drawing;
    this.kind = kind;
    this.reset();
  }

  reset() {
    this.from = null;
    /** the front face of a cuboid whose depth is drawn now */
    this.face = null;
    this.depth = [0, 0];
  }

  get busy() {
    return this.from !== null || this.face !== null;
  }

  down(at) {
    if (this.face) return;
    this.workspace.actions.pause();
    const [x, y] = snapPoint(this.workspace, at.x, at.y);
    this.from = { x, y };
    this.to = at;
  }

  move(at) {
    this.to = at;
    if (this.face) this.#pull(at);
    this.workspace.stage.refreshOverlay();
  }

  up(at) {
    if (this.face) {
      this.#pull(at);
      this.finish();
      return;
    }
    if (!this.from) return;
    this.to = at;
    const box = this.#box();
    this.from = null;
    const { scale } = this.workspace.stage.view;
    if (box[2] * scale < SMALLEST_CSS_PX || box[3] * scale < SMALLEST_CSS_PX) {
      this.workspace.stage.refreshOverlay();
      return;
    }
    if (this.kind === 'cuboid') {
      this.face = box;
      this.corner = at;
      // Where a pointer does not hover, this is the depth.
      this.depth = [box[2] / 4, -box[3] / 4];
      this.workspace.stage.refreshOverlay();
    } else {
      this.#done(SHAPES[this.kind](box, this.drawing.skeleton, this.depth));
    }
  }

  #pull(at) {
    let depth = [at.x - this.corner.x, at.y - this.corner.y];
    if (at.event.shiftKey) depth = constrained(...depth);
    if (Math.hypot(...depth) * this.workspace.stage.view.scale >= SMALLEST_CSS_PX) this.depth = depth;
  }

  finish() {
    if (this.face) this.#done(cuboidOf(this.face, ...this.depth));
  }

  #done(value) {
    this.reset();
    this.drawing.done(value);
  }

  key(event) {
    if (event.key !== 'Enter' || !this.face) return false;
    this.finish();
    return true;
  }

  cancel() {
    const { busy } = this;
    this.reset();
    return busy;
  }

  #box() {
    const { event } = this.to;
    let [x, y] = snapPoint(this.workspace, this.to.x, this.to.y);
    const { from } = this;
    if (event.shiftKey) {
      const side = Math.max(Math.abs(x - from.x), Math.abs(y - from.y));
      x = from.x + Math.sign(x - from.x || 1) * side;
      y = from.y + Math.sign(y - from.y || 1) * side;
    }
    const centred = event.ctrlKey || event.altKey || event.metaKey;
    const other = centred ? [2 * from.x - x, 2 * from.y - y] : [from.x, from.y];
    return KINDS.box.round(boxBetween(...other, x, y));
  }

  decorate(context, stage, at) {
    const style = { color: this.drawing.color };
    const shape = { kind: this.kind, skeleton: this.drawing.skeleton };
    if (this.face) {
      drawOutline(context, stage.view, { ...shape, value: cuboidOf(this.face, ...this.depth) }, style);
      return;
    }
    if (!at) return;
    const [x, y] = toStage(stage.view, at.x, at.y);
    drawCrosshair(context, stage, x, y);
    if (!this.from) return;
    const box = this.#box();
    if (this.kind === 'points') drawOutline(context, stage.view, { kind: 'box', value: box }, { ...style, width: 1, dash: [4, 4] });
    const value = this.kind === 'cuboid' ? box : SHAPES[this.kind](box, this.drawing.skeleton);
    drawOutline(context, stage.view, this.kind === 'cuboid' ? { kind: 'box', value } : { ...shape, value }, style);
    drawNote(context, `${Math.round(box[2])} × ${Math.round(box[3])}`, x + 10, y + 10);
  }
}
