/** What the timeline's rows show: a property of the selected entity each, looks included. */

const PRESENCE_COLORS = { present: '#3f86e0', occluded: '#8f74d6' };
const PRESENCE_LABELS = { present: 'Present', occluded: 'Occluded' };
const CHOICE_COLORS = [
  '#56b4e9', '#e69f00', '#2ed3a3', '#f0e442', '#ff7a45', '#cc79a7', '#8fd14f', '#b19cff',
];
const UNKNOWN_COLOR = '#8b95a3';

/**
 * @typedef {{name: string, label: string, color: string, keyframes: number[],
 *   spans?: Array<[number, number, string]>, colorOf?: (value: string) => string|undefined,
 *   labelOf?: (value: string) => string, hatched?: (value: string) => boolean}} Row
 * @param {import('../state/model.js').Model} model
 * @param {import('../state/model.js').Entity} entity
 * @param {import('../state/track.js').Timeline} timeline
 * @param {string} color of the entity
 * @returns {Row[]}
 */
export function propertyRows(model, entity, timeline, color) {
  const names = ['presence', 'box', ...model.classOf(entity).properties.map((p) => p.name)];
  return names.filter((name) => timeline.properties[name]).map((name) => {
    const row = { name, color, ...timeline.properties[name] };
    if (name === 'presence') return { ...row, ...presenceLooks() };
    if (!row.spans) return { ...row, label: 'Box' };
    return { ...row, ...choiceLooks(model.propertyOf(entity, name), name) };
  });
}

function presenceLooks() {
  return {
    label: 'Presence',
    colorOf: (value) => PRESENCE_COLORS[value],
    labelOf: (value) => PRESENCE_LABELS[value] ?? value,
    hatched: (value) => value === 'occluded',
  };
}

function choiceLooks(property, name) {
  const known = new Map((property?.choices ?? []).map((choice, i) => (
    [choice.name, { label: choice.label, color: choice.color ?? CHOICE_COLORS[i % CHOICE_COLORS.length] }])));
  return {
    label: property?.label ?? name,
    colorOf: (value) => known.get(value)?.color ?? UNKNOWN_COLOR,
    labelOf: (value) => known.get(value)?.label ?? value,
    hatched: () => false,
  };
}
