/**
 * From a window's rows to the painter's input. Shapes go to the painter as they came; only a drag
 * that the engine has not answered yet stands in for one.
 */

import { PRESENCE } from '../protocol.js';
import { Painted, UNBORN } from './painted.js';
import { PAINT_ORDER, columnOf, valueOf } from './shapes.js';
import { VARIANTS, makePalette } from './styles.js';
import { readValues } from './values.js';

const OCCLUDED = PRESENCE.indexOf('occluded');
const PRESENT = PRESENCE.indexOf('present');

// Flags of entities, by their number.
const SHOWN = 1;
const SELECTED = 2;
const OVERRIDDEN = 4;

/**
 * A shape shown before the engine has it: while dragging, and until the answer is in.
 * @typedef {{id: string, property: string, kind: string, value: any, frame: number,
 *   revision: number, color?: string|null}} Override
 * `value` as an edit carries it; `revision` is Infinity until the edit is acknowledged; `color` is
 * for an entity just drawn
 */

/** @typedef {{property: string, kind: string, value: any}} Geometry `value` as an edit carries it */

const FEW_OVERRIDES = 16;

export class Scene {
  /** @type {Map<string, Override & {column: Object}>} by entity and property */
  overrides = new Map();
  painted = new Painted();
  #flags = new Uint8Array(0);
  #stale = true;
  /** @type {(entity: import('../state/model.js').Entity) => boolean} */
  #isShown = () => true;

  /** @param {import('../state/model.js').Model} model @param {import('../state/windows.js').Windows} windows */
  constructor(model, windows) {
    this.model = model;
    this.windows = windows;
    this.recolor('class');
  }

  recolor(colorBy) {
    this.palette = makePalette(this.model, colorBy);
    this.#stale = true;
  }

  /** Entities came, went or changed class: their colours may be others. */
  refreshEntities() {
    this.#stale = true;
  }

  /** Which entities are painted at all; call again when the answer changes for one of them. */
  showOnly(isShown) {
    this.#isShown = isShown;
    this.#stale = true;
  }

  #freshen() {
    if (!this.#stale) return;
    this.#stale = false;
    const entities = this.model.byIndex;
    this.#flags = new Uint8Array(entities.length);
    this.bases = new Uint16Array(entities.length);
    entities.forEach((entity, i) => {
      if (!entity) return;
      this.#flags[i] = this.#isShown(entity) ? SHOWN : 0;
      this.bases[i] = this.palette.baseOf(entity);
    });
  }

  /** @param {number} index of an entity @returns {Uint16Array|undefined} pairs of points that are joined */
  edgesOf(index) {
    const entity = this.model.byIndex[index];
    return entity && this.model.classOf(entity).edges;
  }

  /** @returns {string} colour of a painted shape */
  colorOfRow(i) {
    return this.palette.colors[Math.floor(this.painted.style[i] / VARIANTS)];
  }

  /** @returns {string} colour of an entity where it is not painted */
  colorOf(entity) {
    return this.palette.column ? this.model.classOf(entity).color
      : this.palette.colors[this.palette.baseOf(entity)];
  }

  /**
   * @param {number} frame
   * @param {string|null|Iterable<string>} selected ids; these are painted on top
   * @returns {Painted}
   */
  build(frame, selected) {
    const chosen = selected === null || typeof selected === 'string' ? [selected] : [...selected];
    const rows = this.windows.rows(frame);
    this.#freshen();
    this.#dropAnswered();
    this.painted.clear(frame, Boolean(rows));
    const marked = this.#mark(frame, chosen);
    if (rows) this.#addRows(rows, frame);
    this.#addOverrides(frame, new Set(chosen));
    for (const index of marked) this.#flags[index] &= SHOWN;
    return this.painted;
  }

  #mark(frame, chosen) {
    const marked = [];
    const set = (id, flag) => {
      const index = this.model.entities.get(id)?.index;
      if (index === undefined) return;
      this.#flags[index] |= flag;
      marked.push(index);
    };
    for (const id of chosen) set(id, SELECTED);
    for (const override of this.overrides.values()) {
      if (override.frame === frame) set(override.id, OVERRIDDEN);
    }
    return marked;
  }

  #addRows({ window, start, stop }, frame) {
    const flags = this.#flags;
    const { painted } = this;
    const { entity, presence } = window;
    const codes = this.palette.column === null ? null : window.values.find(
      (column) => column.property === this.palette.column && column.kind === 'choice')?.codes;
    const k = frame - window.first;
    painted.here = entity.subarray(start, stop);
    const onTop = [];
    window.sorted ??= [...window.geometry].sort(
      (a, b) => PAINT_ORDER.indexOf(a.kind) - PAINT_ORDER.indexOf(b.kind));
    for (const column of window.sorted) {
      const { rows, which, offsets } = column;
      for (let e = offsets[k]; e < offsets[k + 1]; e++) {
        const row = rows ? rows[e] : e;
        const index = entity[row];
        const flag = flags[index];
        if (!(flag & SHOWN)) continue;
        if (flag !== SHOWN) {
          onTop.push({ column, e, row });
          continue;
        }
        const style = this.#styleOf(index, presence[row], codes?.[row]);
        painted.add(column, which ? which[e] : e, index, presence[row], style);
      }
    }
    for (const { column, e, row } of onTop) {
      const index = entity[row];
      if (flags[index] & OVERRIDDEN && this.#override(index, column.property, frame)) continue;
      const style = this.#styleOf(index, presence[row], codes?.[row]);
      painted.add(column, column.which ? column.which[e] : e, index, presence[row],
        style + (flags[index] & SELECTED ? 2 : 0));
    }
  }

  #styleOf(index, presence, code) {
    let base = this.bases[index];
    if (code !== undefined) {
      base = this.palette.byCode.get(this.model.byIndex[index].class)?.get(code) ?? 0;
    }
    return base * VARIANTS + (presence === OCCLUDED ? 1 : 0);
  }

  #override(index, property, frame) {
    const override = this.overrides.get(overrideKey(this.model.byIndex[index].id, property));
    return override?.frame === frame ? override : null;
  }

  #addOverrides(frame, chosen) {
    const { painted } = this;
    // Of many that are dragged at once, nobody is looked for one by one.
    const presences = this.overrides.size > FEW_OVERRIDES ? this.#presencesHere() : null;
    for (const { id, frame: at, column, color } of this.overrides.values()) {
      if (at !== frame) continue;
      const entity = this.model.entities.get(id);
      const index = entity?.index ?? UNBORN;
      const presence = presences?.get(index) ?? (presences ? PRESENT : this.#presenceHere(index));
      const style = entity ? this.#styleOf(index, presence) + (chosen.has(id) ? 2 : 0)
        : this.palette.styleOfNew(color);
      painted.add(column, 0, index, presence, style);
    }
  }

  /** @returns {Map<number, number>} of everybody who is there */
  #presencesHere() {
    const found = new Map();
    const rows = this.windows.rows(this.painted.frame);
    for (let i = rows?.start; i < rows?.stop; i++) found.set(rows.window.entity[i], rows.window.presence[i]);
    return found;
  }

  #presenceHere(index) {
    const rows = this.windows.rows(this.painted.frame);
    for (let i = rows?.start; i < rows?.stop; i++) {
      if (rows.window.entity[i] === index) return rows.window.presence[i];
    }
    return PRESENT;
  }

  /** The engine's answer is in, or will be the next thing that is known of the frame. */
  #dropAnswered() {
    for (const [key, { frame, revision }] of this.overrides) {
      if (revision === Infinity) continue;
      const rows = this.windows.rows(frame);
      if (rows ? rows.window.revision >= revision : frame !== this.painted.frame) this.overrides.delete(key);
    }
  }

  /** Shows a shape of any kind in place of the engine's. @param {Override} override @returns {Override} */
  setOverride(override) {
    const { id, property, kind, value } = override;
    const kept = { ...override, column: columnOf(property, kind, value) };
    this.overrides.set(overrideKey(id, property), kept);
    return kept;
  }

  /** Takes an entity's override back, or all that it has. @param {string} id @param {string|null} [property] */
  dropOverride(id, property = null) {
    for (const [key, override] of this.overrides) {
      if (override.id === id && (property === null || override.property === property)) this.overrides.delete(key);
    }
  }

  /** Takes back an override that was set, unless another stands in its place by now. */
  forgetOverride(override) {
    const key = overrideKey(override.id, override.property);
    if (this.overrides.get(key) === override) this.overrides.delete(key);
  }

  /** @returns {Geometry[]} the shapes of an entity as painted now */
  geometriesOf(id) {
    const index = this.model.entities.get(id)?.index;
    if (index === undefined) return [];
    return this.painted.shapesOf(index).map((i) => this.geometryAt(i));
  }

  /** @param {number} i painted shape @returns {Geometry} */
  geometryAt(i) {
    const { property, kind, column } = this.painted.layerOf(i);
    return { property, kind, value: valueOf(column, this.painted.at[i]) };
  }

  /** @returns {number[]|null} x, y, width, height of an entity's box as painted now */
  boxOf(id) {
    return this.geometriesOf(id).find(({ property }) => property === 'box')?.value ?? null;
  }

  /** @returns {number[]|null} x, y, width, height around all of an entity's shapes as painted now */
  boundsOf(id) {
    const index = this.model.entities.get(id)?.index;
    if (index === undefined) return null;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const i of this.painted.shapesOf(index)) {
      const [x, y, width, height] = this.painted.bounds.subarray(4 * i, 4 * i + 4);
      if (Number.isNaN(x)) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + width), Math.max(bottom, y + height)];
    }
    return left <= right ? [left, top, right - left, bottom - top] : null;
  }

  /**
   * What the engine says of an entity at a frame, geometry aside. `values` has, of each property
   * with a value there, what people read: choices by name, references by id, null for "no entity";
   * `cut` names texts that are longer than what is here; `codes` has the codes of choices.
   * @returns {{present: boolean, presence: string|null, codes: Map<string, number>,
   *   values: Map<string, any>, cut: Set<string>}}
   */
  valuesOf(id, frame) {
    const entity = this.model.entities.get(id);
    const rows = entity && this.windows.rows(frame);
    for (let i = rows?.start; i < rows?.stop; i++) {
      if (rows.window.entity[i] !== entity.index) continue;
      return {
        present: true, presence: PRESENCE[rows.window.presence[i]],
        ...readValues(rows.window.values, i, this.model.classOf(entity)),
      };
    }
    return { present: false, presence: null, codes: new Map(), values: new Map(), cut: new Set() };
  }
}

const overrideKey = (id, property) => `${id} ${property}`;
