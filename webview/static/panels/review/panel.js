/**
 * The review panel over the right of the picture: threads that can be opened, answered and marked,
 * and the problems of the annotations. What it shows comes from the server whenever somebody, here
 * or elsewhere, said something.
 */

import { afterFirstPicture, fetchJson } from '../../api.js';
import { fill, h } from '../../dom.js';
import { icon } from '../../icons.js';
import { toVideo } from '../../view/viewport.js';
import { Composer } from './composer.js';
import { drawPins, pinAt } from './pins.js';
import { problemList } from './problems.js';
import { threadList } from './threads.js';
import { inert } from './words.js';

const SETTLE_MS = 400;

/** @typedef {{author: string, time: string, text: string, verdict: ?string, status: ?string, assignee: ?string}} Entry */
/**
 * @typedef {{id: string, pin: {frames?: number[], entity?: string, property?: string, place?: number[]},
 *   status: string, verdict: ?string, assignee: string, outdated: boolean, entries: Entry[]}} Thread
 */

export class ReviewPanel {
  /** @param {HTMLElement} root @param {import('../../workspace.js').Workspace} workspace */
  constructor(root, workspace) {
    this.root = root;
    this.workspace = workspace;
    /** @type {Thread[]} */
    this.threads = [];
    this.state = { me: '', accepted: 0, left: {}, problems: [], more: 0 };
    this.found = null;
    this.showAll = false;
    /** The thread whose entries are shown. @type {string|null} */
    this.opened = null;
    /** Texts being typed, by thread: news must not take them away. @type {Map<string, string>} */
    this.drafts = new Map();
    this.body = h('div', { class: 'review-body' });
    this.composer = new Composer(this);
    this.tabs = ['threads', 'problems'].map((name) => h('button', {
      class: 'button', type: 'button', role: 'tab', data: { tab: name },
      on: { click: () => workspace.store.set({ review: name }) },
    }, name === 'threads' ? 'Threads' : 'Problems'));
    root.replaceChildren(
      h('div', { class: 'review-head' },
        h('div', { class: 'segmented', role: 'tablist' }, this.tabs),
        h('button', {
          class: 'button', type: 'button', title: 'Close', 'aria-label': 'Close the review',
          on: { click: () => workspace.store.set({ review: null }) },
        }, icon('close'))),
      this.composer.root, this.body);
    const { store, stage } = workspace;
    store.watch(['review'], ({ review }) => this.#shown(review), { now: false });
    store.watch(['frame'], () => stage.refreshOverlay(), { now: false });
    store.watch(['structure'], () => this.render(), { now: false });
    let before = null;
    store.watch(['status'], ({ status }) => {
      if (before === 'offline' && status !== 'offline') this.refresh(); // what was said meanwhile
      before = status;
    });
    stage.decorations.push((context, { view }) => {
      const pins = this.pins();
      if (pins.length) drawPins(context, pins, view, this.opened);
      return pins.length > 0;
    });
    // Before the tools: a pin lies over the shapes.
    stage.root.addEventListener('pointerdown', (event) => this.#pressed(event), { capture: true });
    afterFirstPicture().then(() => this.refresh());
  }

  /** Threads with a place on the frame shown. @returns {Thread[]} */
  pins() {
    const { frame, review } = this.workspace.store.state;
    return this.threads.filter(({ pin, status, outdated, id }) => pin.place && !outdated
      && (status === 'open' || (review === 'threads' && id === this.opened))
      && (!pin.frames || (frame >= pin.frames[0] && frame < pin.frames[1])));
  }

  /** Ask for everything anew; answers that were overtaken are dropped. */
  async refresh() {
    const request = (this.request = {});
    let answer;
    try {
      answer = await fetchJson(`${this.workspace.base}/reviews`);
    } catch {
      return; // offline: the status says so, and it is asked again afterwards
    }
    if (request !== this.request) return;
    this.threads = answer.threads;
    this.#keepLeft(answer.left);
    this.state = { ...answer, left: null };
    this.workspace.store.set({ openThreads: this.threads.filter((t) => t.status === 'open').length });
    this.workspace.store.bump('reviews');
    this.render();
    this.workspace.stage.refreshOverlay();
  }

  /** A byte for each entity, instead of thousands of ids and words. */
  #keepLeft(left) {
    const { entities, byIndex } = this.workspace.model;
    this.leftStates = [];
    this.leftCodes = new Uint8Array(byIndex.length);
    this.leftCount = 0;
    for (const [id, state] of Object.entries(left)) {
      this.leftCount++;
      const index = entities.get(id)?.index;
      if (index === undefined) continue;
      if (!this.leftStates.includes(state)) this.leftStates.push(state);
      this.leftCodes[index] = 1 + this.leftStates.indexOf(state);
    }
  }

  /** @returns {string} in which state of the review an entity is; what is not left is accepted */
  stateOf(entity) {
    return this.leftStates?.[(this.leftCodes[entity.index] ?? 0) - 1] ?? 'accept';
  }

  /** The project was edited: verdicts may be out of date, problems others. */
  changed() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const { review } = this.workspace.store.state;
      if (review === 'problems') this.look();
      else if (review) this.refresh();
    }, SETTLE_MS);
  }

  /** Run the checks. */
  async look() {
    const request = (this.looking = {});
    try {
      const found = await fetchJson(`${this.workspace.base}/problems`);
      if (request !== this.looking) return;
      this.found = found;
    } catch (error) {
      this.workspace.notify(inert(error.message), 'bad');
      return;
    }
    this.render();
  }

  #shown(review) {
    this.root.hidden = !review;
    if (review === 'problems') this.look();
    else if (review) this.refresh();
    this.render();
    this.workspace.stage.refreshOverlay();
  }

  render() {
    const { review } = this.workspace.store.state;
    for (const tab of this.tabs) tab.setAttribute('aria-pressed', String(tab.dataset.tab === review));
    this.composer.root.hidden = review !== 'threads';
    if (!review) return;
    const { activeElement } = document;
    const kept = this.body.contains(activeElement) && activeElement.dataset.draft;
    const at = kept ? [activeElement.selectionStart, activeElement.selectionEnd] : null;
    const top = this.body.scrollTop;
    this.composer.update();
    fill(this.body, review === 'threads' ? threadList(this) : problemList(this));
    this.body.scrollTop = top;
    if (!kept) return;
    const again = this.body.querySelector(`textarea[data-draft="${kept}"]`);
    again?.focus();
    again?.setSelectionRange(...at);
  }

  /** Open a thread, and go to where it is pinned. */
  open(thread) {
    this.opened = this.opened === thread.id ? null : thread.id;
    if (this.opened) this.goTo(thread.pin.entity, thread.outdated ? null : thread.pin.frames?.[0]);
    this.render();
    this.workspace.stage.refreshOverlay();
  }

  goTo(entity, frame) {
    const { actions, model } = this.workspace;
    if (frame !== null && frame !== undefined) actions.seek(frame);
    if (entity && model.entities.has(entity)) actions.select(entity);
  }

  /** Say something; what was typed stays until the server has it. @returns {Promise<Thread|null>} */
  async say(message) {
    return this.#post('reviews', message);
  }

  async mend(problem, label) {
    const done = await this.#post('problems', { code: problem.code, key: problem.key, label });
    if (done) this.workspace.notify(`${inert(label)} (undo takes it back)`);
    this.look();
  }

  async #post(where, message) {
    try {
      return await fetchJson(`${this.workspace.base}/${where}`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(message),
      });
    } catch (error) {
      this.workspace.notify(inert(error.message), 'bad');
      return null;
    }
  }

  /** Show the composer and type into it. */
  compose() {
    this.workspace.store.set({ review: 'threads' });
    this.composer.focus();
  }

  #pressed(event) {
    if (event.button !== 0) return;
    const { left, top } = this.workspace.stage.root.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const { view } = this.workspace.stage;
    if (this.composer.placing) {
      this.composer.placed(toVideo(view, x, y));
    } else {
      const thread = pinAt(this.pins(), view, x, y);
      if (!thread) return;
      this.workspace.store.set({ review: 'threads' });
      this.opened = null;
      this.open(thread);
    }
    event.stopPropagation();
    event.preventDefault();
  }

  nameOf(entity) {
    return inert(this.workspace.model.entities.get(entity)?.name ?? entity);
  }

  get readOnly() {
    return this.workspace.readOnly;
  }
}
