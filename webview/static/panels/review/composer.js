/** Where a thread is begun, and the selected entity judged. */

import { fill, h, setText } from '../../dom.js';
import { frameText, VERDICTS } from './words.js';

export class Composer {
  /** @param {import('./panel.js').ReviewPanel} panel */
  constructor(panel) {
    this.panel = panel;
    /** Whether the next press on the picture says where. */
    this.placing = false;
    /** @type {number[]|null} x, y in video px */
    this.place = null;
    this.about = h('p', { class: 'review-about' });
    this.field = h('textarea', {
      class: 'input review-text', rows: '2', maxlength: '10000', placeholder: 'Comment, or a reason',
      'aria-label': 'Comment', disabled: panel.readOnly,
      on: {
        keydown: (event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#comment();
        },
      },
    });
    const button = (text, title, run, more = '') => h('button', {
      class: `button ${more}`, type: 'button', title, disabled: panel.readOnly, on: { click: run },
    }, text);
    this.placeButton = button('Pin a place', 'Then press on the picture', () => this.#aim());
    this.verdicts = h('div', { class: 'review-verdicts' }, VERDICTS.map(({ name, verb, look }) => button(
      verb, `${verb} the selected entity, with the reason above`, () => this.#judge(name), look)));
    this.root = h('div', { class: 'review-composer' },
      this.about, this.field,
      h('div', { class: 'review-row' },
        button('Comment', 'Begin a thread (Ctrl+Enter)', () => this.#comment(), 'primary'), this.placeButton),
      this.verdicts);
    panel.workspace.store.watch(['frame', 'selected', 'loop', 'structure'], () => this.update(), { now: false });
  }

  update() {
    if (this.root.hidden) return;
    const { panel } = this;
    const { selected } = panel.workspace.store.state;
    const known = panel.workspace.model.entities.has(selected);
    const parts = [frameText(this.#frames())];
    if (known) parts.push(panel.nameOf(selected));
    if (this.place) parts.push(`at ${this.place.map(Math.round).join(', ')} px`);
    setText(this.about, parts.join(' · '));
    this.verdicts.hidden = !known;
    fill(this.placeButton, this.placing ? 'Press on the picture' : this.place ? 'Take the place away' : 'Pin a place');
    this.placeButton.setAttribute('aria-pressed', String(this.placing));
  }

  focus() {
    this.update();
    this.field.focus();
  }

  #frames() {
    const { frame, loop } = this.panel.workspace.store.state;
    return loop ? [loop.first, loop.stop] : [frame, frame + 1];
  }

  #aim() {
    if (this.place) this.place = null;
    else this.placing = !this.placing;
    this.update();
  }

  /** @param {number[]} place */
  placed(place) {
    this.placing = false;
    this.place = place.map((v) => Math.round(v * 100) / 100);
    this.update();
    this.field.focus();
  }

  get #entity() {
    const { model, store } = this.panel.workspace;
    return model.entities.has(store.state.selected) ? store.state.selected : undefined;
  }

  async #comment() {
    const text = this.field.value.trim();
    if (!text) {
      this.field.focus();
      return;
    }
    const thread = await this.panel.say({
      text, frames: this.#frames(), entity: this.#entity, place: this.place ?? undefined,
    });
    this.#said(thread);
  }

  async #judge(verdict) {
    const { loop } = this.panel.workspace.store.state;
    const frames = loop ? [loop.first, loop.stop] : undefined;
    this.#said(await this.panel.say({ text: this.field.value.trim(), verdict, frames, entity: this.#entity }));
  }

  #said(thread) {
    if (!thread) return; // refused: what was typed stays
    this.field.value = '';
    this.place = null;
    this.panel.opened = thread.id;
    this.panel.refresh();
  }
}
