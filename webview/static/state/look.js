/** How a person likes the page to look: kept in this browser, for all projects. */

const STORED = 'reviewer-look';
/** The video exactly as decoded, and nothing over it that was not asked for. */
export const DEFAULTS = Object.freeze({
  theme: 'dark', brightness: 1, contrast: 1, gamma: 1,
  crosshair: false, path: false, onion: false, minimap: true,
});
const THEMES = ['dark', 'light', 'system'];
const RANGES = { brightness: [0.2, 4], contrast: [0.2, 4], gamma: [0.2, 4] };
const bright = matchMedia('(prefers-color-scheme: light)');

/** @typedef {typeof DEFAULTS} Look @returns {Look} what is stored, as far as it makes sense */
export function loadLook() {
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch { /* not ours, or no storage: as if nothing was there */ }
  const look = { ...DEFAULTS };
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    const value = stored[name];
    if (typeof value !== typeof standard) continue;
    if (name in RANGES && !(value >= RANGES[name][0] && value <= RANGES[name][1])) continue;
    if (name === 'theme' && !THEMES.includes(value)) continue;
    look[name] = value;
  }
  return look;
}

/** @param {Look} look */
export function saveLook(look) {
  try {
    localStorage.setItem(STORED, JSON.stringify(look));
  } catch { /* no storage: for this page only */ }
}

/** @param {Look} look */
export function applyTheme({ theme }) {
  const light = theme === 'light' || (theme === 'system' && bright.matches);
  document.documentElement.dataset.theme = light ? 'light' : 'dark';
}

/** Follow the system where that is what was chosen. @param {() => Look} current */
export function followSystem(current) {
  bright.addEventListener('change', () => applyTheme(current()));
}
