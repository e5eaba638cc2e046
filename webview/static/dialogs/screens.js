/** What fills the window when no project is open: choosing one, signing in, or what went wrong. */

import { fill, h } from '../dom.js';
import { count, plural } from '../format.js';

function screen(root, ...content) {
  fill(root, h('main', { class: 'screen' }, h('div', { class: 'screen-box' },
    h('div', { class: 'brand' }, h('span', { class: 'brand-mark' }, h('span', { class: 'brand-key' })), 'Reviewer'),
    content)));
}

/** @param {HTMLElement} root @param {Object[]} projects @param {(project: number) => void} onChosen */
export function showChooser(root, projects, onChosen) {
  screen(root,
    h('h1', {}, 'Projects'),
    projects.length ? null : h('p', { class: 'empty' }, 'This server has no project.'),
    h('ul', { class: 'project-list' }, projects.map((project) => h('li', {},
      h('button', { class: 'project-card', type: 'button', on: { click: () => onChosen(project.project) } },
        h('strong', {}, project.name),
        h('span', { class: 'project-facts' }, `${plural(project.entities, 'entity', 'entities')} · ${count(project.frame_count)} frames`),
        h('span', { class: 'project-path' }, project.path),
        project.video_problem ? h('span', { class: 'project-problem' }, project.video_problem) : null,
        project.read_only ? h('span', { class: 'project-problem' }, `Read-only: ${project.read_only}`) : null)))));
}

/** @param {HTMLElement} root @param {string} title @param {string} sentence */
export function showMessage(root, title, sentence, action = null) {
  screen(root, h('h1', {}, title), h('p', { class: 'screen-text' }, sentence),
    action ? h('button', { class: 'button primary', type: 'button', on: { click: action.run } }, action.text) : null);
}

/**
 * The session ended: take a new link. @param {string} sentence
 * @param {(token: string) => Promise<void>} onToken rejects with a sentence
 */
export function showSignIn(root, sentence, onToken) {
  const input = h('input', { class: 'input', type: 'text', 'aria-label': 'Link or key', placeholder: 'Paste the link', autocomplete: 'off', spellcheck: 'false' });
  const problem = h('p', { class: 'screen-problem', role: 'alert' });
  const form = h('form', { class: 'sign-in' }, input, h('button', { class: 'button primary', type: 'submit' }, 'Open'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const token = /token=([^&\s]+)/.exec(input.value)?.[1] ?? input.value.trim();
    try {
      await onToken(decodeURIComponent(token));
    } catch (error) {
      problem.textContent = error.message;
    }
  });
  screen(root, h('h1', {}, 'Open with its link'), h('p', { class: 'screen-text' }, sentence), form, problem);
  input.focus();
}
