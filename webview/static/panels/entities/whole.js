/** What becomes of whole entities: split, trimmed, merged, joined, swapped, shifted, copied. */

import { askShift, chooseOther, winnerChoice } from './dialogs.js';
import * as operations from './operations.js';

/**
 * For the menu of an entity, the palette and the keys.
 * @param {import('../../workspace.js').Workspace} workspace
 * @returns {Array<{name: string, textAt: (frame: number) => string, keys: string[],
 *   possible: (entity: Object, frame: number) => boolean, run: (entity: Object) => void}>}
 */
export function wholeOperations(workspace) {
  const { actions, store, lives, model } = workspace;
  const here = () => store.state.frame;
  const lifeOf = ({ index }) => lives.of(index);
  const inside = (entity, frame) => Boolean(lifeOf(entity)) && frame > lifeOf(entity).first && frame < lifeOf(entity).stop;
  const beforeEnd = (entity, frame) => Boolean(lifeOf(entity)) && frame + 1 < lifeOf(entity).stop && frame >= lifeOf(entity).first;
  const always = () => true;
  const operation = (name, textAt, keys, possible, run) => ({ name, textAt, keys, possible, run });
  return [
    operation('Split here', (frame) => `Split at frame ${frame}`, ['Shift+x'], inside, (entity) => splitHere(workspace, entity)),
    operation('Begin here', (frame) => `Begin at frame ${frame}`, ['{'], inside, (entity) => actions.send(operations.trim(entity, here(), model.frameCount))),
    operation('End here', (frame) => `End at frame ${frame}`, ['}'], beforeEnd, (entity) => actions.send(operations.trim(entity, 0, here() + 1))),
    operation('Merge with another', () => 'Merge with…', ['Shift+u'], always, (entity) => askMerge(workspace, entity)),
    operation('Join with another', () => 'Join with…', ['Shift+a'], always, (entity) => askJoin(workspace, entity)),
    operation('Swap with another from here on', () => 'Swap from here on with…', ['Shift+w'], always, (entity) => askSwap(workspace, entity)),
    operation('Shift in time', () => 'Shift in time…', [], always, (entity) => (
      askShift(workspace, entity, (by) => { if (by) actions.send(operations.shift(entity, by)); }))),
    operation('Copy all of it', () => 'Copy', [], always, (entity) => copyAll(workspace, entity)),
  ];
}

/** @returns {import('../../shortcuts.js').Command[]} the same, of the selected entity */
export function wholeCommands(workspace) {
  const { actions, store, notify } = workspace;
  return wholeOperations(workspace).map(({ name, keys, possible, run }) => ({
    group: 'Entity', text: name, keys, repeat: false,
    run: () => {
      const { entity } = actions;
      if (!entity) notify('Select an entity first.');
      else if (actions.refuses([entity.id])) return;
      else if (!possible(entity, store.state.frame)) notify(`${entity.name} is not there before and after this frame.`);
      else run(entity);
    },
  }));
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
