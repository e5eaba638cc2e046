/**
 * Keys. One list says what a key does and what the help shows; classes and choices of the ontology
 * add theirs and come first, since people chose them.
 *
 * @typedef {{group: string, text: string, keys: string[], run: (event: KeyboardEvent) => void,
 *   repeat?: boolean}} Command `keys` like 'Shift+ArrowLeft' or 'k'; the first is shown
 */

import { isTyping } from './dom.js';
import { openHelp } from './dialogs/help.js';
import { toggleChoice } from './panels/properties/choices.js';
import { Subject } from './panels/properties/subject.js';
import { timeCommands } from './timeline/commands.js';
import { shapeCommands } from './tools/registry.js';

const NEXT_LABELS = { auto: 'all', all: 'few', few: 'auto' };

/** @returns {Command[]} */
function builtIn(workspace, shortcuts) {
  const { actions, store, model, stage, pointer, parts } = workspace;
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
    command('Entity', 'Rename', ['F2'], () => parts.properties.querySelector('.name-input')?.select()),
    command('View', 'Fit the video', ['f'], () => stage.fit()),
    command('View', 'Zoom in', ['+', '='], () => stage.zoom(1.25), true),
    command('View', 'Zoom out', ['-'], () => stage.zoom(0.8), true),
    command('View', 'Names: automatic, all, few', ['n'], () => store.set({ labels: NEXT_LABELS[store.state.labels] })),
    command('View', 'Search entities', ['/'], () => parts.entities.querySelector('input')?.select()),
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

export class Shortcuts {
  /** @param {import('./workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.commands = [...builtIn(workspace, this), ...timeCommands(workspace)];
    this.byKey = new Map();
    for (const command of this.commands) {
      for (const key of command.keys) this.byKey.set(key.toLowerCase(), command);
    }
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

  close() {
    removeEventListener('keydown', this.onDown);
    removeEventListener('keyup', this.onUp);
    removeEventListener('blur', this.onBlur);
  }

  #down(event) {
    if (event.isComposing || document.querySelector('dialog[open]')) return;
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
    const command = this.byKey.get(nameOf(event));
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

/** 'ctrl+shift+z' for an event; Shift is left out where it only makes another character. */
function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('ctrl');
  if (event.altKey) parts.push('alt');
  const character = event.key.length === 1;
  if (event.shiftKey && (!character || /[a-z]/i.test(event.key))) parts.push('shift');
  return [...parts, event.key.toLowerCase()].join('+');
}
