/** Pins of threads in the picture, drawn over the names, and which of them a press is on. */

import { toStage } from '../../view/viewport.js';

const RADIUS = 9;
const LOOKS = {
  open: '#4da3ff', 'needs-work': '#f2b13c', reject: '#f4696e', accept: '#43c088', resolved: '#737e8d',
};

/** A drop whose point is the place. */
function drop(context, x, y) {
  const top = y - 2.1 * RADIUS;
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo(x - RADIUS * 0.4, y - RADIUS * 0.7, x - RADIUS, top + RADIUS * 1.2, x - RADIUS, top);
  context.arc(x, top, RADIUS, Math.PI, 0);
  context.bezierCurveTo(x + RADIUS, top + RADIUS * 1.2, x + RADIUS * 0.4, y - RADIUS * 0.7, x, y);
  context.closePath();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('./panel.js').Thread[]} threads
 * @param {string|null} opened
 */
export function drawPins(context, threads, view, opened) {
  context.save(); // names are drawn with the same context, and set only what they need
  for (const thread of threads) {
    const [x, y] = toStage(view, ...thread.pin.place);
    const state = thread.status === 'open' && thread.verdict ? thread.verdict : thread.status;
    drop(context, x, y);
    context.fillStyle = LOOKS[state] ?? LOOKS.open;
    context.fill();
    context.lineWidth = thread.id === opened ? 3 : 1.5;
    context.strokeStyle = thread.id === opened ? '#fff' : 'rgba(10, 12, 15, 0.85)';
    context.stroke();
    context.fillStyle = '#06121f';
    context.font = '600 10px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(String(Math.min(99, thread.entries.length)), x, y - 2.05 * RADIUS);
  }
  context.restore();
}

/** @returns {import('./panel.js').Thread|null} the uppermost pin at a point of the stage, css px */
export function pinAt(threads, view, x, y) {
  for (const thread of [...threads].reverse()) {
    const [px, py] = toStage(view, ...thread.pin.place);
    if (Math.hypot(x - px, y - (py - 2 * RADIUS)) <= RADIUS + 2) return thread;
  }
  return null;
}
