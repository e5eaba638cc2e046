/**
 * Pointer events and keys of the stage: panning and zooming here, everything else to the current
 * tool.
 */

import { isTyping } from '../dom.js';
import { toVideo } from '../view/viewport.js';
import { Drawing } from './drawing.js';
import { SelectTool } from './select.js';

const ZOOM_PER_PX = 0.0016;

export class Pointer {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.tools = {
      select: new SelectTool(workspace),
      draw: new Drawing(workspace, 'draw'),
      redraw: new Drawing(workspace, 'redraw'),
      extend: new Drawing(workspace, 'extend'),
    };
    this.panning = null;
    this.spaceHeld = false;
    const { root } = workspace.stage;
    root.addEventListener('pointerdown', (event) => this.#down(event));
    root.addEventListener('pointermove', (event) => this.#move(event));
    root.addEventListener('pointerup', (event) => this.#up(event));
    root.addEventListener('pointercancel', () => this.cancel());
    root.addEventListener('pointerleave', () => this.#leave());
    root.addEventListener('dblclick', (event) => {
      if (event.button === 0 && !this.spaceHeld) this.tool.doubleClick?.(this.#at(event));
    });
    root.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    root.addEventListener('auxclick', (event) => event.preventDefault());
    root.addEventListener('contextmenu', (event) => event.preventDefault());
    // Before the keys of the page: what a tool is busy with comes first.
    this.onKey = (event) => this.#key(event);
    addEventListener('keydown', this.onKey, { capture: true });
    workspace.stage.decorations.push((context, stage) => this.tool.decorate(context, stage));
    let before = null;
    workspace.store.watch(['tool', 'drawKind', 'brush'], () => {
      const now = `${workspace.store.state.tool} ${workspace.store.state.drawKind}`;
      if (before !== null && before !== now) for (const tool of Object.values(this.tools)) tool.put?.();
      before = now;
      root.style.cursor = this.tool.cursor({ x: -1, y: -1 });
      workspace.stage.refreshOverlay();
    });
    workspace.store.watch(['hovered', 'selection', 'shape', 'handle'], () => workspace.stage.refreshOverlay(), { now: false });
    workspace.store.watch(['hovered', 'selected'], () => workspace.stage.refreshNames(), { now: false });
  }

  get tool() {
    return this.tools[this.workspace.store.state.tool];
  }

  close() {
    removeEventListener('keydown', this.onKey, { capture: true });
  }

  /** @returns {boolean} whether there was something to cancel */
  cancel() {
    if (this.panning) {
      this.panning = null;
      return true;
    }
    if (this.workspace.store.state.picking) {
      this.workspace.store.set({ picking: null });
      return true;
    }
    return this.tool.cancel();
  }

  /** @param {MouseEvent} event @returns {number[]} x, y in video px */
  videoPoint(event) {
    const { x, y } = this.#at(event);
    return [x, y];
  }

  #at(event) {
    const rect = this.workspace.stage.root.getBoundingClientRect();
    const sx = event.clientX - rect.left;
    const sy = event.clientY - rect.top;
    const [x, y] = toVideo(this.workspace.stage.view, sx, sy);
    return { x, y, sx, sy, event };
  }

  #down(event) {
    const { stage } = this.workspace;
    // Buttons that lie over the stage work by themselves.
    if (event.target !== stage.root) return;
    stage.root.focus({ preventScroll: true });
    if (event.button === 1 || (event.button === 0 && this.spaceHeld)) {
      event.preventDefault();
      this.panning = { x: event.clientX, y: event.clientY, view: stage.view };
      this.spaceUsed = true;
      stage.root.style.cursor = 'grabbing';
    } else if (event.button === 0 && this.workspace.store.state.picking) {
      const { hovered, picking } = this.workspace.store.state;
      if (hovered) picking.picked(hovered);
      return;
    } else if (event.button === 0) {
      this.tool.down(this.#at(event));
    } else {
      return;
    }
    stage.root.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const { stage } = this.workspace;
    if (this.panning) {
      const { view, x, y } = this.panning;
      stage.setView({ scale: view.scale, x: view.x + event.clientX - x, y: view.y + event.clientY - y });
      return;
    }
    const at = this.#at(event);
    this.tool.move(at);
    stage.root.style.cursor = this.spaceHeld ? 'grab' : this.tool.cursor(at);
  }

  #up(event) {
    if (this.panning) {
      this.panning = null;
      this.workspace.stage.root.style.cursor = this.spaceHeld ? 'grab' : this.tool.cursor(this.#at(event));
    } else if (event.button === 0) {
      const at = this.#at(event);
      this.tool.up(at);
      this.workspace.stage.root.style.cursor = this.tool.cursor(at);
    }
  }

  #leave() {
    if (this.tool.busy || this.panning) return;
    for (const tool of Object.values(this.tools)) tool.leave();
    this.workspace.store.set({ hovered: null });
    this.workspace.stage.refreshOverlay();
  }

  #wheel(event) {
    event.preventDefault();
    if (this.tool.wheel?.(event)) return;
    const { stage } = this.workspace;
    const at = this.#at(event);
    const unit = event.deltaMode === 1 ? 30 : 1;
    if (event.shiftKey) {
      const delta = (event.deltaY || event.deltaX) * unit;
      stage.setView({ ...stage.view, x: stage.view.x - delta });
    } else {
      // A trackpad's pinch arrives as a wheel with Ctrl and small deltas.
      const factor = Math.exp(-event.deltaY * unit * ZOOM_PER_PX * (event.ctrlKey ? 5 : 1));
      stage.zoom(factor, at.sx, at.sy);
    }
  }

  #key(event) {
    if (event.isComposing || isTyping(event.target) || document.querySelector('dialog[open]')) return;
    if (!this.tool.key?.(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
