/** Says over the picture what the next click does while a reference is being picked. */

import { h, setText } from '../dom.js';

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createPickHint(root, { store }) {
  const text = h('span', {});
  const hint = h('div', { class: 'pick-hint', role: 'status', hidden: true }, text,
    h('button', { class: 'button', type: 'button', on: { click: () => store.set({ picking: null }) } }, 'Cancel'));
  hint.addEventListener('pointerdown', (event) => event.stopPropagation());
  root.append(hint);
  store.watch(['picking'], ({ picking }) => {
    hint.hidden = !picking;
    setText(text, picking?.text ?? '');
    root.classList.toggle('is-picking', Boolean(picking));
  });
  // What is picked is for the entity that was selected then.
  store.watch(['selected'], ({ picking, selected }) => {
    if (picking && picking.subject !== (selected ?? 'scene-0')) store.set({ picking: null });
  }, { now: false });
}
