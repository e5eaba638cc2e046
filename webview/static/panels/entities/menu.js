/** The menu of an entity: what can be done with all of it, where the hand is. */

import { capsOf } from '../../dialogs/help.js';
import { openMenu } from '../../dialogs/menu.js';
import { wholeOperations } from './whole.js';

/** @param {import('../../workspace.js').Workspace} workspace @param {string} id */
export function openEntityMenu(workspace, id, x, y, { onRename = null } = {}) {
  const { model, actions, store, lives, visibility, readOnly } = workspace;
  const entity = model.entities.get(id);
  if (!entity) return;
  const { frame } = store.state;
  const life = lives.of(entity.index);
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
    ...wholeOperations(workspace).map(({ name, textAt, possible, run }) => (
      change(textAt(frame), () => run(entity), { disabled: !possible(entity, frame), keys: keysOf(workspace, name) }))),
    'line',
    item('Hidden', () => visibility.toggle('hidden', id), { checked: hidden, keys: keysOf(workspace, 'Hide the selection, or show it') }),
    item('Shown alone', () => visibility.toggleSolo(id), { checked: visibility.solo.size === 1 && visibility.solo.has(id), keys: keysOf(workspace, 'Show the selection alone, or all') }),
    item('Locked', () => visibility.toggle('locked', id), { checked: locked }),
    'line',
    change('Delete', () => {
      actions.select(id, { reveal: false });
      actions.deleteEntity();
    }, { keys: 'Del', danger: true }),
  ], x, y, `What to do with ${entity.name}`);
}

/** As they are now: a person may have chosen others. */
function keysOf({ shortcuts }, name) {
  const [key] = shortcuts.commands.find(({ text }) => text === name)?.keys ?? [];
  return key && capsOf(key).join('+');
}

/** What is called by its menu stays selected with what was selected beside it, as the last one. */
export function selectForMenu({ store, editing, actions }, id) {
  const { selection } = store.state;
  if (selection.length > 1 && selection.includes(id)) editing.select([...selection.filter((one) => one !== id), id]);
  else actions.select(id, { reveal: false });
}

/** The same menu on the shape itself, while no tool has another use for the button. */
export function menuOnStage(workspace) {
  const { store, parts } = workspace;
  parts.stage.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    const { hovered, tool } = store.state;
    if (!hovered || tool !== 'select') return;
    selectForMenu(workspace, hovered);
    openEntityMenu(workspace, hovered, event.clientX, event.clientY);
  });
}
