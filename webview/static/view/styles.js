/**
 * How shapes look: rows of the painter's style table. A colour is a class's, an entity's own, or a
 * choice's, as the person asked for; each colour has four rows: plain, occluded, selected, both.
 */

export const VARIANTS = 4;
const ENTITY_HUES = 24;
const NO_VALUE_COLOR = '#8b95a3';

/** @param {string} hex '#rrggbb' @returns {[number, number, number]} */
export function rgbOf(hex) {
  const value = Number.parseInt(String(hex).slice(1), 16);
  return Number.isNaN(value) ? [154, 164, 178] : [value >> 16, (value >> 8) & 255, value & 255];
}

/** Distinct, equally light colours; neighbours in creation order are far apart in hue. */
const entityPalette = Array.from({ length: ENTITY_HUES }, (_, i) => (
  hslToHex(((i * 137.508) % 360), i % 2 ? 0.85 : 0.7, i % 3 ? 0.62 : 0.7)));

function hslToHex(hue, saturation, lightness) {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    const value = lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value).toString(16).padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/**
 * @typedef {Object} Palette
 * @property {string[]} colors one for each group of VARIANTS rows
 * @property {Object} table the painter's style table
 * @property {(entity: import('../state/model.js').Entity) => number} baseOf colour number of an entity
 * @property {(color: string|null|undefined) => number} styleOfNew row of the table for an entity just
 *   drawn, which the server has not named yet
 * @property {string|null} column choice column of the window that decides instead, when it has one
 * @property {Map<string, Map<number, number>>} byCode for each class, colour number of each choice
 *   code of that column
 */

/** @param {import('../state/model.js').Model} model @param {string} colorBy @returns {Palette} */
export function makePalette(model, colorBy) {
  if (colorBy === 'entity') {
    return finish(entityPalette, (entity) => entity.index % ENTITY_HUES);
  }
  const property = model.choiceProperties().find((p) => p.name === colorBy);
  if (property) {
    const colors = [NO_VALUE_COLOR, ...property.choices.map((c, i) => c.color ?? entityPalette[i % ENTITY_HUES])];
    const byName = new Map(property.choices.map((c, i) => [c.name, i + 1]));
    // Codes belong to a class: two classes may have a property of the same name.
    const byCode = new Map(model.classes.map((c) => [c.name, new Map(
      (c.properties.find((p) => p.name === property.name)?.choices ?? [])
        .map((choice) => [choice.code, byName.get(choice.name) ?? 0]))]));
    const baseOf = (entity) => byName.get(entity.constants[property.name]) ?? 0;
    return finish(colors, baseOf, property.time_varying ? property.name : null, byCode);
  }
  const colors = [...model.classes.map((c) => c.color), NO_VALUE_COLOR];
  return finish(colors, (entity) => model.classNumber.get(entity.class) ?? model.classes.length);
}

function finish(known, baseOf, column = null, byCode = new Map()) {
  const colors = [...known, NO_VALUE_COLOR]; // the last one takes the colour of what was just drawn
  const rows = colors.length * VARIANTS;
  const table = {
    color: new Uint8Array(4 * rows), fill: new Uint8Array(4 * rows),
    area: new Uint8Array(4 * rows), mask: new Uint8Array(4 * rows),
    width: new Float32Array(rows), dash: new Uint8Array(rows),
  };
  const paint = (color, i) => {
    const rgb = rgbOf(color);
    for (let variant = 0; variant < VARIANTS; variant++) {
      const row = i * VARIANTS + variant;
      const occluded = variant & 1;
      const selected = variant & 2;
      table.color.set([...rgb, 255], 4 * row);
      table.fill.set([...rgb, selected ? 10 : 0], 4 * row);
      table.area.set([...rgb, selected ? 88 : 54], 4 * row);
      table.mask.set([...rgb, selected ? 120 : 92], 4 * row);
      table.width[row] = selected ? 2.5 : 1.75;
      table.dash[row] = occluded ? 1 : 0;
    }
  };
  colors.forEach(paint);
  const spare = colors.length - 1;
  const styleOfNew = (color) => {
    if (color && color !== colors[spare]) paint(colors[spare] = color, spare);
    return spare * VARIANTS + 2;
  };
  return { colors, table, baseOf, styleOfNew, column, byCode };
}
