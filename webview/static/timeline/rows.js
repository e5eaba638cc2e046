/** What the timeline's rows show: a property of the selected entity each, looks included. */

const PRESENCE_COLORS = { present: '#3f86e0', occluded: '#8f74d6' };
const PRESENCE_LABELS = { present: 'Present', occluded: 'Occluded' };
const VALUE_COLORS = [
  '#56b4e9', '#e69f00', '#2ed3a3', '#f0e442', '#ff7a45', '#cc79a7', '#8fd14f', '#b19cff',
];
const UNKNOWN_COLOR = '#8b95a3';
const MAX_TEXT = 60;

/**
 * @typedef {{name: string, label: string, color: string, keyframes: number[],
 *   spans?: Array<[number, number, any]>, colorOf?: (value: any) => string|undefined,
 *   labelOf?: (value: any) => string, hatched?: (value: any) => boolean}} Row
 * @param {import('../state/model.js').Model} model
 * @param {import('../state/model.js').Entity} entity
 * @param {import('../state/track.js').Timeline} timeline
 * @param {string} color of the entity
 * @returns {Row[]}
 */
export function propertyRows(model, entity, timeline, color) {
  const { geometry, properties } = model.classOf(entity);
  const { properties: found } = timeline;
  // A class may allow many shapes: what nobody drew takes no row.
  const drawn = geometry.filter((name) => found[name]?.keyframes.length);
  const shapes = drawn.length ? drawn : geometry.slice(0, 1);
  const names = ['presence', ...shapes, ...properties.map((p) => p.name)];
  return names.filter((name) => timeline.properties[name]).map((name) => {
    const row = { name, color, ...timeline.properties[name] };
    if (name === 'presence') return { ...row, ...presenceLooks() };
    const property = properties.find((p) => p.name === name);
    const label = property?.label ?? geometryLabel(name);
    return row.spans ? { ...row, label, ...valueLooks(model, property) } : { ...row, label };
  });
}

/** @returns {string} "Rotated box" for rotated_box */
export function geometryLabel(name) {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

function presenceLooks() {
  return {
    label: 'Presence',
    colorOf: (value) => PRESENCE_COLORS[value],
    labelOf: (value) => PRESENCE_LABELS[value] ?? value,
    hatched: (value) => value === 'occluded',
  };
}

function valueLooks(model, property) {
  const known = new Map((property?.choices ?? []).map((choice, i) => (
    [choice.name, { label: choice.label, color: choice.color ?? VALUE_COLORS[i % VALUE_COLORS.length] }])));
  const one = (value) => {
    if (known.has(value)) return known.get(value).label;
    if (property?.kind === 'entity' || property?.kind === 'entities') return model.entities.get(value)?.name ?? String(value);
    return value === true ? 'Yes' : value === false ? 'No' : String(value);
  };
  const labelOf = (value) => {
    if (value === null) return 'Nobody';
    return (Array.isArray(value) ? value.map(one).join(', ') || 'None' : one(value)).slice(0, MAX_TEXT);
  };
  const colorOf = (value) => {
    if (value === null || value === false || (Array.isArray(value) && !value.length)) return UNKNOWN_COLOR;
    if (known.has(value)) return known.get(value).color;
    return known.size && !Array.isArray(value) ? UNKNOWN_COLOR : VALUE_COLORS[hash(String(value)) % VALUE_COLORS.length];
  };
  return { colorOf, labelOf, hatched: () => false };
}

/** The same value has the same colour everywhere. */
function hash(text) {
  let sum = 0;
  for (let i = 0; i < text.length && i < 100; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return sum;
}
