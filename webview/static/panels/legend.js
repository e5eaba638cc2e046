/** What the colours of shapes mean, in a corner of the stage, while they stand for a choice. */

import { fill, h } from '../dom.js';

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createLegend(root, { store, model, scene }) {
  store.watch(['colorBy', 'structure'], ({ colorBy }) => {
    const property = model.choiceProperties().find((p) => p.name === colorBy);
    root.hidden = !property;
    if (!property) return;
    const [none, ...colors] = scene.palette.colors;
    const entry = (color, text) => h('li', {}, h('span', { class: 'class-dot', style: { background: color } }), text);
    fill(root,
      h('h2', {}, property.label),
      h('ul', {}, property.choices.map((choice, i) => entry(colors[i], choice.label)), entry(none, 'Not set')));
  });
}
