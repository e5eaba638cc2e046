/** Drawing what stands above the rows: the whole video, findings, loop and ruler. */

import { clock } from '../format.js';
import { rulerStep } from './scale.js';

export const OVERVIEW_CSS_PX = 22;
export const FINDINGS_CSS_PX = 8;
export const RULER_CSS_PX = 34;
export const FONT = '11px "Inter", system-ui, sans-serif';
const LABEL_HALF_CSS_PX = 28;

/** Time above, frame numbers below. */
export function drawRuler(context, scale, top, times, colors) {
  const step = rulerStep(scale.pxPerFrame, 90);
  const minor = step >= 5 && step * scale.pxPerFrame / 5 >= 6 ? step / 5 : step;
  context.font = FONT;
  context.textBaseline = 'alphabetic';
  const half = Math.min(scale.pxPerFrame, 24) / 2;
  const bottom = top + RULER_CSS_PX;
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let frame = Math.floor(scale.first / minor) * minor; frame < scale.stop; frame += minor) {
    const x = Math.round(scale.x(frame) + half) + 0.5;
    context.moveTo(x, bottom - (frame % step ? 4 : 8));
    context.lineTo(x, bottom);
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
    context.fillStyle = colors.text;
    context.fillText(clock(times[frame], digits), at, top + 12);
    context.fillStyle = colors.faint;
    context.fillText(String(frame), at, top + 24);
  }
  context.textAlign = 'left';
}

/** The stretch that is played again and again, with a bracket at each end. */
export function drawLoop(context, scale, top, loop, colors) {
  if (!loop || loop.first >= scale.stop || loop.stop <= scale.first) return;
  const left = scale.x(loop.first);
  const right = scale.x(loop.stop);
  context.globalAlpha = 0.16;
  context.fillStyle = colors.accent;
  context.fillRect(left, top, right - left, RULER_CSS_PX);
  context.globalAlpha = 1;
  context.fillRect(left, top + RULER_CSS_PX - 3, right - left, 3);
  for (const [x, into] of [[left, 1], [right, -1]]) {
    context.fillRect(into > 0 ? x : x - 2, top, 2, RULER_CSS_PX);
    context.fillRect(into > 0 ? x : x - 6, top, 6, 2);
  }
}

/** The whole video: how many entities are there, where keyframes are, and what the rows show. */
export function drawOverview(context, scale, overview, colors) {
  const height = OVERVIEW_CSS_PX - 6;
  const base = 3 + height;
  if (overview) {
    const bins = overview.present.length;
    const most = Math.max(1, overview.present.reduce((a, b) => Math.max(a, b), 0));
    const binWidth = scale.width / bins;
    context.fillStyle = colors.density;
    for (let i = 0; i < bins; i++) {
      if (!overview.present[i]) continue;
      const bar = Math.max(1, (overview.present[i] / most) * (height - 4));
      context.fillRect(i * binWidth, base - bar, binWidth + 0.5, bar);
    }
    context.fillStyle = colors.key;
    context.globalAlpha = 0.7;
    for (let i = 0; i < bins; i++) {
      if (overview.keyframes[i]) context.fillRect(i * binWidth, 3, Math.max(1, binWidth), 2);
    }
    context.globalAlpha = 1;
  }
  if (scale.fitted) return;
  const left = (scale.first / scale.frameCount) * scale.width;
  const width = Math.max(3, ((scale.stop - scale.first) / scale.frameCount) * scale.width);
  context.fillStyle = colors.window;
  context.fillRect(left, 1, width, OVERVIEW_CSS_PX - 2);
  context.strokeStyle = colors.windowEdge;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, 1.5, width - 1, OVERVIEW_CSS_PX - 3);
}

/** What a check of the video found, worst on top. @param {import('./findings.js').Problem[]} problems */
export function drawFindings(context, scale, top, problems, colors) {
  const color = { note: colors.note, warning: colors.warn, error: colors.bad };
  for (const severity of ['note', 'warning', 'error']) {
    context.fillStyle = color[severity];
    let drawnTo = -1;
    for (const problem of problems) {
      if (problem.severity !== severity || problem.stop <= scale.first || problem.first >= scale.stop) continue;
      const left = Math.max(0, scale.x(problem.first));
      const right = Math.max(left + 2, Math.min(scale.width, scale.x(problem.stop)));
      if (right <= drawnTo) continue;
      drawnTo = right;
      context.fillRect(left, top + 2, right - left, FINDINGS_CSS_PX - 3);
    }
  }
}
