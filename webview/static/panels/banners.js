/** What a person must know of this project before working on it, across the top of the page. */

import { fill, h } from '../dom.js';
import { icon } from '../icons.js';
import { forgetElsewhere, waitingElsewhere } from '../state/elsewhere.js';

const MAX_WARNINGS = 3;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createBanners(root, { model }) {
  const { video, readOnly, warnings, key } = model;
  const banner = (...content) => h('div', { class: 'banner' }, ...content);
  const texts = [
    video.attached ? video.problem
      : video.problem ?? 'The video is not attached; annotations can be read and edited.',
    readOnly && `Read-only: ${readOnly}`,
    ...warnings.slice(0, MAX_WARNINGS),
  ];
  const banners = texts.filter(Boolean).map((text) => banner(h('p', {}, text)));
  for (const { port, waiting } of waitingElsewhere(key)) {
    const one = banner(
      h('p', {}, `${waiting === 1 ? 'An edit' : `${waiting} edits`} of this project still ${waiting === 1 ? 'waits' : 'wait'} in this browser for a server on port ${port}, where it ran before. To send ${waiting === 1 ? 'it' : 'them'}, serve the project there and open its link here: `,
        h('code', {}, serveCommand(model.path, port))),
      h('button', {
        class: 'button', type: 'button', title: 'Do not show this again', 'aria-label': 'Do not show this again',
        on: { click: () => { forgetElsewhere(key, port); one.remove(); } },
      }, icon('close')));
    banners.push(one);
  }
  fill(root, banners);
}

/** What brings this project's server back to a port, as a shell takes it. */
export function serveCommand(path, port) {
  const plain = /^[\w@%+=:,./-]+$/.test(path);
  return `reviewer serve ${plain ? path : `'${path.replaceAll("'", "'\\''")}'`} --port ${port}`;
}
