/** The names beside the rows: elements for the rows in sight only. */

import { h, setText } from '../dom.js';

const CLASSES = { property: 'gutter-row', event: 'gutter-row gutter-event', lane: 'gutter-lane' };

export class Gutter {
  /** @param {HTMLElement} root @param {import('./timeline.js').TimelinePanel} timeline */
  constructor(root, timeline) {
    this.root = root;
    this.timeline = timeline;
    /** @type {{property: HTMLElement[], event: HTMLElement[], lane: HTMLElement[]}} */
    this.pools = { property: [], event: [], lane: [] };
  }

  /** @param {import('./layout.js').Place[]} places */
  show(places) {
    const used = { property: 0, event: 0, lane: 0 };
    for (const place of places) {
      const { kind, i, top } = place;
      const element = this.pools[kind][used[kind]++] ?? this.#make(kind);
      element.hidden = false;
      element.style.transform = `translateY(${top}px)`;
      if (kind === 'lane') this.#showLane(element, this.timeline.layout.lanes[i]);
      else {
        const { label } = this.timeline.layout[kind === 'event' ? 'events' : 'properties'][i];
        setText(element, label);
        element.title = kind === 'event' ? `${this.timeline.layout.events[i].class.label}: drag along the row to add one` : label;
      }
    }
    for (const [kind, pool] of Object.entries(this.pools)) {
      for (let i = used[kind]; i < pool.length; i++) pool[i].hidden = true;
    }
  }

  #make(kind) {
    const element = kind === 'lane'
      ? h('button', { class: CLASSES.lane, type: 'button', on: { click: (event) => this.#select(event) } })
      : h('div', { class: CLASSES[kind] });
    this.pools[kind].push(element);
    this.root.append(element);
    return element;
  }

  #showLane(element, index) {
    const entity = this.timeline.workspace.model.byIndex[index];
    setText(element, entity?.name ?? '');
    element.dataset.id = entity?.id ?? '';
    element.title = entity ? `Select ${entity.name}` : '';
  }

  #select(event) {
    const { id } = event.currentTarget.dataset;
    if (id) this.timeline.workspace.actions.select(id);
  }
}
