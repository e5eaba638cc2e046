/** The lists beside the picture: entities above, properties below, and the edges to drag. */

import { h } from '../dom.js';
import { createSplitter } from '../splitter.js';

const MIN_WIDTH_CSS_PX = 220;
/** What the list of entities needs, and the bars above and below both. */
const MIN_LIST_CSS_PX = 310;
const MIN_PROPERTIES_CSS_PX = 96;

/** @param {HTMLElement} entities @param {HTMLElement} properties @returns {HTMLElement} */
export function createSide(entities, properties) {
  const side = h('aside', { class: 'side' }, entities, properties);
  side.append(
    createSplitter({
      name: 'properties', variable: '--properties-height', label: 'Height of the properties',
      title: 'Drag to give the properties or the list more room', least: MIN_PROPERTIES_CSS_PX,
      most: () => innerHeight - MIN_LIST_CSS_PX, size: () => properties.clientHeight,
    }),
    createSplitter({
      name: 'side', variable: '--side', label: 'Width of the lists', title: 'Drag to make the lists wider',
      vertical: true, least: MIN_WIDTH_CSS_PX, most: () => innerWidth / 2, size: () => side.clientWidth,
    }),
  );
  return side;
}
