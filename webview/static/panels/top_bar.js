/** Project, tools, undo, and what colours mean. */

import { fill, h } from '../dom.js';
import { openHelp } from '../dialogs/help.js';
import { lookButton } from '../dialogs/look.js';
import { icon } from '../icons.js';
import { createToolbar } from '../tools/toolbar.js';

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createTopBar(root, workspace) {
  const { store, model, actions, options } = workspace;
  const undo = h('button', { class: 'button', type: 'button', on: { click: () => actions.undo() } }, icon('undo'));
  const redo = h('button', { class: 'button', type: 'button', on: { click: () => actions.redo() } }, icon('redo'));

  root.append(
    h('div', { class: 'top-group' },
      h('div', { class: 'brand', 'aria-hidden': 'true' }, brandMark(), 'Reviewer'),
      projectName(model, options)),
    h('div', { class: 'top-group' },
      createToolbar(workspace),
      classPicker(workspace)),
    h('div', { class: 'top-group' }, undo, redo),
    h('div', { class: 'top-group top-end' },
      colorPicker(workspace),
      reviewButton(workspace),
      lookButton(workspace),
      h('button', { class: 'button', type: 'button', title: 'Fit the video (F)', 'aria-label': 'Fit the video', on: { click: () => workspace.stage.fit() } },
        icon('fit'), zoomText(store)),
      h('button', { class: 'button', type: 'button', title: 'Keys (?)', 'aria-label': 'Keys', on: { click: () => openHelp(workspace.shortcuts) } }, icon('help'))));

  store.watch(['undo', 'redo'], (state) => {
    showRevert(undo, state.undo, 'Undo', 'Ctrl+Z', workspace.readOnly);
    showRevert(redo, state.redo, 'Redo', 'Ctrl+Shift+Z', workspace.readOnly);
  });
}

function showRevert(button, label, verb, keys, readOnly) {
  button.disabled = !label || readOnly;
  const text = label ? `${verb}: ${label} (${keys})` : `Nothing to ${verb.toLowerCase()}`;
  button.title = text;
  button.setAttribute('aria-label', text);
}

function brandMark() {
  return h('span', { class: 'brand-mark' }, h('span', { class: 'brand-key' }));
}

function projectName(model, options) {
  if (!options.onChooser) return h('h1', { class: 'project-name', title: model.path }, model.name);
  return h('button', { class: 'button project-name', type: 'button', title: 'Choose another project', on: { click: options.onChooser } },
    model.name, icon('chevron'));
}

/** The class of the next shape, as a menu that keeps its colour in sight. */
function classPicker({ store, model, actions, readOnly }) {
  const dot = h('span', { class: 'class-dot' });
  const select = h('select', { class: 'select', 'aria-label': 'Class of what is drawn', title: 'Class of what is drawn', disabled: readOnly });
  select.addEventListener('change', () => {
    actions.drawWith(select.value);
    select.blur();
  });
  store.watch(['ontology'], () => fill(select, model.classes.filter((c) => c.geometry.length)
    .map((c) => h('option', { value: c.name }, c.hotkey ? `${c.label}  (${c.hotkey})` : c.label))));
  store.watch(['drawClass', 'ontology'], ({ drawClass }) => {
    select.value = drawClass ?? '';
    dot.style.background = model.classByName.get(drawClass)?.color ?? 'transparent';
  });
  return h('label', { class: 'picker' }, dot, select);
}

function colorPicker({ store, model }) {
  const select = h('select', { class: 'select', title: 'What colours mean' });
  store.watch(['ontology', 'colorBy'], ({ colorBy }) => {
    const choices = [['class', 'Class'], ['entity', 'Entity'], ...model.choiceProperties().map((p) => [p.name, p.label])];
    fill(select, choices.map(([value, text]) => h('option', { value }, text)));
    select.value = colorBy;
  });
  select.addEventListener('change', () => {
    store.set({ colorBy: select.value });
    select.blur();
  });
  return h('label', { class: 'picker picker-text' }, h('span', {}, 'Colour by'), select);
}

/** Opens and closes the review panel; says how many threads are open. */
function reviewButton({ store, parts }) {
  const number = h('span', { class: 'review-count', hidden: true });
  const button = h('button', {
    class: 'button', type: 'button', title: 'Review and problems (Shift+R)',
    on: { click: () => store.set({ review: store.state.review ? null : 'threads' }) },
  }, icon('comment'), 'Review', number);
  store.watch(['review', 'openThreads'], ({ review, openThreads }) => {
    button.setAttribute('aria-pressed', String(Boolean(review)));
    number.hidden = !openThreads;
    fill(number, openThreads ?? '');
    parts.review.hidden = !review;
  });
  return button;
}

function zoomText(store) {
  const text = h('span', { class: 'zoom-text' });
  store.watch(['view'], ({ view }) => fill(text, `${Math.round(view.scale * 100)}%`));
  return text;
}
