/** What tools draw over the picture: outlines, handles, cross hair, notes. Sizes in css px. */

import { toStage } from '../view/viewport.js';
import { KINDS } from './kinds.js';

const HANDLE_PX = 8;
const DENSE_HANDLE_PX = 5;
const DENSE_SPACING_PX = 14;
const INK = '#10141a';
const ACCENT = '#4da3ff';

/** Adds outlines to a canvas path. @returns {import('./kinds.js').Path} */
function pathOn(context, view) {
  return {
    line(points, closed) {
      points.forEach(([x, y], i) => {
        const [sx, sy] = toStage(view, x, y);
        if (i) context.lineTo(sx, sy);
        else context.moveTo(sx, sy);
      });
      if (closed) context.closePath();
    },
    oval(x, y, rx, ry, degrees) {
      const [sx, sy] = toStage(view, x, y);
      const turn = (degrees * Math.PI) / 180;
      context.moveTo(sx + rx * view.scale * Math.cos(turn), sy + rx * view.scale * Math.sin(turn));
      context.ellipse(sx, sy, rx * view.scale, ry * view.scale, turn, 0, 2 * Math.PI);
    },
  };
}

/** @param {{kind: string, value: any, skeleton?: Object|null}} shape */
export function drawOutline(context, view, { kind, value, skeleton = null }, { color, width = 2, dash = [] }) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.setLineDash(dash);
  context.beginPath();
  KINDS[kind].trace(pathOn(context, view), value, skeleton);
  context.stroke();
  context.setLineDash([]);
}

/** Lines through vertices as they are clicked. */
export function drawPath(context, view, points, { color, width = 2, closed = false, fill = null, dash = [] }) {
  context.beginPath();
  pathOn(context, view).line(points, closed);
  if (fill) {
    context.fillStyle = fill;
    context.fill('evenodd');
  }
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {import('./kinds.js').Handle[]} handles
 * @param {{active?: number|null, hovered?: import('./kinds.js').Handle|null}} state
 */
export function drawHandles(context, view, handles, { active = null, hovered = null } = {}) {
  const dense = isDense(handles, view);
  for (const handle of handles) {
    const [x, y] = toStage(view, handle.x, handle.y);
    if (handle.look === 'turn') {
      const [fx, fy] = toStage(view, ...handle.from);
      context.strokeStyle = 'rgba(255, 255, 255, 0.85)';
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(fx, fy);
      context.lineTo(x, y);
      context.stroke();
    }
    const lit = handle.index === active || same(handle, hovered);
    drawHandle(context, x, y, handle.look ?? 'square', (dense ? DENSE_HANDLE_PX : HANDLE_PX) + (lit ? 3 : 0), handle.index === active);
  }
  const named = handles.find((handle) => handle.index === active) ?? hovered;
  if (named?.label) {
    const [x, y] = toStage(view, named.x, named.y);
    drawNote(context, named.label, x + 10, y - 24);
  }
}

const same = (a, b) => b !== null && b !== undefined && a.index === b.index && a.name === b.name;

/** Whether handles lie so close that full-sized ones would hide the shape. */
function isDense(handles, view) {
  const vertices = handles.filter((handle) => handle.name === 'vertex');
  if (vertices.length < 8) return false;
  let length = 0;
  for (let i = 1; i < vertices.length; i++) {
    length += Math.hypot(vertices[i].x - vertices[i - 1].x, vertices[i].y - vertices[i - 1].y);
  }
  return (length * view.scale) / vertices.length < DENSE_SPACING_PX;
}

export function drawHandle(context, x, y, look, size = HANDLE_PX, active = false) {
  const half = size / 2;
  context.lineWidth = 1.5;
  context.fillStyle = active ? ACCENT : '#ffffff';
  context.strokeStyle = INK;
  context.beginPath();
  if (look === 'square') context.roundRect(Math.round(x) - half, Math.round(y) - half, size, size, 2);
  else context.arc(x, y, look === 'turn' ? half + 1 : half, 0, 2 * Math.PI);
  if (look === 'ghost') {
    context.fillStyle = active ? ACCENT : 'rgba(16, 20, 26, 0.55)';
    context.strokeStyle = '#ffffff';
    context.setLineDash([2, 2]);
  }
  context.fill();
  context.stroke();
  context.setLineDash([]);
}

/** A cross hair over the whole stage, through a point of the stage. */
export function drawCrosshair(context, stage, x, y) {
  context.strokeStyle = 'rgba(255, 255, 255, 0.45)';
  context.lineWidth = 1;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(stage.width, Math.round(y) + 0.5);
  context.moveTo(Math.round(x) + 0.5, 0);
  context.lineTo(Math.round(x) + 0.5, stage.height);
  context.stroke();
  context.setLineDash([]);
}

/** A short text on a dark plate, its top left corner at (x, y). */
export function drawNote(context, text, x, y) {
  context.font = '500 12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const width = context.measureText(text).width + 10;
  context.fillStyle = 'rgba(13, 15, 18, 0.88)';
  context.beginPath();
  context.roundRect(x, y, width, 20, 4);
  context.fill();
  context.fillStyle = '#ffffff';
  context.fillText(text, x + 5, y + 10.5);
}

/** The rectangle pulled up to select what it touches. @param {number[]} box stage px */
export function drawMarquee(context, [x, y, width, height]) {
  context.fillStyle = 'rgba(77, 163, 255, 0.14)';
  context.strokeStyle = ACCENT;
  context.lineWidth = 1;
  context.fillRect(x, y, width, height);
  context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, Math.round(width), Math.round(height));
}

/** The upright box around several selected shapes. @param {import('./kinds.js').Bounds} bounds */
export function drawGroup(context, view, [left, top, right, bottom]) {
  const [x, y] = toStage(view, left, top);
  context.strokeStyle = 'rgba(255, 255, 255, 0.8)';
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, (right - left) * view.scale, (bottom - top) * view.scale);
  context.setLineDash([]);
}
