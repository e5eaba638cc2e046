/**
 * Drawing polygons and polylines: a click for each vertex; a double click, Enter, or for polygons a
 * click on the first vertex is the end. Backspace takes the last one back. Shift keeps to 45 degrees.
 */

import { toStage } from '../view/viewport.js';
import { constrained } from './kinds/plane.js';
import { drawHandle, drawNote, drawPath } from './overlay.js';
import { snapPoint } from './snap.js';

const SAME_CSS_PX = 4;
const CLOSE_CSS_PX = 9;
const MAX_VERTICES = 20_000;

export class PathDrawing {
  /** @param {import('../workspace.js').Workspace} workspace @param {import('./drawing.js').Drawing} drawing */
  constructor(workspace, drawing, kind) {
    this.workspace = workspace;
    this.drawing = drawing;
    this.closed = kind === 'polygon';
    this.reset();
  }

  reset() {
    /** @type {number[][]} */
    this.points = [];
    this.held = false;
  }

  get busy() {
    return this.points.length > 0;
  }

  get least() {
    return this.closed ? 3 : 2;
  }

  down(at) {
    this.workspace.actions.pause();
    if (this.#closes(at)) {
      this.finish();
      return;
    }
    if (this.points.length >= MAX_VERTICES) return;
    const point = this.#place(at);
    const last = this.points.at(-1);
    if (last && this.#near(last, point, SAME_CSS_PX)) return;
    this.points.push(point);
    this.held = true;
    this.workspace.stage.refreshOverlay();
  }

  /** While the button is held, the vertex just placed follows. */
  move(at) {
    if (this.held) {
      const last = this.points.pop();
      const point = this.#place(at);
      this.points.push(this.#near(last, point, SAME_CSS_PX) ? last : point);
    }
    this.workspace.stage.refreshOverlay();
  }

  up() {
    this.held = false;
  }

  doubleClick() {
    if (this.busy) this.finish();
  }

  #near(a, b, reach) {
    return Math.hypot(a[0] - b[0], a[1] - b[1]) * this.workspace.stage.view.scale < reach;
  }

  #closes(at) {
    return this.closed && this.points.length >= this.least && this.#near(this.points[0], [at.x, at.y], CLOSE_CSS_PX);
  }

  #place(at) {
    const last = this.points.at(this.held ? -2 : -1);
    if (!at.event.shiftKey || !last) return snapPoint(this.workspace, at.x, at.y);
    const [dx, dy] = constrained(at.x - last[0], at.y - last[1]);
    return [last[0] + dx, last[1] + dy];
  }

  finish() {
    if (this.points.length < this.least) {
      this.workspace.notify(`A ${this.closed ? 'polygon' : 'polyline'} needs ${this.least} vertices; Escape gives it up.`);
      return;
    }
    const ring = this.points;
    this.reset();
    this.drawing.doneRing(ring);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === 'Enter' && this.busy) this.finish();
    else if (event.key === 'Backspace' && this.busy) this.points.pop();
    else return false;
    this.workspace.stage.refreshOverlay();
    return true;
  }

  cancel() {
    const { busy } = this;
    this.reset();
    return busy;
  }

  decorate(context, stage, at) {
    const { points } = this;
    const { color } = this.drawing;
    if (!points.length) return;
    const closing = at && this.#closes(at);
    const next = at && !this.held && !closing ? [this.#place(at)] : [];
    const all = [...points, ...next];
    if (this.closed && all.length > 2) {
      drawPath(context, stage.view, all, { color: 'transparent', closed: true, fill: `${color}2e` });
      drawPath(context, stage.view, [all.at(-1), all[0]], { color, width: 1, dash: [4, 4] });
    }
    drawPath(context, stage.view, all, { color });
    points.forEach(([x, y], i) => {
      const first = i === 0 && this.closed && points.length >= this.least;
      drawHandle(context, ...toStage(stage.view, x, y), 'round', first ? 11 : 7, first && Boolean(closing));
    });
    if (!at) return;
    const [x, y] = toStage(stage.view, at.x, at.y);
    const left = this.least - points.length;
    if (closing) drawNote(context, 'Close', x + 12, y + 10);
    else if (left > 0) drawNote(context, `${left} more`, x + 12, y + 10);
  }
}
