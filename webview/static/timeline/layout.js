/**
 * Which row lies where: the selected entity's properties, events, then a lane for each entity that
 * is there in the stretch shown. Lanes are only numbers, so ten thousand cost what ten do.
 */

export const PROPERTY_CSS_PX = 24;
export const EVENT_CSS_PX = 22;
export const LANE_CSS_PX = 18;

/**
 * @typedef {{kind: 'property'|'event'|'lane', i: number, top: number, height: number}} Place
 */
export class Layout {
  constructor() {
    /** @type {import('./rows.js').Row[]} */
    this.properties = [];
    /** @type {import('./events.js').EventRow[]} */
    this.events = [];
    /** Numbers of entities. @type {Uint32Array} */
    this.lanes = new Uint32Array(0);
  }

  get eventsTop() {
    return this.properties.length * PROPERTY_CSS_PX;
  }

  get lanesTop() {
    return this.eventsTop + this.events.length * EVENT_CSS_PX;
  }

  get height() {
    return this.lanesTop + this.lanes.length * LANE_CSS_PX;
  }

  /** @param {number} y px from the top of all rows @returns {Place|null} */
  at(y) {
    if (y < 0 || y >= this.height) return null;
    if (y < this.eventsTop) return this.#place('property', Math.floor(y / PROPERTY_CSS_PX), 0, PROPERTY_CSS_PX);
    if (y < this.lanesTop) {
      return this.#place('event', Math.floor((y - this.eventsTop) / EVENT_CSS_PX), this.eventsTop, EVENT_CSS_PX);
    }
    return this.#place('lane', Math.floor((y - this.lanesTop) / LANE_CSS_PX), this.lanesTop, LANE_CSS_PX);
  }

  #place(kind, i, base, height) {
    return { kind, i, top: base + i * height, height };
  }

  /** Rows that overlap `[top, bottom)`. @returns {Place[]} */
  between(top, bottom) {
    const found = [];
    const take = (kind, count, base, height) => {
      const stop = Math.min(count, Math.ceil((bottom - base) / height));
      for (let i = Math.max(0, Math.floor((top - base) / height)); i < stop; i++) {
        found.push(this.#place(kind, i, base, height));
      }
    };
    take('property', this.properties.length, 0, PROPERTY_CSS_PX);
    take('event', this.events.length, this.eventsTop, EVENT_CSS_PX);
    take('lane', this.lanes.length, this.lanesTop, LANE_CSS_PX);
    return found;
  }
}

/**
 * Numbers of the entities that are there somewhere in `[first, stop)`, in the list's order.
 * @param {import('../state/lives.js').Lives} lives
 * @param {(index: number) => boolean} wanted
 */
export function lanesWithin(lives, first, stop, wanted) {
  const found = new Uint32Array(lives.entity.length);
  let count = 0;
  for (let i = 0; i < lives.entity.length; i++) {
    if (lives.first[i] >= stop || lives.stop[i] <= first || !wanted(lives.entity[i])) continue;
    found[count++] = lives.entity[i];
  }
  return found.slice(0, count);
}
