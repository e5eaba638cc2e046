/** The menu of an entity: what can be done with all of it, where the hand is. */

import { openMenu } from '../../dialogs/menu.js';
import { askShift, chooseOther, winnerChoice } from './dialogs.js';
import * as operations from './operations.js';

/** @param {import('../../workspace.js').Workspace} workspace @param {string} id */
export function openEntityMenu(workspace, id, x, y, { onRename = null } = {}) {
  const { model, actions, store, lives, visibility, readOnly } = workspace;
  const entity = model.entities.get(id);
  if (!entity) return;
  const { frame } = store.state;
  const life = lives.of(entity.index);
  const inside = life && frame > life.first && frame < life.stop;
  const locked = visibility.isLocked(id);
  const fixed = readOnly || locked;
  const item = (text, run, extra = {}) => ({ text, run, ...extra });
  const change = (text, run, extra = {}) => item(text, run, { ...extra, disabled: fixed || extra.disabled });
  const hidden = visibility.hidden.has(id);
  openMenu([
    item('Go to its first frame', () => actions.seek(life.first), { disabled: !life || life.stop <= life.first }),
    item('Go to its last frame', () => actions.seek(life.stop - 1), { disabled: !life || life.stop <= life.first }),
    'line',
    ...(onRename ? [change('Rename', onRename, { keys: 'F2' })] : []),
    change(`Split at frame ${frame}`, () => splitHere(workspace, entity), { disabled: !inside }),
    change(`Begin at frame ${frame}`, () => actions.send(operations.trim(entity, frame, model.frameCount)), { disabled: !inside }),
    change(`End at frame ${frame}`, () => actions.send(operations.trim(entity, 0, frame + 1)), { disabled: !life || frame + 1 >= life.stop || frame < life.first }),
    change('Merge with…', () => askMerge(workspace, entity)),
    change('Join with…', () => askJoin(workspace, entity)),
    change('Swap from here on with…', () => askSwap(workspace, entity)),
    change('Shift in time…', () => askShift(workspace, entity, (by) => { if (by) actions.send(operations.shift(entity, by)); })),
    item('Copy', () => copyAll(workspace, entity), { disabled: readOnly }),
    'line',
    item('Hidden', () => visibility.toggle('hidden', id), { checked: hidden }),
    item('Shown alone', () => visibility.toggleSolo(id), { checked: visibility.solo.size === 1 && visibility.solo.has(id) }),
    item('Locked', () => visibility.toggle('locked', id), { checked: locked }),
    'line',
    change('Delete', () => {
      actions.select(id, { reveal: false });
      actions.deleteEntity();
    }, { keys: 'Del', danger: true }),
  ], x, y, `What to do with ${entity.name}`);
}

async function splitHere({ actions, store }, entity) {
  const edit = operations.split(entity, store.state.frame);
  if (await actions.send(edit)) actions.select(edit.id, { reveal: false });
}

async function copyAll({ actions }, entity) {
  const edit = operations.copy(entity);
  if (await actions.send(edit)) actions.select(edit.id, { reveal: false });
}

function askMerge(workspace, entity) {
  let winner = null;
  chooseOther(workspace, {
    entity, title: `Merge with ${entity.name}`, confirm: 'Merge',
    text: 'The other one is taken into this one and removed; references to it follow.',
    extra: (other) => (winner = winnerChoice(entity, other)).element,
    onChosen: (other) => workspace.actions.send(operations.merge(entity, other, winner.value())),
  });
}

function askJoin(workspace, entity) {
  chooseOther(workspace, {
    entity, title: `Join with ${entity.name}`, confirm: 'Join',
    text: 'Two parts of one track become one, also across the gap between them, where it moves from the one to the other.',
    onChosen: (other) => workspace.actions.send(operations.join(entity, other)),
  });
}

function askSwap(workspace, entity) {
  const { frame } = workspace.store.state;
  chooseOther(workspace, {
    entity, title: `Swap ${entity.name} from frame ${frame} on`, confirm: 'Swap',
    text: `From frame ${frame} to the end the two exchange who they are: the cure for a mixed-up identity.`,
    onChosen: (other) => workspace.actions.send(operations.swap(entity, other, frame)),
  });
}

/** The same menu on the shape itself, while no tool has another use for the button. */
export function menuOnStage(workspace) {
  const { store, actions, parts } = workspace;
  parts.stage.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    const { hovered, tool } = store.state;
    if (!hovered || tool !== 'select') return;
    actions.select(hovered, { reveal: false });
    openEntityMenu(workspace, hovered, event.clientX, event.clientY);
  });
}
