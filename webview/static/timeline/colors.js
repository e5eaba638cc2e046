/** The timeline's colours as the style sheet says, so that a theme changes the canvases too. */

const NAMES = {
  text: '--text-soft', faint: '--text-faint', strong: '--text', line: '--line', rowLine: '--line-soft',
  accent: '--accent', key: '--key', warn: '--warn', bad: '--bad', ground: '--timeline',
  keyEdge: '--timeline-key-edge', tick: '--timeline-tick', density: '--timeline-density',
  window: '--timeline-window', windowEdge: '--timeline-window-edge', onSpan: '--timeline-on-span',
  hatch: '--timeline-hatch', note: '--timeline-note',
};

/** @typedef {Object<keyof typeof NAMES, string>} Colors */

/** @returns {Colors} */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => (
    [name, style.getPropertyValue(variable).trim() || '#8b95a3'])));
}

/** Calls back when the page's theme may have changed. @returns {() => void} stops it */
export function watchTheme(onChange) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'data-theme', 'style'] });
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', onChange);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', onChange);
  };
}
