/** The look of page and video: theme, brightness, contrast, gamma, and what lies over the picture. */

import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { DEFAULTS } from '../state/look.js';

const SLIDERS = [['brightness', 'Brightness'], ['contrast', 'Contrast'], ['gamma', 'Gamma']];
const SWITCHES = [
  ['crosshair', 'Crosshair'], ['path', 'Motion path of the selection'],
  ['onion', 'Onion skin of the selection'], ['minimap', 'Minimap when zoomed in'],
];
const THEMES = [['dark', 'Dark'], ['light', 'Light'], ['system', 'System']];

/** @param {import('../workspace.js').Workspace} workspace @returns {HTMLElement} the button that opens it */
export function lookButton({ store }) {
  const set = (patch) => store.set({ look: { ...store.state.look, ...patch } });
  const rows = SLIDERS.map(([name, label]) => slider(store, set, name, label));
  const switches = SWITCHES.map(([name, label]) => {
    const box = h('input', { type: 'checkbox', on: { change: () => set({ [name]: box.checked }) } });
    store.watch(['look'], ({ look }) => { box.checked = look[name]; });
    return h('label', { class: 'look-switch' }, box, label);
  });
  const themes = THEMES.map(([name, label]) => h('button', {
    class: 'button', type: 'button', data: { theme: name }, on: { click: () => set({ theme: name }) },
  }, label));
  store.watch(['look'], ({ look }) => {
    for (const button of themes) button.setAttribute('aria-pressed', String(button.dataset.theme === look.theme));
  });
  const reset = h('button', {
    class: 'button', type: 'button',
    on: { click: () => set({ brightness: DEFAULTS.brightness, contrast: DEFAULTS.contrast, gamma: DEFAULTS.gamma }) },
  }, 'As recorded');
  const panel = h('div', { class: 'look-panel', popover: 'auto', id: 'look-panel', role: 'dialog', 'aria-label': 'Look' },
    h('h2', {}, 'Video'), rows, h('div', { class: 'look-reset' }, reset),
    h('h2', {}, 'Over the picture'), switches,
    h('h2', {}, 'Theme'), h('div', { class: 'segmented', role: 'group', 'aria-label': 'Theme' }, themes));
  const button = h('button', {
    class: 'button', type: 'button', title: 'Look: brightness, path, crosshair, theme', 'aria-label': 'Look', popovertarget: 'look-panel',
  }, icon('look'));
  store.watch(['look'], ({ look }) => {
    const changed = SLIDERS.some(([name]) => look[name] !== DEFAULTS[name]);
    button.classList.toggle('is-on', changed);
    reset.disabled = !changed;
  });
  return h('span', {}, button, panel);
}

/** Even steps of the hand are even factors: half and double lie equally far from the middle. */
function slider(store, set, name, label) {
  const value = h('output', { class: 'look-value' });
  const input = h('input', {
    class: 'slider', type: 'range', min: -2, max: 2, step: 0.05, 'aria-label': label,
    on: {
      input: () => set({ [name]: Number((2 ** Number(input.value)).toFixed(3)) }),
      dblclick: () => set({ [name]: DEFAULTS[name] }),
    },
  });
  store.watch(['look'], ({ look }) => {
    if (document.activeElement !== input) input.value = Math.log2(look[name]);
    setText(value, look[name].toFixed(2));
  });
  return h('label', { class: 'look-row' }, h('span', {}, label), input, value);
}
