// The video's pictures on a canvas, by frame index. Decodes the file's own packets with WebCodecs;
// where the browser cannot, the server encodes the frames as H.264, or sends them as stills. Nobody
// else sees a VideoFrame.

import { Aim } from './frame_source/aim.js';
import { Brush } from './frame_source/brush.js';
import { Damage } from './frame_source/damage.js';
import { Due } from './frame_source/due.js';
import { FrameCache } from './frame_source/frame_cache.js';
import { describeMark, drawMark } from './frame_source/marks.js';
import { PacketCache } from './frame_source/packets.js';
import { Pipeline } from './frame_source/pipeline.js';
import { Playback } from './frame_source/playback.js';
import { Stills } from './frame_source/stills.js';
import { chooseWay } from './frame_source/way.js';

/**
 * @typedef {object} FrameSourceOptions
 * @property {string} base such as '/api/0': units and stills are fetched below it
 * @property {VideoInfo} video
 * @property {Float64Array} times seconds of each frame
 * @property {import('./protocol.js').UnitTable} units
 * @property {HTMLCanvasElement} canvas is given the video's size; nobody else draws on it
 * @property {HeadersInit} [headers] sent with every request
 * @property {(frame: number) => void} [onShown] called right after `frame` was drawn, in the same
 *   task. While seeks follow each other quickly also for frames passed on the way.
 * @property {(statusText: string, source: FrameSource) => void} [onStatus] `mode`, `playing` or
 *   `statusText` changed
 * @property {number} [cacheBytes] bound for decoded pictures
 */

/**
 * @typedef {object} VideoInfo
 * @property {number} frame_count
 * @property {number} width as displayed, after rotation
 * @property {number} height
 * @property {number} [rotation] degrees clockwise to turn a decoded picture upright; taken from
 *   the decoder configuration when absent
 * @property {import('./frame_source/config.js').ServerConfig | null} [decoder_config]
 */

/** @typedef {VideoFrame | ImageBitmap} Picture */

/** Bound for decoded pictures: more on a machine that says it has 8 GB or more. */
const CACHE_BYTES = (/** @type {any} */ (navigator).deviceMemory >= 8 ? 512 : 256) << 20;
/** While seeks come faster than they can be done, something is shown this often. */
const PROGRESS_MS = 150;
/** A seek waits at most so long for the one before it to show something. */
const PATIENCE_MS = 500;
/** So many units failing before any worked: it is this browser, not the file. */
const MAX_FAILED_UNITS = 3;

export class FrameSource {
  #options;
  #context;
  #brush;
  #cache;
  #aim;
  #stills;
  #due;
  #playback;
  /** @type {PacketCache | null} */
  #packets = null;
  /** @type {Pipeline | null} */
  #pipeline = null;
  /** Frames the decoder gave no picture for. @type {Set<number>} */
  #missing = new Set();
  #failedUnits = 0;
  #decoded = false;
  /** @type {import('./frame_source/way.js').Way['mode']} */
  #mode = 'webcodecs';
  /** The stretches that the pipeline decodes. @type {import('./protocol.js').UnitTable} */
  #units;
  #damage;
  #started = false;
  /** Why the browser does not decode the file's own packets. */
  #reason = '';
  /** Why the last frame asked for is not there. */
  #trouble = '';
  #said = '';
  #frame = -1;
  #target = -1;
  /** Callers of seek() that wait. @type {Array<(frame: number) => void>} */
  #waiting = [];
  /** A seek held back until the one before it has shown something. */
  #postponed = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #postponeTimer;
  #drawnMs = -Infinity;
  /** Counts what was drawn. */
  #drawn = 0;
  /** Last decoded on the way to a target. @type {{frame: number, picture: VideoFrame} | null} */
  #passing = null;
  #stillRunning = false;
  #closed = false;

  /** @param {FrameSourceOptions} options */
  constructor(options) {
    this.#options = options;
    const { canvas, video, base, headers, times } = options;
    canvas.width = video.width;
    canvas.height = video.height;
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This browser has no 2D canvas.');
    this.#context = context;
    this.#brush = new Brush(context, video.rotation ?? video.decoder_config?.rotation ?? 0);
    this.#cache = new FrameCache(options.cacheBytes ?? CACHE_BYTES);
    this.#stills = new Stills(base, headers);
    this.#units = options.units;
    this.#damage = new Damage(base, headers);
    const available = (/** @type {number} */ frame) => this.#available(frame);
    this.#aim = new Aim(this.#last, available, (frame) => this.#keyOf(frame));
    this.#due = new Due({
      brush: this.#brush,
      cache: this.#cache,
      shown: () => this.#frame,
      passing: () => this.#passing,
      show: (frame, put) => this.#show(frame, put),
    });
    this.#playback = new Playback({
      times,
      stills: this.#stills,
      shown: () => this.#frame,
      needsStill: (frame) => this.#needsStill(frame),
      missing: (frame) => this.#missing.has(frame),
      advance: (frame) => this.#advance(frame),
      drawNewest: (frame) => this.#due.draw(frame),
      prepare: (frame) => this.#due.prepare(frame),
      draw: (picture, frame) => this.#draw(picture, frame),
      trouble: (text) => { this.#trouble = text; },
      ended: () => this.#stopped(),
    });
    /** Settles when it is known how pictures are made; seek() waits for it by itself. */
    this.ready = this.#start();
  }

  get mode() {
    return this.#mode;
  }

  get playing() {
    return this.#playback.playing;
  }

  /** The frame on the canvas, -1 before the first. */
  get frame() {
    return this.#frame;
  }

  /** '' while all is well, else a sentence for the user. */
  get statusText() {
    const mark = this.#markOf(this.#frame);
    if (this.#trouble) return this.#trouble;
    if (mark) return describeMark(this.#frame, mark);
    if (this.#reason) return this.#reason;
    const { firstFrame, frameCount } = this.#units;
    const unit = this.#pipeline ? this.#pipeline.unitOf(this.#frame) : -1;
    if (unit >= 0 && this.#pipeline?.failed(unit)) {
      const first = firstFrame[unit];
      return `This browser cannot decode frames ${first} to ${first + frameCount[unit] - 1}: `
        + 'the server sends stills of them.';
    }
    return this.#missing.has(this.#frame)
      ? `This browser could not decode frame ${this.#frame}: it is a still from the server.` : '';
  }

  /** Decoded pictures in memory; for diagnostics. */
  get cached() {
    return { frames: this.#cache.size, bytes: this.#cache.bytes };
  }

  /**
   * Shows a frame; stops playback. A later call supersedes an earlier one.
   * @param {number} frame is brought into the video's range
   * @returns {Promise<number>} the frame shown in the end: that of the latest seek, or the one
   *   shown before when it could not be had (`statusText` says why)
   */
  seek(frame) {
    this.pause();
    return this.#seek(frame);
  }

  /**
   * Plays to the end, or until pause() or seek(), in real time by the frames' own times.
   * @param {number} [from] the first frame; by default the one shown
   * @param {number} [rate] above 0; 1 is the video's own speed
   */
  play(from = this.#frame, rate = 1) {
    if (!(rate > 0)) throw new RangeError('The rate must be above 0.');
    this.pause();
    this.#playback.start(this.#seek(from), rate);
    this.#say();
  }

  pause() {
    if (!this.playing) return;
    this.#playback.stop();
    this.#stopped();
  }

  close() {
    this.#closed = true;
    this.#playback.stop();
    clearTimeout(this.#postponeTimer);
    this.#dropPassing();
    this.#pipeline?.close();
    this.#packets?.close();
    this.#stills.close();
    this.#cache.close();
    this.#settle();
  }

  get #last() {
    return this.#options.video.frame_count - 1;
  }

  async #start() {
    const { video, base, headers } = this.#options;
    const [way] = await Promise.all([
      chooseWay(video, this.#units, base, headers), this.#damage.load(),
    ]);
    if (this.#closed) return;
    this.#started = true;
    if (!way.config) {
      this.#useStills(way.reason);
      return;
    }
    this.#mode = way.mode;
    this.#reason = way.reason;
    this.#units = way.units;
    this.#packets = new PacketCache(way.packets, headers);
    this.#pipeline = new Pipeline({
      config: way.config,
      units: this.#units,
      packets: this.#packets,
      has: (frame) => this.#available(frame),
      onFrame: (frame, picture) => this.#take(frame, picture),
      onMissing: (frames) => this.#lose(frames),
      onUnitFailed: () => this.#loseUnit(),
    });
    this.#say();
  }

  /** Takes in what a check of the video found meanwhile. */
  async reloadFindings() {
    await this.#damage.load();
    if (this.#closed) return;
    this.#cache.dropAll((frame) => this.#damage.has(frame));
    this.#say();
    if (this.#frame >= 0 && !this.playing && this.#damage.has(this.#frame)) this.seek(this.#frame);
  }

  /** @param {number} frame @returns {import('./frame_source/marks.js').Mark | undefined} */
  #markOf(frame) {
    return this.#stills.marks.get(frame) ?? (this.#damage.has(frame) ? { shown: frame } : undefined);
  }

  /** @param {string} reason */
  #useStills(reason) {
    this.#mode = 'stills';
    this.#reason = reason;
    this.#pipeline?.close();
    this.#packets?.close();
    this.#pipeline = null;
    this.#say();
    this.#runStills();
  }

  /** The frame with which the stretch begins that a frame is decoded in. @param {number} frame */
  #keyOf(frame) {
    return this.#pipeline ? this.#units.firstFrame[this.#pipeline.unitOf(frame)] : frame;
  }

  /** Whether the decoder has nothing to give for a frame. @param {number} frame */
  #available(frame) {
    return this.#cache.has(frame) || this.#missing.has(frame) || this.#damage.has(frame);
  }

  /** @param {number} frame */
  #needsStill(frame) {
    if (this.#mode === 'stills' || this.#missing.has(frame) || this.#damage.has(frame)) return true;
    return this.#pipeline !== null && this.#pipeline.failed(this.#pipeline.unitOf(frame));
  }

  /** @param {number} frame @returns {Promise<number>} */
  #seek(frame) {
    const target = Math.min(Math.max(0, Math.round(frame) || 0), this.#last);
    const inFlight = this.#waiting.length > 0;
    const done = new Promise((resolve) => { this.#waiting.push(resolve); });
    if (this.#closed) {
      this.#settle();
    } else if (!this.#started) {
      this.#target = target;
      if (!inFlight) this.ready.then(() => this.#begin(this.#target));
    } else if (inFlight && this.#wouldStarve(target)) {
      this.#postponed = target;
      this.#postponeTimer ??= setTimeout(() => this.#begin(this.#postponed), PATIENCE_MS);
    } else {
      this.#begin(target);
    }
    return done;
  }

  /**
   * Whether to let the seek under way show something first. Someone drags along the timeline: if
   * each seek threw away the one before it, nothing would be seen until the hand rests.
   * @param {number} target
   */
  #wouldStarve(target) {
    if (!this.#pipeline || this.#needsStill(target)) return false;
    if (this.#postponed >= 0) return true;
    if (this.#cache.has(target) || this.#pipeline.reaches(target)) return false;
    if (performance.now() - this.#drawnMs < PROGRESS_MS) return false;
    if (!this.#passing) return true;
    this.#draw(this.#passing.picture, this.#passing.frame);
    return false;
  }

  /** @param {number} target */
  #begin(target) {
    clearTimeout(this.#postponeTimer);
    this.#postponeTimer = undefined;
    this.#postponed = -1;
    if (this.#closed) return;
    this.#target = target;
    this.#trouble = '';
    this.#aim.turn(this.#frame, target);
    this.#cache.aim(target);
    this.#dropPassing();
    const picture = this.#cache.get(target);
    if (picture) this.#arrive(picture);
    else if (this.#needsStill(target)) this.#runStills();
    else this.#want();
  }

  /** The target's picture is here. @param {Picture} picture */
  #arrive(picture) {
    const frame = this.#target;
    const converting = this.#brush.convert(picture);
    if (!converting) {
      this.#finish(frame, () => this.#brush.draw(picture));
      return;
    }
    const drawn = this.#drawn;
    converting.then((put) => {
      if (this.#closed || this.#drawn !== drawn) return;
      if (frame === this.#target) this.#finish(frame, put);
      else this.#show(frame, put); // overtaken, and passed on the way
    }, () => {
      // Closed meanwhile, or not to be converted after all.
      if (this.#closed || frame !== this.#target || !this.#waiting.length) return;
      const again = this.#cache.get(frame);
      if (again) this.#finish(frame, () => this.#brush.draw(again));
      else this.#want();
    });
  }

  /** Shows the target. @param {number} frame @param {() => void} put draws it */
  #finish(frame, put) {
    // Taken before drawing: whoever is told of the frame may seek on at once.
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#show(frame, put);
    for (const resolve of waiting) resolve(frame);
    this.#want();
  }

  #settle() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(this.#frame);
  }

  #want() {
    if (this.#target < 0) return;
    this.#wish(this.#aim.wish(this.#target, this.#cache.room));
  }

  /** @param {import('./frame_source/pipeline.js').Wish} wish */
  #wish(wish) {
    this.#cache.aim(wish.target, wish.from, wish.to);
    this.#pipeline?.want(wish);
  }

  /** From the pipeline. @param {number} frame @param {VideoFrame} picture */
  #take(frame, picture) {
    this.#decoded = true;
    if (this.#damage.has(frame)) {
      picture.close(); // decoded for the sake of others; the server's still is what is shown
      return;
    }
    if (this.#postponed >= 0) {
      // Drawn before it is given away: the cache may have no room for it.
      this.#draw(picture, frame);
      this.#keep(frame, picture);
      this.#begin(this.#postponed);
      return;
    }
    this.#keep(frame, picture);
    if (frame === this.#target && this.#waiting.length > 0) this.#arrive(picture);
  }

  /** @param {number} frame @param {VideoFrame} picture */
  #keep(frame, picture) {
    this.#dropPassing();
    if (this.#aim.covers(frame)) this.#cache.put(frame, picture);
    else this.#passing = { frame, picture };
  }

  #dropPassing() {
    this.#passing?.picture.close();
    this.#passing = null;
  }

  /** @param {number[]} frames */
  #lose(frames) {
    for (const frame of frames) this.#missing.add(frame);
    this.#runStills();
  }

  #loseUnit() {
    this.#failedUnits++;
    if (!this.#decoded && this.#failedUnits >= MAX_FAILED_UNITS) {
      this.#useStills('This browser fails to decode this video: the server sends exact stills.');
    } else {
      this.#runStills();
    }
  }

  /** Fetches the target as a still, and whatever became the target meanwhile. */
  async #runStills() {
    if (this.#stillRunning) return;
    this.#stillRunning = true;
    while (!this.#closed && this.#waiting.length > 0 && this.#needsStill(this.#target)) {
      const frame = this.#target;
      let bitmap;
      try {
        bitmap = await this.#stills.get(frame);
      } catch (error) {
        if (frame !== this.#target || this.#closed) continue;
        this.#trouble = /** @type {Error} */ (error).message;
        this.#settle();
        this.#say();
        continue;
      }
      if (this.#closed) {
        bitmap.close();
      } else if (frame === this.#target) {
        this.#cache.put(frame, bitmap);
        if (this.#waiting.length > 0) this.#arrive(bitmap);
      } else {
        // Overtaken: still worth a look when nothing better is on the way at once.
        if (this.#needsStill(this.#target)) this.#draw(bitmap, frame);
        this.#cache.put(frame, bitmap);
      }
    }
    this.#stillRunning = false;
  }

  // For playback

  /** @param {number} frame due now */
  #advance(frame) {
    this.#target = frame;
    this.#wish(this.#aim.playing(frame, this.#cache.room));
  }

  #stopped() {
    this.#due.end();
    if (this.#closed) return;
    if (this.#waiting.length === 0) this.#target = this.#frame;
    this.#want();
    this.#say();
  }

  // Drawing

  /** @param {Picture} picture @param {number} frame */
  #draw(picture, frame) {
    this.#show(frame, () => this.#brush.draw(picture));
  }

  /** @param {number} frame @param {() => void} put draws it */
  #show(frame, put) {
    put();
    const mark = this.#markOf(frame);
    if (mark) drawMark(this.#context, frame, mark);
    this.#frame = frame;
    this.#drawn++;
    this.#drawnMs = performance.now();
    this.#options.onShown?.(frame);
    this.#say();
  }

  #say() {
    const state = `${this.#mode} ${this.playing} ${this.statusText}`;
    if (state === this.#said || this.#closed) return;
    this.#said = state;
    this.#options.onStatus?.(this.statusText, this);
  }
}
