/** Controls for entity and entities: click the other one in the picture, or pick it from a list. */

import { fill, h } from '../../dom.js';
import { openChooser } from '../../dialogs/chooser.js';
import { icon } from '../../icons.js';

/** @param {import('./subject.js').Subject} subject */
export function entityControl(subject, property) {
  const set = (id) => subject.set(property, id, id === null ? 'nobody' : nameOf(subject, id));
  return references(subject, property, {
    list: (value) => (value === null ? [] : [value]),
    add: set,
    remove: () => set(null),
  });
}

/** @param {import('./subject.js').Subject} subject */
export function entitiesControl(subject, property) {
  const now = () => subject.value(property) ?? [];
  const set = (ids) => subject.set(property, ids, ids.map((id) => nameOf(subject, id)).join(', ').slice(0, 80) || 'nobody');
  return references(subject, property, {
    list: (value) => value ?? [],
    add: (id) => { if (!now().includes(id)) set([...now(), id]); },
    remove: (id) => set(now().filter((each) => each !== id)),
  });
}

const nameOf = ({ workspace }, id) => workspace.model.entities.get(id)?.name ?? id;

function references(subject, property, { list, add, remove }) {
  const { workspace } = subject;
  const names = h('div', { class: 'reference-list', role: 'list', 'aria-label': property.label });
  const pick = h('button', {
    class: 'button reference-pick', type: 'button', disabled: subject.readOnly, 'aria-pressed': 'false',
    title: `Click the ${allowedText(subject, property)} in the picture or in the list of entities`,
    on: { click: () => togglePicking(subject, property, add) },
  }, icon('target'), 'Pick');
  const choose = h('button', {
    class: 'button', type: 'button', disabled: subject.readOnly, title: 'Choose by name',
    on: { click: () => chooseByName(subject, property, add) },
  }, icon('search'), 'Find');
  let shown = '';
  workspace.store.watch(['picking'], ({ picking }) => {
    pick.setAttribute('aria-pressed', String(picking?.property === property && picking?.subject === subject.id));
  });
  return {
    element: h('div', { class: 'reference-field' }, names, h('div', { class: 'reference-buttons' }, pick, choose)),
    show(value) {
      const ids = list(value);
      const wanted = JSON.stringify(ids.map((id) => [id, nameOf(subject, id)]));
      if (wanted === shown) return;
      shown = wanted;
      fill(names, ids.length ? ids.map((id) => chip(subject, id, remove))
        : h('span', { class: 'reference-none' }, 'Nobody'));
    },
  };
}

function chip(subject, id, remove) {
  const { workspace } = subject;
  const entity = workspace.model.entities.get(id);
  const name = nameOf(subject, id);
  return h('span', { class: 'reference', role: 'listitem' },
    h('button', {
      class: 'reference-name', type: 'button', title: entity ? `Select ${name}` : `${id} is deleted`, disabled: !entity,
      on: { click: () => workspace.actions.select(id) },
    }, h('span', { class: 'class-dot', style: { background: entity ? workspace.scene.colorOf(entity) : 'transparent' } }), h('span', { class: 'chip-text' }, name)),
    h('button', {
      class: 'reference-remove', type: 'button', disabled: subject.readOnly, title: `Remove ${name}`, 'aria-label': `Remove ${name}`,
      on: { click: () => remove(id) },
    }, icon('close')));
}

/** @returns {import('../../state/model.js').Entity[]} what the reference may name */
function allowed({ workspace, id }, property) {
  const found = [];
  for (const entity of workspace.model.entities.values()) {
    if (entity.id !== id && entity.class !== 'scene' && mayName(property, entity)) found.push(entity);
  }
  return found;
}

const mayName = ({ classes }, entity) => !classes.length || classes.includes(entity.class);

function allowedText({ workspace }, { classes }) {
  return classes.map((name) => workspace.model.classByName.get(name)?.label ?? name).join(' or ') || 'entity';
}

/** From now on a click on another entity names it; Escape ends that. */
function togglePicking(subject, property, add) {
  const { store, notify, model } = subject.workspace;
  if (store.state.picking?.property === property) {
    store.set({ picking: null });
    return;
  }
  const picked = (id) => {
    const entity = model.entities.get(id);
    if (id === subject.id) notify(`${property.label} names another entity than ${entity.name} itself.`);
    else if (!entity || !mayName(property, entity)) notify(`${property.label} takes a ${allowedText(subject, property)}.`);
    else {
      store.set({ picking: null });
      add(id);
    }
  };
  store.set({
    tool: 'select',
    picking: { subject: subject.id, property, picked, text: `Click the ${allowedText(subject, property)} for ${property.label} of ${subject.entity.name}` },
  });
}

function chooseByName(subject, property, add) {
  const { model, scene, notify } = subject.workspace;
  const entities = allowed(subject, property);
  if (!entities.length) {
    notify(`There is no ${allowedText(subject, property)} to name.`);
    return;
  }
  const here = new Set(Array.from(scene.painted.entity, (index) => model.byIndex[index]?.id));
  entities.sort((a, b) => here.has(b.id) - here.has(a.id));
  openChooser({
    title: property.label,
    placeholder: 'Name, class or identifier',
    empty: 'No entity has that name.',
    items: entities.map((entity) => ({
      text: entity.name,
      note: `${model.classOf(entity).label}${here.has(entity.id) ? '' : ' · not on this frame'}`,
      color: scene.colorOf(entity),
      run: () => add(entity.id),
    })),
  });
}
