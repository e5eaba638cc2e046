/** What a person can do, once: keys, buttons, the stage and the panels all call these. */

import * as edits from './state/edits.js';
import { hasKeyframe, neighbourKeyframe, propertiesWithKeyframe } from './state/track.js';
import { toolOf } from './tools/registry.js';


export class Actions {
  /** @param {import('./workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
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
    const { picking } = this.state;
    if (picking && id) {
      picking.picked(id);
      return;
    }
    this.finishNudge();
    const { store, stage, scene } = this.workspace;
    if (this.state.tool === 'redraw' || this.state.tool === 'extend') store.set({ tool: 'select' });
    store.set({ selection: id === null ? [] : [id], selected: id });
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

  /**
   * @param {'select'|'draw'|'redraw'|'extend'} tool
   * @param {string} [kind] of geometry to draw; without it what fits
   */
  useTool(tool, kind = null) {
    if (tool !== 'select' && this.#refuseReadOnly()) return;
    const problem = { redraw: () => this.#redrawProblem(), extend: () => this.#extendProblem() }[tool]?.();
    if (problem) {
      this.workspace.notify(problem);
      return;
    }
    this.finishNudge();
    this.workspace.store.set({ tool, ...this.#whatToDraw(tool, kind) });
  }

  #redrawProblem() {
    if (!this.entity) return 'Select an entity to draw its shape anew.';
    const { label, geometry } = this.workspace.model.classOf(this.entity);
    return geometry.length ? null : `A ${label} has no shape.`;
  }

  #extendProblem() {
    const kind = this.workspace.editing.active()?.kind;
    return kind === 'polygon' || kind === 'polyline' ? null
      : 'Select a polygon to add a hole or a part, or a polyline to add a path.';
  }

  /** Kind and class that go together: what was asked for counts, the other one follows. */
  #whatToDraw(tool, kind) {
    const { model, editing } = this.workspace;
    const { drawKind, drawClass } = this.state;
    if (tool === 'select') return {};
    if (tool === 'extend') return { drawKind: editing.active().kind };
    if (tool === 'redraw') {
      const { geometry } = model.classOf(this.entity);
      const wanted = [kind, editing.active()?.kind, drawKind].find((each) => geometry.includes(each));
      return { drawKind: wanted ?? geometry[0] };
    }
    const allows = (entityClass) => entityClass?.geometry.includes(kind ?? drawKind);
    if (allows(model.classByName.get(drawClass))) return { drawKind: kind ?? drawKind };
    if (kind === null) return { drawKind: model.classByName.get(drawClass)?.geometry[0] ?? drawKind };
    return { drawKind: kind, drawClass: model.classes.find(allows)?.name ?? drawClass };
  }

  /** Draw something of this class: with the tool at hand if it can be drawn so. */
  drawWith(className) {
    const { model, notify } = this.workspace;
    if (!model.classByName.get(className)?.geometry.length) {
      notify('This class has no shape to draw.');
      return;
    }
    this.workspace.store.set({ drawClass: className });
    this.useTool('draw');
  }

  // changing things

  /** @returns {Promise<boolean>} whether it was saved; a refusal is shown to the person */
  async send({ label, ops }) {
    if (this.#refuseReadOnly() || this.refusesLocked(ops.map((op) => op.entity))) return false;
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

  setPresence(value) {
    if (!this.#needEntity()) return;
    const property = { name: 'presence', label: 'Presence' };
    this.setValue(this.entity, property, this.state.frame, value, value);
  }

  /**
   * With several selected, every one of them that has the property gets the value, in one edit.
   * @param {import('./state/model.js').Entity} entity @param {number|null} frame null for a constant
   */
  setValue(entity, property, frame, value, text) {
    const { model, editing } = this.workspace;
    const selected = editing.ids.map((id) => model.entities.get(id));
    const entities = selected.includes(entity) ? selected.filter((each) => model.takes(each, property)) : [entity];
    return this.send(edits.setValue(entities, property, frame, value, text));
  }

  /** @param {import('./state/model.js').Property} property @param {string|null} value */
  setChoice(property, value) {
    if (!this.#needEntity()) return;
    const text = property.choices.find((choice) => choice.name === value)?.label ?? 'none';
    const { entity } = this;
    if (property.time_varying) {
      this.setValue(entity, property, this.state.frame, value, text);
    } else {
      const same = entity.constants[property.name] === value && !property.required;
      this.setValue(entity, property, null, same ? null : value, same ? 'none' : text);
    }
  }

  setBoxNumbers(box) {
    if (!this.#needEntity()) return;
    const { editing, scene } = this.workspace;
    const { entity } = this;
    const shape = { id: entity.id, entity, property: 'box', kind: 'box', value: box, skeleton: null };
    if (scene.boxOf(entity.id)) editing.commit(`Set box of ${entity.name}`, [shape], this.state.frame);
  }

  finishNudge() {
    this.workspace.editing?.finishNudge();
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
    } else if (this.#isLast(timeline, name)) {
      this.workspace.notify(`This is the only ${label.toLowerCase()} keyframe of ${entity.name}; delete the entity instead.`);
    } else {
      this.send(edits.removeKeyframes(entity, [name], frame, label));
    }
  }

  /** Of the shape at hand. */
  toggleShapeKeyframe() {
    if (!this.#needEntity()) return;
    const { editing, model } = this.workspace;
    const kind = editing.active()?.kind ?? model.classOf(this.entity).geometry[0];
    if (kind) this.toggleKeyframe(kind, (toolOf(kind)?.label ?? kind));
  }

  /** Whether an entity would be nowhere without the last keyframe of this property. */
  #isLast(timeline, name) {
    if (timeline.properties[name].keyframes.length > 1) return false;
    if (name === 'presence') return true;
    const { geometry } = this.workspace.model.classOf(this.entity);
    return geometry.includes(name) && !geometry.some((other) => (
      other !== name && timeline.properties[other]?.keyframes.length));
  }

  async removeKeyframesHere() {
    if (!this.#needEntity()) return;
    const { entity } = this;
    const { frame } = this.state;
    const timeline = await this.workspace.freshTimeline();
    if (timeline?.id !== entity.id) return;
    const here = propertiesWithKeyframe(timeline, frame);
    const removable = here.filter((name) => !this.#isLast(timeline, name));
    if (!here.length) {
      this.workspace.notify(`${entity.name} has no keyframe at frame ${frame}.`);
    } else if (!removable.length) {
      this.workspace.notify(`These are the only keyframes of ${entity.name}; delete the entity instead.`);
    } else {
      this.send(edits.removeKeyframes(entity, removable, frame, `at frame ${frame}`));
    }
  }

  deleteEntity() {
    return this.workspace.editing.deleteSelected();
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

  /** Whether these may not be changed; the person is told why. @param {string[]} ids */
  refuses(ids) {
    return this.#refuseReadOnly() || this.refusesLocked(ids);
  }

  /** @param {string[]} ids */
  refusesLocked(ids) {
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
