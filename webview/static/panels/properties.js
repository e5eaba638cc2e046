/**
 * The selected entity, made from the ontology: name, class, presence or duration, shapes, and every
 * property with the control of its kind. Without a selection, the scene. Values are what the
 * engine says at the frame shown (state/details.js).
 */

import { fill, h, perFrame, setText } from '../dom.js';
import { icon } from '../icons.js';
import { booleanControl, choiceControl, choicesControl, PRESENCE } from './properties/choices.js';
import { eventRows, newEventButtons } from './properties/events.js';
import { numberControl, textControl } from './properties/fields.js';
import { geometryRow } from './properties/geometry.js';
import { awayRow, identityRows } from './properties/identity.js';
import { entitiesControl, entityControl } from './properties/references.js';
import { propertyRow } from './properties/row.js';
import { Subject } from './properties/subject.js';

const CONTROLS = {
  choice: choiceControl,
  choices: choicesControl,
  boolean: booleanControl,
  number: numberControl,
  text: textControl,
  entity: entityControl,
  entities: entitiesControl,
};
const REFRESH_WHILE_PLAYING_MS = 120;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createProperties(root, workspace) {
  const { store, model, details } = workspace;
  /** @type {Subject|null} */
  let subject = null;
  let built = null;
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
    for (const updater of subject?.updaters ?? []) updater();
    root.dataset.frame = subject && !subject.stale ? store.state.frame : '';
    root.classList.toggle('is-stale', Boolean(subject?.stale));
  };
  const build = () => {
    const id = details.subject;
    const entityClass = id && (model.entities.get(id)?.class ?? 'scene');
    const wanted = JSON.stringify([id, entityClass, store.state.ontology]);
    if (wanted !== built) {
      built = wanted;
      subject = id ? new Subject(workspace, id) : null;
      if (!subject) buildEmpty(root, workspace);
      else if (subject.isScene) buildScene(root, subject);
      else buildEntity(root, subject);
    }
    update();
  };
  store.watch(['selected', 'structure', 'ontology'], build);
  store.watch(['details', 'timeline', 'frame', 'playing', 'waiting', 'picking', 'selection'], perFrame(update), { now: false });
}

function buildEmpty(root, workspace) {
  fill(root, h('div', { class: 'panel-head' }, h('h2', {}, 'Properties')),
    h('div', { class: 'properties-body' },
      h('p', { class: 'empty' }, 'Select an entity on the video or in the list.'), newEventButtons(workspace)));
}

function buildScene(root, subject) {
  const { scene } = subject.workspace.model;
  fill(root,
    h('div', { class: 'panel-head' }, h('h2', {}, scene.label), h('span', { class: 'panel-count' }, 'of the whole picture')),
    h('div', { class: 'properties-body' }, declaredRows(subject), newEventButtons(subject.workspace)));
}

function buildEntity(root, subject) {
  const { actions } = subject.workspace;
  const { entityClass, readOnly, id } = subject;
  const { geometry, event } = entityClass;
  fill(root,
    h('div', { class: 'panel-head' },
      h('h2', {}, event ? 'Event' : 'Properties'),
      severalMark(subject),
      h('span', { class: 'panel-count entity-id', title: 'Identifier' }, id)),
    h('div', { class: 'properties-body' },
      identityRows(subject),
      awayRow(subject),
      event ? eventRows(subject) : propertyRow(subject, PRESENCE, choiceControl(subject, PRESENCE)),
      geometry.map((kind) => geometryRow(subject, kind, geometry.length === 1)),
      declaredRows(subject),
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

/** Says that what is set is set for all that are selected; see Actions.setValue. */
function severalMark({ workspace, updaters }) {
  const mark = h('span', { class: 'several', title: 'What you set here is set for all selected entities that have it' });
  updaters.push(() => {
    const { length } = workspace.editing.ids;
    mark.hidden = length < 2;
    setText(mark, `sets all ${length}`);
  });
  return mark;
}

function declaredRows(subject) {
  return subject.entityClass.properties.filter(({ kind }) => CONTROLS[kind])
    .map((property) => propertyRow(subject, property, CONTROLS[property.kind](subject, property)));
}
