/** Short messages that go away by themselves; read out by screen readers. */

import { h } from '../dom.js';

const STAY_MS = { plain: 5000, bad: 9000 };
const MAX_TOASTS = 3;
const GAP_PX = 12;

/** @param {HTMLElement} root @returns {(text: string, kind?: 'plain'|'bad', action?: {text: string, run: Function}) => void} */
export function createToasts(root) {
  const list = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
  root.append(list);
  return (text, kind = 'plain', action = null) => {
    for (const toast of [...list.children]) if (toast.dataset.text === text) toast.remove();
    const toast = h('div', { class: `toast toast-${kind}`, data: { text } }, h('span', {}, text));
    if (action) {
      toast.append(h('button', {
        class: 'button', type: 'button',
        on: { click: () => { toast.remove(); action.run(); } },
      }, action.text));
    }
    list.append(toast);
    place(list);
    while (list.children.length > MAX_TOASTS) list.firstChild.remove();
    setTimeout(() => toast.remove(), STAY_MS[kind]);
  };
}

/** Over the lower edge of the picture, where no button is. */
function place(list) {
  const stage = document.querySelector('.stage')?.getBoundingClientRect();
  list.style.left = stage ? `${stage.left + stage.width / 2}px` : '';
  list.style.bottom = stage ? `${innerHeight - stage.bottom + GAP_PX}px` : '';
}
