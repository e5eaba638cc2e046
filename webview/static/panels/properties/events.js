/** Events: entities without geometry, that last from one frame to another. */

import * as edits from '../../state/edits.js';
import { h, setText } from '../../dom.js';
import { clock } from '../../format.js';
import { icon } from '../../icons.js';
import { commitField, onLeave, showIn } from './fields.js';

/** How long a new event lasts until somebody says otherwise. */
const NEW_EVENT_S = 1;

/** @param {import('./subject.js').Subject} subject @returns {HTMLElement} start and end, in frames */
export function eventRows(subject) {
  const { workspace } = subject;
  const { store, model, times, actions } = workspace;
  const spanOf = () => {
    const { details } = store.state;
    return details?.id === subject.id && details.first !== null ? details : null;
  };
  const send = (first, stop) => {
    const details = spanOf();
    if (!details) return;
    if (!(first >= 0 && stop <= model.frameCount && first < stop)) {
      workspace.notify('An event starts before it ends, within the video.', 'bad');
      return;
    }
    actions.send(edits.setEventSpan(subject.entity, details.presence_keyframes, first, stop, model.frameCount));
  };
  const field = (label, read, write) => {
    const input = h('input', {
      class: 'input number', type: 'text', inputmode: 'numeric', 'aria-label': `${label} frame`, disabled: subject.readOnly, autocomplete: 'off',
    });
    onLeave(subject, input, () => commitField(input, (text) => {
      if (!/^\d{1,9}$/.test(text.trim())) return false;
      write(Number(text));
      return true;
    }));
    const time = h('button', { class: 'button link event-time', type: 'button', title: `Go to the ${label.toLowerCase()}`, on: { click: () => { const at = read(); if (at !== null) actions.seek(at); } } });
    const here = h('button', {
      class: 'button', type: 'button', disabled: subject.readOnly, title: `${label} at the frame shown`,
      on: { click: () => write(store.state.frame) },
    }, 'Here');
    subject.updaters.push(() => {
      const at = read();
      if (document.activeElement !== input) showIn(input, at === null ? '' : String(at));
      setText(time, at === null ? '' : clock(times[at] ?? 0));
    });
    return h('div', { class: 'event-row' }, h('span', { class: 'property-label' }, label), input, here, time);
  };
  return h('div', { class: 'property event-span' },
    field('Start', () => spanOf()?.first ?? null, (frame) => { const s = spanOf(); if (s) send(frame, Math.max(s.stop, frame + 1)); }),
    field('End', () => { const s = spanOf(); return s ? s.stop - 1 : null; }, (frame) => { const s = spanOf(); if (s) send(Math.min(s.first, frame), frame + 1); }));
}

/** Buttons that make an event at the frame shown. */
export function newEventButtons(workspace) {
  const { model } = workspace;
  const classes = model.classes.filter((c) => c.event);
  if (!classes.length) return null;
  return h('div', { class: 'property new-events' },
    h('div', { class: 'property-head' }, h('span', { class: 'property-label' }, 'New event here')),
    h('div', { class: 'chips' }, classes.map((entityClass) => h('button', {
      class: 'chip-button', type: 'button', disabled: workspace.readOnly, title: `A ${entityClass.label} that starts at this frame`,
      on: { click: () => addEvent(workspace, entityClass) },
    }, h('span', { class: 'class-dot', style: { background: entityClass.color } }), h('span', { class: 'chip-text' }, entityClass.label), icon('plus')))));
}

/** @param {import('../../state/model.js').EntityClass} entityClass */
export async function addEvent(workspace, entityClass) {
  const { store, model, times, actions } = workspace;
  const { frame } = store.state;
  let stop = frame + 1;
  while (stop < model.frameCount && times[stop] - times[frame] < NEW_EVENT_S) stop++;
  const edit = edits.addEvent(entityClass, frame, stop, model.frameCount);
  if (await actions.send(edit)) actions.select(edit.id, { reveal: false });
}
