/** Choose one of many by typing: references, and the command palette. */

import { fill, h } from '../dom.js';

const MAX_SHOWN = 60;

/**
 * @typedef {{text: string, note?: string, keys?: string[], color?: string, disabled?: boolean,
 *   run: () => void}} Item
 * @param {{title: string, placeholder: string, empty: string, items: Item[]}} options
 */
export function openChooser({ title, placeholder, empty, items }) {
  const input = h('input', {
    class: 'input chooser-input', type: 'text', placeholder, role: 'combobox', autocomplete: 'off', spellcheck: 'false',
    'aria-label': title, 'aria-expanded': 'true', 'aria-controls': 'chooser-list', autofocus: true,
  });
  const list = h('ul', { class: 'chooser-list', id: 'chooser-list', role: 'listbox', 'aria-label': title });
  const dialog = h('dialog', { class: 'dialog chooser', 'aria-label': title }, input, list);
  let shown = [];
  let at = 0;

  const mark = (index) => {
    at = Math.min(shown.length - 1, Math.max(0, index));
    [...list.children].forEach((row, i) => row.setAttribute('aria-selected', String(i === at && shown.length > 0)));
    const row = shown.length ? list.children[at] : null;
    input.setAttribute('aria-activedescendant', row?.id ?? '');
    row?.scrollIntoView({ block: 'nearest' });
  };
  const choose = (item) => {
    if (item.disabled) return;
    dialog.close();
    item.run();
  };
  const show = () => {
    shown = search(items, input.value).slice(0, MAX_SHOWN);
    fill(list, shown.length ? shown.map((item, i) => h('li', {
      class: 'chooser-row', role: 'option', id: `chooser-${i}`, 'aria-disabled': item.disabled ? 'true' : null,
      on: { click: () => choose(item), pointermove: () => { if (at !== i) mark(i); } },
    },
    item.color ? h('span', { class: 'class-dot', style: { background: item.color } }) : null,
    h('span', { class: 'chooser-text' }, item.text),
    h('span', { class: 'chooser-note' }, item.note ?? ''),
    (item.keys ?? []).map((key) => h('kbd', {}, key)))) : h('li', { class: 'empty' }, empty));
    mark(0);
  };
  input.addEventListener('input', show);
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') mark(at + 1);
    else if (event.key === 'ArrowUp') mark(at - 1);
    else if (event.key === 'Enter') { if (shown[at]) choose(shown[at]); }
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  show();
  return dialog;
}

/** Items that have every word typed, those that begin with it first. @param {Item[]} items */
export function search(items, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return items;
  const found = [];
  for (const item of items) {
    const text = `${item.text} ${item.note ?? ''}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const start = text.startsWith(words[0]) ? 0 : text.includes(` ${words[0]}`) ? 1 : 2;
    found.push([start, item]);
  }
  return found.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}
