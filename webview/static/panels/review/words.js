/** What states are called, the same wherever they are shown. */

export const VERDICTS = [
  { name: 'accept', verb: 'Accept', text: 'accepted', look: 'good' },
  { name: 'needs-work', verb: 'Needs work', text: 'needs work', look: 'warn' },
  { name: 'reject', verb: 'Reject', text: 'rejected', look: 'danger' },
];

export const STATES = {
  accept: 'accepted', 'needs-work': 'needs work', reject: 'rejected', open: 'open', resolved: 'resolved',
  changed: 'changed since', unreviewed: 'not reviewed',
};

/** Controls, and characters that turn the direction of the text around them: but for new lines. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from elsewhere as text that does nothing but show itself. @param {string} text */
export const inert = (text) => String(text).replace(CONTROLS, '\ufffd');

/** @param {number[]|undefined} frames `[first, stop)` */
export function frameText(frames) {
  if (!frames) return 'All frames';
  const [first, stop] = frames;
  return stop - first === 1 ? `Frame ${first}` : `Frames ${first} to ${stop - 1}`;
}

/** @param {string} time RFC 3339 @returns {string} in this machine's time */
export function when(time) {
  const date = new Date(time);
  const today = date.toDateString() === new Date().toDateString();
  const options = today ? { hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  return date.toLocaleString('en', { hour12: false, ...options });
}
