/** Controls for number and text. What was typed counts on Enter or when the field is left. */

import { h } from '../../dom.js';

/** @param {import('./subject.js').Subject} subject */
export function numberControl(subject, property) {
  const [low, high] = property.range;
  const input = h('input', {
    class: 'input number', type: 'text', inputmode: 'decimal', 'aria-label': property.label,
    disabled: subject.readOnly, autocomplete: 'off',
  });
  const bounded = low !== null && high !== null;
  const slider = bounded ? h('input', {
    class: 'slider', type: 'range', min: low, max: high, step: stepOf(low, high), tabindex: '-1',
    'aria-label': `${property.label}, from ${low} to ${high}`, disabled: subject.readOnly,
  }) : null;
  const limits = rangeText(low, high);
  const hint = limits ? h('span', { class: 'field-hint' }, limits) : null;
  const commit = () => commitField(input, (text) => {
    const value = text.trim() === '' ? null : Number(text.replace(',', '.'));
    if (value === null && (property.time_varying || property.required)) return false;
    if (value !== null && !(Number.isFinite(value) && value >= (low ?? -Infinity) && value <= (high ?? Infinity))) {
      subject.workspace.notify(`${property.label} is a number${limits ? ` from ${limits}` : ''}.`, 'bad');
      return false;
    }
    subject.set(property, value, value === null ? 'none' : String(value), frameOf(input));
    return true;
  });
  onLeave(subject, input, commit);
  slider?.addEventListener('input', () => { input.value = slider.value; });
  slider?.addEventListener('change', () => {
    subject.set(property, Number(slider.value), slider.value);
    slider.blur();
  });
  return {
    element: h('div', { class: 'number-row' }, input, slider, bounded ? null : hint),
    show(value) {
      if (document.activeElement !== input) showIn(input, value === null ? '' : String(rounded(value)));
      if (slider && document.activeElement !== slider) slider.value = value ?? low;
      slider?.classList.toggle('is-empty', value === null);
    },
  };
}

/** @param {import('./subject.js').Subject} subject */
export function textControl(subject, property) {
  const input = h('textarea', {
    class: 'input text-field', rows: 1, maxlength: 4000, 'aria-label': property.label,
    disabled: subject.readOnly, spellcheck: 'false', placeholder: 'Text',
  });
  const grow = () => {
    input.rows = Math.min(6, Math.max(1, input.value.split('\n').length));
  };
  input.addEventListener('input', grow);
  onLeave(subject, input, () => commitField(input, (text) => {
    if (text === '' && (property.time_varying || property.required)) return false;
    subject.set(property, text === '' ? null : text, text.slice(0, 40) || 'none', frameOf(input));
    return true;
  }));
  return {
    element: input,
    show(value) {
      if (document.activeElement === input) return;
      showIn(input, value ?? '');
      grow();
    },
  };
}

/** Remember what a field showed: only what was typed since then is a change. */
export function showIn(input, text) {
  if (input.value !== text) input.value = text;
  input.dataset.shown = text;
}

/** @param {(text: string) => boolean} accept */
export function commitField(input, accept) {
  const { shown } = input.dataset;
  if (input.value === shown) return;
  if (accept(input.value)) input.dataset.shown = input.value;
  else showIn(input, shown ?? '');
}

/** @returns {number} the frame that was shown when the field was entered */
export const frameOf = (input) => Number(input.dataset.frame);

/** @param {import('./subject.js').Subject} subject */
export function onLeave(subject, input, commit) {
  input.addEventListener('focus', () => {
    input.dataset.frame = subject.workspace.store.state.frame;
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      commit();
      input.select();
    }
    if (event.key === 'Escape') showIn(input, input.dataset.shown ?? '');
  });
  input.addEventListener('blur', commit);
}

const rounded = (value) => Math.round(value * 1e4) / 1e4;

function stepOf(low, high) {
  const whole = Number.isInteger(low) && Number.isInteger(high) && high - low >= 10;
  return whole ? 1 : (high - low) / 100;
}

function rangeText(low, high) {
  if (low === null && high === null) return '';
  if (low === null) return `at most ${high}`;
  return high === null ? `at least ${low}` : `${low} to ${high}`;
}
