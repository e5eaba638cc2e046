/** The row of tools: only those that some class of the ontology has a use for. */

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { toolsOf } from './registry.js';

/** @param {import('../workspace.js').Workspace} workspace @returns {HTMLElement} */
export function createToolbar({ store, model, actions, readOnly }) {
  const button = (tool, kind, symbol, title, text) => h('button', {
    class: text ? 'button tool' : 'button tool tool-icon', type: 'button', title, 'aria-label': text ? null : title,
    'aria-pressed': 'false', disabled: readOnly && tool !== 'select',
    data: { tool, kind }, on: { click: () => actions.useTool(tool, kind) },
  }, icon(symbol), text);
  const tools = toolsOf(model);
  const select = button('select', '', 'select', 'Select, move and change (V)', 'Select');
  const few = tools.length === 1;
  const buttons = tools.map(({ kind, label, key, icon: symbol }) => (
    button('draw', kind, symbol, `${label} (${shown(key)})`, few ? label : null)));
  store.watch(['tool', 'drawKind'], ({ tool, drawKind }) => {
    select.setAttribute('aria-pressed', String(tool === 'select'));
    for (const each of buttons) {
      each.setAttribute('aria-pressed', String(tool !== 'select' && each.dataset.kind === drawKind));
    }
  });
  return h('div', { class: 'segmented', role: 'group', 'aria-label': 'Tools' }, select, buttons);
}

const shown = (key) => key.split('+').map((part) => (part.length === 1 ? part.toUpperCase() : part)).join('+');
