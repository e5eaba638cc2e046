/** What the tool at hand can do, over the top of the stage: a hint, switches, the brush. */

import { fill, h, perFrame, setText } from '../dom.js';
import { icon } from '../icons.js';
import { KINDS } from './kinds.js';
import { MAX_BRUSH_PX, MIN_BRUSH_PX, MODES } from './mask/paint.js';
import { toolOf } from './registry.js';

const FAR_BELOW_PX = 160;

/** @param {HTMLElement} root @param {import('../workspace.js').Workspace} workspace */
export function createOptionsBar(root, workspace) {
  const { store, actions } = workspace;
  let built = '';
  const update = () => {
    const content = contentFor(workspace);
    root.hidden = content === null;
    if (content === null) {
      built = '';
      return;
    }
    if (content.key !== built) {
      built = content.key;
      fill(root, content.make());
    }
    content.refresh?.(root);
  };
  // Shapes are looked at after the paint, and not while a video plays.
  const later = perFrame(() => !store.state.playing && update());
  store.watch(['tool', 'drawKind', 'drawMany', 'brush', 'selection', 'shape', 'handle', 'drawClass'], update);
  store.watch(['shapes', 'playing', 'structure'], later, { now: false });
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') actions.useTool('select');
  });
  // Who works at the top of the picture sees through it; the pointer goes through it anyway.
  workspace.stage.root.addEventListener('pointermove', (event) => {
    if (root.hidden) return;
    // Far below, the browser need not be asked where the bar is.
    if (event.offsetY > FAR_BELOW_PX) {
      root.classList.remove('is-behind');
      return;
    }
    const { left, right, bottom } = root.getBoundingClientRect();
    const behind = event.clientY < bottom + 12 && event.clientX > left - 12 && event.clientX < right + 12;
    root.classList.toggle('is-behind', behind);
  });
  workspace.stage.root.addEventListener('pointerleave', () => root.classList.remove('is-behind'));
}

function contentFor(workspace) {
  const { store, readOnly } = workspace;
  const { tool, drawKind, playing } = store.state;
  if (readOnly || playing) return null;
  if (tool !== 'select') return drawKind === 'mask' ? paintingContent(workspace, tool) : drawingContent(workspace, tool);
  return selectionContent(workspace);
}

const text = (words) => h('span', { class: 'tool-hint' }, words);

const small = (words, title, run, more = {}) => h('button', { class: 'button chip', type: 'button', title, ...more, on: { click: run } }, words);

function drawingContent({ store, actions, model, stage }, tool) {
  const { drawKind, drawMany, selected, drawClass } = store.state;
  const { hint, label } = toolOf(drawKind);
  const name = model.entities.get(selected)?.name;
  const what = { draw: `New ${model.classByName.get(drawClass)?.label ?? ''}`, redraw: `${label} of ${name}`, extend: `Add to ${name}` }[tool];
  const many = () => {
    store.set({ drawMany: !store.state.drawMany });
    stage.root.focus({ preventScroll: true });
  };
  return {
    key: JSON.stringify([tool, drawKind, drawMany, what]),
    make: () => [
      h('strong', { class: 'tool-what' }, what), text(hint),
      tool === 'draw' && small('Several', 'Go on drawing after each shape (Shift+D)', many, { 'aria-pressed': String(drawMany) }),
      small('Done', 'Leave the tool (Esc)', () => actions.useTool('select')),
    ],
  };
}

function paintingContent(workspace, tool) {
  const { store, actions, model, pointer, stage } = workspace;
  const { brush, selected, drawClass } = store.state;
  const painting = pointer.tools[tool].byKind.mask;
  const entity = model.entities.get(selected);
  const into = entity && model.classOf(entity).geometry.includes('mask') ? entity : null;
  const back = () => stage.root.focus({ preventScroll: true });
  return {
    key: JSON.stringify(['paint', tool, into?.id, into?.name, drawClass]),
    make: () => {
      const size = h('input', {
        type: 'range', min: MIN_BRUSH_PX, max: MAX_BRUSH_PX, 'aria-label': 'Brush size', class: 'brush-size',
        title: 'Brush size (Alt+wheel, [ and ])',
      });
      size.addEventListener('input', () => store.set({ brush: { ...store.state.brush, size: Number(size.value) } }));
      size.addEventListener('change', back);
      return [
        h('strong', { class: 'tool-what' }, into ? into.name : `New ${model.classByName.get(drawClass)?.label ?? ''}`),
        h('div', { class: 'segmented', role: 'group', 'aria-label': 'Painting' }, MODES.map(({ name, label, key }) => h('button', {
          class: 'button', type: 'button', title: `${label} (${key.toUpperCase()})`, data: { mode: name },
          on: { click: () => { painting.setMode(name); back(); } },
        }, icon(name), label))),
        h('label', { class: 'brush' }, size, h('span', { class: 'brush-px' })),
        into && small('New', 'Paint a new entity', () => { actions.select(null); back(); }),
        small('Done', 'Leave the tool (Esc)', () => actions.useTool('select')),
      ];
    },
    refresh: (root) => {
      for (const button of root.querySelectorAll('[data-mode]')) button.setAttribute('aria-pressed', String(button.dataset.mode === brush.mode));
      const slider = root.querySelector('.brush-size');
      slider.value = String(brush.size);
      slider.disabled = brush.mode === 'fill' || brush.mode === 'outline';
      setText(root.querySelector('.brush-px'), `${brush.size} px`);
    },
  };
}

function selectionContent({ store, actions, editing, model, pointer, stage }) {
  const { handle } = store.state;
  const { ids } = editing;
  if (ids.length > 1) {
    return { key: `several ${ids.length}`, make: () => [h('strong', { class: 'tool-what' }, `${ids.length} selected`), text('Drag moves them, handles resize them together. Shift-click adds or takes away')] };
  }
  const active = editing.active();
  if (!active) return null;
  if (handle !== null) {
    const found = KINDS[active.kind].handles(active.value, stage.view.scale, active.skeleton);
    const at = found.find(({ index }) => index === handle);
    if (!at) return null;
    const name = at.label ?? `${{ vertex: 'Vertex', turn: 'Turning' }[at.name] ?? 'Handle'} ${at.name === 'vertex' ? `${handle + 1} of ${found.length}` : ''}`;
    const more = { vertex: ' · Delete removes it', point: ' · P, O, X: visible, occluded, absent' }[at.name] ?? '';
    return {
      key: `handle ${active.id} ${handle} ${name}`,
      make: () => [h('strong', { class: 'tool-what' }, name), text(`Arrows move it by 1 px, with Shift by 10 · Tab: next${more}`)],
    };
  }
  if (!['polygon', 'polyline', 'points'].includes(active.kind)) return null;
  const toMask = active.kind === 'polygon' && model.classOf(active.entity).geometry.includes('mask');
  if (active.kind === 'points') {
    return { key: 'points', make: () => [text('Drag points. Alt-click makes one occluded, absent, visible again')] };
  }
  const closed = active.kind === 'polygon';
  return {
    key: `path ${active.kind} ${toMask}`,
    make: () => [
      text('Click an edge to add a vertex, Alt-click a vertex to remove it'),
      small(closed ? '+ Hole or part' : '+ Path', `Draw ${closed ? 'a hole or a further part' : 'a further path'} (A)`, () => {
        actions.useTool('extend');
        stage.root.focus({ preventScroll: true });
      }),
      toMask && small('To mask', 'Paint its area into the mask of the entity', () => polygonToMask({ store, editing, pointer })),
    ],
  };
}

/** The area of the selected polygon becomes part of the entity's mask. */
export function polygonToMask({ store, editing, pointer }) {
  const active = editing.active();
  if (active?.kind !== 'polygon') return;
  store.set({ drawKind: 'mask' });
  pointer.tools.redraw.byKind.mask.fillParts(active.value);
}
