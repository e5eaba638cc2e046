/** Playing one stretch again and again: `loop` of the store is `{first, stop}`, or null. */

export class Loop {
  /** @param {import('../workspace.js').Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    /** The last frame is on show, and playing goes back to the first when its time is over. */
    this.turning = false;
    workspace.store.watch(['playing'], ({ playing }) => {
      if (!playing) this.#stop();
    }, { now: false });
  }

  #stop() {
    clearTimeout(this.timer);
    this.turning = false;
  }

  get #state() {
    return this.workspace.store.state;
  }

  /** Begin at this frame; what ended before it goes on to the end of the video. */
  begin(frame) {
    const { loop } = this.#state;
    const { frameCount } = this.workspace.model;
    const stop = loop && loop.stop > frame + 1 ? loop.stop : frameCount;
    this.workspace.store.set({ loop: { first: Math.min(frame, frameCount - 2), stop } });
  }

  /** End with this frame. */
  end(frame) {
    const { loop } = this.#state;
    const first = loop && loop.first < frame ? loop.first : 0;
    this.workspace.store.set({ loop: { first, stop: Math.max(frame, 1) + 1 } });
  }

  /** The stretch, e.g. of the selected entity; null plays on to the end again. */
  set(range) {
    this.workspace.store.set({ loop: range });
  }

  /** Where playing begins when it is asked for at a frame. */
  startFrom(frame) {
    const { loop } = this.#state;
    const last = (loop ? loop.stop : this.workspace.model.frameCount) - 1;
    return frame < last && (!loop || frame >= loop.first) ? frame : loop?.first ?? 0;
  }

  /**
   * A frame was shown while playing. @returns {boolean} whether it was the last of the loop: then
   * it stays as long as a frame does, and the first follows
   */
  shown(frame) {
    const { loop, playing, rate } = this.#state;
    if (!loop || !playing || frame < loop.stop - 1) return false;
    if (this.turning) return true;
    this.turning = true;
    const { source, times } = this.workspace;
    source.pause();
    const last = Math.min(loop.stop, times.length) - 1;
    const frameS = last > 0 ? times[last] - times[last - 1] : 0;
    this.timer = setTimeout(() => this.#turn(), (1000 * frameS) / rate);
    return true;
  }

  #turn() {
    this.turning = false;
    const { loop, playing, rate, frame } = this.#state;
    if (playing) this.workspace.source.play(loop ? loop.first : frame, rate);
  }
}
