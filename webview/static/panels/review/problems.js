/** What the checks found: go there, or take an offer that mends it. */

import { h } from '../../dom.js';
import { plural } from '../../format.js';
import { frameText, inert } from './words.js';

/** Frames where it shows, not where it begins to. */
const AT_END = new Set(['jump', 'identity-switch']);

/** @param {import('./panel.js').ReviewPanel} panel @returns {HTMLElement[]} */
export function problemList(panel) {
  const { found } = panel;
  if (!found) return [h('p', { class: 'empty' }, 'Looking \u2026')];
  const parts = [h('div', { class: 'review-summary' },
    h('span', {}, found.problems.length ? plural(found.problems.length, 'problem') : 'Nothing is wrong, as far as the checks can tell.'),
    h('button', { class: 'button chip', type: 'button', on: { click: () => panel.look() } }, 'Look again'))];
  for (const [name, reason] of Object.entries(found.failed)) {
    parts.push(h('p', { class: 'review-trouble' }, inert(`The check ${name} could not run: ${reason}`)));
  }
  if (found.more) parts.push(h('p', { class: 'review-trouble' }, `${plural(found.more, 'more problem')} not listed.`));
  return [...parts, ...found.problems.map((problem) => row(panel, problem))];
}

function row(panel, problem) {
  const { frames, entities, severity, sentence, fixes } = problem;
  const frame = frames ? (AT_END.has(problem.code) ? frames[1] - 1 : frames[0]) : null;
  return h('article', { class: `problem is-${severity}`, data: { code: problem.code } },
    h('button', {
      class: 'thread-head', type: 'button', title: 'Go there', on: { click: () => panel.goTo(entities[0], frame) },
    },
    h('span', { class: 'thread-about' }, h('span', { class: 'thread-state' }, severity), frames ? frameText(frames) : ''),
    h('span', { class: 'problem-text' }, inert(sentence))),
    panel.readOnly || !fixes.length ? null : h('div', { class: 'problem-fixes' }, fixes.slice(0, 4).map((label) => h('button', {
      class: 'button link', type: 'button', on: { click: () => panel.mend(problem, label) },
    }, inert(label)))));
}
