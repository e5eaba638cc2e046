/** What a project is opened with. */

import { fetchBinary, fetchJson } from '../api.js';
import { decodeTimes, decodeUnits } from '../protocol.js';

/**
 * @typedef {{base: string, answers: Promise<[Object, Float64Array, Object|null]>}} Fetched the address
 *   that all of the project's requests begin with; its state, the frames' times, and the units in
 *   which its video is decoded
 */

/**
 * Asks for all at once: the first frame waits for the slowest of them, not for their sum.
 * @param {number} project
 * @returns {Fetched}
 */
export function fetchProject(project) {
  const base = `/api/${project}`;
  const answers = Promise.all([
    fetchJson(`${base}/state`),
    fetchBinary(`${base}/times`).then(decodeTimes),
    // Without a video there are none; the state says why.
    fetchBinary(`${base}/units`).then(decodeUnits, () => null),
  ]);
  answers.catch(() => {}); // whoever waits for them is told
  return { base, answers };
}
