/** A menu at a point: arrows, letters, Enter and Escape work it; leaving it closes it. */

import { h } from '../dom.js';

/**
 * @typedef {{text: string, keys?: string, run: () => void, disabled?: boolean, danger?: boolean,
 *   checked?: boolean}|'line'} MenuItem
 * @param {MenuItem[]} items @param {number} x css px of the window @param {number} y
 * @param {string} label read out by screen readers
 */
export function openMenu(items, x, y, label) {
  document.querySelector('.menu')?.remove();
  const before = document.activeElement;
  let closed = false;
  const close = (focus = true) => {
    if (closed) return;
    closed = true;
    menu.remove();
    removeEventListener('pointerdown', outside, true);
    removeEventListener('blur', leave);
    if (focus && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  const leave = () => close(false);
  const choose = (item) => {
    close();
    item.run();
  };
  const menu = h('div', { class: 'menu', role: 'menu', tabindex: '-1', 'aria-label': label }, items.map((item) => (
    item === 'line' ? h('div', { class: 'menu-line', role: 'separator' }) : h('button', {
      class: item.danger ? 'menu-item danger' : 'menu-item', type: 'button', disabled: item.disabled, tabindex: '-1',
      role: item.checked === undefined ? 'menuitem' : 'menuitemcheckbox',
      'aria-checked': item.checked === undefined ? null : String(item.checked),
      on: { click: () => choose(item), pointermove: (event) => event.currentTarget.focus({ preventScroll: true }) },
    }, h('span', { class: 'menu-check', 'aria-hidden': 'true' }, item.checked ? '✓' : ''), h('span', {}, item.text),
    item.keys ? h('span', { class: 'menu-keys' }, item.keys) : null))));
  menu.addEventListener('keydown', (event) => {
    event.stopPropagation();
    const enabled = [...menu.querySelectorAll('.menu-item:not(:disabled)')];
    const at = enabled.indexOf(document.activeElement);
    const go = (i) => enabled[(i + enabled.length) % enabled.length]?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at < 0 ? -1 : at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (event.key.length === 1 && event.key !== ' ') {
      const letter = event.key.toLowerCase();
      const next = [...enabled.slice(at + 1), ...enabled].find((item) => item.children[1].textContent.toLowerCase().startsWith(letter));
      next?.focus();
    } else return;
    event.preventDefault();
  });
  menu.addEventListener('contextmenu', (event) => event.preventDefault());
  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
  addEventListener('pointerdown', outside, true);
  addEventListener('blur', leave);
  menu.querySelector('.menu-item:not(:disabled)')?.focus({ preventScroll: true });
}
