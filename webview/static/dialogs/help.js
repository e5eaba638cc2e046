/** All keys on one sheet, made from the list that the keys themselves come from. */

import { h } from '../dom.js';

const NAMES = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Delete: 'Del', Escape: 'Esc',
};

/** @param {string} key like 'Shift+ArrowLeft' @returns {HTMLElement} */
function keyCaps(key) {
  const parts = key === '+' ? ['+'] : key.split('+');
  return h('span', { class: 'keys' }, parts.map((part) => {
    const name = NAMES[part] ?? part;
    return h('kbd', {}, name.length === 1 ? name.toUpperCase() : name);
  }));
}

/** @param {import('../shortcuts.js').Shortcuts} shortcuts */
export function openHelp(shortcuts) {
  const { model } = shortcuts.workspace;
  const groups = new Map();
  for (const { group, text, keys } of shortcuts.commands) {
    if (!groups.has(group)) groups.set(group, []);
    const shown = keys.length > 2 ? [keys[0].replace(/ArrowLeft$/, '↑ ↓ ← →')] : keys;
    groups.get(group).push([text, shown]);
  }
  const own = model.classes.filter((c) => c.hotkey).map((c) => [`Draw: ${c.label}`, [c.hotkey]]);
  const seen = new Set();
  for (const { label, properties } of model.classes) {
    for (const property of properties) {
      for (const choice of property.choices) {
        const key = `${choice.hotkey} ${property.name} ${choice.name}`;
        if (!choice.hotkey || seen.has(key)) continue;
        seen.add(key);
        own.push([`${label}, ${property.label}: ${choice.label}`, [choice.hotkey]]);
      }
    }
  }
  if (own.length) groups.set('Of this ontology', own);
  groups.set('Mouse', [
    ['Zoom', ['Wheel']], ['Pan', ['Middle button', 'Space + drag']],
    ['Reach the box below', ['Click again']], ['Zoom the timeline', ['Wheel']],
  ]);
  const dialog = h('dialog', { class: 'dialog help', 'aria-label': 'Keys' },
    h('div', { class: 'dialog-head' },
      h('h2', {}, 'Keys'),
      h('button', { class: 'button', type: 'button', autofocus: true, on: { click: () => dialog.close() } }, 'Close')),
    h('div', { class: 'help-groups' }, [...groups].map(([name, rows]) => h('section', { class: 'help-group' },
      h('h3', {}, name),
      rows.map(([text, keys]) => h('div', { class: 'help-row' },
        h('span', {}, text), h('span', { class: 'help-keys' }, keys.map(keyCaps))))))));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
