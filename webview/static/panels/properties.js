/**
 * The selected entity: name, class, presence, choices, box. Values are what the engine says at the
 * frame shown; a filled diamond means that the value is a keyframe here, and toggles it.
 */

import { fill, h, perFrame, setText } from '../dom.js';
import { plural } from '../format.js';
import { icon } from '../icons.js';
import { hasKeyframe, nearestPresence, valueAt } from '../state/track.js';

const MAX_CHIPS = 6;
const PRESENCE = [
  { name: 'present', label: 'Present', hotkey: 'p' },
  { name: 'occluded', label: 'Occluded', hotkey: 'o' },
  { name: 'absent', label: 'Absent', hotkey: 'x' },
];
const REFRESH_WHILE_PLAYING_MS = 120;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createProperties(root, workspace) {
  const { store, model } = workspace;
  /** Parts of the panel that follow frame and values, made anew for each entity. */
  let updaters = [];
  let built = '';
  let last = 0;
  let later = 0;

  const update = () => {
    clearTimeout(later);
    const wait = REFRESH_WHILE_PLAYING_MS - (performance.now() - last);
    if (store.state.playing && wait > 0) {
      later = setTimeout(update, wait);
      return;
    }
    last = performance.now();
    for (const updater of updaters) updater();
  };
  const build = () => {
    const entity = model.entities.get(store.state.selected);
    const wanted = entity ? JSON.stringify([entity.id, entity.class]) : '';
    if (wanted !== built || !root.hasChildNodes()) {
      built = wanted;
      updaters = [];
      if (entity) buildEntity(root, workspace, entity.id, updaters);
      else buildEmpty(root, workspace);
    }
    update();
  };
  store.watch(['selected', 'structure'], build);
  store.watch(['shapes', 'timeline', 'frame', 'playing', 'waiting'], perFrame(update), { now: false });
}

function buildEmpty(root) {
  fill(root, h('div', { class: 'panel-head' }, h('h2', {}, 'Properties')),
    h('p', { class: 'empty' }, 'Select an entity on the video or in the list.'));
}

function buildEntity(root, workspace, id, updaters) {
  const { model, actions, readOnly } = workspace;
  const entityClass = model.classOf(model.entities.get(id));
  fill(root,
    h('div', { class: 'panel-head' },
      h('h2', {}, 'Properties'),
      h('span', { class: 'panel-count entity-id', title: 'Identifier' }, id)),
    h('div', { class: 'properties-body' },
      identityRows(workspace, id, updaters),
      awayRow(workspace, updaters),
      presenceRow(workspace, id, updaters),
      boxRow(workspace, id, updaters),
      entityClass.properties.filter((p) => p.kind === 'choice').map((p) => choiceRow(workspace, id, p, updaters)),
      h('div', { class: 'entity-actions' },
        h('button', {
          class: 'button', type: 'button', disabled: readOnly, title: 'Remove its keyframes at this frame (Shift+Delete)',
          on: { click: () => actions.removeKeyframesHere() },
        }, h('span', { class: 'diamond is-struck' }), 'Remove keyframes'),
        h('button', {
          class: 'button danger', type: 'button', disabled: readOnly, title: 'Delete the entity on all frames (Delete)',
          on: { click: () => actions.deleteEntity() },
        }, icon('trash'), 'Delete entity'))));
}

function identityRows({ model, actions, readOnly, scene }, id, updaters) {
  const name = h('input', {
    class: 'input name-input', type: 'text', maxlength: 100, 'aria-label': 'Name', disabled: readOnly,
    autocomplete: 'off', spellcheck: 'false',
  });
  const commit = () => actions.rename(id, name.value);
  name.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') name.blur();
    if (event.key === 'Escape') name.value = model.entities.get(id)?.name ?? '';
  });
  name.addEventListener('blur', commit);
  const dot = h('span', { class: 'class-dot' });
  const select = h('select', { class: 'select', 'aria-label': 'Class', disabled: readOnly },
    model.classes.map((c) => h('option', { value: c.name }, c.label)));
  select.addEventListener('change', () => {
    actions.changeClass(model.classByName.get(select.value));
    select.blur();
  });
  updaters.push(() => {
    const entity = model.entities.get(id);
    if (!entity) return;
    if (document.activeElement !== name) name.value = entity.name;
    if (document.activeElement !== select) select.value = entity.class;
    dot.style.background = scene.colorOf(entity);
  });
  return h('div', { class: 'identity' }, name, h('label', { class: 'picker' }, dot, select));
}

/** Shown while the entity is not on this frame: where the nearest frame is that has it. */
function awayRow({ store, actions }, updaters) {
  let nearest = null;
  const go = h('button', { class: 'button link', type: 'button', on: { click: () => actions.seek(nearest) } });
  const row = h('div', { class: 'away', hidden: true }, h('span', {}, 'Not on this frame'), go);
  updaters.push(() => {
    const { timeline, frame } = store.state;
    nearest = nearestPresence(timeline, frame);
    row.hidden = nearest === null || nearest === frame;
    setText(go, `Go to ${nearest}`);
  });
  return row;
}

/** The diamond in front of a property that changes over time. */
function keyframeButton({ store, actions, readOnly }, name, label, updaters) {
  const diamond = h('button', {
    class: 'keyframe', type: 'button', disabled: readOnly, on: { click: () => actions.toggleKeyframe(name, label) },
  }, h('span', { class: 'diamond' }));
  updaters.push(() => {
    const here = hasKeyframe(store.state.timeline, name, store.state.frame);
    diamond.setAttribute('aria-pressed', String(here));
    diamond.title = here ? `${label} has a keyframe here; click to remove it`
      : `${label} is evaluated here; click to make it a keyframe`;
    diamond.setAttribute('aria-label', diamond.title);
  });
  return diamond;
}

function property(head, label, note, ...content) {
  return h('div', { class: 'property' },
    h('div', { class: 'property-head' }, head, h('span', { class: 'property-label' }, label), note),
    content);
}

/** The engine's value at the frame shown; one just chosen there stands in until it is saved. */
function heldValue({ store, live }, id, name) {
  const { timeline, frame } = store.state;
  const waiting = live?.waitingValue(id, name, frame);
  return waiting ? waiting.value : valueAt(timeline, name, frame);
}

function presenceRow(workspace, id, updaters) {
  const { actions } = workspace;
  const chips = chipGroup(workspace, 'Presence', PRESENCE, (value) => actions.setPresence(value));
  updaters.push(() => chips.show(heldValue(workspace, id, 'presence')));
  return property(keyframeButton(workspace, 'presence', 'Presence', updaters), 'Presence',
    h('span', { class: 'property-note' }, 'from here on'), chips.element);
}

function choiceRow(workspace, id, definition, updaters) {
  const { model, actions } = workspace;
  const choose = (value) => actions.setChoice(definition, value);
  const control = definition.choices.length <= MAX_CHIPS
    ? chipGroup(workspace, definition.label, definition.choices, choose)
    : choiceMenu(workspace, definition, choose);
  updaters.push(() => {
    if (definition.time_varying) {
      control.show(heldValue(workspace, id, definition.name));
      return;
    }
    const waiting = workspace.live?.waitingValue(id, definition.name, null);
    control.show(waiting ? waiting.value : model.entities.get(id)?.constants[definition.name] ?? null);
  });
  if (!definition.time_varying) {
    return property(h('span', { class: 'constant-mark', title: 'The same on every frame' }), definition.label,
      h('span', { class: 'property-note' }, 'constant'), control.element);
  }
  return property(keyframeButton(workspace, definition.name, definition.label, updaters), definition.label,
    h('span', { class: 'property-note' }, 'from here on'), control.element);
}

function chipGroup({ readOnly }, label, choices, choose) {
  const chips = choices.map((choice) => {
    const chip = h('button', {
      class: 'chip-button', type: 'button', 'aria-pressed': 'false', disabled: readOnly,
      title: choice.hotkey ? `${choice.label} (${choice.hotkey.toUpperCase()})` : choice.label,
      data: { value: choice.name }, on: { click: () => choose(choice.name) },
    }, choice.color ? h('span', { class: 'class-dot', style: { background: choice.color } }) : null,
    h('span', { class: 'chip-text' }, choice.label));
    return chip;
  });
  return {
    element: h('div', { class: 'chips', role: 'group', 'aria-label': label }, chips),
    show(value) {
      for (const chip of chips) chip.setAttribute('aria-pressed', String(chip.dataset.value === value));
    },
  };
}

function choiceMenu({ readOnly }, definition, choose) {
  const select = h('select', { class: 'select', 'aria-label': definition.label, disabled: readOnly },
    h('option', { value: '', disabled: definition.time_varying || definition.required }, 'Not set'),
    definition.choices.map((choice) => h('option', { value: choice.name }, choice.label)));
  select.addEventListener('change', () => {
    choose(select.value || null);
    select.blur();
  });
  return {
    element: h('div', { class: 'picker' }, select),
    show(value) {
      if (document.activeElement !== select) select.value = value ?? '';
    },
  };
}

function boxRow(workspace, id, updaters) {
  const { scene, store, actions, readOnly } = workspace;
  const fields = ['X', 'Y', 'Width', 'Height'].map((label) => h('input', {
    class: 'input number', type: 'text', inputmode: 'decimal', 'aria-label': label, disabled: readOnly, autocomplete: 'off',
  }));
  const note = h('span', { class: 'property-note' });
  const commit = () => {
    const box = scene.boxOf(id);
    if (!box || store.state.selected !== id) return;
    // A field shows less than there is: only one that was typed in counts.
    const typed = fields.map((field) => field.value !== field.dataset.shown);
    const values = fields.map((field, i) => (typed[i] ? Number.parseFloat(field.value) : box[i]));
    fields.forEach((field) => { field.dataset.shown = field.value; });
    if (typed.includes(true) && values.every(Number.isFinite)) actions.setBoxNumbers(values);
  };
  for (const field of fields) {
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        commit();
        field.select();
      }
      if (event.key === 'Escape') field.value = field.dataset.shown;
    });
    field.addEventListener('blur', commit);
    field.addEventListener('focus', () => field.select());
  }
  updaters.push(() => {
    const box = scene.boxOf(id);
    fields.forEach((field, i) => {
      field.disabled = readOnly || !box;
      if (document.activeElement === field) return;
      field.value = box ? box[i].toFixed(1) : '';
      field.dataset.shown = field.value;
    });
    const keyframes = store.state.timeline?.properties.box?.keyframes.length ?? 0;
    setText(note, keyframes ? plural(keyframes, 'keyframe') : '');
  });
  return property(keyframeButton(workspace, 'box', 'Box', updaters), 'Box', note,
    h('div', { class: 'box-fields' }, fields.map((field) => h('label', {}, h('span', {}, field.getAttribute('aria-label')[0]), field))));
}
