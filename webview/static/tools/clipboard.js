/** Copying shapes between frames and entities. What was copied stays in this page. */

import { randomId } from '../state/live.js';
import { KINDS } from './kinds.js';

const OFFSET_PX = 12;
const MAX_COPIED = 2000;

/** @typedef {{id: string, class: string, frame: number, shapes: Array<{kind: string, value: any}>}} Copied */

export class Clipboard {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    /** @type {Copied[]} */
    this.copied = [];
  }

  /** Of one entity the shape at hand, of several all their shapes. */
  copy() {
    const { editing, store, notify } = this.workspace;
    const byEntity = new Map();
    for (const { id, entity, kind, value } of editing.shapes()) {
      if (!byEntity.has(id)) byEntity.set(id, { id, class: entity.class, frame: store.state.frame, shapes: [] });
      byEntity.get(id).shapes.push({ kind, value });
    }
    if (!byEntity.size) return notify('Select a shape to copy it.');
    if (byEntity.size > MAX_COPIED) return notify(`At most ${MAX_COPIED} entities can be copied at once.`);
    this.copied = [...byEntity.values()];
    const [first] = this.copied;
    const what = this.copied.length > 1 ? `${this.copied.length} shapes` : this.#nameOf(first.id);
    notify(`Copied ${what}. Ctrl+V puts it on another frame, into another entity, or makes a new one when none is selected.`);
    return undefined;
  }

  /** Into what is selected, as keyframes here; as new entities when nothing fitting is. */
  paste() {
    const { editing, store, notify } = this.workspace;
    const { frame } = store.state;
    if (!this.copied.length) return notify('Nothing was copied yet: select a shape and press Ctrl+C.');
    const targets = editing.ids;
    const [only] = this.copied;
    if (this.copied.length > 1) {
      const own = this.copied.every(({ id }) => targets.includes(id));
      return own && only.frame !== frame ? this.#into(this.copied.map((c) => [c.id, c]), frame) : this.#asNew(frame);
    }
    const elsewhere = targets.filter((id) => id !== only.id || only.frame !== frame);
    return elsewhere.length ? this.#into(elsewhere.map((id) => [id, only]), frame) : this.#asNew(frame);
  }

  /** @param {Array<[string, Copied]>} pairs of an entity's id and what goes into it */
  #into(pairs, frame) {
    const { editing, model, notify } = this.workspace;
    const shapes = pairs.flatMap(([id, { shapes: copied }]) => {
      const entity = model.entities.get(id);
      const { geometry, skeleton } = model.classOf(entity);
      return copied.filter(({ kind, value }) => geometry.includes(kind)
        && (kind !== 'points' || value.length === skeleton?.points.length))
        .map((shape) => ({ ...shape, id, entity, property: shape.kind, skeleton }));
    });
    if (!shapes.length) return notify('The class of what is selected has no such geometry.');
    editing.commit(editing.labelFor(shapes.length === 1 ? 'Paste into' : 'Paste', shapes), shapes, frame);
    return undefined;
  }

  /** New entities; on the frame they were copied from a little aside, so that they can be seen. */
  #asNew(frame) {
    const { model, notify } = this.workspace;
    const aside = this.copied.some((c) => c.frame === frame) ? OFFSET_PX : 0;
    const made = this.copied.filter((c) => model.classByName.has(c.class)).map((c) => ({
      id: `${c.class}-${randomId(8)}`, copied: c,
      shapes: c.shapes.map(({ kind, value }) => ({ kind, value: KINDS[kind].moved(value, aside, aside) })),
    }));
    if (!made.length) return notify('The class of what was copied is gone.');
    const ops = made.flatMap(({ id, copied }) => [{ op: 'add', entity: id, class: copied.class, frame }]);
    const what = made.length === 1 ? model.classByName.get(made[0].copied.class).label : `${made.length} shapes`;
    return this.#sendNew(`Paste ${what}`, made, ops, frame);
  }

  /** A second entity like each selected one, from here on, with the same constants. */
  duplicate() {
    const { editing, model, store, notify } = this.workspace;
    const { frame } = store.state;
    const made = editing.ids.map((id) => model.entities.get(id)).map((entity) => ({
      id: `${entity.class}-${randomId(8)}`, copied: { id: entity.id, class: entity.class },
      shapes: this.workspace.scene.geometriesOf(entity.id)
        .map(({ kind, value }) => ({ kind, value: KINDS[kind].moved(value, OFFSET_PX, OFFSET_PX) })),
    })).filter(({ shapes }) => shapes.length);
    if (!made.length) return notify('Select a shape on this frame to duplicate it.');
    const ops = made.map(({ id, copied }) => ({ op: 'copy', entity: copied.id, new: id, frame }));
    const what = made.length === 1 ? this.#nameOf(made[0].copied.id) : `${made.length} shapes`;
    return this.#sendNew(`Duplicate ${what}`, made, ops, frame);
  }

  #sendNew(label, made, ops, frame) {
    const { editing, model, store } = this.workspace;
    const shapes = made.flatMap(({ id, shapes: own }) => own.map(({ kind, value }) => (
      { id, entity: null, property: kind, kind, value: KINDS[kind].round(value) })));
    const sets = shapes.map(({ id, property, value }) => ({ op: 'set', entity: id, property, frame, value }));
    store.set({ selection: made.map(({ id }) => id), selected: made.at(-1).id });
    const { color } = model.classByName.get(made[0].copied.class);
    return editing.send({ label, ops: [...ops, ...sets] }, shapes, frame, color);
  }

  #nameOf(id) {
    return this.workspace.model.entities.get(id)?.name ?? 'the shape';
  }
}
