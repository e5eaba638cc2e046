/**
 * The selected entity at the frame shown, as the engine evaluates it: `details` in the store. With
 * nothing selected it is the scene, where the ontology gives the scene properties.
 *
 * @typedef {{value: any, applies: boolean, keyframes?: number, keyframe?: boolean,
 *   since?: number|null, until?: number|null, rule?: string|null, rules?: string[],
 *   source?: {by: string, confidence: number|null}|null}} Detail for constants only the first two
 * @typedef {{id: string, frame: number, revision: number, properties: Object<string, Detail>,
 *   first?: number|null, stop?: number|null, presence_keyframes?: number[]}} Details
 */

import { fetchJson } from '../api.js';
import { SCENE_ENTITY } from './model.js';

const WHILE_PLAYING_MS = 120;
const RETRY_MS = 800;

export class DetailsSource {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    const { base, store, model } = workspace;
    this.workspace = workspace;
    this.base = base;
    this.store = store;
    this.model = model;
    this.wanted = false;
    this.closed = false;
    /** @type {Promise<void>|null} */
    this.running = null;
    store.watch(['selected', 'frame', 'structure', 'playing', 'status'], () => this.refresh());
  }

  /** @returns {string|null} whose properties the panel shows */
  get subject() {
    const { selected } = this.store.state;
    if (selected && this.model.entities.has(selected)) return selected;
    return selected === null && this.model.scene ? SCENE_ENTITY : null;
  }

  /** @param {string[]|null} entities what was changed, null for anything */
  changed(entities) {
    if (entities === null || entities.includes(this.subject)) this.refresh();
  }

  refresh() {
    this.wanted = true;
    this.running ??= this.#run().finally(() => { this.running = null; });
  }

  /** Whether what is known is of the frame shown and as new as the last edit acknowledged. */
  get current() {
    const { details, frame } = this.store.state;
    return details?.id === this.subject && details?.frame === frame && details.revision >= this.workspace.live.revision;
  }

  /** @returns {Promise<Details|null>} of the frame shown now, with the last edit in it */
  async fresh() {
    if (!this.current) {
      this.refresh();
      await this.running;
    }
    return this.current ? this.store.state.details : null;
  }

  async #run() {
    while (this.wanted && !this.closed) {
      this.wanted = false;
      const { subject } = this;
      const { frame } = this.store.state;
      if (!subject) {
        this.store.set({ details: null });
        return;
      }
      try {
        const details = await fetchJson(`${this.base}/entity/${encodeURIComponent(subject)}?frame=${frame}`);
        if (subject === this.subject) this.store.set({ details });
      } catch (error) {
        // Just drawn and not yet there, or offline: the connection says so, and `changed` follows.
        if (error.status === 0) await pause(RETRY_MS);
        if (error.status === 0 && this.store.state.status !== 'offline') this.wanted = true;
      }
      if (this.store.state.playing) await pause(WHILE_PLAYING_MS);
    }
  }

  close() {
    this.closed = true;
  }
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
