/** What a person may need to trust: is it saved, which frame is this, how is it shown. */

import { fill, h, setText } from '../dom.js';
import { clock, count } from '../format.js';
import { serveCommand } from './banners.js';

const VIDEO = {
  webcodecs: ['WebCodecs', 'The browser decodes the file\u2019s own packets: every frame is exact.'],
  proxy: ['Encoded anew', 'The server encodes each frame for the browser: every frame is exact.'],
  stills: ['Exact stills', 'The server decodes each frame and sends it as a picture.'],
  none: ['No video', 'The video is missing: only annotations are shown.'],
};

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createStatusBar(root, workspace) {
  const { store, model, times } = workspace;
  const saved = h('span', { class: 'status-item status-saved', role: 'status', 'aria-live': 'polite' });
  const kept = h('span', { class: 'status-item status-kept', hidden: true });
  const place = h('span', { class: 'status-item' });
  const pointer = h('span', { class: 'status-item status-quiet' });
  const video = h('span', { class: 'status-item' });
  const painter = h('span', { class: 'status-item' });
  const author = h('span', { class: 'status-item', title: 'Author of your edits' }, model.author ?? '');
  root.append(saved, kept, place, pointer, h('span', { class: 'status-fill' }), video, painter, author);

  store.watch(['status', 'waiting'], ({ status, waiting }) => {
    saved.dataset.status = status;
    fill(saved, h('span', { class: 'status-dot' }), statusText(status, waiting));
    saved.title = model.readOnly ? String(model.readOnly) : '';
    kept.hidden = status !== 'offline' || !waiting;
    if (!kept.hidden) {
      fill(kept, `kept in this browser, sent when the server is back at ${location.host}`);
      kept.title = `Start it anew with: ${serveCommand(model.path, location.port || '80')}`;
    }
  });
  store.watch(['frame'], ({ frame }) => {
    setText(place, `frame ${count(frame)} of ${count(model.frameCount)} · ${clock(times[frame] ?? 0, 3)}`);
  });
  store.watch(['videoMode', 'videoStatus'], ({ videoMode, videoStatus }) => {
    const [text, explained] = VIDEO[videoMode] ?? ['', ''];
    fill(video, text);
    video.title = videoStatus || explained;
    video.classList.toggle('status-notable', videoMode !== 'webcodecs' || Boolean(videoStatus));
    if (videoStatus) fill(video, videoStatus);
  });
  store.watch(['backend'], ({ backend }) => {
    fill(painter, backend ? `${backend} painter` : '');
    painter.title = 'How shapes are painted: the faster way on this machine.';
  });
  workspace.parts.stage.addEventListener('pointermove', (event) => {
    const rect = workspace.parts.stage.getBoundingClientRect();
    const { scale, x, y } = workspace.stage.view;
    const at = [(event.clientX - rect.left - x) / scale, (event.clientY - rect.top - y) / scale];
    fill(pointer, `x ${at[0].toFixed(1)}  y ${at[1].toFixed(1)}`);
  });
  workspace.parts.stage.addEventListener('pointerleave', () => fill(pointer));
}

function statusText(status, waiting) {
  switch (status) {
    case 'saving': return 'Saving…';
    case 'offline': return waiting
      ? `Offline: ${waiting} ${waiting === 1 ? 'edit' : 'edits'} waiting`
      : 'Offline: trying to reach the server';
    case 'read-only': return 'Read-only';
    default: return 'Saved';
  }
}
