/** All entities, a row each. Only the rows in sight exist, so ten thousand cost what ten do. */

import { fill, h, perFrame, setText } from '../dom.js';
import { count } from '../format.js';
import { icon } from '../icons.js';

const ROW_CSS_PX = 28;
const SPARE_ROWS = 4;
const REFRESH_WHILE_PLAYING_MS = 250;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createEntityList(root, workspace) {
  return new EntityList(root, workspace);
}

class EntityList {
  constructor(root, workspace) {
    this.workspace = workspace;
    this.shown = [];
    this.rows = [];
    this.here = new Set();
    this.onlyHere = false;
    this.editing = null;
    this.lastRefresh = 0;
    this.#build(root);
    const { store } = workspace;
    this.render = perFrame(() => this.#render());
    store.watch(['structure'], () => this.#filter(), { now: false });
    store.watch(['shapes'], () => this.#follow(), { now: false });
    store.watch(['selected'], () => this.#reveal(), { now: false });
    this.#filter();
    // The list grows and shrinks with the properties below it.
    new ResizeObserver(() => this.#reveal()).observe(this.list);
  }

  #build(root) {
    this.count = h('span', { class: 'panel-count' });
    this.search = h('input', {
      class: 'search', type: 'search', placeholder: 'Filter by name or class', 'aria-label': 'Filter entities',
      autocomplete: 'off', spellcheck: 'false', on: { input: () => this.#filter() },
    });
    this.hereButton = h('button', {
      class: 'button chip', type: 'button', 'aria-pressed': 'false', title: 'Only entities on this frame',
      on: { click: () => this.#toggleHere() },
    }, 'On frame');
    this.space = h('div', { class: 'list-space' });
    this.list = h('div', {
      class: 'entity-list', role: 'listbox', tabindex: '0', 'aria-label': 'Entities',
      on: {
        scroll: () => this.render(),
        click: (event) => this.#click(event),
        dblclick: (event) => this.#startRename(event.target.closest('.entity-row')),
        keydown: (event) => this.#key(event),
      },
    }, this.space);
    this.empty = h('p', { class: 'empty' });
    fill(root,
      h('div', { class: 'panel-head' }, h('h2', {}, 'Entities'), this.count, this.hereButton),
      h('div', { class: 'search-row' }, icon('search'), this.search),
      this.list, this.empty);
  }

  #toggleHere() {
    this.onlyHere = !this.onlyHere;
    this.hereButton.setAttribute('aria-pressed', String(this.onlyHere));
    this.#filter();
  }

  #filter() {
    const { model } = this.workspace;
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.#findHere();
    this.shown = [];
    // In the order of their numbers: an entity that undo brings back is where it was.
    for (const entity of model.byIndex) {
      if (!entity) continue;
      if (this.onlyHere && !this.here.has(entity.index)) continue;
      if (words.length) {
        const text = `${entity.name} ${model.classOf(entity).label} ${entity.id}`.toLowerCase();
        if (!words.every((word) => text.includes(word))) continue;
      }
      this.shown.push(entity);
    }
    this.space.style.height = `${this.shown.length * ROW_CSS_PX}px`;
    const total = model.entities.size;
    setText(this.count, this.shown.length === total ? count(total) : `${count(this.shown.length)} of ${count(total)}`);
    setText(this.empty, total === 0 ? 'No entities yet. Press B and drag a box on the video.'
      : this.shown.length ? '' : 'No entity matches.');
    this.empty.hidden = this.shown.length > 0;
    this.render();
  }

  #findHere() {
    this.here = new Set(this.workspace.scene.painted.here);
  }

  /** Shapes were painted: who is here may have changed. Playback must not wait for the list. */
  #follow() {
    const now = performance.now();
    clearTimeout(this.later);
    if (this.workspace.store.state.playing && now - this.lastRefresh < REFRESH_WHILE_PLAYING_MS) {
      this.later = setTimeout(() => this.#follow(), REFRESH_WHILE_PLAYING_MS);
      return;
    }
    this.lastRefresh = now;
    if (this.onlyHere) {
      this.#filter();
    } else {
      this.#findHere();
      this.render();
    }
  }

  #render() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_CSS_PX) - SPARE_ROWS);
    const visible = Math.ceil(this.list.clientHeight / ROW_CSS_PX) + 2 * SPARE_ROWS;
    const stop = Math.min(this.shown.length, first + visible);
    while (this.rows.length < stop - first) this.rows.push(this.#newRow());
    this.rows.forEach((row, i) => {
      const entity = this.shown[first + i];
      if (first + i < stop) this.#showRow(row, entity, first + i);
      else row.element.hidden = true;
    });
  }

  #newRow() {
    const dot = h('span', { class: 'class-dot' });
    const name = h('span', { class: 'entity-name' });
    const kind = h('span', { class: 'entity-class' });
    const element = h('div', { class: 'entity-row', role: 'option' }, dot, name, kind);
    this.space.append(element);
    return { element, dot, name, kind };
  }

  #showRow(row, entity, position) {
    const { model, scene, store } = this.workspace;
    const { element, dot, name, kind } = row;
    element.hidden = false;
    element.style.transform = `translateY(${position * ROW_CSS_PX}px)`;
    element.dataset.id = entity.id;
    element.classList.toggle('is-away', !this.here.has(entity.index));
    element.setAttribute('aria-selected', String(entity.id === store.state.selected));
    element.title = this.here.has(entity.index) ? entity.name : `${entity.name}, not on this frame`;
    dot.style.background = scene.colorOf(entity);
    setText(name, entity.name);
    setText(kind, model.classOf(entity).label);
  }

  #click(event) {
    const row = event.target.closest('.entity-row');
    if (row && !this.editing) this.workspace.actions.select(row.dataset.id);
  }

  #key(event) {
    if (this.editing) return;
    const { store, actions } = this.workspace;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'F2') {
      this.#startRename(this.space.querySelector('[aria-selected="true"]:not([hidden])'));
    } else if (by && this.shown.length && !event.altKey) {
      const at = this.shown.findIndex((entity) => entity.id === store.state.selected);
      const next = Math.min(this.shown.length - 1, Math.max(0, at + by));
      actions.select(this.shown[next].id);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Scroll the selected row into sight. */
  #reveal() {
    const at = this.shown.findIndex((entity) => entity.id === this.workspace.store.state.selected);
    if (at >= 0) {
      const top = at * ROW_CSS_PX;
      const { scrollTop, clientHeight } = this.list;
      if (top < scrollTop) this.list.scrollTop = top;
      else if (top + ROW_CSS_PX > scrollTop + clientHeight) this.list.scrollTop = top + ROW_CSS_PX - clientHeight;
    }
    this.render();
  }

  #startRename(row) {
    const { model, actions, readOnly } = this.workspace;
    const entity = row && model.entities.get(row.dataset.id);
    if (!entity || readOnly || this.editing) return;
    const input = h('input', { class: 'rename', type: 'text', maxlength: 100, 'aria-label': 'Name' });
    input.value = entity.name;
    const finish = (keep) => {
      if (this.editing !== input) return;
      this.editing = null;
      input.remove();
      if (keep) actions.rename(entity.id, input.value);
      this.list.focus({ preventScroll: true });
    };
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') finish(true);
      if (event.key === 'Escape') finish(false);
    });
    input.addEventListener('blur', () => finish(true));
    this.editing = input;
    input.style.transform = row.style.transform;
    this.space.append(input);
    input.select();
  }
}
