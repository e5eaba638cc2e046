/**
 * What is selected, and changes of its shapes: shown at once, sent as one edit, replaced by the
 * engine's answer.
 */

import { confirmDelete } from '../panels/entities/dialogs.js';
import * as edits from '../state/edits.js';
import { randomId } from '../state/live.js';
import { KINDS, boundsOfAll } from './kinds.js';

const NUDGE_PAUSE_MS = 400;
/** The server takes messages of 8 MiB. */
const MAX_MESSAGE_CHARS = 7_500_000;
const MAX_OPERATIONS = 20_000;

/**
 * @typedef {{id: string, entity: import('../state/model.js').Entity|null, property: string,
 *   kind: string, value: any, skeleton: Object|null}} Shape `entity` is null for one just drawn
 */

export class Editing {
  #group = { shapes: -1, selection: null, bounds: null };

  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.nudging = null;
    const { store } = workspace;
    // Whoever selects one entity selects nothing else.
    store.watch(['selected'], ({ selected, selection }) => {
      if (selected === null ? selection.length : !selection.includes(selected)) {
        store.set({ selection: selected === null ? [] : [selected] });
      }
      store.set({ shape: null, handle: null });
    }, { now: false });
    store.watch(['structure'], ({ selection }) => {
      const left = selection.filter((id) => workspace.model.entities.has(id) || id === store.state.selected);
      if (left.length !== selection.length) this.select(left);
    }, { now: false });
  }

  get state() {
    return this.workspace.store.state;
  }

  /** @returns {string[]} ids of all selected entities that the server knows */
  get ids() {
    return this.state.selection.filter((id) => this.workspace.model.entities.has(id));
  }

  /** Select several entities; the last one is the one that panels show. @param {string[]} ids */
  select(ids, shape = null) {
    this.finishNudge();
    const selection = [...new Set(ids)];
    this.workspace.store.set({ selection, selected: selection.at(-1) ?? null });
    this.workspace.store.set({ shape, handle: null });
    this.workspace.stage.paint();
  }

  selectAll() {
    const { scene, model, visibility } = this.workspace;
    const { painted } = scene;
    const shapes = painted.entity.subarray(0, painted.count);
    this.select([...new Set(shapes)]
      .filter((index) => model.byIndex[index] && visibility.pickable(index))
      .map((index) => model.byIndex[index].id));
  }

  // what is selected, as painted

  /** @returns {Shape|null} the shape that handles belong to: there is one when one entity is selected */
  active() {
    const { ids } = this;
    if (ids.length !== 1) return null;
    const [id] = ids;
    const shapes = this.#shapesOf(id);
    const { geometry } = this.workspace.model.classOf(this.workspace.model.entities.get(id));
    return shapes.find(({ kind }) => kind === this.state.shape)
      ?? shapes.sort((a, b) => geometry.indexOf(a.kind) - geometry.indexOf(b.kind))[0] ?? null;
  }

  #shapesOf(id) {
    const { scene, model } = this.workspace;
    const entity = model.entities.get(id);
    return scene.geometriesOf(id).map((geometry) => (
      { id, entity, skeleton: model.classOf(entity).skeleton, ...geometry }));
  }

  /** @returns {Shape[]} the active shape, or all shapes of all selected entities */
  shapes() {
    const { ids } = this;
    if (ids.length === 1) {
      const active = this.active();
      return active ? [active] : [];
    }
    const { scene, model } = this.workspace;
    const { painted } = scene;
    const chosen = new Set(ids.map((id) => model.entities.get(id).index));
    const found = [];
    for (let i = 0; i < painted.count; i++) {
      const entity = chosen.has(painted.entity[i]) && model.byIndex[painted.entity[i]];
      if (!entity) continue;
      found.push({ id: entity.id, entity, skeleton: model.classOf(entity).skeleton, ...scene.geometryAt(i) });
    }
    return found;
  }

  /** Around all shapes of all selected entities; asked for at every move of the pointer. */
  groupBounds() {
    const { shapes, selection } = this.state;
    if (this.#group.shapes === shapes && this.#group.selection === selection) return this.#group.bounds;
    const { scene, model } = this.workspace;
    const { painted } = scene;
    const chosen = new Set(this.ids.map((id) => model.entities.get(id).index));
    const around = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0, b = 0; i < painted.count; i++, b += 4) {
      const left = painted.bounds[b];
      if (!chosen.has(painted.entity[i]) || Number.isNaN(left)) continue;
      const top = painted.bounds[b + 1];
      around[0] = Math.min(around[0], left);
      around[1] = Math.min(around[1], top);
      around[2] = Math.max(around[2], left + painted.bounds[b + 2]);
      around[3] = Math.max(around[3], top + painted.bounds[b + 3]);
    }
    this.#group = { shapes, selection, bounds: around[0] <= around[2] ? around : null };
    return this.#group.bounds;
  }

  /** @param {Shape[]} shapes @returns {import('./kinds.js').Bounds|null} */
  boundsOf(shapes) {
    return boundsOfAll(shapes.map(({ kind, value }) => KINDS[kind].bounds(value)));
  }

  // showing and sending

  /** Show shapes that are not sent yet. @param {Shape[]} shapes */
  preview(shapes, frame) {
    const { scene, stage } = this.workspace;
    for (const { id, property, kind, value } of shapes) {
      // Rounded as it will be stored: nothing moves when the answer is there.
      scene.setOverride({ id, property, kind, value: KINDS[kind].round(value), frame, revision: Infinity });
    }
    stage.paint();
  }

  /** The engine's shapes again. */
  drop(shapes) {
    const { scene, stage } = this.workspace;
    for (const { id, property } of shapes) scene.dropOverride(id, property);
    stage.paint();
  }

  /**
   * Send what shapes have become; entities that were not there at that frame appear.
   * @param {string} label what undo calls it @param {Shape[]} shapes
   */
  commit(label, shapes, frame) {
    const { scene, model } = this.workspace;
    const rounded = shapes.map((shape) => ({ ...shape, value: KINDS[shape.kind].round(shape.value) }));
    const ops = rounded.map(({ id, property, value }) => ({ op: 'set', entity: id, property, frame, value }));
    const here = frame === scene.painted.frame ? new Set(scene.painted.here) : null;
    const isHere = (id) => (here ? here.has(model.entities.get(id)?.index) : scene.valuesOf(id, frame).present);
    const away = new Set(rounded.map(({ id }) => id).filter((id) => !isHere(id)));
    for (const id of away) ops.push({ op: 'set', entity: id, property: 'presence', frame, value: 'present' });
    return this.send({ label, ops }, rounded, frame);
  }

  /**
   * @param {{label: string, ops: Object[]}} edit @param {Shape[]} shapes shown until it is answered
   * @param {string|null} [color] of an entity that is new
   * @returns {Promise<boolean>} whether it was saved; a refusal is shown to the person
   */
  async send({ label, ops }, shapes, frame, color = null) {
    const { scene, stage, live, notify, actions } = this.workspace;
    const problem = this.#problemOf(ops);
    if (problem || actions.refusesLocked(ops.map((op) => op.entity))) {
      this.drop(shapes);
      if (problem) notify(problem, 'bad');
      return false;
    }
    this.finishNudge();
    const overrides = shapes.map(({ id, property, kind, value }) => (
      scene.setOverride({ id, property, kind, value, frame, color, revision: Infinity })));
    stage.paint();
    try {
      const { revision } = await live.edit(label, ops);
      for (const override of overrides) override.revision = revision;
      return true;
    } catch (error) {
      for (const override of overrides) scene.forgetOverride(override);
      notify(error.message, 'bad');
      return false;
    } finally {
      stage.paint();
    }
  }

  #problemOf(ops) {
    const { readOnly } = this.workspace.model;
    if (readOnly) return `Nothing can be changed: ${readOnly}`;
    if (ops.length > MAX_OPERATIONS) return `These are ${ops.length} changes; at most ${MAX_OPERATIONS} go into one edit.`;
    const heavy = ops.length > 2000 || ops.some(({ value }) => typeof value === 'string' || Array.isArray(value?.[0]));
    if (heavy && JSON.stringify(ops).length > MAX_MESSAGE_CHARS) return 'This is more than one edit can hold; do it in parts.';
    return null;
  }

  /** A new entity of the class chosen. @returns {string} its id */
  create(kind, value, frame) {
    const { model, store } = this.workspace;
    const entityClass = model.classByName.get(this.state.drawClass);
    const id = `${entityClass.name}-${randomId(8)}`;
    const rounded = KINDS[kind].round(value);
    const shape = { id, entity: null, property: kind, kind, value: rounded, skeleton: entityClass.skeleton };
    const ops = [
      { op: 'add', entity: id, class: entityClass.name, frame },
      { op: 'set', entity: id, property: kind, frame, value: rounded },
    ];
    store.set({ selection: [id], selected: id });
    store.set({ shape: kind });
    this.send({ label: `Add ${entityClass.label}`, ops }, [shape], frame, entityClass.color);
    return id;
  }

  // the keyboard's small moves: a run of key presses becomes one edit

  /** Move the active handle, else all that is selected. */
  nudge(dx, dy) {
    const { handle } = this.state;
    this.#nudgeBy(`move ${handle}`, 'Move', (shape, only) => {
      const editor = KINDS[shape.kind];
      const found = only && handle !== null && editor.handles(shape.value, this.workspace.stage.view.scale, shape.skeleton)
        .find(({ index }) => index === handle);
      if (!found) return editor.moved(shape.value, dx, dy);
      if (found.name === 'turn') return [...shape.value.slice(0, 4), shape.value[4] + dx + dy];
      return editor.dragged(shape.value, found, found.x + dx, found.y + dy, {});
    });
  }

  /** Make all that is selected wider and higher, from its top left corner. */
  grow(dx, dy) {
    const bounds = this.boundsOf(this.nudging?.shapes ?? this.shapes());
    if (!bounds) return;
    const [left, top, right, bottom] = bounds;
    const to = [left, top, Math.max(left + 1, right + dx), Math.max(top + 1, bottom + dy)];
    this.#nudgeBy('grow', 'Resize', (shape) => KINDS[shape.kind].fitted(shape.value, bounds, to));
  }

  #nudgeBy(what, verb, change) {
    const { frame } = this.state;
    if (this.workspace.model.readOnly) return;
    const key = `${what} ${frame} ${this.ids.join()} ${this.state.shape}`;
    if (this.nudging && this.nudging.key !== key) this.finishNudge();
    const before = this.nudging?.shapes ?? this.shapes();
    if (!before.length) return;
    this.workspace.actions.pause();
    const shapes = before.map((shape) => ({ ...shape, value: change(shape, before.length === 1) }));
    clearTimeout(this.nudging?.timer);
    this.nudging = { key, verb, frame, shapes, timer: setTimeout(() => this.finishNudge(), NUDGE_PAUSE_MS) };
    this.preview(shapes, frame);
  }

  finishNudge() {
    const { nudging } = this;
    if (!nudging) return;
    this.nudging = null;
    clearTimeout(nudging.timer);
    const shapes = nudging.shapes.filter(({ id }) => this.workspace.model.entities.has(id));
    if (shapes.length) this.commit(this.labelFor(nudging.verb, shapes), shapes, nudging.frame);
  }

  /** 'Move player_3' or 'Move 5 shapes'. @param {Shape[]} shapes */
  labelFor(verb, shapes) {
    return shapes.length === 1 ? `${verb} ${shapes[0].entity.name}` : `${verb} ${shapes.length} shapes`;
  }

  async deleteSelected() {
    const { model, actions, notify } = this.workspace;
    const entities = this.ids.map((id) => model.entities.get(id));
    if (!entities.length) return notify('Select an entity first.');
    if (actions.refusesLocked(this.ids)) return undefined;
    // What refers to many is not asked for one by one; undo brings all of it back.
    if (entities.length === 1 && !await confirmDelete(this.workspace, entities[0])) return undefined;
    const what = entities.length === 1 ? entities[0].name : `${entities.length} entities`;
    const ops = entities.flatMap((entity) => edits.remove(entity).ops);
    if (await actions.send({ label: `Delete ${what}`, ops })) {
      notify(`Deleted ${what}.`, 'plain', { text: 'Undo', run: () => actions.undo() });
    }
    return undefined;
  }
}
