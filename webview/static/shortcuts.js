/**
 * Keys. One list says what a key does and what the help shows; classes and choices of the ontology
 * add theirs and come first, since people chose them.
 *
 * @typedef {{group: string, text: string, keys: string[], run: (event: KeyboardEvent) => void,
 *   repeat?: boolean}} Command `keys` like 'Shift+ArrowLeft' or 'k'; the first is shown
 */

import { isTyping } from './dom.js';
import { startGuide } from './dialogs/guide.js';
import { openHelp } from './dialogs/help.js';
import { openPalette } from './dialogs/palette.js';
import { applyKeymap, chooseKey, forgetKeys, keyOf, loadKeymap } from './keymap.js';
import { wholeCommands } from './panels/entities/whole.js';
import { toggleChoice } from './panels/properties/choices.js';
import { Subject } from './panels/properties/subject.js';
import { timeCommands } from './timeline/commands.js';
import { shapeCommands } from './tools/registry.js';
import { peek } from './view/peek.js';

const NEXT_LABELS = { auto: 'all', all: 'few', few: 'auto' };

/** @returns {Command[]} */
function builtIn(workspace, shortcuts) {
  const { actions, store, model, stage, pointer, parts, visibility } = workspace;
  const command = (group, text, keys, run, repeat = false) => ({ group, text, keys, run, repeat });
  return [
    command('Time', 'Play or pause', ['Space'], () => {}),
    command('Time', 'Previous frame', ['ArrowLeft', ','], () => actions.step(-1), true),
    command('Time', 'Next frame', ['ArrowRight', '.'], () => actions.step(1), true),
    command('Time', 'Ten frames back', ['Shift+ArrowLeft'], () => actions.step(-10), true),
    command('Time', 'Ten frames on', ['Shift+ArrowRight'], () => actions.step(10), true),
    command('Time', 'Previous keyframe of the selection', ['[', 'ArrowUp'], () => actions.jumpToKeyframe(-1), true),
    command('Time', 'Next keyframe of the selection', [']', 'ArrowDown'], () => actions.jumpToKeyframe(1), true),
    command('Time', 'First frame', ['Home'], () => actions.seek(0)),
    command('Time', 'Last frame', ['End'], () => actions.seek(model.frameCount - 1)),
    command('Time', 'Go to a frame', ['g'], () => parts.transport.querySelector('input')?.select()),
    ...shapeCommands(workspace),
    command('Entity', 'Present from here on', ['p'], () => actions.setPresence('present')),
    command('Entity', 'Occluded from here on', ['o'], () => actions.setPresence('occluded')),
    command('Entity', 'Absent from here on', ['x'], () => actions.setPresence('absent')),
    command('Entity', 'Keyframe of the shape here, or not', ['k'], () => actions.toggleShapeKeyframe()),
    command('Entity', 'Remove its keyframes here', ['Shift+Delete', 'Shift+Backspace'], () => actions.removeKeyframesHere()),
    command('Entity', 'Delete the entity', ['Delete', 'Backspace'], () => actions.deleteEntity()),
    ...wholeCommands(workspace),
    command('Entity', 'Rename', ['F2'], () => parts.properties.querySelector('.name-input')?.select()),
    command('View', 'Fit the video', ['f'], () => stage.fit()),
    command('View', 'One video pixel on one of the screen', ['0'], () => stage.actualSize()),
    command('View', 'Zoom to the selection', ['z'], () => zoomToSelection(workspace)),
    command('View', 'Zoom in', ['+', '='], () => stage.zoom(1.25), true),
    command('View', 'Zoom out', ['-'], () => stage.zoom(0.8), true),
    command('View', 'Names: automatic, all, few', ['n'], () => store.set({ labels: NEXT_LABELS[store.state.labels] })),
    command('View', 'Search entities', ['/'], () => parts.entities.querySelector('input')?.select()),
    command('View', 'The bare picture: hold, or tap and tap again', ['q'], (event) => peek(store, event)),
    command('View', 'Hide the selection, or show it', ['h'], () => hideSelection(workspace)),
    command('View', 'Show the selection alone, or all', ['Shift+f'], () => showAlone(workspace)),
    command('View', 'Show all that is hidden', ['Alt+h'], () => { visibility.clear('solo'); visibility.clear('hidden'); }),
    command('View', 'Crosshair', ['Shift+h'], () => toggleLook(store, 'crosshair')),
    command('View', 'Motion path of the selection', ['Shift+t'], () => toggleLook(store, 'path')),
    command('View', 'Onion skin of the selection', ['Shift+n'], () => toggleLook(store, 'onion')),
    command('View', 'Minimap', [], () => toggleLook(store, 'minimap')),
    command('View', 'Video as recorded', [], () => store.set({ look: { ...store.state.look, brightness: 1, contrast: 1, gamma: 1 } })),
    command('View', 'Brighten shadows', ['Shift+g'], () => {
      const { look } = store.state;
      store.set({ look: { ...look, gamma: look.gamma >= 3 ? 1 : Number((look.gamma * 1.25).toFixed(3)) } });
    }, true),
    command('View', 'Light or dark', [], () => {
      const theme = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
      store.set({ look: { ...store.state.look, theme } });
    }),
    command('General', 'Command palette', ['Ctrl+k'], () => openPalette(shortcuts)),
    command('General', 'Is it saved?', ['Ctrl+s'], () => workspace.notify(savedText(store.state))),
    command('General', 'Undo', ['Ctrl+z'], () => actions.undo(), true),
    command('General', 'Redo', ['Ctrl+Shift+z', 'Ctrl+y'], () => actions.redo(), true),
    command('General', 'Leave a tool, or the selection', ['Escape'], () => {
      if (pointer.cancel()) return;
      if (store.state.tool !== 'select') actions.useTool('select');
      else actions.select(null);
    }),
    command('Review', 'Threads and verdicts, or close them', ['Shift+r'], () => store.set({ review: store.state.review === 'threads' ? null : 'threads' })),
    command('Review', 'Problems, or close them', ['Shift+p'], () => store.set({ review: store.state.review === 'problems' ? null : 'problems' })),
    command('Review', 'Comment on this frame', ['Shift+c'], () => workspace.review.compose()),
    command('General', 'This help', ['?'], () => openHelp(shortcuts)),
  ];
}

function toggleLook(store, name) {
  const { look } = store.state;
  store.set({ look: { ...look, [name]: !look[name] } });
}

function hideSelection({ store, visibility, notify }) {
  const { selection, selected } = store.state;
  if (selected === null) notify('Select what is to be hidden first.');
  else visibility.set('hidden', selection, !visibility.hidden.has(selected));
}

function showAlone({ store, visibility, notify }) {
  const { selection, selected } = store.state;
  if (selected === null) notify('Select what is to be shown alone first.');
  else visibility.toggleSolo(...selection);
}

/** For hands that are used to saving. */
function savedText({ status, waiting }) {
  if (status === 'saving') return 'Every edit is saved as it is made: the last one is on its way.';
  if (status !== 'offline') return 'Every edit is saved as it is made: all of them are on disk.';
  return waiting ? 'Offline: edits are kept in this browser and sent when the server is back.' : 'Offline: nothing waits to be saved.';
}

function zoomToSelection({ stage, scene, store, notify }) {
  const bounds = scene.boundsOf(store.state.selected);
  if (bounds) stage.zoomTo(bounds);
  else notify('Select an entity that is on this frame to zoom to it.');
}

export class Shortcuts {
  /** @param {import('./workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.commands = [...builtIn(workspace, this), ...timeCommands(workspace)];
    this.keymap = loadKeymap();
    this.byKey = applyKeymap(this.commands, this.keymap);
    this.readOntology();
    this.onDown = (event) => this.#down(event);
    this.onUp = (event) => this.#up(event);
    this.onBlur = () => { workspace.pointer.spaceHeld = false; };
    addEventListener('keydown', this.onDown);
    addEventListener('keyup', this.onUp);
    addEventListener('blur', this.onBlur);
  }

  /** Take over the keys that the ontology gives classes. */
  readOntology() {
    this.classKeys = new Map(this.workspace.model.classes.filter((c) => c.hotkey)
      .map((c) => [c.hotkey.toLowerCase(), c]));
  }

  /** @param {string|null} key null gives the command its own keys back */
  remap(command, key) {
    const refusal = chooseKey(this.keymap, command, key);
    if (refusal) this.workspace.notify(refusal, 'bad');
    this.byKey = applyKeymap(this.commands, this.keymap);
  }

  forgetKeys() {
    forgetKeys(this.keymap);
    this.byKey = applyKeymap(this.commands, this.keymap);
  }

  startGuide() {
    startGuide(this.workspace.parts.stage, this.workspace);
  }

  close() {
    removeEventListener('keydown', this.onDown);
    removeEventListener('keyup', this.onUp);
    removeEventListener('blur', this.onBlur);
  }

  #down(event) {
    if (event.isComposing || document.querySelector('dialog[open], :popover-open')) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key === ' ') {
      this.#space(event);
      return;
    }
    // Buttons and lists keep the keys by which they are worked.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target.type === 'range' && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    if (event.key === 'Enter' || event.key === 'Tab') return;
    if (this.#ontologyKey(event)) {
      event.preventDefault();
      return;
    }
    const command = this.byKey.get(keyOf(event).toLowerCase());
    if (!command || (event.repeat && !command.repeat)) return;
    event.preventDefault();
    command.run(event);
  }

  /** Space plays on release, unless the picture was dragged with it. */
  #space(event) {
    event.preventDefault();
    const { pointer } = this.workspace;
    if (event.repeat || pointer.spaceHeld) return;
    pointer.spaceHeld = true;
    pointer.spaceUsed = false;
  }

  #up(event) {
    const { pointer, actions } = this.workspace;
    if (event.key !== ' ' || !pointer.spaceHeld) return;
    event.preventDefault();
    pointer.spaceHeld = false;
    if (!pointer.spaceUsed) actions.togglePlay();
  }

  /** A choice of the selected entity, else a class to draw. */
  #ontologyKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return false;
    const { model, actions } = this.workspace;
    const key = event.key.toLowerCase();
    const { entity } = actions;
    for (const property of entity ? model.classOf(entity).properties : []) {
      const choice = property.choices.find((c) => c.hotkey?.toLowerCase() === key);
      if (!choice) continue;
      if (property.kind === 'choices') toggleChoice(new Subject(this.workspace, entity.id), property, choice.name);
      else actions.setChoice(property, choice.name);
      return true;
    }
    const entityClass = this.classKeys.get(key);
    if (!entityClass) return false;
    actions.drawWith(entityClass.name);
    return true;
  }
}
