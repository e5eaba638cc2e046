/**
 * What the rows of the panel share: whose properties they are, what a value is now, and how it is
 * changed. A value that was just set stands in for the engine's until that is here.
 */

import * as edits from '../../state/edits.js';
import { SCENE_ENTITY } from '../../state/model.js';

export class Subject {
  /** @param {import('../../workspace.js').Workspace} workspace @param {string} id */
  constructor(workspace, id) {
    this.workspace = workspace;
    this.id = id;
    /** @type {Array<() => void>} run whenever values, frame or connection may have changed */
    this.updaters = [];
  }

  get isScene() {
    return this.id === SCENE_ENTITY;
  }

  /** @returns {{id: string, name: string, class: string, constants: Object}} */
  get entity() {
    const { model } = this.workspace;
    return model.entities.get(this.id)
      ?? { id: this.id, name: model.scene?.label ?? this.id, class: 'scene', constants: {} };
  }

  get entityClass() {
    return this.workspace.model.classOf(this.entity);
  }

  get readOnly() {
    return this.workspace.readOnly;
  }

  /** @returns {import('../../state/details.js').Detail|undefined} as last heard; see `stale` */
  detail(name) {
    const { details } = this.workspace.store.state;
    return details?.id === this.id ? details.properties[name] : undefined;
  }

  /** Whether what was last heard is of another frame than the one shown. */
  get stale() {
    const { details, frame } = this.workspace.store.state;
    return details?.id !== this.id || details.frame !== frame;
  }

  /** @param {import('../../state/model.js').Property} property @returns {any} null for none */
  value(property) {
    const frame = property.time_varying ? this.workspace.store.state.frame : null;
    const waiting = this.workspace.live?.waitingValue(this.id, property.name, frame);
    return (waiting ? waiting.value : this.detail(property.name)?.value) ?? null;
  }

  /**
   * @param {string} text how undo names the value
   * @param {number} [at] the frame that was shown when the person began to type
   */
  set(property, value, text, at = this.workspace.store.state.frame) {
    const frame = property.time_varying ? at : null;
    return this.workspace.actions.setValue(this.entity, property, frame, value, text);
  }

  /** Make what the engine says here a keyframe, or take the keyframe away. */
  async toggleKeyframe({ name, label }) {
    const { workspace, entity } = this;
    const details = await workspace.details.fresh();
    if (details?.id !== this.id) return;
    const { keyframe, keyframes } = details.properties[name];
    const { frame } = details;
    if (!keyframe) workspace.actions.send(edits.keepValues(entity, [name], frame, label));
    else if (keyframes === 1 && this.#isNeeded(name, details)) {
      workspace.notify(`This is the only ${label.toLowerCase()} keyframe of ${entity.name}; delete the entity instead.`);
    } else workspace.actions.send(edits.removeKeyframes(entity, [name], frame, label));
  }

  /** Whether the entity would be nowhere without this property. */
  #isNeeded(name, { properties }) {
    if (name === 'presence') return !this.isScene;
    const { geometry } = this.entityClass;
    return geometry.includes(name)
      && !geometry.some((other) => other !== name && properties[other]?.keyframes);
  }

  setRule(property, frame, rule) {
    this.workspace.actions.send(edits.setRule(this.entity, property, frame, rule));
  }
}
