/**
 * All keys on one sheet, made from the list that the keys themselves come from. A click on a key
 * chooses another.
 */

import { fill, h } from '../dom.js';
import { canRemap, keyOf } from '../keymap.js';
import { TOOL_KEYS } from '../tools/registry.js';

const NAMES = {
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Delete: 'Del', Escape: 'Esc',
  PageUp: 'PgUp', PageDown: 'PgDn', ContextMenu: 'Menu',
};

/** @param {string} key like 'Shift+ArrowLeft' @returns {string[]} what stands on the caps */
export function capsOf(key) {
  const parts = key === '+' ? ['+'] : key.replace(/\+\+$/, '+Plus').split('+');
  return parts.map((part) => {
    const name = part === 'Plus' ? '+' : NAMES[part] ?? part;
    return name.length === 1 ? name.toUpperCase() : name;
  });
}

/** @param {Map<string, string>} [taken] by the ontology: such a key is struck out, and says for what */
function caps(key, taken) {
  const instead = taken?.get(key.toLowerCase());
  return h('span', { class: instead ? 'keys is-taken' : 'keys', title: instead ?? '' }, capsOf(key).map((cap) => h('kbd', {}, cap)));
}

/** @param {import('../shortcuts.js').Shortcuts} shortcuts */
export function openHelp(shortcuts) {
  const body = h('div', { class: 'help-groups' });
  const show = () => fill(body, [...groupsOf(shortcuts, show)].map(([name, rows]) => (
    h('section', { class: 'help-group' }, h('h3', {}, name), rows))));
  const reset = h('button', {
    class: 'button', type: 'button', on: { click: () => { shortcuts.forgetKeys(); show(); } },
  }, 'All keys as given');
  const dialog = h('dialog', { class: 'dialog help', 'aria-label': 'Keys' },
    h('div', { class: 'dialog-head' },
      h('h2', {}, 'Keys'),
      h('span', { class: 'help-hint' }, 'Click a key to choose another'),
      h('button', { class: 'button', type: 'button', on: { click: () => { dialog.close(); shortcuts.startGuide(); } } }, 'Guided start'),
      reset,
      h('button', { class: 'button', type: 'button', autofocus: true, on: { click: () => dialog.close() } }, 'Close')),
    body);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  show();
  dialog.showModal();
}

function groupsOf(shortcuts, refresh) {
  const { model } = shortcuts.workspace;
  const taken = keysOfOntology(model);
  const groups = new Map();
  for (const command of shortcuts.commands) {
    if (!groups.has(command.group)) groups.set(command.group, []);
    groups.get(command.group).push(commandRow(shortcuts, command, taken, refresh));
  }
  const plain = (text, keys) => h('div', { class: 'help-row' }, h('span', {}, text), h('span', { class: 'help-keys' }, keys.map((key) => caps(key))));
  const own = model.classes.filter((c) => c.hotkey).map((c) => plain(`Draw: ${c.label}`, [c.hotkey]));
  const seen = new Set();
  for (const { label, properties } of model.classes) {
    for (const property of properties) {
      for (const choice of property.choices) {
        const key = `${choice.hotkey} ${property.name} ${choice.name}`;
        if (!choice.hotkey || seen.has(key)) continue;
        seen.add(key);
        own.push(plain(`${label}, ${property.label}: ${choice.label}`, [choice.hotkey]));
      }
    }
  }
  if (own.length) groups.set('Of this ontology', own);
  groups.set('With a shape or a tool', TOOL_KEYS.map(([text, keys]) => plain(text, keys)));
  groups.set('Mouse', [
    plain('Zoom', ['Wheel']), plain('Pan', ['Middle button', 'Space + drag']),
    plain('Reach the shape below', ['Click again']), plain('Zoom the timeline', ['Wheel']),
  ]);
  return groups;
}

/** Keys that classes and choices take from commands. @returns {Map<string, string>} what they do instead */
function keysOfOntology({ classes }) {
  const taken = new Map();
  for (const { label, hotkey, properties } of classes) {
    for (const { label: property, choices } of properties) {
      for (const choice of choices) {
        if (choice.hotkey) taken.set(choice.hotkey.toLowerCase(), `With a ${label} selected this key sets ${property}: ${choice.label}`);
      }
    }
    if (hotkey) taken.set(hotkey.toLowerCase(), `This key draws a ${label}`);
  }
  return taken;
}

function commandRow(shortcuts, command, taken, refresh) {
  // Four arrows that do one thing in four directions are shown as one.
  const shown = command.keys.length > 2 ? [command.keys[0].replace(/ArrowLeft$/, '↑ ↓ ← →')] : command.keys;
  const keys = canRemap(command) ? h('button', {
    class: command.remapped ? 'help-keys is-remapped' : 'help-keys', type: 'button', title: `Choose another key for “${command.text}”`,
    on: { click: () => listen(shortcuts, command, keys, refresh) },
  }, shown.length ? shown.map((key) => caps(key, taken)) : h('kbd', {}, '–')) : h('span', { class: 'help-keys' }, shown.map((key) => caps(key, taken)));
  return h('div', { class: 'help-row' }, h('span', {}, command.text), keys);
}

/** The next key pressed becomes the command's; Escape leaves it, Backspace gives its own back. */
function listen(shortcuts, command, button, refresh) {
  fill(button, h('kbd', { class: 'is-listening' }, 'Press a key'));
  const stop = () => {
    removeEventListener('keydown', onKey, true);
    button.removeEventListener('blur', stop);
    refresh();
  };
  const onKey = (event) => {
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== 'Escape') shortcuts.remap(command, event.key === 'Backspace' ? null : keyOf(event));
    stop();
  };
  addEventListener('keydown', onKey, true);
  button.addEventListener('blur', stop);
  button.focus();
}
