/** Every command by name: typed, found, done. */

import { openChooser } from './chooser.js';
import { capsOf } from './help.js';

/** @param {import('../shortcuts.js').Shortcuts} shortcuts */
export function openPalette(shortcuts) {
  const { workspace, commands } = shortcuts;
  const { actions, model } = workspace;
  const items = commands.filter((command) => command.run.length === 0 && command.text !== 'Command palette')
    .map(({ text, group, keys, run, remapped }) => ({
      text, note: group, keys: keys.slice(0, 1).flatMap(capsOf), remapped,
      run: text === 'Play or pause' ? () => actions.togglePlay() : run,
    }));
  for (const entityClass of model.classes) {
    if (!entityClass.geometry.length) continue;
    items.push({
      text: `Draw a new ${entityClass.label}`, note: 'Class', color: entityClass.color,
      keys: entityClass.hotkey ? [entityClass.hotkey.toUpperCase()] : [],
      run: () => actions.drawWith(entityClass.name),
    });
  }
  openChooser({ title: 'Commands', placeholder: 'What do you want to do?', empty: 'No command is called that.', items });
}
