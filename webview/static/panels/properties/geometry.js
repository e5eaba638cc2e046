/** Rows of the geometry: numbers where there are few, else just its keyframes and rule. */

import { h, setText } from '../../dom.js';
import { plural } from '../../format.js';
import { commitField, frameOf, onLeave, showIn } from './fields.js';
import { propertyRow } from './row.js';

const NUMBERS = {
  box: [['X', 'X'], ['Y', 'Y'], ['W', 'Width'], ['H', 'Height']],
  rotated_box: [['X', 'Centre x'], ['Y', 'Centre y'], ['W', 'Width'], ['H', 'Height'], ['°', 'Angle']],
  ellipse: [['X', 'Centre x'], ['Y', 'Centre y'], ['A', 'Radius x'], ['B', 'Radius y'], ['°', 'Angle']],
};
const LABELS = {
  box: 'Box', rotated_box: 'Rotated box', ellipse: 'Ellipse', points: 'Points', polyline: 'Polyline',
  polygon: 'Polygon', cuboid: 'Cuboid', mask: 'Mask',
};

/** @param {import('./subject.js').Subject} subject @param {string} kind @param {boolean} only of its class */
export function geometryRow(subject, kind, only) {
  const property = { name: kind, label: LABELS[kind] ?? kind, time_varying: true, required: false, when: null };
  const control = NUMBERS[kind] ? numbers(subject, property, NUMBERS[kind]) : counts(subject, property);
  const row = propertyRow(subject, property, control);
  // Of several kinds that a class may have, those that this entity does have.
  if (!only) subject.updaters.push(() => { row.hidden = !subject.detail(kind)?.keyframes; });
  return row;
}

function numbers(subject, property, names) {
  let value = null;
  const commit = (index, input) => commitField(input, (text) => {
    const number = Number.parseFloat(text.replace(',', '.'));
    if (!Number.isFinite(number) || !value) return false;
    // A field shows less than there is: only the one that was typed in is changed.
    const next = value.map((each, i) => (i === index ? number : each));
    const { entity, workspace } = subject;
    const shape = { id: entity.id, entity, property: property.name, kind: property.name, value: next, skeleton: null };
    workspace.editing.commit(`Set ${property.label.toLowerCase()} of ${entity.name}`, [shape], frameOf(input));
    return true;
  });
  const inputs = names.map(([short, label], index) => {
    const input = h('input', {
      class: 'input number', type: 'text', inputmode: 'decimal', 'aria-label': label, title: label, autocomplete: 'off',
    });
    onLeave(subject, input, () => commit(index, input));
    input.addEventListener('focus', () => input.select());
    return h('label', {}, h('span', { 'aria-hidden': 'true' }, short), input);
  });
  return {
    element: h('div', { class: `box-fields has-${names.length}` }, inputs),
    show(now) {
      value = Array.isArray(now) && now.length === names.length ? now : null;
      inputs.forEach((label, i) => {
        const input = label.lastChild;
        input.disabled = subject.readOnly || !value;
        if (document.activeElement !== input) showIn(input, value ? value[i].toFixed(1) : '');
      });
    },
  };
}

function counts(subject, property) {
  const text = h('span', { class: 'property-text' });
  return {
    element: text,
    show() {
      const count = subject.detail(property.name)?.keyframes ?? 0;
      setText(text, count ? plural(count, 'keyframe') : 'Not drawn yet');
    },
  };
}
