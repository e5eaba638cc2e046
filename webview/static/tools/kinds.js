/**
 * What tools must know about each kind of geometry, the same few functions for all of them. Values
 * are in the form in which edits carry them (webview/edits.py); coordinates are video px.
 *
 * @typedef {{name: string, x: number, y: number, cursor: string, look?: 'square'|'round'|'turn'|'ghost',
 *   index?: number, ring?: number[], label?: string}} Handle a place by which a shape is taken;
 *   `index` counts what Tab walks over
 * @typedef {{constrain?: boolean, centred?: boolean}} Modifiers square, 15 or 45 degrees; about the
 *   middle
 * @typedef {[number, number, number, number]} Bounds left, top, right, bottom
 *
 * @typedef {Object} Kind
 * @property {(value: any) => Bounds|null} bounds null where there is nothing to see
 * @property {(value: any, dx: number, dy: number) => any} moved
 * @property {(value: any, from: Bounds, to: Bounds) => any} fitted what lay in `from` lies in `to`
 * @property {(value: any, scale: number, skeleton: Object|null) => Handle[]} handles `scale` in css px
 *   per video px
 * @property {(value: any, handle: Handle, x: number, y: number, modifiers: Modifiers) => any} dragged
 *   the value of before the drag with the handle taken to (x, y)
 * @property {(value: any, x: number, y: number, reach: number, skeleton: Object|null) => boolean} hits
 * @property {(path: Path, value: any, skeleton: Object|null) => void} trace its outline
 * @property {(value: any) => any} round to what is worth storing
 *
 * @typedef {{line: (points: number[][], closed: boolean) => void,
 *   oval: (x: number, y: number, rx: number, ry: number, degrees: number) => void}} Path
 */

import { box } from './kinds/box.js';
import { cuboid } from './kinds/cuboid.js';
import { mask } from './kinds/mask.js';
import { polygon, polyline } from './kinds/paths.js';
import { points } from './kinds/points.js';
import { ellipse, rotatedBox } from './kinds/turned.js';

/** @type {Object<string, Kind>} */
export const KINDS = Object.freeze({
  box, rotated_box: rotatedBox, ellipse, polyline, polygon, points, cuboid, mask,
});

/** @param {Bounds[]} several @returns {Bounds|null} around all of them */
export function boundsOfAll(several) {
  const all = several.filter(Boolean);
  if (!all.length) return null;
  return [0, 1, 2, 3].map((side) => (
    (side < 2 ? Math.min : Math.max)(...all.map((bounds) => bounds[side]))));
}
