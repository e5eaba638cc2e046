/**
 * Which entities this person does not want to see, or not to touch: hidden, alone in sight (solo),
 * locked. It is a matter of this page and kept in this browser, for each project; it is no edit.
 */

export const HIDDEN = 1;
export const LOCKED = 2;
const MAX_KEPT = 20_000;

export class Visibility {
  /** @param {import('./model.js').Model} model @param {() => void} onChange */
  constructor(model, onChange) {
    this.model = model;
    this.onChange = onChange;
    this.key = `reviewer:seen:${model.path}`;
    /** @type {Set<string>} entity ids */
    this.hidden = new Set();
    /** @type {Set<string>} entity ids */
    this.locked = new Set();
    /** Only these are shown while there are any. @type {Set<string>} */
    this.solo = new Set();
    this.#load();
    this.refresh();
  }

  /** HIDDEN and LOCKED of the entity with this number. @param {number} index @returns {number} */
  flags(index) {
    return index < this.byIndex.length ? this.byIndex[index] : this.#flagsOf(this.model.byIndex[index]);
  }

  /** Whether a hand can reach the entity with this number. */
  pickable(index) {
    return this.flags(index) === 0;
  }

  isHidden(id) {
    return this.solo.size ? !this.solo.has(id) : this.hidden.has(id);
  }

  isLocked(id) {
    return this.locked.has(id);
  }

  /** Whether any is hidden: as long as none is, frames are painted as they came. */
  get anyHidden() {
    return this.hidden.size > 0 || this.solo.size > 0;
  }

  /** @param {'hidden'|'locked'|'solo'} what @param {Iterable<string>} ids @param {boolean} on */
  set(what, ids, on) {
    for (const id of ids) {
      if (on) this[what].add(id);
      else this[what].delete(id);
    }
    this.#changed();
  }

  toggle(what, id) {
    this.set(what, [id], !this[what].has(id));
  }

  /** Show these alone, or all again when they were alone already. */
  toggleSolo(...ids) {
    const alone = this.solo.size === ids.length && ids.every((id) => this.solo.has(id));
    this.solo = new Set(alone ? [] : ids);
    this.#changed();
  }

  /** @param {'hidden'|'locked'|'solo'} what */
  clear(what) {
    this[what].clear();
    this.#changed();
  }

  /** Entities came or went: their numbers' flags anew. */
  refresh() {
    const { byIndex } = this.model;
    this.byIndex = new Uint8Array(byIndex.length);
    for (let index = 0; index < byIndex.length; index++) this.byIndex[index] = this.#flagsOf(byIndex[index]);
  }

  #flagsOf(entity) {
    if (!entity) return 0;
    return (this.isHidden(entity.id) ? HIDDEN : 0) | (this.locked.has(entity.id) ? LOCKED : 0);
  }

  #changed() {
    this.refresh();
    this.#save();
    this.onChange();
  }

  #load() {
    try {
      const { hidden = [], locked = [] } = JSON.parse(localStorage.getItem(this.key) ?? '{}');
      for (const id of hidden.slice(0, MAX_KEPT)) this.hidden.add(String(id));
      for (const id of locked.slice(0, MAX_KEPT)) this.locked.add(String(id));
    } catch { /* nothing kept, or not ours */ }
  }

  #save() {
    const kept = { hidden: [...this.hidden].slice(0, MAX_KEPT), locked: [...this.locked].slice(0, MAX_KEPT) };
    try {
      if (kept.hidden.length || kept.locked.length) localStorage.setItem(this.key, JSON.stringify(kept));
      else localStorage.removeItem(this.key);
    } catch { /* no room, or not allowed: it lasts as long as the page */ }
  }
}
