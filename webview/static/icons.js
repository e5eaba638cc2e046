/** The few pictograms, as paths on a 16 px grid. */

const PATHS = {
  select: 'M3 2l9.5 5.2-4.1 1.2-1.6 4.1z',
  box: 'M2.5 4.5h11v7h-11z M2.5 4.5m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0 M13.5 11.5m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0',
  undo: 'M5.5 3L2.5 6l3 3 M2.5 6h7a3.5 3.5 0 0 1 0 7H6',
  redo: 'M10.5 3l3 3-3 3 M13.5 6h-7a3.5 3.5 0 0 0 0 7H10',
  play: 'M4.5 2.8v10.4L13 8z',
  pause: 'M4.5 3h2.4v10H4.5z M9.1 3h2.4v10H9.1z',
  previous: 'M10.5 3.5L6 8l4.5 4.5',
  next: 'M5.5 3.5L10 8l-4.5 4.5',
  first: 'M12 3.5L7.5 8l4.5 4.5 M4.5 3.5v9',
  last: 'M4 3.5L8.500 8 4 12.500 M11.500 3.500v9',
  previousKey: 'M6.500 4.500L3 8l3.500 3.500 M11 5l3 3-3 3-3-3z',
  nextKey: 'M9.500 4.500L13 8l-3.500 3.500 M5 5l3 3-3 3-3-3z',
  trash: 'M3 4.500h10 M6.500 4.500V3h3v1.500 M4.500 4.500l.6 8.500h5.800l.6-8.500 M6.800 7v4 M9.200 7v4',
  fit: 'M2.500 6V2.500H6 M10 2.500h3.500V6 M13.500 10v3.500H10 M6 13.500H2.500V10',
  help: 'M5.800 6a2.200 2.200 0 1 1 3.400 1.900c-.8.500-1.200.9-1.200 1.800 M8 12v.3',
  search: 'M7 3a4 4 0 1 0 0 8a4 4 0 1 0 0-8 M10 10l3.500 3.500',
  close: 'M4 4l8 8 M12 4l-8 8',
  chevron: 'M5 6.500L8 9.500l3-3',
  eye: 'M1.500 8S4 3.800 8 3.800 14.500 8 14.500 8 12 12.200 8 12.200 1.500 8 1.500 8z M8 6.200a1.800 1.800 0 1 0 0 3.600a1.800 1.800 0 1 0 0-3.600',
  lock: 'M4 7.500h8v5.500H4z M5.500 7.500V5.500a2.500 2.500 0 0 1 5 0v2',
  sound: 'M2.500 6v4h2.500l3.500 3V3L5 6z M10.800 5.800a3 3 0 0 1 0 4.400 M12.600 4a5.500 5.500 0 0 1 0 8',
  silent: 'M2.500 6v4h2.500l3.500 3V3L5 6z M11 6.200l3.600 3.600 M14.600 6.200L11 9.800',
  loop: 'M4 6.500V6a2 2 0 0 1 2-2h6.500 M10.500 2l2 2-2 2 M12 9.500v.5a2 2 0 0 1-2 2H3.500 M5.500 14l-2-2 2-2',
  event: 'M2.500 5h11v6h-11z',
  warning: 'M8 2.500l6 10.500H2z M8 6.500v3 M8 11.200v.3',
};
const SOLID = new Set(['select', 'play', 'pause']);
const NAMESPACE = 'http://www.w3.org/2000/svg';

/** @param {string} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', SOLID.has(name) ? 'icon icon-solid' : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(NAMESPACE, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
