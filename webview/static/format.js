/** Numbers as people read them. */

/** @param {number} seconds @returns {string} 1:02:03.45 or 02:03.45 */
export function clock(seconds, digits = 2) {
  const factor = 10 ** digits;
  const total = Math.floor(Math.max(0, seconds) * factor + 1e-6);
  const hours = Math.floor(total / (3600 * factor));
  const minutes = Math.floor(total / (60 * factor)) % 60;
  const rest = Math.floor(total / factor) % 60;
  const two = (n) => String(n).padStart(2, '0');
  const fraction = digits ? `.${String(total % factor).padStart(digits, '0')}` : '';
  return `${hours ? `${hours}:` : ''}${two(minutes)}:${two(rest)}${fraction}`;
}

/** @returns {string} with thin spaces between thousands */
export function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** @returns {string} "1 entity", "3 entities" */
export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}
