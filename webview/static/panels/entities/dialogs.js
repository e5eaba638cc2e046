/** The small dialogs of the entity operations. */

import { fetchJson } from '../../api.js';
import { fill, h } from '../../dom.js';
import { count, plural } from '../../format.js';
import { openDialog } from '../../dialogs/frame.js';

const MAX_CANDIDATES = 100;

/** @returns {string} "frames 10 to 220, 14 keyframes" */
function lifeText(lives, index) {
  const life = lives.of(index);
  if (!life || life.stop <= life.first) return 'nowhere present';
  return `frames ${count(life.first)} to ${count(life.stop - 1)}, ${plural(life.keyframes, 'keyframe')}`;
}

function facts({ model, scene, lives }, entity) {
  const dot = h('span', { class: 'class-dot' });
  dot.style.background = scene.colorOf(entity);
  return [dot, h('strong', {}, entity.name), h('span', { class: 'dialog-quiet' }, lifeText(lives, entity.index), ' · ', model.classOf(entity).label)];
}

/**
 * Choose another entity of the same class, the nearest in time first.
 * @param {import('../../workspace.js').Workspace} workspace
 * @param {{entity: Object, title: string, text: string, confirm: string, extra?: (other: Object) => Node|null,
 *   onChosen: (other: Object) => void}} options
 */
export function chooseOther(workspace, { entity, title, text, confirm, extra, onChosen }) {
  const { model, lives } = workspace;
  const mine = lives.of(entity.index);
  const apart = ({ index }) => {
    const life = lives.of(index);
    if (!life || !mine || life.stop <= life.first) return Infinity;
    return Math.min(Math.abs(life.first - mine.stop), Math.abs(mine.first - life.stop),
      life.first < mine.stop && mine.first < life.stop ? 0 : Infinity);
  };
  const candidates = [...model.entities.values()]
    .filter((other) => other.id !== entity.id && other.class === entity.class)
    .map((other) => ({ other, apart: apart(other) }))
    .sort((a, b) => a.apart - b.apart || a.other.index - b.other.index)
    .map(({ other }) => other);
  // Who selected two has said which.
  const { selection } = workspace.store.state;
  const beside = selection.length === 2 ? model.entities.get(selection.find((id) => id !== entity.id)) : null;
  let chosen = null;
  const list = h('div', { class: 'candidates', role: 'listbox', tabindex: '0', 'aria-label': 'Entities of the same class' });
  const more = h('p', { class: 'dialog-quiet' });
  const below = h('div', { class: 'dialog-extra' });
  const search = h('input', {
    class: 'input', type: 'search', placeholder: 'Search by name', 'aria-label': 'Search entities', autocomplete: 'off',
    spellcheck: 'false', autofocus: true,
  });
  const pick = (other) => {
    chosen = other;
    frame.confirm.disabled = !chosen;
    for (const row of list.children) row.setAttribute('aria-selected', String(row.dataset.id === chosen?.id));
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
    fill(below, chosen && extra ? extra(chosen) : null);
  };
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = candidates.filter(({ name, id }) => words.every((word) => `${name} ${id}`.toLowerCase().includes(word)));
    fill(list, matching.slice(0, MAX_CANDIDATES).map((other) => h('div', {
      class: 'candidate', role: 'option', data: { id: other.id }, 'aria-selected': 'false',
      on: { click: () => pick(other), dblclick: () => frame.dialog.querySelector('form').requestSubmit() },
    }, facts(workspace, other))));
    more.textContent = !candidates.length ? 'There is no other entity of this class.'
      : !matching.length ? 'No entity matches.'
        : matching.length > MAX_CANDIDATES ? `and ${count(matching.length - MAX_CANDIDATES)} more: search to find them` : '';
    pick([chosen, beside].find((each) => matching.includes(each)) ?? matching[0] ?? null);
  };
  const frame = openDialog({ title, confirm, onConfirm: () => {
    if (!chosen) return false;
    onChosen(chosen);
    return true;
  } }, h('p', {}, text), h('div', { class: 'dialog-subject' }, facts(workspace, entity)), search, list, more, below);
  search.addEventListener('input', show);
  frame.dialog.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.type === 'radio') return;
    event.preventDefault();
    const rows = [...list.children];
    const at = rows.findIndex((row) => row.dataset.id === chosen?.id);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) pick(model.entities.get(next.dataset.id) ?? null);
  });
  show();
}

/** Who counts where both have a value. @returns {{element: Node, value: () => 'entity'|'from'}} */
export function winnerChoice(entity, other) {
  const radio = (value, name, checked) => h('label', { class: 'radio' },
    h('input', { type: 'radio', name: 'wins', value, checked }), h('span', {}, `${name} counts`));
  const element = h('fieldset', { class: 'choices' },
    h('legend', {}, 'Where both have a value'), radio('entity', entity.name, true), radio('from', other.name, false));
  return { element, value: () => element.querySelector('input:checked').value };
}

/** @param {(by: number) => void} onShift */
export function askShift(workspace, entity, onShift) {
  const { lives, model } = workspace;
  const life = lives.of(entity.index);
  const field = h('input', { class: 'input', type: 'number', step: '1', value: '1', 'aria-label': 'Frames', autofocus: true });
  const preview = h('p', { class: 'dialog-quiet' });
  const by = () => (/^[+-]?\d{1,7}$/.test(field.value.trim()) ? Number(field.value) : 0);
  const show = () => {
    const n = by();
    frame.confirm.disabled = !n;
    frame.say(life && (life.first + n < 0 || life.first + n >= model.frameCount) ? 'It would begin outside the video.' : '');
    preview.textContent = life && n ? `From frame ${count(life.first)} to frame ${count(Math.max(0, life.first + n))} at its beginning.` : '';
  };
  const frame = openDialog({ title: `Shift ${entity.name} in time`, confirm: 'Shift', onConfirm: () => onShift(by()) },
    h('p', {}, 'All its keyframes move by so many frames; negative is earlier.'),
    h('label', { class: 'dialog-field' }, 'Frames', field), preview);
  field.addEventListener('input', show);
  field.select();
  show();
}

/** Whether properties of the ontology can name other entities at all. */
const canRefer = (model) => model.classes.some(({ properties }) => properties.some(({ kind }) => kind === 'entity' || kind === 'entities'));

/** Ask only where something else refers to the entity. @returns {Promise<boolean>} whether to delete it */
export async function confirmDelete(workspace, entity) {
  if (!canRefer(workspace.model)) return true;
  let found;
  try {
    found = await fetchJson(`${workspace.base}/references/${encodeURIComponent(entity.id)}`);
  } catch (error) {
    workspace.notify(error.message, 'bad');
    return false;
  }
  if (!found.count) return true;
  return new Promise((resolve) => {
    let agreed = false;
    openDialog({
      title: `Delete ${entity.name}`, confirm: 'Delete', danger: true, onConfirm: () => { agreed = true; },
      onClose: () => resolve(agreed),
    },
    h('p', {}, `${plural(found.count, 'reference')} to ${entity.name} will name nobody:`),
    h('ul', { class: 'references' }, found.references.map(({ name, property, frame }) => h('li', {},
      h('strong', {}, name), h('span', {}, property), h('span', { class: 'dialog-quiet' }, frame === null ? 'always' : `frame ${count(frame)}`)))),
    found.count > found.references.length ? h('p', { class: 'dialog-quiet' }, `and ${count(found.count - found.references.length)} more`) : null);
  });
}
