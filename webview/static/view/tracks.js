/**
 * Where an entity was and will be: its motion path, and its shape at the neighbouring keyframes
 * (onion skin). Both show the engine's values of the frames that are loaded, nothing else.
 */

import { upperBound } from '../state/track.js';
import { isPath, valueOf, writeBounds } from './shapes.js';
import { toStage } from './viewport.js';

const REACH_FRAMES = 120;
const BEFORE = '#ffb547';
const AFTER = '#4dd0e1';
/** @type {WeakMap<Object, Map<number, Array<{column: Object, k: number}|undefined>>>} */
const found = new WeakMap();

/** The first shape of an entity at a frame, as the window has it. */
function shapeAt(windows, index, frame) {
  const window = windows.rows(frame)?.window;
  if (!window) return undefined;
  if (!found.has(window)) found.set(window, new Map());
  const known = found.get(window);
  if (!known.has(index)) known.set(index, shapesOf(window, index));
  return known.get(index)[frame - window.first];
}

/** Looks through a window once for an entity; the answers are kept as long as the window is. */
function shapesOf(window, index) {
  const shapes = new Array(window.frames);
  for (const column of window.geometry) {
    const { rows, which, offsets } = column;
    for (let k = 0; k < window.frames; k++) {
      if (shapes[k]) continue;
      for (let e = offsets[k]; e < offsets[k + 1]; e++) {
        if (window.entity[rows ? rows[e] : e] !== index) continue;
        shapes[k] = { column, k: which ? which[e] : e };
        break;
      }
    }
  }
  return shapes;
}

/** @param {import('../workspace.js').Workspace} workspace @returns {(context: CanvasRenderingContext2D, stage: Object) => void} */
export function trackDecoration({ store, model, windows, scene }) {
  return (context, { view }) => {
    const { look, selected, frame, timeline, playing } = store.state;
    const entity = model.entities.get(selected);
    if (!entity || (!look.path && !look.onion)) return false;
    const keyframes = timeline?.id === selected ? keyframesOf(timeline, model.classOf(entity).geometry) : [];
    if (look.path) drawPath(context, view, (at) => shapeAt(windows, entity.index, at), frame, keyframes, scene.colorOf(entity));
    if (look.onion && !playing) drawGhosts(context, view, (at) => shapeAt(windows, entity.index, at), frame, keyframes);
    return true;
  };
}

function keyframesOf(timeline, geometry) {
  const frames = new Set(geometry.flatMap((kind) => [...timeline.properties[kind]?.keyframes ?? []]));
  return [...frames].sort((a, b) => a - b);
}

function drawPath(context, view, shape, frame, keyframes, color) {
  const box = new Float32Array(4);
  const centre = (at) => {
    const here = shape(at);
    if (!here) return null;
    writeBounds(here.column, here.k, box, 0);
    return Number.isNaN(box[0]) ? null : toStage(view, box[0] + box[2] / 2, box[1] + box[3] / 2);
  };
  const isKeyframe = new Set(keyframes);
  context.lineWidth = 2;
  context.strokeStyle = color;
  for (const [from, to, alpha] of [[frame - REACH_FRAMES, frame, 0.9], [frame, frame + REACH_FRAMES, 0.45]]) {
    context.globalAlpha = alpha;
    context.beginPath();
    let joined = false;
    for (let at = Math.max(0, from); at <= to; at++) {
      const point = centre(at);
      if (point) context[joined ? 'lineTo' : 'moveTo'](...point);
      joined = Boolean(point);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
  for (let at = Math.max(0, frame - REACH_FRAMES); at <= frame + REACH_FRAMES; at++) {
    const point = isKeyframe.has(at) || at === frame ? centre(at) : null;
    if (point) diamond(context, ...point, at === frame ? '#ffffff' : '#ffb547');
  }
}

function diamond(context, x, y, color) {
  context.fillStyle = color;
  context.strokeStyle = 'rgba(0, 0, 0, 0.7)';
  context.lineWidth = 1;
  context.beginPath();
  for (const [dx, dy] of [[0, -4], [4, 0], [0, 4], [-4, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.fill();
  context.stroke();
}

function drawGhosts(context, view, shape, frame, keyframes) {
  const above = upperBound(keyframes, frame);
  const before = keyframes[keyframes[above - 1] === frame ? above - 2 : above - 1];
  for (const [at, color] of [[before, BEFORE], [keyframes[above], AFTER]]) {
    const here = at === undefined ? undefined : shape(at);
    if (!here) continue;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = color;
    context.beginPath();
    const [x, y] = outline(context, view, here);
    context.stroke();
    context.setLineDash([]);
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = color;
    context.fillText(`frame ${at}`, x, y - 4);
  }
}

/** Adds the shape's outline to the path. @returns {[number, number]} its top left corner */
function outline(context, view, { column, k }) {
  const { kind } = column;
  const box = new Float32Array(4);
  writeBounds(column, k, box, 0);
  const corner = toStage(view, box[0], box[1]);
  const value = kind === 'mask' ? null : valueOf(column, k);
  const ring = (points, close) => {
    points.forEach(([x, y], i) => context[i ? 'lineTo' : 'moveTo'](...toStage(view, x, y)));
    if (close) context.closePath();
  };
  if (kind === 'ellipse') {
    const [x, y, a, b, degrees] = value;
    const [cx, cy] = toStage(view, x, y);
    context.ellipse(cx, cy, a * view.scale, b * view.scale, (degrees * Math.PI) / 180, 0, 2 * Math.PI);
  } else if (kind === 'rotated_box') {
    const [x, y, width, height, degrees] = value;
    const cos = Math.cos((degrees * Math.PI) / 180);
    const sin = Math.sin((degrees * Math.PI) / 180);
    ring([[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => (
      [x + (i * width * cos - j * height * sin) / 2, y + (i * width * sin + j * height * cos) / 2])), true);
  } else if (isPath(kind)) {
    for (const part of value) for (const points of kind === 'polygon' ? part : [part]) ring(points, kind === 'polygon');
  } else if (kind === 'cuboid') {
    ring(value.slice(0, 4), true);
    ring(value.slice(4, 8), true);
  } else if (kind === 'points') {
    for (const [x, y, visibility] of value) {
      if (!visibility) continue;
      const [cx, cy] = toStage(view, x, y);
      context.moveTo(cx + 4, cy);
      context.arc(cx, cy, 4, 0, 2 * Math.PI);
    }
  } else {
    context.rect(...corner, box[2] * view.scale, box[3] * view.scale);
  }
  return corner;
}
