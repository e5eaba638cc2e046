/** The whole picture in a corner while only part of it is on the stage; drag there to move. */

import { h, perFrame } from '../dom.js';

const WIDTH_CSS_PX = 168;
const WHILE_PLAYING_MS = 250;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createMinimap(root, { store, stage }) {
  const { size, videoCanvas } = stage;
  const scale = Math.min(WIDTH_CSS_PX / size.width, WIDTH_CSS_PX / size.height);
  const width = Math.round(size.width * scale);
  const height = Math.round(size.height * scale);
  const canvas = h('canvas', { class: 'minimap-picture', width, height });
  const frame = h('div', { class: 'minimap-view' });
  const map = h('div', { class: 'minimap', hidden: true, 'aria-hidden': 'true' }, canvas, frame);
  map.style.width = `${width}px`;
  map.style.height = `${height}px`;
  root.append(map);
  const context = canvas.getContext('2d');
  let drawnAt = -Infinity;

  const update = perFrame(() => {
    const { look, playing, view } = store.state;
    const left = -view.x / view.scale;
    const top = -view.y / view.scale;
    const shown = { x: stage.width / view.scale, y: stage.height / view.scale };
    const all = left <= 1 && top <= 1 && left + shown.x >= size.width - 1 && top + shown.y >= size.height - 1;
    const hidden = !look.minimap || all;
    if (hidden !== map.hidden) map.hidden = hidden;
    if (hidden) return;
    const clip = (from, length, limit) => [Math.max(0, from), Math.min(limit, from + length)];
    const [x0, x1] = clip(left, shown.x, size.width);
    const [y0, y1] = clip(top, shown.y, size.height);
    frame.style.transform = `translate(${x0 * scale}px, ${y0 * scale}px)`;
    frame.style.width = `${Math.max(3, (x1 - x0) * scale)}px`;
    frame.style.height = `${Math.max(3, (y1 - y0) * scale)}px`;
    if (playing && performance.now() - drawnAt < WHILE_PLAYING_MS) return;
    drawnAt = performance.now();
    context.drawImage(videoCanvas, 0, 0, width, height);
  });
  store.watch(['view', 'frame', 'look', 'playing'], update);

  const go = (event) => {
    const rect = canvas.getBoundingClientRect();
    const x = (event.clientX - rect.left) / scale;
    const y = (event.clientY - rect.top) / scale;
    const { view } = stage;
    stage.setView({ scale: view.scale, x: stage.width / 2 - x * view.scale, y: stage.height / 2 - y * view.scale });
  };
  map.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    map.setPointerCapture(event.pointerId);
    go(event);
  });
  map.addEventListener('pointermove', (event) => {
    event.stopPropagation();
    if (map.hasPointerCapture(event.pointerId)) go(event);
  });
  map.addEventListener('pointerup', (event) => event.stopPropagation());
}
