// What test_frame_source.py runs in the page.

import { FrameSource } from '/static/frame_source.js';
import { decodeTimes, decodeUnits } from '/static/protocol.js';

const BITS = 16;

/** The number that tests/videos.py burnt into the picture, from the canvas. */
export function readNumber(canvas) {
  const { width, height } = canvas;
  const data = canvas.getContext('2d').getImageData(0, Math.floor(height / 16), width, 1).data;
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const at = 4 * Math.floor((bit + 0.5) * width / BITS);
    if (data[at] + data[at + 1] + data[at + 2] > 382) number |= 1 << bit;
  }
  return number;
}

const buffer = async (url) => (await fetch(url)).arrayBuffer();

/** VideoFrames that came out of a decoder or a constructor and were not closed. */
export const pictures = { open: 0, most: 0 };

/** Counts pictures, and lets a test get between decoder and page. */
export function watchDecoder({ onDecode = () => {}, onOutput = () => true } = {}) {
  const Original = globalThis.originalVideoDecoder ??= globalThis.VideoDecoder;
  pictures.open = 0;
  pictures.most = 0;
  const close = globalThis.originalClose ??= VideoFrame.prototype.close;
  const open = new WeakSet();
  VideoFrame.prototype.close = function () {
    if (open.delete(this)) pictures.open--;
    close.call(this);
  };
  globalThis.VideoDecoder = class extends Original {
    constructor({ output, error }) {
      super({
        error,
        output: (frame) => {
          open.add(frame);
          pictures.open++;
          pictures.most = Math.max(pictures.most, pictures.open);
          if (onOutput(frame)) output(frame);
          else frame.close();
        },
      });
    }

    decode(chunk) {
      onDecode(chunk, this);
      super.decode(chunk);
    }
  };
}

/** The same picture with its colour planes interleaved. @param {VideoFrame} frame */
async function toNV12(frame) {
  const data = new Uint8Array(frame.allocationSize());
  const [y, u, v] = await frame.copyTo(data);
  const { width, height } = frame.visibleRect;
  const [w, h] = [(width + 1) >> 1, (height + 1) >> 1];
  const out = new Uint8Array(width * height + 2 * w * h);
  for (let row = 0; row < height; row++) {
    const start = y.offset + row * y.stride;
    out.set(data.subarray(start, start + width), row * width);
  }
  for (let row = 0; row < h; row++) {
    for (let x = 0; x < w; x++) {
      const to = width * height + 2 * (row * w + x);
      out[to] = data[u.offset + row * u.stride + x];
      out[to + 1] = data[v.offset + row * v.stride + x];
    }
  }
  const { timestamp, colorSpace } = frame;
  return new VideoFrame(out, {
    format: 'NV12', codedWidth: width, codedHeight: height, timestamp, colorSpace,
    layout: [{ offset: 0, stride: width }, { offset: width * height, stride: 2 * w }],
  });
}

/**
 * A decoder whose pictures look as those of a hardware decoder: interleaved, or with pixels that
 * cannot be read at all.
 * @param {'NV12' | 'opaque'} kind
 */
export function likeHardware(kind) {
  watchDecoder();
  const Watched = globalThis.VideoDecoder;
  const opaque = new WeakSet();
  const { get } = Object.getOwnPropertyDescriptor(VideoFrame.prototype, 'format');
  Object.defineProperty(VideoFrame.prototype, 'format', {
    configurable: true,
    get() { return opaque.has(this) ? null : get.call(this); },
  });
  globalThis.VideoDecoder = class extends Watched {
    constructor({ output, error }) {
      let outputs = Promise.resolve();
      super({
        error,
        output: (frame) => {
          if (kind === 'opaque') {
            opaque.add(frame);
            output(frame);
            return;
          }
          const { close } = VideoFrame.prototype;
          outputs = outputs.then(async () => {
            const copy = await toNV12(frame);
            // The copy stands for the decoder's own picture, in the count as well.
            copy.close = () => {
              if (frame.format) frame.close();
              close.call(copy);
            };
            output(copy);
          });
        },
      });
      this.outputs = () => outputs;
    }

    async flush() {
      await super.flush();
      await this.outputs();
    }
  };
}

/** Makes `window.source` of a video; `window.shown` collects [reported frame, number read]. */
export async function open(name, options = {}) {
  globalThis.source?.close();
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  const base = `/${name}`;
  globalThis.shown = [];
  globalThis.statuses = [];
  globalThis.canvas = canvas;
  globalThis.source = new FrameSource({
    base, canvas,
    video: await (await fetch(`${base}/video`)).json(),
    times: decodeTimes(await buffer(`${base}/times`)),
    units: decodeUnits(await buffer(`${base}/units`)),
    onShown: (frame) => globalThis.shown.push([frame, readNumber(canvas)]),
    onStatus: (text, source) => globalThis.statuses.push([text, source.mode, source.playing]),
    ...options,
  });
  await globalThis.source.ready;
  return globalThis.source.mode;
}

/** Seeks one after another; gives [asked, resolved, number in the picture] of each. */
export async function seekEach(frames) {
  const results = [];
  for (const frame of frames) {
    const resolved = await globalThis.source.seek(frame);
    results.push([frame, resolved, readNumber(globalThis.canvas)]);
  }
  return results;
}

/** Plays until the end, or until `enough` frames were shown. */
export async function playThrough({ from = 0, rate = 1, enough = Infinity }) {
  globalThis.shown.length = 0;
  const { source } = globalThis;
  source.play(from, rate);
  while (source.playing && globalThis.shown.length < enough) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  source.pause();
  return { shown: globalThis.shown, frame: source.frame, playing: source.playing };
}

/** The canvas scaled down by averaging, as a list of RGBA bytes. */
export function thumbnail(width, height) {
  const source = globalThis.canvas;
  const { data, width: w, height: h } = source.getContext('2d')
    .getImageData(0, 0, source.width, source.height);
  const sums = new Float64Array(4 * width * height);
  const counts = new Float64Array(width * height);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const to = Math.floor(y * height / h) * width + Math.floor(x * width / w);
      counts[to]++;
      for (let c = 0; c < 4; c++) sums[4 * to + c] += data[4 * (y * w + x) + c];
    }
  }
  return Array.from(sums, (sum, i) => sum / counts[i >> 2]);
}

/** Numbers as float32 in base64: a list of millions would take longest of all. */
function pack(numbers) {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/**
 * Seeks one after another; gives {frame, status, picture} of each, the picture scaled down and
 * packed.
 */
export async function look(frames, width, height) {
  const results = [];
  for (const asked of frames) {
    const frame = await globalThis.source.seek(asked);
    const status = globalThis.source.statusText;
    results.push({ frame, status, picture: pack(thumbnail(width, height)) });
  }
  return results;
}
