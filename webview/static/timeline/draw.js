/**
 * Drawing the timeline's canvas. Cost follows pixels: keyframes closer than a few px become one
 * mark, and only what is in sight is looked at.
 */

import { clock } from '../format.js';
import { upperBound } from '../state/track.js';
import { rgbOf } from '../view/styles.js';
import { rulerStep } from './scale.js';

export const RULER_CSS_PX = 34;
export const ROW_CSS_PX = 24;
export const LANE_CSS_PX = 18;
export const OVERVIEW_CSS_PX = 22;
const FONT = '11px system-ui, sans-serif';
const DIAMOND_CSS_PX = 4.5;
const CLUSTER_CSS_PX = 7;
const LABEL_HALF_CSS_PX = 28;
const COLORS = {
  text: '#9aa4b2', faint: '#5f6977', line: '#272d37', rowLine: '#1d222a', key: '#ffb547', tick: 'rgba(255, 255, 255, 0.85)',
  keyEdge: '#15181d', present: '#3b7bd4', occluded: '#8a6fd1', density: '#4b5666', densityKey: '#b98433',
  window: 'rgba(255, 255, 255, 0.07)', windowEdge: '#8b95a3',
};

const translucent = (hex, alpha) => `rgba(${rgbOf(hex).join(', ')}, ${alpha})`;

/** Time above, frame numbers below. */
export function drawRuler(context, scale, times) {
  const step = rulerStep(scale.pxPerFrame, 90);
  const minor = step >= 5 && step * scale.pxPerFrame / 5 >= 6 ? step / 5 : step;
  context.font = FONT;
  context.textBaseline = 'alphabetic';
  const half = Math.min(scale.pxPerFrame, 24) / 2;
  context.strokeStyle = COLORS.line;
  context.beginPath();
  for (let frame = Math.floor(scale.first / minor) * minor; frame < scale.stop; frame += minor) {
    const x = Math.round(scale.x(frame) + half) + 0.5;
    context.moveTo(x, RULER_CSS_PX - (frame % step ? 4 : 8));
    context.lineTo(x, RULER_CSS_PX);
  }
  context.stroke();
  const digits = (times[Math.min(step, times.length - 1)] - times[0]) < 1 ? 2 : 0;
  for (let frame = Math.floor(scale.first / step) * step; frame < scale.stop; frame += step) {
    if (frame < 0 || frame >= times.length) continue;
    const x = Math.round(scale.x(frame) + half);
    // A label cut off by the edge would run into its neighbour.
    if (x < LABEL_HALF_CSS_PX && frame > 0) continue;
    context.textAlign = x < LABEL_HALF_CSS_PX ? 'left' : x > scale.width - LABEL_HALF_CSS_PX ? 'right' : 'center';
    const at = x < LABEL_HALF_CSS_PX ? Math.max(2, x - 4) : Math.min(scale.width - 2, x);
    context.fillStyle = COLORS.text;
    context.fillText(clock(times[frame], digits), at, 12);
    context.fillStyle = COLORS.faint;
    context.fillText(String(frame), at, 24);
  }
  context.textAlign = 'left';
}

/** One property: bars where a value holds, diamonds at keyframes. */
export function drawRow(context, scale, top, row) {
  context.strokeStyle = COLORS.rowLine;
  context.beginPath();
  context.moveTo(0, top + ROW_CSS_PX - 0.5);
  context.lineTo(scale.width, top + ROW_CSS_PX - 0.5);
  context.stroke();
  if (row.spans) drawSpans(context, scale, top, row);
  else drawExtent(context, scale, top, row.keyframes, row.color);
  drawKeyframes(context, scale, top + ROW_CSS_PX / 2, row.keyframes);
}

function drawSpans(context, scale, top, { spans, colorOf, labelOf, hatched }) {
  context.font = FONT;
  context.textBaseline = 'middle';
  let drawnTo = -1;
  for (let i = firstSpan(spans, scale.first); i < spans.length && spans[i][0] < scale.stop; i++) {
    const [start, stop, value] = spans[i];
    const color = colorOf(value);
    if (!color) continue;
    const left = Math.max(0, scale.x(start));
    const right = Math.min(scale.width, scale.x(stop));
    // Several spans within one pixel: the first stands for them.
    if (right - drawnTo < 0.5 && right - left < 0.5) continue;
    drawnTo = right;
    const width = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
    context.fillStyle = translucent(color, 0.42);
    context.fillRect(left, top + 5, width, ROW_CSS_PX - 10);
    context.fillStyle = color;
    context.fillRect(left, top + 5, width, 2);
    if (hatched(value)) hatch(context, left, top + 7, width, ROW_CSS_PX - 12);
    const text = labelOf(value);
    if (width > 46) clippedText(context, text, left + 9, top + ROW_CSS_PX / 2 + 1, width - 14);
  }
}

function firstSpan(spans, frame) {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle][1] <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hatch(context, left, top, width, height) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = 'rgba(255, 255, 255, 0.16)';
  context.beginPath();
  for (let x = left - (left % 6) - height; x < left + width; x += 6) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

function clippedText(context, text, x, y, room) {
  context.save();
  context.beginPath();
  context.rect(x, y - ROW_CSS_PX, room, 2 * ROW_CSS_PX);
  context.clip();
  context.fillStyle = '#dfe4ea';
  context.fillText(text, x, y);
  context.restore();
}

/** A thin line from the first keyframe on: there the property has a value. */
function drawExtent(context, scale, top, keyframes, color) {
  if (!keyframes.length) return;
  const left = Math.max(0, scale.x(keyframes[0]) + scale.pxPerFrame / 2);
  if (left > scale.width) return;
  const right = Math.min(scale.width, scale.x(scale.frameCount));
  context.fillStyle = translucent(color, 0.5);
  context.fillRect(left, top + ROW_CSS_PX / 2 - 1, right - left, 2);
}

function drawKeyframes(context, scale, y, keyframes) {
  let i = Math.max(0, upperBound(keyframes, scale.first - 1) - 1);
  const end = scale.stop + 1;
  context.fillStyle = COLORS.key;
  context.strokeStyle = COLORS.keyEdge;
  context.lineWidth = 1;
  while (i < keyframes.length && keyframes[i] <= end) {
    const x = scale.x(keyframes[i] + 0.5);
    // As far as each mark touches the next, they are one bar.
    let last = i;
    let lastX = x;
    while (last + 1 < keyframes.length && keyframes[last + 1] <= end) {
      const nextX = scale.x(keyframes[last + 1] + 0.5);
      if (nextX - lastX >= CLUSTER_CSS_PX) break;
      lastX = nextX;
      last++;
      // Jump over the keyframes of the same pixel.
      const beyond = scale.first + (nextX + 1) / scale.pxPerFrame - 0.5;
      const skip = upperBound(keyframes, beyond) - 1;
      if (skip > last) {
        last = skip;
        lastX = scale.x(keyframes[last] + 0.5);
      }
    }
    if (last === i) {
      diamond(context, x, y, DIAMOND_CSS_PX);
    } else {
      context.beginPath();
      context.moveTo(x - DIAMOND_CSS_PX, y);
      context.lineTo(x, y - DIAMOND_CSS_PX);
      context.lineTo(lastX, y - DIAMOND_CSS_PX);
      context.lineTo(lastX + DIAMOND_CSS_PX, y);
      context.lineTo(lastX, y + DIAMOND_CSS_PX);
      context.lineTo(x, y + DIAMOND_CSS_PX);
      context.closePath();
      context.fill();
      context.stroke();
    }
    i = last + 1;
  }
}

function diamond(context, x, y, size) {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fill();
  context.stroke();
}

/** One entity: where it is there, thin where occluded, with ticks at its keyframes. */
export function drawLane(context, scale, top, { spans, keyframes, color }) {
  for (let i = firstSpan(spans, scale.first); i < spans.length && spans[i][0] < scale.stop; i++) {
    const left = Math.max(0, scale.x(spans[i][0]));
    const width = Math.max(1, Math.min(scale.width, scale.x(spans[i][1])) - left);
    const occluded = spans[i][2] === 'occluded';
    context.fillStyle = translucent(color, occluded ? 0.35 : 0.75);
    context.fillRect(left, top + (occluded ? 7 : 5), width, LANE_CSS_PX - (occluded ? 14 : 10));
  }
  // White: a lane may have any colour, the keyframes' amber too.
  context.fillStyle = COLORS.tick;
  let drawn = -1;
  for (let i = upperBound(keyframes, scale.first - 1); i < keyframes.length && keyframes[i] < scale.stop; i++) {
    const x = Math.round(scale.x(keyframes[i] + 0.5));
    if (x - drawn < 3) continue;
    drawn = x;
    context.fillRect(x - 1, top + 4, 2, LANE_CSS_PX - 8);
  }
}

/** The whole video: how many entities are there, where keyframes are, and what the rows show. */
export function drawOverview(context, scale, top, overview) {
  const height = OVERVIEW_CSS_PX - 6;
  const base = top + 3 + height;
  if (overview) {
    const bins = overview.present.length;
    const most = Math.max(1, overview.present.reduce((a, b) => Math.max(a, b), 0));
    const binWidth = scale.width / bins;
    context.fillStyle = COLORS.density;
    for (let i = 0; i < bins; i++) {
      if (!overview.present[i]) continue;
      const bar = Math.max(1, (overview.present[i] / most) * (height - 4));
      context.fillRect(i * binWidth, base - bar, binWidth + 0.5, bar);
    }
    context.fillStyle = COLORS.densityKey;
    for (let i = 0; i < bins; i++) {
      if (overview.keyframes[i]) context.fillRect(i * binWidth, top + 3, Math.max(1, binWidth), 2);
    }
  }
  if (scale.fitted) return;
  const left = (scale.first / scale.frameCount) * scale.width;
  const width = Math.max(3, ((scale.stop - scale.first) / scale.frameCount) * scale.width);
  context.fillStyle = COLORS.window;
  context.fillRect(left, top + 1, width, OVERVIEW_CSS_PX - 2);
  context.strokeStyle = COLORS.windowEdge;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 1.5, width - 1, OVERVIEW_CSS_PX - 3);
}
