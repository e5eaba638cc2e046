/** The timeline's upper edge: dragged, or moved by the arrow keys, it makes the timeline higher. */

import { h } from '../dom.js';

const KEY = 'reviewer:timeline-height';
const MIN_CSS_PX = 132;
const STEP_CSS_PX = 24;

function apply(height) {
  const most = Math.max(MIN_CSS_PX, Math.round(innerHeight * 0.6));
  const clamped = Math.min(most, Math.max(MIN_CSS_PX, Math.round(height)));
  document.documentElement.style.setProperty('--timeline-height', `${clamped}px`);
  return clamped;
}

function keep(height) {
  try {
    localStorage.setItem(KEY, String(height));
  } catch { /* it lasts as long as the page */ }
}

/** @returns {HTMLElement} */
export function createSplitter() {
  const edge = h('div', {
    class: 'timeline-splitter', role: 'separator', tabindex: '0', 'aria-orientation': 'horizontal',
    'aria-label': 'Height of the timeline', title: 'Drag to make the timeline higher; double click for its usual height',
  });
  let kept = null;
  try {
    kept = Number(localStorage.getItem(KEY)) || null;
  } catch { /* not allowed: the usual height */ }
  if (kept) apply(kept);
  let from = null;
  const height = () => edge.parentElement.clientHeight;
  edge.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    edge.setPointerCapture(event.pointerId);
    from = { y: event.clientY, height: height() };
  });
  edge.addEventListener('pointermove', (event) => {
    if (from) apply(from.height + from.y - event.clientY);
  });
  edge.addEventListener('lostpointercapture', () => {
    if (from) keep(height());
    from = null;
  });
  edge.addEventListener('dblclick', () => {
    document.documentElement.style.removeProperty('--timeline-height');
    try {
      localStorage.removeItem(KEY);
    } catch { /* there is nothing to forget */ }
  });
  edge.addEventListener('keydown', (event) => {
    const by = { ArrowUp: STEP_CSS_PX, ArrowDown: -STEP_CSS_PX }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    keep(apply(height() + by));
  });
  return edge;
}
