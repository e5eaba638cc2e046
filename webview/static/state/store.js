/**
 * What the page shows, as named values that panels watch. No logic: actions write, panels read.
 *
 * @typedef {Object} PageState
 * @property {number} frame frame shown now (0-based)
 * @property {number} target frame asked for; differs from `frame` while a seek is under way
 * @property {boolean} playing
 * @property {number} rate playback rate
 * @property {string|null} selected entity id
 * @property {string|null} hovered entity id
 * @property {string[]} selection ids of all selected entities; `selected` is the last of them
 * @property {string|null} shape kind of the selected entity's shape that has the handles; null: its first
 * @property {number|null} handle vertex, corner or point of it that the arrow keys move
 * @property {'select'|'draw'|'redraw'|'extend'} tool
 * @property {string} drawKind kind of geometry that is drawn
 * @property {boolean} drawMany whether drawing goes on after a shape
 * @property {boolean} snap whether shapes snap to the edges of the picture
 * @property {{mode: 'brush'|'eraser'|'fill'|'outline', size: number}} brush size in video px
 * @property {string|null} drawClass class of the next entity drawn
 * @property {number} structure counts changes of the entity list, ontology and constants
 * @property {Object|null} timeline keyframes and spans of the selected entity
 * @property {number} ontology counts changes of the ontology
 * @property {import('./details.js').Details|null} details the selected entity at the frame shown
 * @property {{subject: string, property: Object, picked: (id: string) => void, text: string}|null}
 *   picking the next click on an entity names it in a property
 * @property {import('./look.js').Look} look theme, video filters and what lies over the picture
 * @property {number} shapes counts repaints of shapes, so that panels can follow values
 * @property {'saved'|'saving'|'offline'|'read-only'} status
 * @property {number} waiting edits not acknowledged yet
 * @property {string|null} undo label of what undo would take back
 * @property {string|null} redo
 * @property {string} colorBy 'class', 'entity' or the name of a choice property
 * @property {'auto'|'all'|'few'} labels names of all shapes, of few, or as many as leave a view
 * @property {string} videoMode
 * @property {string} videoStatus
 * @property {string} backend
 * @property {{scale: number, x: number, y: number}} view
 */
export class Store {
  /** @param {Partial<PageState>} initial */
  constructor(initial) {
    this.state = { ...initial };
    /** @type {Map<string, Set<Function>>} */
    this.watchers = new Map();
  }

  /** Write values; watchers of those that changed run once each, now. */
  set(patch) {
    const run = new Set();
    for (const [key, value] of Object.entries(patch)) {
      if (Object.is(this.state[key], value)) continue;
      this.state[key] = value;
      for (const watcher of this.watchers.get(key) ?? []) run.add(watcher);
    }
    for (const watcher of run) watcher(this.state);
  }

  bump(key) {
    this.set({ [key]: (this.state[key] ?? 0) + 1 });
  }

  /**
   * @param {string[]} keys
   * @param {(state: PageState) => void} watcher
   * @param {{now?: boolean}} [options] `now: false` leaves out the first call
   */
  watch(keys, watcher, { now = true } = {}) {
    for (const key of keys) {
      if (!this.watchers.has(key)) this.watchers.set(key, new Set());
      this.watchers.get(key).add(watcher);
    }
    if (now) watcher(this.state);
  }
}
