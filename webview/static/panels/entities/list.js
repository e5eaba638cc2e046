/** All entities, a row each. Only the rows in sight exist, so ten thousand cost what ten do. */

import { fill, h, perFrame, setAttribute, setText } from '../../dom.js';
import { count } from '../../format.js';
import { icon } from '../../icons.js';
import { ORDERS, dependOnFrame, matching, possibleFilters, sort } from './filters.js';
import { openEntityMenu, selectForMenu } from './menu.js';

const ROW_CSS_PX = 28;
const SPARE_ROWS = 4;
const REFRESH_WHILE_PLAYING_MS = 250;

/** @param {HTMLElement} root @param {import('../../workspace.js').Workspace} workspace */
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
    /** @type {import('./filters.js').Filter[]} */
    this.filters = [];
    this.order = 'made';
    this.editing = null;
    this.lastRefresh = 0;
    this.#build(root);
    const { store } = workspace;
    this.render = perFrame(() => this.#render());
    store.watch(['structure', 'reviews'], () => this.#structure(), { now: false });
    store.watch(['seen'], () => this.#filter(), { now: false });
    store.watch(['lives'], () => {
      if (['first', 'keyframes'].includes(this.order)) this.#filter();
      else this.render();
    }, { now: false });
    store.watch(['shapes'], () => this.#follow(), { now: false });
    store.watch(['selected'], () => this.#reveal(), { now: false });
    store.watch(['selection'], () => this.render(), { now: false });
    this.#structure();
    // The list grows and shrinks with the properties below it.
    new ResizeObserver(() => this.#reveal()).observe(this.list);
  }

  #build(root) {
    const chip = (text, title, run) => h('button', {
      class: 'button chip', type: 'button', 'aria-pressed': 'false', title, on: { click: run },
    }, text);
    this.count = h('span', { class: 'panel-count' });
    this.search = h('input', {
      class: 'search', type: 'search', placeholder: 'Filter by name or class', 'aria-label': 'Filter entities',
      autocomplete: 'off', spellcheck: 'false',
      on: { input: () => this.#filter(), keydown: (event) => this.#searchKey(event) },
    });
    this.hereButton = chip('On frame', 'Only entities on this frame', () => this.#toggleHere());
    this.filterSelect = h('select', { class: 'select', 'aria-label': 'Add a filter', title: 'Show only some' });
    this.filterSelect.addEventListener('change', () => this.#addFilter());
    const order = h('select', { class: 'select', 'aria-label': 'Order', title: 'Order' },
      ORDERS.map(([value, text]) => h('option', { value }, text)));
    order.addEventListener('change', () => {
      this.order = order.value;
      this.list.scrollTop = 0;
      this.#filter();
    });
    this.chips = h('div', { class: 'filter-row' });
    this.space = h('div', { class: 'list-space' });
    this.list = h('div', {
      class: 'entity-list', role: 'listbox', tabindex: '0', 'aria-label': 'Entities', 'aria-multiselectable': 'true',
      on: {
        scroll: () => this.render(),
        click: (event) => this.#click(event),
        dblclick: (event) => this.#doubleClick(event),
        contextmenu: (event) => this.#menuAt(event),
        keydown: (event) => this.#key(event),
      },
    }, this.space);
    this.empty = h('p', { class: 'empty' });
    this.seenText = h('span', {});
    this.showAll = h('button', { class: 'button link', type: 'button', on: { click: () => this.#showAll() } }, 'Show all');
    this.unlockAll = h('button', { class: 'button link', type: 'button', on: { click: () => this.workspace.visibility.clear('locked') } }, 'Unlock all');
    this.seen = h('div', { class: 'seen-row', hidden: true }, this.seenText, this.showAll, this.unlockAll);
    fill(root,
      h('div', { class: 'panel-head' }, h('h2', {}, 'Entities'), this.count, this.hereButton),
      h('div', { class: 'search-row' }, icon('search'), this.search),
      h('div', { class: 'entity-tools' }, this.filterSelect, order),
      this.chips, this.empty, this.list, this.seen);
  }

  // which are shown

  #structure() {
    const { model, review } = this.workspace; // the review is made after the list
    const judged = review && (review.state.accepted > 0 || review.threads.some(({ verdict }) => verdict));
    const groups = possibleFilters(model, Boolean(judged));
    this.possible = groups.flatMap(({ filters }) => filters);
    this.filters = this.filters.map((one) => this.possible.find((p) => p.group === one.group && p.value === one.value)).filter(Boolean);
    this.#fillFilters(groups);
    this.#filter();
  }

  /** A menu that is open must not be made anew below the hand. */
  #fillFilters(groups) {
    const offered = JSON.stringify(groups);
    if (offered === this.offered) return;
    this.offered = offered;
    let at = 0;
    fill(this.filterSelect, h('option', { value: '' }, 'Filter…'), groups.map(({ label, filters }) => (
      h('optgroup', { label }, filters.map(({ text }) => h('option', { value: at++ }, text))))));
  }

  #toggleHere() {
    this.onlyHere = !this.onlyHere;
    this.hereButton.setAttribute('aria-pressed', String(this.onlyHere));
    this.#filter();
  }

  #addFilter() {
    const chosen = this.possible[Number(this.filterSelect.value)];
    this.filterSelect.value = '';
    this.filterSelect.blur();
    if (!chosen || this.filters.includes(chosen)) return;
    this.filters.push(chosen);
    this.list.scrollTop = 0;
    this.#filter();
  }

  #filter() {
    const { model } = this.workspace;
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.#findHere();
    this.shown = sort(matching(this.workspace, { words, filters: this.filters, here: this.onlyHere ? this.here : null }), this.order, this.workspace);
    this.followsFrame = this.onlyHere || dependOnFrame(model, this.filters);
    this.space.style.height = `${this.shown.length * ROW_CSS_PX}px`;
    const total = model.entities.size;
    setText(this.count, this.shown.length === total ? count(total) : `${count(this.shown.length)} of ${count(total)}`);
    setText(this.empty, total === 0 ? 'No entities yet. Press B and drag a box on the video.'
      : this.shown.length ? '' : 'No entity matches.');
    this.empty.hidden = this.shown.length > 0;
    this.#showChips();
    this.#showSeen();
    this.render();
  }

  #showChips() {
    const wanted = this.filters.map(({ text }) => text).join('\n');
    if (this.chipsShown === wanted) return;
    this.chipsShown = wanted;
    fill(this.chips, this.filters.map((filter) => h('button', {
      class: 'filter-chip', type: 'button', title: `Do not filter by ${filter.text}`, 'aria-label': `Remove filter ${filter.text}`,
      on: { click: () => {
        this.filters = this.filters.filter((one) => one !== filter);
        this.#filter();
      } },
    }, h('span', {}, filter.text), icon('close'))));
  }

  #showSeen() {
    const { hidden, locked, solo } = this.workspace.visibility;
    this.seen.hidden = !(hidden.size || locked.size || solo.size);
    const parts = [
      solo.size ? `${count(solo.size)} shown alone` : hidden.size ? `${count(hidden.size)} hidden` : '',
      locked.size ? `${count(locked.size)} locked` : '',
    ];
    setText(this.seenText, parts.filter(Boolean).join(', '));
    this.showAll.hidden = !(hidden.size || solo.size);
    this.unlockAll.hidden = !locked.size;
  }

  #showAll() {
    const { visibility } = this.workspace;
    // What was hidden before one was shown alone stays so.
    visibility.clear(visibility.solo.size ? 'solo' : 'hidden');
  }

  #findHere() {
    this.seenHere = this.workspace.scene.painted.here;
    this.here = new Set(this.seenHere);
  }

  /** Shapes were painted: who is here may have changed. Playback must not wait for the list. */
  #follow() {
    const { here } = this.workspace.scene.painted;
    // The same part of the same answer: a shape was dragged, say.
    if (here.buffer === this.seenHere?.buffer && here.byteOffset === this.seenHere.byteOffset
      && here.length === this.seenHere.length) return;
    const now = performance.now();
    clearTimeout(this.later);
    if (this.workspace.store.state.playing && now - this.lastRefresh < REFRESH_WHILE_PLAYING_MS) {
      this.later = setTimeout(() => this.#follow(), REFRESH_WHILE_PLAYING_MS);
      return;
    }
    this.lastRefresh = now;
    if (this.followsFrame) {
      this.#filter();
    } else {
      this.#findHere();
      this.render();
    }
  }

  // rows

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
    const toggle = (what, symbol) => h('button', {
      class: 'row-toggle', type: 'button', tabindex: '-1', data: { what }, 'aria-pressed': 'false',
    }, icon(symbol));
    const dot = h('span', { class: 'class-dot' });
    const name = h('span', { class: 'entity-name' });
    const kind = h('span', { class: 'entity-class' });
    const hide = toggle('hidden', 'eye');
    const lock = toggle('locked', 'lock');
    const element = h('div', { class: 'entity-row', role: 'option' }, dot, name, kind, hide, lock);
    this.space.append(element);
    return { element, dot, name, kind, hide, lock };
  }

  #showRow(row, entity, position) {
    const { model, scene, store, visibility } = this.workspace;
    const { element, dot, name, kind, hide, lock } = row;
    element.hidden = false;
    element.style.transform = `translateY(${position * ROW_CSS_PX}px)`;
    setAttribute(element, 'data-id', entity.id);
    setAttribute(element, 'aria-posinset', String(position + 1));
    setAttribute(element, 'aria-setsize', String(this.shown.length));
    const away = !this.here.has(entity.index);
    const hidden = visibility.isHidden(entity.id);
    element.classList.toggle('is-away', away);
    element.classList.toggle('is-hidden', hidden);
    setAttribute(element, 'aria-selected', String(store.state.selection.includes(entity.id)));
    setAttribute(element, 'title', `${entity.name}${away ? ', not on this frame' : ''}`);
    dot.style.background = scene.colorOf(entity);
    setText(name, entity.name);
    setText(kind, this.#note(entity) ?? model.classOf(entity).label);
    setAttribute(hide, 'aria-pressed', String(hidden));
    setAttribute(hide, 'title', `${hidden ? 'Show' : 'Hide'}; Alt+click shows it alone`);
    setAttribute(hide, 'aria-label', `Hide ${entity.name}`);
    const locked = visibility.isLocked(entity.id);
    setAttribute(lock, 'aria-pressed', String(locked));
    setAttribute(lock, 'title', locked ? 'Unlock' : 'Lock: it cannot be changed or picked');
    setAttribute(lock, 'aria-label', `Lock ${entity.name}`);
  }

  /** What the rows are in the order of, where that is not to be seen anyhow. */
  #note({ index }) {
    const life = this.workspace.lives.of(index);
    if (!life) return null;
    if (this.order === 'first') return life.stop ? `from ${count(life.first)}` : 'nowhere';
    return this.order === 'keyframes' ? count(life.keyframes) : null;
  }

  // hands and keys

  /** Ctrl adds or takes away, Shift takes all from the last one picked. */
  #pick(id, { shiftKey, ctrlKey, metaKey }) {
    const { store, actions, editing } = this.workspace;
    const { selection, selected, picking } = store.state;
    if (picking || !(shiftKey || ctrlKey || metaKey) || selected === null) {
      this.anchor = id;
      actions.select(id);
    } else if (shiftKey) {
      const at = (wanted) => this.shown.findIndex((entity) => entity.id === wanted);
      const [from, to] = [at(this.anchor) < 0 ? at(selected) : at(this.anchor), at(id)];
      const range = this.shown.slice(Math.max(0, Math.min(from, to)), Math.max(from, to) + 1).map((entity) => entity.id);
      editing.select([...range.filter((one) => one !== id), id]);
    } else {
      this.anchor = id;
      editing.select(selection.includes(id) ? selection.filter((one) => one !== id) : [...selection, id]);
    }
  }

  #rowOf(id) {
    return this.rows.find(({ element }) => !element.hidden && element.dataset.id === id)?.element ?? null;
  }

  #click(event) {
    const row = event.target.closest('.entity-row');
    if (!row || this.editing) return;
    const { id } = row.dataset;
    const toggle = event.target.closest('.row-toggle');
    const { visibility, actions } = this.workspace;
    if (!toggle) this.#pick(id, event);
    else if (event.altKey && toggle.dataset.what === 'hidden') visibility.toggleSolo(id);
    else if (toggle.dataset.what === 'hidden' && visibility.solo.size) visibility.toggle('solo', id);
    else visibility.toggle(toggle.dataset.what, id);
  }

  #doubleClick(event) {
    if (!event.target.closest('.row-toggle')) this.#startRename(event.target.closest('.entity-row'));
  }

  #menuAt(event) {
    const row = event.target.closest('.entity-row');
    if (!row) return;
    event.preventDefault();
    selectForMenu(this.workspace, row.dataset.id);
    this.openMenu(row.dataset.id, event.clientX, event.clientY);
  }

  /** The menu of an entity, at a point or beside its row. */
  openMenu(id, x, y) {
    const row = this.#rowOf(id);
    const rect = (row ?? this.list).getBoundingClientRect();
    openEntityMenu(this.workspace, id, x ?? rect.left + 24, y ?? Math.min(rect.bottom, innerHeight - 100), {
      onRename: () => this.#startRename(this.#rowOf(id)),
    });
  }

  /** From the search the arrows go on into the list. */
  #searchKey(event) {
    if (event.key === 'ArrowDown' && this.shown.length) {
      event.preventDefault();
      this.list.focus();
      if (!this.shown.some(({ id }) => id === this.workspace.store.state.selected)) this.workspace.actions.select(this.shown[0].id);
    }
  }

  #key(event) {
    if (this.editing) return;
    const { store } = this.workspace;
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW_CSS_PX) - 1);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    const { selected } = store.state;
    if (event.key === 'F2') {
      this.#startRename(this.#rowOf(selected));
    } else if ((event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) && selected) {
      this.openMenu(selected);
    } else if (by && this.shown.length && !event.altKey) {
      const at = this.shown.findIndex((entity) => entity.id === selected);
      const next = Math.min(this.shown.length - 1, Math.max(0, at + by));
      this.#pick(this.shown[next].id, { shiftKey: event.shiftKey });
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
