/** The frame of small dialogs: a title, what is asked, Cancel, and one button that does it. */

import { h } from '../dom.js';

/**
 * @param {{title: string, confirm: string, danger?: boolean, onConfirm: () => (boolean|void)}} options
 *   `onConfirm` returns false to stay open
 * @param {...any} content
 * @returns {{dialog: HTMLDialogElement, confirm: HTMLButtonElement, say: (problem: string) => void}}
 */
export function openDialog({ title, confirm: text, danger = false, onConfirm, onClose = () => {} }, ...content) {
  const problem = h('p', { class: 'dialog-problem', role: 'alert' });
  const confirm = h('button', { class: danger ? 'button primary is-danger' : 'button primary', type: 'submit' }, text);
  const form = h('form', { class: 'dialog-form', method: 'dialog' },
    h('div', { class: 'dialog-head' }, h('h2', {}, title)),
    h('div', { class: 'dialog-body' }, content, problem),
    h('div', { class: 'dialog-foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => dialog.close() } }, 'Cancel'), confirm));
  const dialog = /** @type {HTMLDialogElement} */ (h('dialog', { class: 'dialog dialog-small', 'aria-label': title }, form));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (confirm.disabled || onConfirm() === false) return;
    dialog.close();
  });
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  dialog.addEventListener('close', () => {
    dialog.remove();
    onClose();
  });
  dialog.addEventListener('pointerdown', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, confirm, say: (sentence) => { problem.textContent = sentence; } };
}
