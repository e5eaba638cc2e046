/** The threads as cards; the opened one with everything said in it, and a field to answer in. */

import { h } from '../../dom.js';
import { plural } from '../../format.js';
import { frameText, inert, STATES, VERDICTS, when } from './words.js';

/** @param {import('./panel.js').ReviewPanel} panel @returns {HTMLElement[]} */
export function threadList(panel) {
  const { threads, showAll, state } = panel;
  const listed = threads.filter((thread) => showAll || thread.status === 'open' || thread.id === panel.opened);
  const resolved = threads.length - threads.filter((thread) => thread.status === 'open').length;
  const left = panel.leftCount ?? 0;
  const parts = [h('div', { class: 'review-summary' },
    h('span', {}, `${Math.floor((state.accepted ?? 0) * 100)}% accepted, ${plural(left, 'entity', 'entities')} left`),
    h('button', {
      class: 'button chip', type: 'button', 'aria-pressed': String(showAll),
      on: { click: () => { panel.showAll = !showAll; panel.render(); } },
    }, `Resolved ${resolved}`))];
  for (const problem of (state.problems ?? []).slice(0, 3)) parts.push(h('p', { class: 'review-trouble' }, inert(problem)));
  if (!listed.length) {
    parts.push(h('p', { class: 'empty' }, threads.length ? 'No thread is open.' : 'Nothing was said yet.'));
  }
  return [...parts, ...listed.map((thread) => card(panel, thread))];
}

function card(panel, thread) {
  const { entries, pin, status } = thread;
  const opened = panel.opened === thread.id;
  const state = status === 'open' && thread.verdict ? thread.verdict : status;
  const about = [pin.entity ? panel.nameOf(pin.entity) : null, pin.property ? inert(pin.property) : null,
    thread.outdated ? 'Another video' : frameText(pin.frames)].filter(Boolean).join(' · ');
  const first = entries.find(({ text }) => text)?.text ?? '';
  return h('article', { class: `thread is-${state}`, data: { thread: thread.id } },
    h('button', {
      class: 'thread-head', type: 'button', 'aria-expanded': String(opened), on: { click: () => panel.open(thread) },
    },
    h('span', { class: 'thread-about' }, h('span', { class: 'thread-state' }, STATES[state] ?? state), about),
    opened ? null : h('span', { class: 'thread-first' }, inert(first || `by ${entries[0].author}`)),
    opened || entries.length === 1 ? null : h('span', { class: 'thread-more' }, plural(entries.length - 1, 'answer'))),
    opened ? body(panel, thread) : null);
}

function body(panel, thread) {
  return h('div', { class: 'thread-body' },
    h('ol', { class: 'entries' }, thread.entries.map(entryRow)),
    thread.assignee ? h('p', { class: 'thread-turn' }, inert(`It is ${thread.assignee}\u2019s turn.`)) : null,
    panel.readOnly ? null : answer(panel, thread));
}

function entryRow(entry) {
  const done = [];
  if (entry.verdict) done.push(STATES[entry.verdict] ?? entry.verdict);
  else if (entry.status === 'resolved') done.push('resolved');
  else if (entry.status === 'open') done.push('opened');
  if (entry.assignee) done.push(`to ${inert(entry.assignee)}`);
  return h('li', { class: 'entry' },
    h('p', { class: 'entry-head' },
      h('span', { class: 'entry-author' }, inert(entry.author)),
      h('time', { datetime: entry.time, title: entry.time }, when(entry.time)),
      done.length ? h('span', { class: `entry-done is-${entry.verdict ?? entry.status ?? ''}` }, done.join(', ')) : null),
    entry.text ? h('p', { class: 'entry-text' }, inert(entry.text)) : null);
}

function answer(panel, thread) {
  const field = h('textarea', {
    class: 'input review-text', rows: '2', maxlength: '10000', placeholder: 'Answer', 'aria-label': 'Answer',
    data: { draft: thread.id },
    on: {
      input: () => panel.drafts.set(thread.id, field.value),
      keydown: (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send({});
      },
    },
  });
  field.value = panel.drafts.get(thread.id) ?? '';
  const send = async (more) => {
    const text = field.value.trim();
    if (!text && !Object.keys(more).length) {
      field.focus();
      return;
    }
    const said = await panel.say({ thread: thread.id, text, ...more });
    if (!said) return;
    panel.drafts.delete(thread.id);
    field.value = '';
    panel.refresh();
  };
  const button = (text, more, look = '') => h('button', {
    class: `button ${look}`, type: 'button', on: { click: () => send(more) },
  }, text);
  const judge = thread.pin.entity && !thread.outdated
    ? VERDICTS.map(({ name, verb, look }) => button(verb, { verdict: name }, look)) : [];
  return h('div', { class: 'thread-answer' }, field,
    h('div', { class: 'review-row' }, button('Answer', {}, 'primary'),
      thread.status === 'open' ? button('Resolve', { status: 'resolved' }) : button('Open again', { status: 'open' })),
    judge.length ? h('div', { class: 'review-verdicts' }, judge) : null);
}
