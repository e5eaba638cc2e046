/**
 * One open project in this window: puts state, engine windows, video, stage and panels together
 * and carries news between them. What each of them does is in its own module.
 */

import { Actions } from './actions.js';
import { fetchJson, firstPictureIsThere } from './api.js';
import { BlankSource } from './blank_source.js';
import { h } from './dom.js';
import { FrameSource } from './frame_source.js';
import { createPainter } from './painter.js';
import { createBanners } from './panels/banners.js';
import { createEntityList } from './panels/entities/list.js';
import { menuOnStage } from './panels/entities/menu.js';
import { createLegend } from './panels/legend.js';
import { isFirstTime } from './dialogs/guide.js';
import { createPickHint } from './panels/pick_hint.js';
import { createProperties } from './panels/properties.js';
import { ReviewPanel } from './panels/review/panel.js';
import { createSide } from './panels/side.js';
import { createStatusBar } from './panels/status_bar.js';
import { createTopBar } from './panels/top_bar.js';
import { createTransport } from './panels/transport.js';
import { Shortcuts } from './shortcuts.js';
import { DetailsSource } from './state/details.js';
import { Live } from './state/live.js';
import { applyTheme, followSystem, loadLook, saveLook } from './state/look.js';
import { Lives } from './state/lives.js';
import { Loop } from './state/loop.js';
import { Model } from './state/model.js';
import { fetchProject } from './state/opening.js';
import { Sound } from './state/sound.js';
import { Store } from './state/store.js';
import { Visibility } from './state/visibility.js';
import { Windows } from './state/windows.js';
import { TimelinePanel } from './timeline/timeline.js';
import { Clipboard } from './tools/clipboard.js';
import { Editing } from './tools/editing.js';
import { createOptionsBar } from './tools/options_bar.js';
import { Pointer } from './tools/pointer.js';
import { createCrosshair } from './view/crosshair.js';
import { createMinimap } from './view/minimap.js';
import { describePainted } from './view/describe.js';
import { createPeek } from './view/peek.js';
import { Scene } from './view/scene.js';
import { Stage } from './view/stage.js';
import { trackDecoration } from './view/tracks.js';
import { applyVideoLook } from './view/video_look.js';

/** The class of the first shape drawn, and how. */
function firstToDraw(model) {
  const first = model.classes.find(({ geometry }) => geometry.length);
  return { drawClass: first?.name ?? null, drawKind: first?.geometry[0] ?? 'box' };
}

/** A video that is slow to decode must not keep the lists empty. */
const NICE_AFTER_MS = 1500;
const DEFAULT_SIZE = { width: 1280, height: 720 };

export class Workspace {
  /**
   * @param {HTMLElement} root
   * @param {{project: number, frame?: number, entity?: string, painter?: string,
   *   fetched?: import('./state/opening.js').Fetched, notify: Function,
   *   onChooser: (() => void)|null, onSignedOut: (sentence: string) => void}} options
   * @returns {Promise<Workspace>}
   */
  static async open(root, options) {
    const { base, answers } = options.fetched ?? fetchProject(options.project);
    const [state, times, units] = await answers;
    if (state.video.attached && !units) throw new Error('The video\u2019s index could not be loaded: load the page again.');
    return new Workspace(root, options, base, state, times, units);
  }

  constructor(root, options, base, state, times, units) {
    this.options = options;
    this.base = base;
    this.times = times;
    this.notify = options.notify;
    this.model = new Model(state);
    const frame = Math.min(Math.max(options.frame ?? 0, 0), this.model.frameCount - 1);
    this.store = new Store({
      frame, target: frame, playing: false, rate: 1, selected: null, hovered: null, tool: 'select',
      selection: [], shape: null, handle: null, ...firstToDraw(this.model), drawMany: false, snap: true,
      brush: { mode: 'brush', size: 24 }, structure: 0, ontology: 0, details: null, picking: null, look: loadLook(), shapes: 0, timeline: null,
      status: 'offline', waiting: 0, undo: state.undo, redo: state.redo, colorBy: 'class',
      seen: 0, lives: 0, loop: null, videoMode: '', videoStatus: '', backend: '', view: { scale: 1, x: 0, y: 0 }, labels: 'auto', bare: false,
    });
    this.windows = new Windows({
      base, frameCount: this.model.frameCount, onLoaded: (first, stop) => this.#windowLoaded(first, stop),
    });
    // The server evaluates while the page is laid out.
    this.windows.want(frame);
    this.visibility = new Visibility(this.model, () => {
      this.scene.showOnly((entity) => !this.visibility.isHidden(entity.id));
      this.store.bump('seen');
      this.stage.paint();
    });
    this.lives = new Lives(base, () => this.store.bump('lives'));
    this.scene = new Scene(this.model, this.windows);
    this.scene.showOnly((entity) => !this.visibility.isHidden(entity.id));
    this.actions = new Actions(this);
    this.loop = new Loop(this);
    this.sound = new Sound(this);
    this.details = new DetailsSource(this);
    // First, so that every panel that watches finds the new colours.
    this.store.watch(['colorBy'], () => {
      this.scene.recolor(this.store.state.colorBy);
      this.store.bump('structure');
      this.stage.refresh();
    }, { now: false });
    this.#layOut(root, units);
    this.live = new Live({
      base,
      key: state.key,
      readOnly: Boolean(this.model.readOnly),
      onChanged: (message) => this.#changed(message),
      onReload: (restarted) => this.#reload(restarted),
      onStatus: (status, waiting) => this.store.set({ status, waiting }),
      onSignedOut: options.onSignedOut,
      onNotice: (text) => this.notify(text),
      onFindings: () => this.timeline.fetchProblems(),
      onReviews: () => this.review.refresh(),
    });
    this.store.watch(['selected'], () => this.#fetchTimeline(), { now: false });
    this.store.watch(['labels'], ({ labels }) => {
      this.stage.labels = labels;
      this.stage.refreshNames();
    });
    this.onLeave = (event) => {
      if (!this.live.safe) event.preventDefault();
    };
    addEventListener('beforeunload', this.onLeave);
    this.source = this.#openSource(units);
    setTimeout(firstPictureIsThere, NICE_AFTER_MS);
    this.ready = this.#start(frame);
  }

  #layOut(root, units) {
    const video = this.model.video;
    const size = video.width ? { width: video.width, height: video.height } : DEFAULT_SIZE;
    const part = (name, label) => h('section', { class: name, 'aria-label': label });
    const parts = {
      top: h('header', { class: 'top-bar' }),
      banners: h('div', { class: 'banners', role: 'status' }),
      legend: h('div', { class: 'legend', hidden: true }),
      review: h('aside', { class: 'review-panel', 'aria-label': 'Review', hidden: true }),
      options: h('div', { class: 'tool-options', role: 'toolbar', 'aria-label': 'Options of the tool', hidden: true }),
      stage: h('section', { class: 'stage', tabindex: '-1', 'aria-label': 'Video and shapes' }),
      entities: part('entities-panel', 'Entities'),
      properties: part('properties-panel', 'Properties of the selected entity'),
      transport: part('transport', 'Playback'),
      timeline: part('timeline-panel', 'Timeline'),
      status: h('footer', { class: 'status-bar' }),
    };
    root.replaceChildren(h('div', { class: 'workspace' },
      parts.top, parts.banners,
      parts.stage, parts.options, parts.legend, parts.review, parts.transport, parts.timeline,
      createSide(parts.entities, parts.properties),
      parts.status));
    this.parts = parts;
    this.stage = new Stage(parts.stage, { store: this.store, scene: this.scene, model: this.model, size });
    this.editing = new Editing(this);
    this.clipboard = new Clipboard(this);
    this.pointer = new Pointer(this);
    this.shortcuts = new Shortcuts(this);
    createTopBar(parts.top, this);
    this.entityList = createEntityList(parts.entities, this);
    menuOnStage(this);
    createProperties(parts.properties, this);
    createTransport(parts.transport, this);
    this.timeline = new TimelinePanel(parts.timeline, this, units);
    createStatusBar(parts.status, this);
    this.review = new ReviewPanel(parts.review, this);
    createLegend(parts.legend, this);
    createOptionsBar(parts.options, this);
    createPickHint(parts.stage, this);
    this.#makeComfortable();
    createBanners(parts.banners, this);
  }

  /** What lies over and around the picture for the person's sake. */
  #makeComfortable() {
    const { store, stage, parts } = this;
    applyVideoLook(parts.stage, stage.videoCanvas, store);
    stage.decorations.unshift(trackDecoration(this));
    createCrosshair(this);
    createMinimap(parts.stage, this);
    createPeek(this);
    store.watch(['look'], ({ look }) => {
      applyTheme(look);
      saveLook(look);
      stage.refreshOverlay();
    });
    store.watch(['timeline'], () => stage.refreshOverlay(), { now: false });
    followSystem(() => store.state.look);
    if (this.model.demo && isFirstTime() && !this.readOnly) this.shortcuts.startGuide();
  }

  #openSource(units) {
    const { video } = this.model;
    const onShown = (frame) => this.#frameShown(frame);
    const onStatus = () => this.#sourceStatus();
    if (!video.attached) return new BlankSource({ times: this.times, onShown, onStatus });
    return new FrameSource({
      base: this.base, video, times: this.times, units, canvas: this.stage.videoCanvas, onShown, onStatus,
    });
  }

  async #start(frame) {
    this.source.seek(frame);
    try {
      const painter = await createPainter(this.stage.shapesCanvas, { backend: this.options.painter ?? 'auto' });
      this.stage.usePainter(painter);
      this.store.set({ backend: painter.backend });
    } catch (error) {
      this.notify(`Shapes cannot be painted: ${error.message}`, 'bad');
    }
    this.#sourceStatus();
    if (this.options.entity && this.model.entities.has(this.options.entity)) {
      this.actions.select(this.options.entity, { reveal: false });
    }
  }

  /** The video frame is on its canvas: shapes follow in the same task. */
  #frameShown(frame) {
    const { state } = this.store;
    const atEnd = frame >= this.model.frameCount - 1;
    const patch = { frame };
    if (state.playing) patch.target = frame;
    const turning = state.playing && this.loop.shown(frame);
    if (state.playing && atEnd && !turning) patch.playing = false;
    this.store.set(patch);
    this.windows.want(frame);
    this.stage.paint();
    this.sound.shown(frame);
    firstPictureIsThere();
  }

  #sourceStatus() {
    if (!this.source) return; // called while it is being made
    this.store.set({ videoMode: this.source.mode, videoStatus: this.source.statusText ?? '' });
    if (this.store.state.playing && !this.source.playing && !this.loop.turning) {
      this.store.set({ playing: false, target: this.store.state.frame });
    }
  }

  #windowLoaded(first, stop) {
    const { frame } = this.store.state;
    if (frame >= first && frame < stop) this.stage.paint();
  }

  #changed(message) {
    const { entities, frames, revision, structure, there, gone, undo, redo } = message;
    if ((entities === null && structure) || message.ontology) {
      this.#reload(false);
      return;
    }
    this.store.set({ undo, redo });
    if (structure) this.#updateEntities(there, gone);
    if (frames) this.windows.invalidate(frames, revision);
    if (entities === null || entities.includes(this.store.state.selected)) this.#fetchTimeline();
    this.lives.stale();
    this.timeline.changed(entities);
    this.details.changed(entities);
    this.review.changed();
  }

  #updateEntities(there, gone) {
    this.model.update(there, gone);
    this.visibility.refresh();
    this.scene.refreshEntities();
    if (gone.includes(this.store.state.selected)) this.store.set({ selected: null });
    this.store.bump('structure');
    // At once: a hand that is quick would find no shape yet of an entity that has just got its number.
    this.stage.paint();
  }

  /** Everything anew: changes were missed, or entities have other numbers after a restart. */
  async #reload(restarted) {
    const before = this.model.ontologyText;
    try {
      const state = await fetchJson(`${this.base}/state`);
      this.model.load(state);
      this.visibility.refresh();
      this.store.set({ undo: state.undo, redo: state.redo });
    } catch (error) {
      this.notify(error.message, 'bad');
      return;
    }
    if (restarted) this.windows.reset();
    else this.windows.invalidate(null, this.model.revision);
    this.scene.recolor(this.store.state.colorBy);
    if (!this.model.entities.has(this.store.state.selected)) this.store.set({ selected: null });
    this.#fetchTimeline();
    if (this.model.ontologyText !== before) this.#ontologyChanged();
    this.store.bump('structure');
    this.lives.stale();
    if (restarted) this.timeline.lanes.reset();
    this.timeline.changed(null);
    this.details.changed(null);
    this.stage.refresh();
  }

  /** Classes and properties are others: panels that are made from them are made anew. */
  #ontologyChanged() {
    const { drawClass, colorBy } = this.store.state;
    this.shortcuts.readOntology();
    this.store.bump('ontology');
    if (!this.model.classByName.has(drawClass)) this.store.set(firstToDraw(this.model));
    const colours = ['class', 'entity', ...this.model.choiceProperties().map(({ name }) => name)];
    if (!colours.includes(colorBy)) this.store.set({ colorBy: 'class' });
    this.notify('The ontology was changed.');
  }

  async #fetchTimeline() {
    const id = this.store.state.selected;
    if (this.store.state.timeline?.id !== id) this.store.set({ timeline: null });
    if (!id || !this.model.entities.has(id)) return;
    const request = (this.timelineRequest = {});
    try {
      const timeline = await fetchJson(`${this.base}/timeline/${encodeURIComponent(id)}`);
      // Of several requests under way the last one made is the newest.
      if (request === this.timelineRequest && this.store.state.selected === id) this.store.set({ timeline });
    } catch { /* deleted meanwhile, or offline: the connection says so */ }
    if (request === this.timelineRequest) this.timelineRequest = null;
  }

  /**
   * Keyframes of the selected entity, at least as new as the last edit acknowledged: what decides
   * whether a key removes or makes a keyframe must not be older than what it acts on.
   */
  async freshTimeline() {
    const { timeline } = this.store.state;
    if (!timeline || timeline.revision < this.live.revision) await this.#fetchTimeline();
    return this.store.state.timeline;
  }

  get readOnly() {
    return Boolean(this.model.readOnly);
  }

  /** Read-only view for tests and bug reports; see globalThis.reviewer. */
  diagnostics() {
    const workspace = this;
    const { scene, model, store, source, stage, live, sound, details, shortcuts, timeline } = this;
    return {
      painted: () => describePainted(scene),
      values(id) {
        const { present, presence, values } = scene.valuesOf(id, store.state.frame);
        return present ? { presence, ...Object.fromEntries(values) } : null;
      },
      get frame() { return store.state.frame; },
      /** The frame whose picture is on the canvas, -1 before the first. */
      get shown() { return source.frame; },
      get target() { return store.state.target; },
      get playing() { return store.state.playing; },
      get selected() { return store.state.selected; },
      get selection() { return [...store.state.selection]; },
      get mode() { return source.mode; },
      get backend() { return store.state.backend; },
      get status() { return store.state.status; },
      get sound() { return sound.heard; },
      get view() { return { ...stage.view }; },
      /** Ids of edits that are not acknowledged, and whether they would outlive this page. */
      get waiting() { return [...live.pending.keys()]; },
      get safe() { return live.safe; },
      get commands() { return shortcuts.commands.map(({ text, keys }) => ({ text, keys })); },
      get detailsCurrent() { return details.current; },
      get overrides() { return scene.overrides.size; },
      /** Whether the timeline shows everything that was saved here, and nothing waits to be drawn. */
      get timelineCurrent() { return live.heard >= live.revision && !workspace.timelineRequest && timeline.drawn; },
    };
  }

  close() {
    removeEventListener('beforeunload', this.onLeave);
    this.live.close();
    this.details.close();
    this.source.close();
    this.stage.close();
    this.shortcuts.close();
    this.pointer.close();
    this.timeline.close();
    this.lives.close();
    this.sound.close();
  }
}
