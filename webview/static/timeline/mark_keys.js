/** Keys that mean the selected keyframe marks, as long as there are any. */

import { isTyping } from '../dom.js';

const NEEDED = ['presence'];

export class MarkKeys {
  /** @param {import('./timeline.js').TimelinePanel} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    /** What was copied: the entity, and frames by property. */
    this.copied = null;
    // Before everybody else's: Delete would mean the entity.
    this.onKey = (event) => {
      if (event.defaultPrevented || isTyping(event.target) || document.querySelector('dialog[open], .menu')) return;
      if (!this.press(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener('keydown', this.onKey, true);
  }

  close() {
    removeEventListener('keydown', this.onKey, true);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was ours */
  press(event) {
    const { marks, hands } = this.timeline;
    const ctrl = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (ctrl && key === 'v' && this.copied) return this.#paste();
    if (ctrl && key === 'c' && !marks.size) this.copied = null;
    if (!marks.size) return false;
    if (ctrl && (key === 'c' || key === 'x')) return this.#copy(key === 'x');
    if (!ctrl && (key === 'delete' || key === 'backspace') && !event.shiftKey) return this.#remove();
    if (key === 'escape') return this.#clear();
    const by = { Comma: -1, Period: 1 }[event.code];
    if (event.altKey && by) {
      hands.moveMarks(by * (event.shiftKey ? 10 : 1));
      this.timeline.redraw('rows');
      return true;
    }
    return false;
  }

  selectHere() {
    const { marks, layout, workspace } = this.timeline;
    const { frame } = workspace.store.state;
    marks.clear();
    marks.addWithin(layout.properties, frame, frame);
    if (!marks.size) workspace.notify('There is no keyframe of the selection at this frame.');
    this.timeline.redraw('rows');
  }

  #clear() {
    if (this.timeline.hands.busy) return false;
    this.timeline.marks.clear();
    this.timeline.redraw('rows');
    return true;
  }

  #remove() {
    const { marks, workspace } = this.timeline;
    const { entity } = workspace.actions;
    const { timeline } = workspace.store.state;
    if (!entity || timeline?.id !== entity.id) return true;
    const geometry = workspace.model.classOf(entity).geometry;
    const only = geometry.length === 1 ? geometry : [];
    const { label, ops, kept } = marks.removal(entity, timeline, [...NEEDED, ...only]);
    if (kept) workspace.notify(`${kept === 1 ? 'One keyframe' : `${kept} keyframes`} stayed: without it ${entity.name} would be nowhere.`);
    if (ops.length) workspace.actions.send({ label, ops });
    return true;
  }

  #copy(cut) {
    const { marks, workspace } = this.timeline;
    const { entity } = workspace.actions;
    if (!entity) return true;
    this.copied = { id: entity.id, entries: marks.entries(), first: marks.extent.first };
    if (cut) this.#remove();
    else workspace.notify(`${marks.size === 1 ? 'Keyframe' : `${marks.size} keyframes`} copied: Ctrl+V puts the first at the frame shown.`);
    return true;
  }

  #paste() {
    const { workspace, marks } = this.timeline;
    const { entity } = workspace.actions;
    const { id, entries, first } = this.copied;
    if (entity?.id !== id) {
      workspace.notify('Keyframes are pasted to the entity that they were copied from: select it.');
      return true;
    }
    const by = workspace.store.state.frame - first;
    const { frameCount } = workspace.model;
    const ops = entries.map(([property, frames]) => ({
      op: 'copy_keyframes', entity: id, property, by,
      frames: frames.filter((frame) => frame + by >= 0 && frame + by < frameCount),
    })).filter(({ frames }) => frames.length && by);
    if (!ops.length) return true;
    const count = ops.reduce((sum, { frames }) => sum + frames.length, 0);
    marks.clear();
    for (const { property, frames } of ops) for (const frame of frames) marks.add(property, frame + by);
    workspace.actions.send({ label: `Paste ${count === 1 ? 'a keyframe' : `${count} keyframes`} of ${entity.name}`, ops });
    return true;
  }
}
