/**
 * One property: a mark in front that says whether it changes over time and whether it has a
 * keyframe here, its name, what is to be known of its value, and below the control.
 */

import { h, setText } from '../../dom.js';
import { plural } from '../../format.js';

const RULES = {
  linear: 'Linear', hold: 'Hold', smooth: 'Smooth', cvat: 'As CVAT', morph: 'Morph',
};

/**
 * @param {import('./subject.js').Subject} subject
 * @param {import('../../state/model.js').Property} property
 * @param {{element: HTMLElement, show: (value: any) => void}|null} control
 * @returns {HTMLElement}
 */
export function propertyRow(subject, property, control) {
  const mark = property.time_varying ? keyframeButton(subject, property)
    : h('span', { class: 'constant-mark', title: 'The same on every frame' });
  const label = h('span', { class: 'property-label', title: property.label }, property.label);
  if (property.required) label.append(h('span', { class: 'required', title: 'Required' }, '*'));
  const note = h('span', { class: 'property-note' }, property.time_varying ? '' : 'constant');
  const rule = property.time_varying ? rulePicker(subject, property) : null;
  const body = h('div', { class: 'property-body' }, control?.element);
  const element = h('div', { class: 'property', data: { property: property.name } },
    h('div', { class: 'property-head' }, mark, label, note, rule), body);
  subject.updaters.push(() => {
    const detail = subject.detail(property.name);
    const applies = detail?.applies ?? true;
    const value = subject.value(property);
    control?.show(value);
    note.title = detail?.keyframes ? plural(detail.keyframes, 'keyframe') : '';
    element.classList.toggle('is-idle', !applies);
    body.hidden = !applies;
    element.classList.toggle('is-missing', property.required && applies && detail !== undefined && value === null);
    if (!applies) setText(note, condition(subject, property));
    else setText(note, property.time_varying ? noteOf(detail, property, value) : element.classList.contains('is-missing') ? 'required' : 'constant');
  });
  return element;
}

/** The diamond in front of a property that changes over time. */
function keyframeButton(subject, property) {
  const { label, name } = property;
  const diamond = h('button', {
    class: 'keyframe', type: 'button', disabled: subject.readOnly,
    on: { click: () => subject.toggleKeyframe(property) },
  }, h('span', { class: 'diamond' }));
  subject.updaters.push(() => {
    const detail = subject.detail(name);
    const here = Boolean(detail?.keyframe) && !subject.stale;
    const none = detail?.since === null;
    diamond.setAttribute('aria-pressed', String(here));
    diamond.disabled = subject.readOnly || none;
    diamond.title = here ? `${label} has a keyframe here; click to remove it`
      : none ? `${label} has no value here yet` : `${label} is evaluated here; click to make it a keyframe`;
    diamond.setAttribute('aria-label', diamond.title);
  });
  return diamond;
}

function noteOf(detail, property, value) {
  if (!detail) return '';
  const { keyframe, since, until, source, rule } = detail;
  if (since === null) {
    if (value !== null) return 'default';
    return property.required ? 'required' : until === null ? 'not set' : `first at ${until}`;
  }
  const from = source && source.by !== 'manual'
    ? ` · ${source.by}${source.confidence === null || source.confidence === undefined ? '' : ` ${source.confidence.toFixed(2)}`}` : '';
  if (keyframe) return `keyframe${from}`;
  return (rule === 'hold' || until === null ? `since ${since}` : `${since} to ${until}`) + from;
}

function condition(subject, { when }) {
  const other = subject.entityClass.properties.find(({ name }) => name === when.property);
  const labels = when.is.map((name) => other?.choices.find((c) => c.name === name)?.label ?? name);
  return `only if ${other?.label ?? when.property} is ${labels.join(' or ')}`;
}

/** How values go on from the keyframe in force; only where the kind knows several ways. */
function rulePicker(subject, property) {
  const select = h('select', { class: 'rule-select', 'aria-label': `Rule of ${property.label}`, hidden: true });
  let offered = '';
  let since = null;
  select.addEventListener('change', () => {
    subject.setRule(property, since, select.value);
    select.blur();
  });
  subject.updaters.push(() => {
    const detail = subject.detail(property.name);
    const rules = detail?.rules ?? [];
    select.hidden = rules.length < 2 || detail.since === null || detail.applies === false;
    if (select.hidden) return;
    since = detail.since;
    if (offered !== rules.join()) {
      offered = rules.join();
      select.replaceChildren(...rules.map((rule) => h('option', { value: rule }, RULES[rule] ?? rule)));
    }
    select.disabled = subject.readOnly;
    select.title = `How values go on from the keyframe at frame ${since}`;
    if (document.activeElement !== select) select.value = detail.rule;
  });
  return select;
}
