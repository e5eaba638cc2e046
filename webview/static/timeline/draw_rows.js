/**
 * Drawing the rows. Cost follows pixels: keyframes closer than a few px become one mark, spans
 * within one px are one, and only what is in sight is looked at.
 */

import { PRESENCE } from '../protocol.js';
import { upperBound } from '../state/track.js';
import { rgbOf } from '../view/styles.js';
import { FONT } from './draw_head.js';
import { EVENT_CSS_PX, LANE_CSS_PX, PROPERTY_CSS_PX } from './layout.js';

const DIAMOND_CSS_PX = 4.5;
const CLUSTER_CSS_PX = 7;
const TICK_ROOM_CSS_PX = 7;
const OCCLUDED = PRESENCE.indexOf('occluded');

const translucent = (hex, alpha) => `rgba(${rgbOf(hex).join(', ')}, ${alpha})`;

export function drawLine(context, scale, bottom, colors) {
  context.fillStyle = colors.rowLine;
  context.fillRect(0, bottom - 1, scale.width, 1);
}

/**
 * One property: bars where a value holds, diamonds at keyframes; the selected ones as they are
 * being dragged, `by` frames from where they are stored.
 * @param {import('./rows.js').Row} row @param {import('./marks.js').Marks} marks
 */
export function drawProperty(context, scale, top, row, marks, by, colors) {
  if (row.spans) drawSpans(context, scale, top, row, colors);
  else drawExtent(context, scale, top, row.keyframes, row.color);
  const y = top + PROPERTY_CSS_PX / 2;
  context.fillStyle = colors.key;
  context.strokeStyle = colors.keyEdge;
  drawKeyframes(context, scale, y, row.keyframes);
  const selected = marks.byProperty.get(row.name);
  if (!selected?.size) return;
  let drawn = -Infinity;
  context.fillStyle = colors.strong;
  context.strokeStyle = colors.accent;
  context.lineWidth = 2;
  for (const frame of [...selected].sort((a, b) => a - b)) {
    const x = scale.x(frame + by + 0.5);
    if (x < -DIAMOND_CSS_PX || x > scale.width + DIAMOND_CSS_PX || x - drawn < 1) continue;
    drawn = x;
    diamond(context, x, y, DIAMOND_CSS_PX + 1);
  }
  context.lineWidth = 1;
}

function drawSpans(context, scale, top, { spans, colorOf, labelOf, hatched }, colors) {
  context.font = FONT;
  context.textBaseline = 'middle';
  const height = PROPERTY_CSS_PX - 10;
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
    context.fillRect(left, top + 5, width, height);
    context.fillStyle = color;
    context.fillRect(left, top + 5, width, 2);
    if (hatched(value)) hatch(context, left, top + 7, width, height - 2, colors);
    if (width > 46) clippedText(context, labelOf(value), left + 9, top + 5, width - 14, height, colors);
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

function hatch(context, left, top, width, height, colors) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colors.hatch;
  context.beginPath();
  for (let x = left - (left % 6) - height; x < left + width; x += 6) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

function clippedText(context, text, x, top, room, height, colors) {
  context.save();
  context.beginPath();
  context.rect(x, top, room, height);
  context.clip();
  context.fillStyle = colors.onSpan;
  context.fillText(text, x, top + height / 2 + 1);
  context.restore();
}

/** A thin line from the first keyframe on: there the property has a value. */
function drawExtent(context, scale, top, keyframes, color) {
  if (!keyframes.length) return;
  const left = Math.max(0, scale.x(keyframes[0]) + scale.pxPerFrame / 2);
  if (left > scale.width) return;
  const right = Math.min(scale.width, scale.x(scale.frameCount));
  context.fillStyle = translucent(color, 0.5);
  context.fillRect(left, top + PROPERTY_CSS_PX / 2 - 1, right - left, 2);
}

function drawKeyframes(context, scale, y, keyframes) {
  let i = Math.max(0, upperBound(keyframes, scale.first - 1) - 1);
  const end = scale.stop + 1;
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
    if (last === i) diamond(context, x, y, DIAMOND_CSS_PX);
    else cluster(context, x, lastX, y, DIAMOND_CSS_PX);
    i = last + 1;
  }
}

function cluster(context, from, to, y, size) {
  context.beginPath();
  context.moveTo(from - size, y);
  context.lineTo(from, y - size);
  context.lineTo(to, y - size);
  context.lineTo(to + size, y);
  context.lineTo(to, y + size);
  context.lineTo(from, y + size);
  context.closePath();
  context.fill();
  context.stroke();
}

function diamond(context, x, y, size) {
  cluster(context, x, x, y, size);
}

/**
 * Events of a row, by name where there is room; `held` is the one being dragged, as it would be.
 * @param {import('./events.js').EventRow} row
 * @param {{nameOf: (index: number) => string, selected: number, held: Object|null}} context2
 */
export function drawEvents(context, scale, top, row, { nameOf, selected, held }, colors) {
  context.font = FONT;
  context.textBaseline = 'middle';
  const { color } = row.class;
  let drawnTo = -1;
  for (let i = 0; i < row.entity.length; i++) {
    const mine = held?.entity === row.entity[i];
    const first = mine ? held.first : row.starts[i];
    const stop = mine ? held.stop : row.stops[i];
    if (stop <= scale.first || first >= scale.stop) continue;
    const left = Math.max(-4, scale.x(first));
    const right = Math.max(left + 3, Math.min(scale.width + 4, scale.x(stop)));
    const chosen = row.entity[i] === selected;
    if (right <= drawnTo && !chosen && !mine) continue;
    drawnTo = right;
    const width = bar(context, left, right, top, color, { chosen, held: mine }, colors);
    if (width > 34) clippedText(context, nameOf(row.entity[i]), left + 7, top + 3, width - 12, EVENT_CSS_PX - 6, colors);
  }
  if (held?.row === row) {
    bar(context, scale.x(held.first), scale.x(held.stop), top, color, { chosen: true, held: true }, colors);
  }
  context.lineWidth = 1;
}

function bar(context, left, right, top, color, { chosen, held }, colors) {
  const width = right - left - (right - left > 4 ? 1 : 0);
  context.fillStyle = translucent(color, held ? 0.8 : chosen ? 0.62 : 0.4);
  context.beginPath();
  context.roundRect(left, top + 3, width, EVENT_CSS_PX - 6, Math.min(4, width / 2));
  context.fill();
  context.strokeStyle = chosen ? colors.strong : color;
  context.lineWidth = chosen ? 1.5 : 1;
  context.stroke();
  return width;
}

/** One entity: where it is there, thin where occluded, with ticks at its keyframes. */
export function drawLane(context, scale, top, { starts, stops, presence, marks }, color, colors) {
  for (let i = Math.max(0, upperBound(stops, scale.first)); i < starts.length && starts[i] < scale.stop; i++) {
    const left = Math.max(0, scale.x(starts[i]));
    const width = Math.max(1, Math.min(scale.width, scale.x(stops[i])) - left);
    const occluded = presence[i] === OCCLUDED;
    context.fillStyle = translucent(color, occluded ? 0.35 : 0.75);
    context.fillRect(left, top + (occluded ? 7 : 5), width, LANE_CSS_PX - (occluded ? 14 : 10));
  }
  // Not the keyframes' amber: a lane may have any colour, that too.
  context.fillStyle = colors.tick;
  let drawn = -TICK_ROOM_CSS_PX;
  for (let i = upperBound(marks, scale.first - 1); i < marks.length && marks[i] < scale.stop; i++) {
    const x = Math.round(scale.x(marks[i] + 0.5));
    if (x - drawn < 3) continue;
    // A crowd of them is a pattern, through which the span is seen still.
    const crowded = x - drawn < TICK_ROOM_CSS_PX;
    drawn = x;
    context.globalAlpha = crowded ? 0.5 : 1;
    context.fillRect(crowded ? x : x - 1, top + (crowded ? 6 : 4), crowded ? 1 : 2, LANE_CSS_PX - (crowded ? 12 : 8));
  }
  context.globalAlpha = 1;
}

/** A lane of which the details are not here yet: from its first frame to its last. */
export function drawRoughLane(context, scale, top, { first, stop }, color) {
  const left = Math.max(0, scale.x(first));
  const width = Math.max(1, Math.min(scale.width, scale.x(stop)) - left);
  context.fillStyle = translucent(color, 0.3);
  context.fillRect(left, top + 7, width, LANE_CSS_PX - 14);
}

/** The rectangle of a marquee selection. */
export function drawMarquee(context, { x0, y0, x1, y1 }, colors) {
  const box = [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
  context.fillStyle = colors.accent;
  context.globalAlpha = 0.14;
  context.fillRect(...box);
  context.globalAlpha = 1;
  context.strokeStyle = colors.accent;
  context.lineWidth = 1;
  context.strokeRect(box[0] + 0.5, box[1] + 0.5, box[2], box[3]);
}
