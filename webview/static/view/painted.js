/**
 * What was painted last, kept for hit tests, labels and diagnostics: arrays over all shapes of a
 * frame, in the order in which they were painted. The arrays are used again for the next frame.
 */

import { writeBounds } from './shapes.js';

/** In place of an entity's number: one that the server has not told us about yet. */
export const UNBORN = 0xffffffff;

/**
 * Shapes `first .. first + count` are of one property; shape i is number `at[i]` of the column.
 * @typedef {{property: string, kind: string, first: number, count: number,
 *   column: import('../protocol.js').GeometryColumn}} Layer
 */

export class Painted {
  constructor() {
    this.frame = 0;
    /** whether the engine's answer for the frame was there */
    this.loaded = false;
    /** shapes painted */
    this.count = 0;
    /** @type {Layer[]} */
    this.layers = [];
    /** entities that are there, with or without a shape */
    this.here = new Uint32Array(0);
    this.#reserve(256);
  }

  #reserve(capacity) {
    const grown = (Type, old, width = 1) => {
      const array = new Type(width * capacity);
      if (old) array.set(old);
      return array;
    };
    /** number of each shape's entity, UNBORN for one just drawn */
    this.entity = grown(Uint32Array, this.entity);
    this.presence = grown(Uint8Array, this.presence);
    /** row of the style table */
    this.style = grown(Uint16Array, this.style);
    /** number of the shape in its layer's column */
    this.at = grown(Uint32Array, this.at);
    /** which of `layers` */
    this.layer = grown(Uint16Array, this.layer);
    /** left, top, width, height around each shape, video px; of a box that is the box */
    this.bounds = grown(Float32Array, this.bounds, 4);
  }

  /** @param {number} frame @param {boolean} loaded */
  clear(frame, loaded) {
    this.frame = frame;
    this.loaded = loaded;
    this.count = 0;
    this.layers = [];
    this.here = new Uint32Array(0);
  }

  /** Adds a shape on top; it joins the layer before it when that is of the same column. */
  add(column, k, entity, presence, style) {
    const i = this.count++;
    if (i >= this.entity.length) this.#reserve(2 * i);
    let layer = this.layers[this.layers.length - 1];
    if (layer?.column !== column) {
      layer = { property: column.property, kind: column.kind, first: i, count: 0, column };
      this.layers.push(layer);
    }
    layer.count++;
    this.layer[i] = this.layers.length - 1;
    this.at[i] = k;
    this.entity[i] = entity;
    this.presence[i] = presence;
    this.style[i] = style;
    writeBounds(column, k, this.bounds, 4 * i);
  }

  /** @returns {Layer} of shape i */
  layerOf(i) {
    return this.layers[this.layer[i]];
  }

  /** @returns {number[]} the shapes of an entity, by its number */
  shapesOf(entity) {
    const found = [];
    for (let i = 0; i < this.count; i++) if (this.entity[i] === entity) found.push(i);
    return found;
  }
}
