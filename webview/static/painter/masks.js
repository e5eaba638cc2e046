// Masks: a tint over their pixels and a line along their edge, both in whole device pixels.

import { alphaOf } from './layout.js';

/** A mask of more pixels is looked at in steps of several. */
const MAX_PIXELS = 1 << 24;

/** Bits of the mask at hand, down the columns. */
let bitmap = new Uint8Array(0);

/**
 * Runs along the rows of a mask: those of row r are `runs[2 * starts[r]]` up to `runs[2 * starts[r + 1]]`,
 * start and stop in turn, in steps of `step` video px from the mask's own corner.
 * @typedef {{step: number, starts: Uint32Array, runs: Uint32Array}} RowRuns
 */

/** @param {import('../view/shapes.js').Column} column @returns {RowRuns} remembered with the column */
function rowRuns(column, k) {
  column.rowRuns ??= [];
  column.rowRuns[k] ??= transpose(
    column.boxes[4 * k + 2], column.boxes[4 * k + 3],
    column.counts.subarray(column.runs[k], column.runs[k + 1]));
  return column.rowRuns[k];
}

/** From runs down the columns to runs along the rows. @returns {RowRuns} */
function transpose(width, height, counts) {
  const step = Math.max(1, Math.ceil(Math.sqrt((width * height) / MAX_PIXELS)));
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  if (bitmap.length < columns * rows) bitmap = new Uint8Array(columns * rows);
  bitmap.fill(0, 0, columns * rows);
  if (step === 1) fillBits(counts);
  else sampleBits(counts, height, step, rows);
  // Columns in turn, so that the changes along each row come in order.
  const starts = new Uint32Array(rows + 1);
  eachChange(columns, rows, (row) => { starts[row + 1]++; });
  for (let row = 0; row < rows; row++) starts[row + 1] = starts[row] + starts[row + 1] / 2;
  const runs = new Uint32Array(2 * starts[rows]);
  const next = Uint32Array.from(starts, (start) => 2 * start);
  eachChange(columns, rows, (row, column) => { runs[next[row]++] = column; });
  return { step, starts, runs };
}

function fillBits(counts) {
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    if (i % 2) bitmap.fill(1, at, at + counts[i]);
    at += counts[i];
  }
}

function sampleBits(counts, height, step, rows) {
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const stop = at + counts[i];
    for (let column = Math.floor(at / height); i % 2 && column * height < stop; column++) {
      if (column % step) continue;
      const first = Math.ceil(Math.max(0, at - column * height) / step);
      const last = Math.ceil(Math.min(height, stop - column * height) / step);
      bitmap.fill(1, (column / step) * rows + first, (column / step) * rows + last);
    }
    at = stop;
  }
}

/** Calls back where a row goes in or out, column by column; a column past the last is out. */
function eachChange(columns, rows, found) {
  for (let column = 0; column <= columns; column++) {
    const here = column * rows;
    for (let row = 0; row < rows; row++) {
      const before = column > 0 ? bitmap[here - rows + row] : 0;
      const now = column < columns ? bitmap[here + row] : 0;
      if (before !== now) found(row, column);
    }
  }
}

/**
 * @param {import('../view/shapes.js').Column} column @param {number} k @param {number} style
 * @param {import('./layout.js').Layout} layout @param {import('./trace.js').Sink} sink
 */
export function traceMask(column, k, style, layout, sink) {
  const { step, starts, runs } = rowRuns(column, k);
  const { scale, canvasWidth, canvasHeight } = layout;
  const left = column.boxes[4 * k] * scale + layout.x;
  const top = column.boxes[4 * k + 1] * scale + layout.y;
  const pitch = step * scale;
  const line = alphaOf(layout.color[style]) > 0 ? layout.width[style] : 0;
  const fill = layout.mask[style];
  const tinted = alphaOf(fill) > 0;
  const rows = starts.length - 1;
  const first = Math.max(-line, Math.round(top));
  const stop = Math.min(canvasHeight + line, Math.round(top + rows * pitch));
  /** Spans of a row of the canvas, before it is cut at the canvas's sides. */
  const spansOf = (y) => {
    const row = Math.floor((y + 0.5 - top) / pitch);
    const spans = [];
    if (row < 0 || row >= rows) return spans;
    for (let i = starts[row]; i < starts[row + 1]; i++) {
      const from = clamp(Math.round(left + runs[2 * i] * pitch), canvasWidth, line);
      const to = clamp(Math.round(left + runs[2 * i + 1] * pitch), canvasWidth, line);
      if (from >= to) continue;
      if (spans.length && spans[spans.length - 1] >= from) spans[spans.length - 1] = to;
      else spans.push(from, to);
    }
    return spans;
  };
  const near = [];
  for (let y = first - line; y < first + line; y++) near.push(spansOf(y));
  const emit = (list, from, to, y) => {
    const a = Math.max(0, from);
    const b = Math.min(canvasWidth, to);
    if (a < b) list.push(a, y, b);
  };
  const inside = [];
  const outline = [];
  for (let y = first; y < stop; y++) {
    near.push(spansOf(y + line));
    const here = near[line];
    if (y >= 0 && y < canvasHeight && here.length) {
      let inner = line ? shrunk(here, line) : here;
      for (let i = 0; i < near.length && inner.length; i++) if (i !== line) inner = common(inner, near[i]);
      for (let i = 0; tinted && i < inner.length; i += 2) emit(inside, inner[i], inner[i + 1], y);
      if (line) edge(here, inner, y, style, layout, (from, to) => emit(outline, from, to, y));
    }
    near.shift();
  }
  if (inside.length) {
    sink.ink(fill);
    sink.spans(Int32Array.from(inside), inside.length / 3);
  }
  if (outline.length) {
    sink.ink(layout.color[style]);
    sink.spans(Int32Array.from(outline), outline.length / 3);
  }
}

/** Far enough outside that the edge of what was cut off does not show. */
const clamp = (x, width, line) => Math.min(width + line + 1, Math.max(-line - 1, x));

function shrunk(spans, by) {
  const out = [];
  for (let i = 0; i < spans.length; i += 2) {
    if (spans[i + 1] - spans[i] > 2 * by) out.push(spans[i] + by, spans[i + 1] - by);
  }
  return out;
}

function common(a, b) {
  const out = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(a[i], b[j]);
    const to = Math.min(a[i + 1], b[j + 1]);
    if (from < to) out.push(from, to);
    if (a[i + 1] < b[j + 1]) i += 2;
    else j += 2;
  }
  return out;
}

/** What is in `here` but not in `inner`, which lies within it; dashes run aslant. */
function edge(here, inner, y, style, layout, emit) {
  const { dashOn, dashPeriod } = layout;
  const draw = (from, to) => {
    if (layout.dash[style] === 0) {
      emit(from, to);
      return;
    }
    const phase = (((from + y) % dashPeriod) + dashPeriod) % dashPeriod;
    for (let x = from - phase; x < to; x += dashPeriod) emit(Math.max(x, from), Math.min(x + dashOn, to));
  };
  let j = 0;
  for (let i = 0; i < here.length; i += 2) {
    let from = here[i];
    for (; j < inner.length && inner[j] < here[i + 1]; j += 2) {
      if (from < inner[j]) draw(from, inner[j]);
      from = inner[j + 1];
    }
    if (from < here[i + 1]) draw(from, here[i + 1]);
  }
}
