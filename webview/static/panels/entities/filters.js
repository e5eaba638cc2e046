/** Which entities the list shows, and in what order: pure functions over the model's columns. */

import { readValues } from '../../view/values.js';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * One thing that is asked of an entity; several of one `group` are alternatives, groups add up.
 * @typedef {{group: string, value: string, text: string}} Filter
 */

const REVIEW = [
  ['unreviewed', 'Not reviewed'], ['changed', 'Changed since'], ['needs-work', 'Needs work'], ['reject', 'Rejected'],
  ['accept', 'Accepted'],
];

/**
 * What can be asked for, in groups as a person would look for it.
 * @param {boolean} reviewed whether anybody judged anything yet
 * @returns {Array<{label: string, filters: Filter[]}>}
 */
export function possibleFilters(model, reviewed = false) {
  const groups = [{
    label: 'Class', filters: model.classes.map((c) => ({ group: 'class', value: c.name, text: c.label })),
  }];
  const seen = new Map();
  for (const { properties } of model.classes) {
    for (const property of properties) {
      const values = property.kind === 'boolean' ? [{ name: 'true', label: 'Yes' }, { name: 'false', label: 'No' }]
        : property.kind === 'choice' || property.kind === 'choices' ? property.choices : [];
      if (!values.length) continue;
      if (!seen.has(property.name)) {
        const group = { label: property.time_varying ? `${property.label}, on this frame` : property.label, filters: [] };
        seen.set(property.name, group);
        groups.push(group);
      }
      const { filters } = seen.get(property.name);
      for (const { name, label } of values) {
        if (filters.some((filter) => filter.value === name)) continue;
        filters.push({ group: `property ${property.name}`, value: name, text: `${property.label}: ${label}` });
      }
    }
  }
  if (reviewed) {
    groups.push({ label: 'Review', filters: REVIEW.map(([value, text]) => ({ group: 'review', value, text })) });
  }
  groups.push({
    label: 'This window', filters: [
      { group: 'seen', value: 'hidden', text: 'Hidden' }, { group: 'seen', value: 'locked', text: 'Locked' },
    ],
  });
  return groups;
}

/** Whether the answer depends on the frame shown. @param {Filter[]} filters */
export function dependOnFrame(model, filters) {
  return filters.some(({ group }) => {
    const name = group.startsWith('property ') && group.slice(9);
    return name && model.classes.some(({ properties }) => properties.some((p) => p.name === name && p.time_varying));
  });
}

/**
 * @param {import('../../workspace.js').Workspace} workspace
 * @param {{words: string[], filters: Filter[], here: Set<number>|null}} wanted `here` restricts to
 *   entities with these numbers
 * @returns {import('../../state/model.js').Entity[]} in the order of their numbers: an entity that
 *   undo brings back is where it was
 */
export function matching(workspace, { words, filters, here }) {
  const { model, visibility } = workspace;
  const groups = new Map();
  for (const { group, value } of filters) groups.set(group, [...(groups.get(group) ?? []), value]);
  const varying = groups.size ? valuesHere(workspace) : () => undefined;
  const tests = [...groups].map(([group, values]) => {
    if (group === 'class') return (entity) => values.includes(entity.class);
    if (group === 'seen') {
      return (entity) => values.some((value) => (value === 'hidden' ? visibility.isHidden(entity.id) : visibility.isLocked(entity.id)));
    }
    if (group === 'review') {
      return (entity) => values.includes(workspace.review.stateOf(entity));
    }
    const name = group.slice(9);
    return (entity) => {
      const value = entity.constants[name] ?? varying(entity)?.get(name);
      return (Array.isArray(value) ? value : [value]).some((one) => values.includes(String(one)));
    };
  });
  const found = [];
  for (const entity of model.byIndex) {
    if (!entity || (here && !here.has(entity.index))) continue;
    if (!tests.every((test) => test(entity))) continue;
    if (words.length) {
      const text = `${entity.name} ${model.classOf(entity).label} ${entity.id}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
    }
    found.push(entity);
  }
  return found;
}

/** What the engine says on the frame shown, looked up when it is asked for. */
function valuesHere({ windows, store, model }) {
  const rows = windows.rows(store.state.frame);
  const rowOf = new Map();
  for (let i = rows?.start; i < rows?.stop; i++) rowOf.set(rows.window.entity[i], i);
  return (entity) => {
    const row = rowOf.get(entity.index);
    return row === undefined ? undefined : readValues(rows.window.values, row, model.classOf(entity)).values;
  };
}

export const ORDERS = [
  ['made', 'As made'], ['name', 'Name'], ['class', 'Class'], ['first', 'First frame'], ['keyframes', 'Most keyframes'],
];

/** Sorts in place. @param {import('../../state/model.js').Entity[]} entities @param {string} order one of ORDERS */
export function sort(entities, order, { model, lives }) {
  const life = ({ index }) => lives.of(index) ?? { first: Infinity, stop: 0, keyframes: 0 };
  switch (order) {
    case 'name': return entities.sort((a, b) => collator.compare(a.name, b.name));
    case 'class': return entities.sort((a, b) => classAt(model, a) - classAt(model, b) || a.index - b.index);
    case 'first': return entities.sort((a, b) => life(a).first - life(b).first || a.index - b.index);
    case 'keyframes': return entities.sort((a, b) => life(b).keyframes - life(a).keyframes || a.index - b.index);
    default: return entities;
  }
}

const classAt = (model, entity) => model.classNumber.get(entity.class) ?? model.classes.length;
