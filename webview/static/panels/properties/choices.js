/** Controls for choice, choices, boolean and presence: chips, or a menu where there are many. */

import { h } from '../../dom.js';

const MAX_CHIPS = 6;

export const PRESENCE = {
  name: 'presence', label: 'Presence', kind: 'choice', time_varying: true, required: false, when: null,
  choices: [
    { name: 'present', label: 'Present', hotkey: 'p' },
    { name: 'occluded', label: 'Occluded', hotkey: 'o' },
    { name: 'absent', label: 'Absent', hotkey: 'x' },
  ],
};

/** @param {import('./subject.js').Subject} subject */
export function choiceControl(subject, property) {
  const choose = (name) => {
    const same = subject.value(property) === name;
    // A constant can be taken away again; what changes over time goes on until something else holds.
    const clear = name === null || (same && !property.time_varying && !property.required);
    subject.set(property, clear ? null : name, clear ? 'none' : labelOf(property, name));
  };
  return property.choices.length <= MAX_CHIPS
    ? chips(subject, property, choose, (value, name) => value === name)
    : menu(subject, property, choose);
}

/** Any number of the choices. */
export function choicesControl(subject, property) {
  return chips(subject, property, (name) => toggleChoice(subject, property, name),
    (value, name) => Array.isArray(value) && value.includes(name));
}

/** Add one of several choices, or take it away. */
export function toggleChoice(subject, property, name) {
  const value = subject.value(property) ?? [];
  // In the order of the ontology, so that equal sets are equal values.
  const chosen = property.choices.map((choice) => choice.name)
    .filter((each) => (each === name ? !value.includes(name) : value.includes(each)));
  subject.set(property, chosen, chosen.map((each) => labelOf(property, each)).join(', ') || 'none');
}

export function booleanControl(subject, property) {
  const shown = { ...property, choices: [{ name: 'true', label: 'Yes' }, { name: 'false', label: 'No' }] };
  return chips(subject, shown, (name) => {
    const value = name === 'true';
    const clear = subject.value(property) === value && !property.time_varying && !property.required;
    subject.set(property, clear ? null : value, clear ? 'none' : value ? 'yes' : 'no');
  }, (value, name) => value === (name === 'true') && value !== null);
}

const labelOf = (property, name) => property.choices.find((choice) => choice.name === name)?.label ?? name;

function chips(subject, property, choose, isOn) {
  const buttons = property.choices.map((choice) => h('button', {
    class: 'chip-button', type: 'button', 'aria-pressed': 'false', disabled: subject.readOnly,
    title: choice.hotkey ? `${choice.label} (${choice.hotkey.toUpperCase()})` : choice.label,
    data: { value: choice.name, ...choice.hotkey ? { key: choice.hotkey.toUpperCase() } : {} }, on: { click: () => choose(choice.name) },
  }, choice.color ? h('span', { class: 'class-dot', style: { background: choice.color } }) : null,
  h('span', { class: 'chip-text' }, choice.label)));
  return {
    element: h('div', { class: 'chips', role: 'group', 'aria-label': property.label }, buttons),
    show(value) {
      for (const button of buttons) button.setAttribute('aria-pressed', String(isOn(value, button.dataset.value)));
    },
  };
}

function menu(subject, property, choose) {
  const select = h('select', { class: 'select', 'aria-label': property.label, disabled: subject.readOnly },
    h('option', { value: '', disabled: property.time_varying || property.required }, 'Not set'),
    property.choices.map((choice) => h('option', { value: choice.name }, choice.label)));
  select.addEventListener('change', () => {
    choose(select.value || null);
    select.blur();
  });
  return {
    element: h('div', { class: 'picker' }, select),
    show(value) {
      if (document.activeElement !== select) select.value = value ?? '';
    },
  };
}
