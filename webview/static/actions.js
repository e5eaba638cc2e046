/** What a person can do, once: keys, buttons, the stage and the panels all call these. */

import { confirmDelete } from './panels/entities/dialogs.js';
import * as edits from './state/edits.js';
import { hasKeyframe, neighbourKeyframe, propertiesWithKeyframe } from './state/track.js';

const NUDGE_PAUSE_MS = 400;
/** Without a keyframe of these an entity would be nowhere. */
const NEEDED = ['box', 'presence'];

export class Actions {
  /** @param {import('./workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.nudging = null;
  }

  get state() {
    return this.workspace.store.state;
  }

  /** @returns {import('./state/model.js').Entity|undefined} */
  get entity() {
    return this.workspace.model.entities.get(this.state.selected);
  }

  // moving through time

  seek(frame) {
    this.finishNudge();
    const { store, model, source, windows } = this.workspace;
    const target = Math.min(model.frameCount - 1, Math.max(0, Math.round(frame)));
    if (this.state.playing) this.pause();
    if (target === this.state.target && target === this.state.frame) return;
    store.set({ target });
    windows.want(target);
    source.seek(target);
  }

  step(by) {
    this.seek(this.state.target + by);
  }

  play() {
    this.finishNudge();
    const { store, source, loop } = this.workspace;
    const from = loop.startFrom(this.state.frame);
    store.set({ playing: true, target: from });
    source.play(from, this.state.rate);
  }

  pause() {
    if (!this.state.playing) return;
    const { store, source } = this.workspace;
    source.pause();
    store.set({ playing: false, target: this.state.frame });
  }

  togglePlay() {
    if (this.state.playing) this.pause();
    else this.play();
  }

  setRate(rate) {
    const { store, source, loop } = this.workspace;
    store.set({ rate });
    if (this.state.playing && !loop.turning) source.play(this.state.frame, rate);
  }

  jumpToKeyframe(direction) {
    if (!this.entity) {
      this.workspace.notify('Select an entity to jump between its keyframes.');
      return;
    }
    const frame = neighbourKeyframe(this.state.timeline, this.state.target, direction);
    if (frame === null) {
      this.workspace.notify(`${this.entity.name} has no ${direction < 0 ? 'earlier' : 'later'} keyframe.`);
    } else {
      this.seek(frame);
    }
  }

  // selecting and tools

  select(id, { reveal = true } = {}) {
    this.finishNudge();
    const { store, stage, scene } = this.workspace;
    if (this.state.tool === 'redraw') store.set({ tool: 'select' });
    store.set({ selected: id });
    stage.paint();
    const bounds = reveal && id && scene.boundsOf(id);
    if (bounds) stage.reveal(bounds);
  }

  selectNeighbour(direction) {
    const { scene, model } = this.workspace;
    const shapes = scene.painted.entity.subarray(0, scene.painted.count);
    const ids = [...new Set(shapes)].map((index) => model.byIndex[index]?.id).filter(Boolean);
    if (!ids.length) return;
    const at = ids.indexOf(this.state.selected);
    this.select(ids[(at + direction + ids.length + (at < 0 && direction < 0 ? 1 : 0)) % ids.length]);
  }

  useTool(tool) {
    if (tool !== 'select' && this.#refuseReadOnly()) return;
    if (tool === 'redraw' && !this.entity) {
      this.workspace.notify('Select an entity to draw its box anew.');
      return;
    }
    this.finishNudge();
    this.workspace.store.set({ tool });
  }

  drawWith(className) {
    this.workspace.store.set({ drawClass: className });
    this.useTool('draw');
  }

  // changing things

  /** @returns {Promise<boolean>} whether it was saved; a refusal is shown to the person */
  async send({ label, ops }) {
    if (this.#refuseReadOnly() || this.#refuseLocked(ops.map((op) => op.entity))) return false;
    this.finishNudge();
    return this.#transmit({ label, ops });
  }

  async #transmit({ label, ops }) {
    try {
      await this.workspace.live.edit(label, ops);
      return true;
    } catch (error) {
      this.workspace.notify(error.message, 'bad');
      return false;
    }
  }

  /** Send a box, showing it until the engine's answer takes its place. */
  async sendBox(edit, id, frame, box, color = null) {
    const { scene, stage, live } = this.workspace;
    if (this.#refuseReadOnly() || this.#refuseLocked([id])) {
      scene.dropOverride(id, 'box');
      stage.paint();
      return;
    }
    this.finishNudge();
    const override = scene.setOverride({
      id, property: 'box', kind: 'box', value: box, frame, color, revision: Infinity,
    });
    stage.paint();
    try {
      override.revision = (await live.edit(edit.label, edit.ops)).revision;
    } catch (error) {
      scene.forgetOverride(override);
      this.workspace.notify(error.message, 'bad');
    }
    stage.paint();
  }

  sendNew(edit, frame, box) {
    const { store, model } = this.workspace;
    store.set({ selected: edit.id });
    return this.sendBox(edit, edit.id, frame, box, model.classByName.get(store.state.drawClass).color);
  }

  /** Move by whole pixels; a run of key presses becomes one edit. */
  nudge(dx, dy) {
    const { scene, stage } = this.workspace;
    const { frame, selected } = this.state;
    if (!this.entity || this.#refuseReadOnly()) return;
    if (this.nudging && (this.nudging.id !== selected || this.nudging.frame !== frame)) this.finishNudge();
    const box = scene.boxOf(selected);
    if (!box) return;
    box[0] += dx;
    box[1] += dy;
    const moved = edits.roundBox(box);
    clearTimeout(this.nudging?.timer);
    const timer = setTimeout(() => this.finishNudge(), NUDGE_PAUSE_MS);
    this.nudging = { id: selected, frame, box: moved, timer };
    scene.setOverride({
      id: selected, property: 'box', kind: 'box', value: moved, frame, revision: Infinity,
    });
    stage.paint();
  }

  finishNudge() {
    const { nudging } = this;
    if (!nudging) return;
    this.nudging = null;
    clearTimeout(nudging.timer);
    const entity = this.workspace.model.entities.get(nudging.id);
    if (entity) {
      this.sendBox(edits.setBox(entity, nudging.frame, nudging.box, 'Move'), nudging.id, nudging.frame, nudging.box);
    }
  }

  setPresence(value) {
    if (!this.#needEntity()) return;
    const property = { name: 'presence', label: 'Presence' };
    this.send(edits.setValue(this.entity, property, this.state.frame, value, value));
  }

  /** @param {import('./state/model.js').Property} property @param {string|null} value */
  setChoice(property, value) {
    if (!this.#needEntity()) return;
    const text = property.choices.find((choice) => choice.name === value)?.label ?? 'none';
    const { entity } = this;
    if (property.time_varying) {
      this.send(edits.setValue(entity, property, this.state.frame, value, text));
    } else {
      const same = entity.constants[property.name] === value && !property.required;
      this.send(edits.setValue(entity, property, null, same ? null : value, same ? 'none' : text));
    }
  }

  setBoxNumbers(box) {
    if (!this.#needEntity()) return;
    const rounded = edits.roundBox(box);
    const { frame, selected } = this.state;
    this.sendBox(edits.setBox(this.entity, frame, rounded, 'Set box of'), selected, frame, rounded);
  }

  /** Make what the engine says here a keyframe, or take the keyframe away. */
  async toggleKeyframe(name, label) {
    if (!this.#needEntity()) return;
    const { entity } = this;
    const { frame } = this.state;
    const timeline = await this.workspace.freshTimeline();
    if (timeline?.id !== entity.id) return;
    if (!hasKeyframe(timeline, name, frame)) {
      this.send(edits.keepValues(entity, [name], frame, label));
    } else if (timeline.properties[name].keyframes.length === 1 && NEEDED.includes(name)) {
      this.workspace.notify(`This is the only ${label.toLowerCase()} keyframe of ${entity.name}; delete the entity instead.`);
    } else {
      this.send(edits.removeKeyframes(entity, [name], frame, label));
    }
  }

  async removeKeyframesHere() {
    if (!this.#needEntity()) return;
    const { entity } = this;
    const { frame } = this.state;
    const timeline = await this.workspace.freshTimeline();
    if (timeline?.id !== entity.id) return;
    const here = propertiesWithKeyframe(timeline, frame);
    const removable = here.filter((name) => (
      timeline.properties[name].keyframes.length > 1 || !NEEDED.includes(name)));
    if (!here.length) {
      this.workspace.notify(`${entity.name} has no keyframe at frame ${frame}.`);
    } else if (!removable.length) {
      this.workspace.notify(`These are the only keyframes of ${entity.name}; delete the entity instead.`);
    } else {
      this.send(edits.removeKeyframes(entity, removable, frame, `at frame ${frame}`));
    }
  }

  async deleteEntity() {
    if (!this.#needEntity()) return;
    const { entity } = this;
    if (this.#refuseLocked([entity.id]) || !await confirmDelete(this.workspace, entity)) return;
    if (!await this.send(edits.remove(entity))) return;
    this.workspace.notify(`Deleted ${entity.name}.`, 'plain', { text: 'Undo', run: () => this.undo() });
  }

  rename(id, name) {
    const entity = this.workspace.model.entities.get(id);
    const clean = name.trim();
    if (!entity || !clean || clean === entity.name) return;
    this.send(edits.rename(entity, clean));
  }

  changeClass(entityClass) {
    if (this.#needEntity()) this.send(edits.changeClass(this.entity, entityClass));
  }

  async undo() {
    await this.#revert('undo');
  }

  async redo() {
    await this.#revert('redo');
  }

  async #revert(which) {
    if (this.#refuseReadOnly()) return;
    this.finishNudge();
    try {
      await this.workspace.live[which]();
    } catch (error) {
      this.workspace.notify(error.message);
    }
  }

  #needEntity() {
    if (this.entity) return true;
    this.workspace.notify('Select an entity first.');
    return false;
  }

  /** @param {string[]} ids */
  #refuseLocked(ids) {
    const { visibility, model, notify } = this.workspace;
    const locked = ids.find((id) => visibility.isLocked(id));
    if (locked) notify(`${model.entities.get(locked)?.name ?? locked} is locked: unlock it in the list to change it.`);
    return locked !== undefined;
  }

  #refuseReadOnly() {
    const reason = this.workspace.model.readOnly;
    if (reason) this.workspace.notify(`Nothing can be changed: ${reason}`);
    return Boolean(reason);
  }
}
