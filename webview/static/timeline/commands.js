/** Keys of time: jumps, loop, speed, sound, the timeline's view and its marks. */

import { nextStart } from './findings.js';

export const RATES = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

/** @returns {import('../shortcuts.js').Command[]} */
export function timeCommands(workspace) {
  const { actions, store, model } = workspace;
  const command = (group, text, keys, run, repeat = false) => ({ group, text, keys, run, repeat });
  const frame = () => store.state.target;
  return [
    command('Time', 'Next event', ['PageDown'], () => jumpToEvent(workspace, 1), true),
    command('Time', 'Previous event', ['PageUp'], () => jumpToEvent(workspace, -1), true),
    command('Time', 'Next problem of the video', ['Shift+PageDown'], () => jumpToProblem(workspace, 1), true),
    command('Time', 'Previous problem of the video', ['Shift+PageUp'], () => jumpToProblem(workspace, -1), true),
    command('Time', 'Slower', ['<'], () => changeRate(workspace, -1), true),
    command('Time', 'Faster', ['>'], () => changeRate(workspace, 1), true),
    command('Time', 'Sound on or off', ['Shift+m'], () => workspace.sound.toggle()),
    command('Time', 'Loop from here', ['i', 'Shift+i'], () => workspace.loop.begin(frame())),
    command('Time', 'Loop to here', ['Shift+o'], () => workspace.loop.end(frame())),
    command('Time', 'Loop the selection, or no loop', ['Shift+l'], () => toggleLoop(workspace)),
    command('Timeline', 'Zoom in', ['Alt+='], () => workspace.timeline.zoom(1.6), true),
    command('Timeline', 'Zoom out', ['Alt+-'], () => workspace.timeline.zoom(1 / 1.6), true),
    command('Timeline', 'The whole video', ['Alt+0'], () => workspace.timeline.fit()),
    command('Timeline', 'Select the keyframes here', ['Shift+k'], () => workspace.timeline.keys.selectHere()),
    ...markCommands(workspace),
    command('Entity', 'What to do with it', ['ContextMenu', 'Shift+F10'], () => {
      if (!actions.entity) workspace.notify(`Select an entity of the ${model.entities.size} first.`);
      else workspace.entityList.openMenu(actions.entity.id);
    }),
  ];
}

/** Shown with the others; they count only while marks are selected, see mark_keys.js. */
function markCommands(workspace) {
  const command = (text, keys, run) => ({ group: 'Timeline', text, keys, run, repeat: true });
  return [
    command('Move the selected keyframes by a frame', ['Alt+,', 'Alt+.'], (event) => workspace.timeline.keys.press(event)),
    command('Move them by ten frames', ['Alt+Shift+,', 'Alt+Shift+.'], (event) => workspace.timeline.keys.press(event)),
  ];
}

/** Begin of the nearest event beyond the frame. @param {1|-1} direction */
export async function jumpToEvent({ model, lives, actions, store, notify }, direction) {
  if (!lives.known) await lives.fetch();
  const starts = [];
  for (let i = 0; i < lives.entity.length; i++) {
    const entity = model.byIndex[lives.entity[i]];
    if (entity && lives.stop[i] > lives.first[i] && model.classOf(entity).event) starts.push(lives.first[i]);
  }
  const found = nextStart(starts, store.state.target, direction);
  if (found === null) notify(direction < 0 ? 'There is no earlier event.' : 'There is no later event.');
  else actions.seek(found);
}

/** @param {1|-1} direction */
export async function jumpToProblem({ timeline, actions, store, notify }, direction) {
  if (!timeline.problemsKnown) await timeline.fetchProblems();
  const starts = timeline.problems.filter(({ severity }) => severity !== 'note').map(({ first }) => first);
  const found = nextStart(starts, store.state.target, direction);
  if (found !== null) actions.seek(found);
  else if (!starts.length) notify('The check of the video found no problem.');
  else notify(direction < 0 ? 'There is no earlier problem.' : 'There is no later problem.');
}

/** @param {1|-1} direction */
export function changeRate({ actions, store }, direction) {
  const { rate } = store.state;
  const next = direction > 0 ? RATES.find((r) => r > rate) : RATES.findLast((r) => r < rate);
  if (next !== undefined) actions.setRate(next);
}

export function toggleLoop({ store, loop, lives, actions, notify }) {
  if (store.state.loop) {
    loop.set(null);
    return;
  }
  const life = actions.entity && lives.of(actions.entity.index);
  if (!life || life.stop - life.first < 2) {
    notify('Set where the loop begins (I) and ends (Shift+O), or select an entity to loop its time.');
    return;
  }
  loop.set({ first: life.first, stop: life.stop });
}
