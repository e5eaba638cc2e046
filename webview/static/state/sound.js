/**
 * The video's sound: an audio element that follows the frames. The frames are the master; where
 * the two drift apart the sound is made a little faster or slower, or moved.
 */

import { afterFirstPicture, fetchJson } from '../api.js';

const KEY = 'reviewer:sound';
const SLOWEST = 0.5;
const FASTEST = 2;
const NUDGE_FROM_S = 0.03;
const MOVE_FROM_S = 0.2;
const NUDGE = 0.06;

export class Sound {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.element = null;
    this.offset = 0;
    this.failed = false;
    let on = true;
    try {
      on = localStorage.getItem(KEY) !== 'off';
    } catch { /* as if never asked */ }
    workspace.store.set({ sound: on, hasSound: false });
    workspace.store.watch(['playing', 'rate', 'sound'], () => this.#follow(), { now: false });
    if (workspace.model.video.attached) this.#look();
  }

  async #look() {
    await afterFirstPicture();
    try {
      const { available, offset, type } = await fetchJson(`${this.workspace.base}/sound`);
      if (this.closed || !available) return;
      this.offset = offset;
      this.type = type;
      this.workspace.store.set({ hasSound: true });
    } catch { /* without sound then */ }
  }

  toggle() {
    const on = !this.workspace.store.state.sound;
    this.workspace.store.set({ sound: on });
    try {
      localStorage.setItem(KEY, on ? 'on' : 'off');
    } catch { /* it lasts as long as the page */ }
  }

  /** Whether it is to be heard at this speed. */
  get #wanted() {
    const { playing, rate, sound, hasSound } = this.workspace.store.state;
    return playing && sound && hasSound && !this.failed && rate >= SLOWEST && rate <= FASTEST;
  }

  #follow() {
    if (!this.#wanted) {
      this.element?.pause();
      return;
    }
    this.element ??= this.#open();
    this.element.playbackRate = this.workspace.store.state.rate;
    this.shown(this.workspace.store.state.frame);
  }

  #open() {
    const element = new Audio();
    // What this browser cannot play as it is in the file, the server makes into Opus.
    const able = this.type && element.canPlayType(this.type);
    element.src = `${this.workspace.base}/sound/track${able ? '' : '?as=opus'}`;
    element.preservesPitch = true;
    element.addEventListener('error', () => {
      this.failed = true;
      this.workspace.store.set({ hasSound: false });
      this.workspace.notify('The sound of this video cannot be played here.');
    });
    return element;
  }

  /** A frame was shown: keep the sound with it. */
  shown(frame) {
    const { element } = this;
    if (!element || !this.#wanted) return;
    const { times, store } = this.workspace;
    const at = times[frame] - times[0] - this.offset;
    const over = at < 0 || (element.duration && at > element.duration);
    if (over || element.readyState === 0) {
      element.pause();
      if (element.readyState === 0 && !over) element.load();
      if (element.readyState === 0) this.#whenReady();
      return;
    }
    const late = at - element.currentTime;
    if (element.paused || Math.abs(late) > MOVE_FROM_S) {
      if (!element.seeking) element.currentTime = at;
      if (element.paused) element.play().catch(() => {});
      element.playbackRate = store.state.rate;
      return;
    }
    const nudge = Math.abs(late) > NUDGE_FROM_S ? 1 + Math.sign(late) * NUDGE : 1;
    element.playbackRate = store.state.rate * nudge;
  }

  #whenReady() {
    if (this.waiting) return;
    this.waiting = true;
    this.element.addEventListener('loadedmetadata', () => {
      this.waiting = false;
      this.shown(this.workspace.store.state.frame);
    }, { once: true });
  }

  /** What is to be heard now, null for nothing; for diagnostics. */
  get heard() {
    const { element } = this;
    if (!element || element.paused) return null;
    return { seconds: element.currentTime + this.offset, frame: this.workspace.store.state.frame };
  }

  close() {
    this.closed = true;
    this.element?.pause();
    this.element?.removeAttribute('src');
    this.element = null;
  }
}
