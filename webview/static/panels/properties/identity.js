/** Name and class of an entity, and where it is when it is not on the frame shown. */

import { h, setText } from '../../dom.js';
import { nearestPresence } from '../../state/track.js';

/** @param {import('./subject.js').Subject} subject */
export function identityRows(subject) {
  const { model, actions, scene } = subject.workspace;
  const { id, readOnly } = subject;
  const name = h('input', {
    class: 'input name-input', type: 'text', maxlength: 100, 'aria-label': 'Name', disabled: readOnly,
    autocomplete: 'off', spellcheck: 'false',
  });
  name.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') name.blur();
    if (event.key === 'Escape') name.value = model.entities.get(id)?.name ?? '';
  });
  name.addEventListener('blur', () => actions.rename(id, name.value));
  const dot = h('span', { class: 'class-dot' });
  const select = h('select', { class: 'select', 'aria-label': 'Class', disabled: readOnly },
    model.classes.map((c) => h('option', { value: c.name }, c.label)));
  select.addEventListener('change', () => {
    actions.changeClass(model.classByName.get(select.value));
    select.blur();
  });
  subject.updaters.push(() => {
    const entity = model.entities.get(id);
    if (!entity) return;
    if (document.activeElement !== name) name.value = entity.name;
    if (document.activeElement !== select) select.value = entity.class;
    dot.style.background = scene.colorOf(entity);
  });
  return h('div', { class: 'identity' }, name, h('label', { class: 'picker' }, dot, select));
}

/** Shown while the entity is not on this frame: where the nearest frame is that has it. */
export function awayRow(subject) {
  const { store, actions } = subject.workspace;
  let nearest = null;
  const go = h('button', { class: 'button link', type: 'button', on: { click: () => actions.seek(nearest) } });
  const row = h('div', { class: 'away', hidden: true }, h('span', {}, 'Not on this frame'), go);
  subject.updaters.push(() => {
    const { timeline, frame } = store.state;
    nearest = nearestPresence(timeline, frame);
    row.hidden = nearest === null || nearest === frame;
    setText(go, `Go to ${nearest}`);
  });
  return row;
}
