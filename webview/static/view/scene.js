/**
 * From a window's rows to the painter's input. Boxes go to the painter as they came; only a drag
 * that the engine has not answered yet stands in for one.
 */

import { PRESENCE } from '../protocol.js';
import { VARIANTS, makePalette } from './styles.js';

const OCCLUDED = PRESENCE.indexOf('occluded');
const EMPTY_BOXES = new Float32Array(0);

/**
 * What was painted last, kept for hit tests, labels and diagnostics.
 * @typedef {{frame: number, count: number, boxes: Float32Array, style: Uint16Array,
 *   entity: Uint32Array, presence: Uint8Array, loaded: boolean}} Painted
 */

/**
 * A box shown before the engine has it: while dragging, and until the answer is in.
 * @typedef {{id: string, frame: number, box: number[], revision: number, color?: string}} Override
 * `revision` is Infinity until the edit is acknowledged; `color` is for an entity just drawn
 */

export class Scene {
  /** @param {import('../state/model.js').Model} model @param {import('../state/windows.js').Windows} windows */
  constructor(model, windows) {
    this.model = model;
    this.windows = windows;
    /** @type {Map<string, Override>} */
    this.overrides = new Map();
    this.recolor('class');
    /** @type {Painted} */
    this.painted = this.#nothing(0);
  }

  recolor(colorBy) {
    this.palette = makePalette(this.model, colorBy);
    this.bases = new Uint16Array(0);
  }

  /** Entities came, went or changed class: their colours may be others. */
  refreshEntities() {
    this.bases = new Uint16Array(0);
  }

  #baseOf(index) {
    if (index >= this.bases.length) {
      const entities = this.model.byIndex;
      this.bases = new Uint16Array(Math.max(entities.length, index + 1));
      entities.forEach((entity, i) => {
        if (entity) this.bases[i] = this.palette.baseOf(entity);
      });
    }
    return this.bases[index];
  }

  /** @returns {string} colour of a painted row */
  colorOfRow(i) {
    return this.palette.colors[Math.floor(this.painted.style[i] / VARIANTS)];
  }

  /** @returns {string} colour of an entity where it is not painted */
  colorOf(entity) {
    return this.palette.column ? this.model.classOf(entity).color
      : this.palette.colors[this.palette.baseOf(entity)];
  }

  #nothing(frame) {
    return {
      frame, count: 0, boxes: EMPTY_BOXES, style: new Uint16Array(0), entity: new Uint32Array(0),
      presence: new Uint8Array(0), loaded: false,
    };
  }

  /**
   * @param {number} frame
   * @param {string|null} selected
   * @returns {Painted}
   */
  build(frame, selected) {
    const rows = this.windows.rows(frame);
    if (!rows) {
      this.painted = this.#withOverrides(this.#nothing(frame), selected);
      return this.painted;
    }
    const { window, start, stop } = rows;
    this.#dropAnswered(frame, window.revision);
    let entity = window.entity.subarray(start, stop);
    let boxes = window.boxes.subarray(4 * start, 4 * stop);
    let presence = window.presence.subarray(start, stop);
    let column = window.columns.get(this.palette.column)?.subarray(start, stop);
    if (window.boxless || this.#unknown(entity)) {
      const keep = this.#visible(entity, boxes);
      const take = (Type, from) => {
        const to = new Type(keep.length);
        for (let k = 0; k < keep.length; k++) to[k] = from[keep[k]];
        return to;
      };
      const kept = new Float32Array(4 * keep.length);
      for (let k = 0; k < keep.length; k++) {
        for (let c = 0; c < 4; c++) kept[4 * k + c] = boxes[4 * keep[k] + c];
      }
      boxes = kept;
      entity = take(Uint32Array, entity);
      presence = take(Uint8Array, presence);
      if (column) column = take(Int16Array, column);
    }
    const chosen = selected === null ? undefined : this.model.entities.get(selected)?.index;
    const style = new Uint16Array(entity.length);
    for (let i = 0; i < style.length; i++) {
      let base = this.#baseOf(entity[i]);
      if (column) {
        const className = this.model.byIndex[entity[i]]?.class;
        base = this.palette.byCode.get(className)?.get(column[i]) ?? 0;
      }
      style[i] = base * VARIANTS + (presence[i] === OCCLUDED ? 1 : 0) + (entity[i] === chosen ? 2 : 0);
    }
    this.painted = this.#withOverrides(
      { frame, count: entity.length, boxes, style, entity, presence, loaded: true }, selected);
    return this.painted;
  }

  /** Rows with a box, of entities that are known. */
  #visible(entity, boxes) {
    const keep = [];
    for (let i = 0; i < entity.length; i++) {
      if (this.model.byIndex[entity[i]] && !Number.isNaN(boxes[4 * i])) keep.push(i);
    }
    return keep;
  }

  #unknown(entity) {
    for (let i = 0; i < entity.length; i++) if (!this.model.byIndex[entity[i]]) return true;
    return false;
  }

  #dropAnswered(frame, revision) {
    for (const [id, override] of this.overrides) {
      if (override.frame === frame && revision >= override.revision) this.overrides.delete(id);
    }
  }

  /** @param {Painted} painted */
  #withOverrides(painted, selected) {
    for (const override of this.overrides.values()) {
      const entity = this.model.entities.get(override.id);
      if (!entity || override.frame !== painted.frame) continue;
      const at = painted.entity.indexOf(entity.index);
      if (at < 0) {
        this.#appendRow(painted, entity, override.box, selected);
      } else {
        // The window's own array stays as the engine sent it.
        painted.boxes = painted.boxes.slice();
        painted.boxes.set(override.box, 4 * at);
      }
    }
    return painted;
  }

  #appendRow(painted, entity, box, selected) {
    const extend = (Type, from, values) => {
      const to = new Type(from.length + values.length);
      to.set(from);
      to.set(values, from.length);
      return to;
    };
    const style = this.#baseOf(entity.index) * VARIANTS + (entity.id === selected ? 2 : 0);
    painted.boxes = extend(Float32Array, painted.boxes, box);
    painted.entity = extend(Uint32Array, painted.entity, [entity.index]);
    painted.presence = extend(Uint8Array, painted.presence, [PRESENCE.indexOf('present')]);
    painted.style = extend(Uint16Array, painted.style, [style]);
    painted.count++;
  }

  /** Boxes just drawn, of entities that the server has not told us about yet. @returns {Override[]} */
  unborn() {
    return [...this.overrides.values()].filter((override) => (
      override.frame === this.painted.frame && !this.model.entities.has(override.id)));
  }

  /** @returns {number[]|null} x, y, width, height of an entity as painted now */
  boxOf(id) {
    const entity = this.model.entities.get(id);
    if (!entity) return null;
    const at = this.painted.entity.indexOf(entity.index);
    return at < 0 ? null : Array.from(this.painted.boxes.subarray(4 * at, 4 * at + 4));
  }

  /** @returns {{present: boolean, presence: string|null, codes: Map<string, number>}} as evaluated */
  valuesOf(id, frame) {
    const entity = this.model.entities.get(id);
    const rows = entity && this.windows.rows(frame);
    const codes = new Map();
    if (!rows) return { present: false, presence: null, codes };
    for (let i = rows.start; i < rows.stop; i++) {
      if (rows.window.entity[i] !== entity.index) continue;
      for (const [name, column] of rows.window.columns) codes.set(name, column[i]);
      return { present: true, presence: PRESENCE[rows.window.presence[i]], codes };
    }
    return { present: false, presence: null, codes };
  }
}
