/**
 * Browsers keep a page's storage for each host and port, and with it the edits that wait to be sent;
 * cookies they share between the ports of a host. By a cookie, a page that has edits waiting tells
 * the page of the same project behind another port where they are.
 */

const PREFIX = 'reviewer_waiting';
const KEPT_S = 90 * 24 * 3600;
const ours = () => location.port || (location.protocol === 'https:' ? '443' : '80');

/** @param {string} key of the project @param {number} waiting edits that wait in this page's storage */
export function tellWaiting(key, waiting) {
  write(key, ours(), waiting);
}

/** @param {string} key @returns {Array<{port: string, waiting: number}>} what waits behind other ports */
export function waitingElsewhere(key) {
  const found = [];
  for (const pair of document.cookie.split('; ')) {
    const [, port, waiting] = pair.match(`^${PREFIX}_${key}_(\\d{1,5})=(\\d{1,9})$`) ?? [];
    if (port && port !== ours()) found.push({ port, waiting: Number(waiting) });
  }
  return found;
}

/** Say no more that edits wait there. */
export function forgetElsewhere(key, port) {
  write(key, port, 0);
}

function write(key, port, waiting) {
  document.cookie = `${PREFIX}_${key}_${port}=${waiting}; Path=/; SameSite=Strict; Max-Age=${waiting ? KEPT_S : 0}`;
}
