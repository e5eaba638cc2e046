/** What a check of the video found, as stretches of frames: damaged, missing, duplicated, frozen. */

import { fetchJson } from '../api.js';

/** @typedef {{first: number, stop: number, severity: 'note'|'warning'|'error', text: string}} Problem */

const SEVERITIES = ['note', 'warning', 'error'];
const MAX_PROBLEMS = 20_000;

/** @param {string} base @param {number} frameCount @returns {Promise<Problem[]>} ascending; empty when nobody checked the video */
export async function fetchProblems(base, frameCount) {
  let answer;
  try {
    answer = await fetchJson(`${base}/findings`);
  } catch {
    return [];
  }
  const found = [];
  for (const finding of answer.items ?? []) {
    for (const span of finding.frames ?? []) {
      const [first, stop] = span;
      // "Missing before a frame" has no frame of its own: it is where the gap is.
      if (!(first >= 0 && first < frameCount)) continue;
      found.push({
        first, stop: Math.min(frameCount, Math.max(stop, first + 1)),
        severity: SEVERITIES.includes(finding.severity) ? finding.severity : 'warning',
        text: String(finding.title),
      });
      if (found.length >= MAX_PROBLEMS) break;
    }
  }
  return found.sort((a, b) => a.first - b.first || a.stop - b.stop);
}

/** The worst problem at a frame, within `reach` frames. @param {Problem[]} problems */
export function problemAt(problems, frame, reach) {
  let best = null;
  for (const problem of problems) {
    if (problem.first > frame + reach) break;
    if (problem.stop <= frame - reach) continue;
    if (!best || SEVERITIES.indexOf(problem.severity) > SEVERITIES.indexOf(best.severity)) best = problem;
  }
  return best;
}

/**
 * The nearest of ascending starts beyond a frame.
 * @param {Iterable<number>} starts @param {1|-1} direction @returns {number|null}
 */
export function nextStart(starts, frame, direction) {
  let best = null;
  for (const start of starts) {
    if ((start - frame) * direction <= 0) continue;
    if (best === null || (best - start) * direction > 0) best = start;
  }
  return best;
}
