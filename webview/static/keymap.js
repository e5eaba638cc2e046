/** Keys that a person chose instead of the given ones: kept in this browser, by command. */

const STORED = 'reviewer-keys';
/** The browser's own, or needed to get around: no command can have them. */
const RESERVED = ['tab', 'enter', 'escape', ' ', 'ctrl+w', 'ctrl+t', 'ctrl+n', 'ctrl+r', 'ctrl+l', 'f5'];

/** @returns {Object<string, string>} command id to key */
export function loadKeymap() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED));
    return Object.fromEntries(Object.entries(stored ?? {}).filter(([, key]) => (
      typeof key === 'string' && key.length <= 40)));
  } catch {
    return {};
  }
}

function saveKeymap(map) {
  try {
    localStorage.setItem(STORED, JSON.stringify(map));
  } catch { /* no storage: for this page only */ }
}

/** @param {{group: string, text: string}} command */
export const idOf = ({ group, text }) => `${group}: ${text}`;

/** Whether one key does the whole command: those that look at which key it was keep theirs. */
export const canRemap = (command) => command.run.length === 0 && !command.given.includes('Space') && !command.given.includes('Escape');

/**
 * @param {Array<Object>} commands `given` becomes the keys they were made with
 * @returns {Map<string, Object>} by key, in lower case
 */
export function applyKeymap(commands, map) {
  for (const command of commands) command.given ??= command.keys;
  const taken = new Set();
  for (const command of commands) {
    const key = canRemap(command) ? map[idOf(command)] : undefined;
    command.remapped = key !== undefined;
    if (key !== undefined) taken.add(key.toLowerCase());
  }
  const byKey = new Map();
  for (const command of commands) {
    // A chosen key is taken from whoever had it before.
    command.keys = command.remapped ? [map[idOf(command)]]
      : command.given.filter((key) => !taken.has(key.toLowerCase()));
    for (const key of command.keys) if (!byKey.has(key.toLowerCase())) byKey.set(key.toLowerCase(), command);
  }
  return byKey;
}

/** @param {string|null} key null gives the command its own keys back @returns {string|null} a refusal */
export function chooseKey(map, command, key) {
  if (key === null) delete map[idOf(command)];
  else if (RESERVED.includes(key.toLowerCase())) return 'That key is needed to move around in the page or belongs to the browser.';
  else {
    for (const [id, other] of Object.entries(map)) if (other.toLowerCase() === key.toLowerCase()) delete map[id];
    map[idOf(command)] = key;
  }
  saveKeymap(map);
  return null;
}

export function forgetKeys(map) {
  for (const id of Object.keys(map)) delete map[id];
  saveKeymap(map);
}

/** 'Ctrl+Shift+z' for an event; Shift is left out where it only makes another character. */
export function keyOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  const character = event.key.length === 1;
  if (event.shiftKey && (!character || /[a-z]/i.test(event.key))) parts.push('Shift');
  return [...parts, character ? event.key.toLowerCase() : event.key].join('+');
}
