/**
 * Brightness, contrast and gamma of the video, as filters of its element: the decoded frame is not
 * touched, and with nothing changed there is no filter at all.
 */

const NAMESPACE = 'http://www.w3.org/2000/svg';
const FILTER = 'video-gamma';

/** @param {HTMLElement} root @param {HTMLCanvasElement} canvas @param {import('../state/store.js').Store} store */
export function applyVideoLook(root, canvas, store) {
  const make = (name) => document.createElementNS(NAMESPACE, name);
  const svg = make('svg');
  svg.setAttribute('class', 'filters');
  svg.setAttribute('aria-hidden', 'true');
  const filter = make('filter');
  filter.id = FILTER;
  const transfer = make('feComponentTransfer');
  const channels = ['feFuncR', 'feFuncG', 'feFuncB'].map(make);
  for (const channel of channels) channel.setAttribute('type', 'gamma');
  transfer.append(...channels);
  filter.append(transfer);
  svg.append(filter);
  root.append(svg);
  store.watch(['look'], ({ look: { brightness, contrast, gamma } }) => {
    // Above 1 it lifts the shadows, as people expect of a slider called gamma.
    for (const channel of channels) channel.setAttribute('exponent', String(1 / gamma));
    canvas.style.filter = [
      gamma === 1 ? '' : `url(#${FILTER})`,
      brightness === 1 ? '' : `brightness(${brightness})`,
      contrast === 1 ? '' : `contrast(${contrast})`,
    ].filter(Boolean).join(' ') || 'none';
  });
}
