/** Playback: buttons, the frame number as a field, time, speed. */

import { fill, h, setText } from '../dom.js';
import { clock, count } from '../format.js';
import { icon } from '../icons.js';
import { RATES, jumpToEvent, jumpToProblem, toggleLoop } from '../timeline/commands.js';


/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createTransport(root, workspace) {
  const { store, model, actions, times } = workspace;
  const button = (symbol, title, run) => h('button', {
    class: 'button', type: 'button', title, 'aria-label': title, on: { click: (event) => run(event) },
  }, icon(symbol));
  const play = button('play', 'Play (Space)', () => actions.togglePlay());
  play.classList.add('play');
  const frame = h('input', {
    class: 'frame-input', type: 'text', inputmode: 'numeric', 'aria-label': 'Frame', title: 'Frame number (G)',
    autocomplete: 'off', spellcheck: 'false',
  });
  const time = h('span', { class: 'time' });
  const total = h('span', { class: 'total' }, `/ ${count(model.frameCount - 1)}`);
  const length = clock(times[times.length - 1] ?? 0);
  const rate = h('select', { class: 'select', title: 'Speed', 'aria-label': 'Speed' },
    RATES.map((value) => h('option', { value, selected: value === 1 }, `${value}×`)));
  rate.addEventListener('change', () => {
    actions.setRate(Number(rate.value));
    rate.blur();
  });

  const loop = button('loop', '', () => toggleLoop(workspace));
  loop.classList.add('loop-button');
  const sound = button('sound', 'Sound (Shift+M)', () => workspace.sound.toggle());
  const problem = button('warning', 'Next problem of the video (Shift+PageDown)', (event) => jumpToProblem(workspace, event.shiftKey ? -1 : 1));
  const event = button('event', 'Next event (PageDown; with Shift the previous one)', (click) => jumpToEvent(workspace, click.shiftKey ? -1 : 1));
  event.hidden = !model.classes.some((c) => c.event);

  fill(root,
    h('div', { class: 'transport-group' }, h('label', { class: 'frame-field' }, 'Frame', frame), total, event, problem),
    h('div', { class: 'transport-group transport-buttons' },
      button('first', 'First frame (Home)', () => actions.seek(0)),
      button('previousKey', 'Previous keyframe of the selection ([)', () => actions.jumpToKeyframe(-1)),
      button('previous', 'Previous frame (←)', () => actions.step(-1)),
      play,
      button('next', 'Next frame (→)', () => actions.step(1)),
      button('nextKey', 'Next keyframe of the selection (])', () => actions.jumpToKeyframe(1)),
      button('last', 'Last frame (End)', () => actions.seek(model.frameCount - 1))),
    h('div', { class: 'transport-group transport-end' }, time, sound, loop, rate));

  frame.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') frame.blur();
    if (event.key === 'Escape') {
      frame.value = String(store.state.frame);
      frame.blur();
    }
  });
  frame.addEventListener('focus', () => frame.select());
  frame.addEventListener('blur', () => {
    const wanted = Number.parseInt(frame.value.replace(/[^0-9-]/g, ''), 10);
    if (Number.isFinite(wanted) && wanted !== store.state.frame) actions.seek(wanted);
    frame.value = String(store.state.target);
  });
  store.watch(['frame', 'target'], (state) => {
    if (document.activeElement !== frame) frame.value = String(state.frame);
    setText(time, `${clock(times[state.frame] ?? 0)} / ${length}`);
  });
  store.watch(['rate'], (state) => {
    rate.value = String(state.rate);
  });
  store.watch(['loop'], ({ loop: range }) => {
    const title = range ? `Looping frames ${range.first} to ${range.stop - 1}: click to play on (Shift+L)`
      : 'Loop the selected entity\u2019s time (Shift+L); I and Shift+O set where a loop begins and ends';
    loop.title = title;
    loop.setAttribute('aria-label', range ? `Loop of frames ${range.first} to ${range.stop - 1}` : 'Loop');
    loop.setAttribute('aria-pressed', String(Boolean(range)));
  });
  store.watch(['sound', 'hasSound', 'rate'], (state) => {
    sound.hidden = !state.hasSound;
    fill(sound, icon(state.sound ? 'sound' : 'silent'));
    sound.setAttribute('aria-pressed', String(state.sound));
    const fast = state.rate > 2 || state.rate < 0.5;
    sound.title = fast ? 'There is no sound at this speed' : state.sound ? 'Sound on (Shift+M)' : 'Sound off (Shift+M)';
    sound.setAttribute('aria-label', 'Sound');
    sound.classList.toggle('is-faint', fast);
  });
  store.watch(['problems'], ({ problems }) => { problem.hidden = !problems; });
  store.watch(['playing'], ({ playing }) => {
    fill(play, icon(playing ? 'pause' : 'play'));
    play.title = playing ? 'Pause (Space)' : 'Play (Space)';
    play.setAttribute('aria-label', play.title);
  });
}
