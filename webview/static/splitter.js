/** Edges between panels: dragged, or moved by the arrow keys, they give one of them more room. */

import { h } from './dom.js';

const STEP_CSS_PX = 24;

/**
 * @param {{name: string, variable: string, label: string, title: string, vertical?: boolean,
 *   least: number, most: () => number, size: () => number}} edge `variable` is the CSS variable that
 *   holds the size of the panel after the edge (below it, right of it), `name` where it is kept;
 *   `vertical` edges move sideways; sizes in CSS px
 * @returns {HTMLElement}
 */
export function createSplitter({ name, variable, label, title, vertical = false, least, most, size }) {
  const style = document.documentElement.style;
  const edge = h('div', {
    class: `splitter ${name}-splitter`, role: 'separator', tabindex: '0',
    'aria-orientation': vertical ? 'vertical' : 'horizontal', 'aria-label': label,
    title: `${title}; double click for its usual size`,
  });
  const stored = `reviewer:${name}-size`;
  const apply = (wanted) => {
    const now = Math.min(Math.max(least, Math.round(most())), Math.max(least, Math.round(wanted)));
    style.setProperty(variable, `${now}px`);
    return now;
  };
  const keep = (wanted) => {
    try {
      localStorage.setItem(stored, String(wanted));
    } catch { /* it lasts as long as the page */ }
  };
  try {
    const kept = Number(localStorage.getItem(stored));
    if (kept > 0) apply(kept);
  } catch { /* not allowed: the usual size */ }

  let from = null;
  const place = (event) => (vertical ? event.clientX : event.clientY);
  edge.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    edge.setPointerCapture(event.pointerId);
    from = { at: place(event), size: size() };
  });
  edge.addEventListener('pointermove', (event) => {
    if (from) apply(from.size + from.at - place(event));
  });
  edge.addEventListener('lostpointercapture', () => {
    if (from) keep(size());
    from = null;
  });
  edge.addEventListener('dblclick', () => {
    style.removeProperty(variable);
    try {
      localStorage.removeItem(stored);
    } catch { /* there is nothing to forget */ }
  });
  edge.addEventListener('keydown', (event) => {
    const more = vertical ? 'ArrowLeft' : 'ArrowUp';
    const by = { [more]: STEP_CSS_PX, [vertical ? 'ArrowRight' : 'ArrowDown']: -STEP_CSS_PX }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    keep(apply(size() + by));
  });
  return edge;
}
