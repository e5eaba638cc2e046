// Random seeks: the page's FrameSource and a <video> element on the same file, to the same frames.

import { FrameSource } from '/static/frame_source.js';
import { decodeTimes, decodeUnits } from '/static/protocol.js';

const BITS = 16;

/** The number that tests/videos.py burnt into the picture. */
function readNumber(context) {
  const { width, height } = context.canvas;
  const data = context.getImageData(0, Math.floor(height / 16), width, 1).data;
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const at = 4 * Math.floor((bit + 0.5) * width / BITS);
    if (data[at] + data[at + 1] + data[at + 2] > 382) number |= 1 << bit;
  }
  return number;
}

const buffer = async (url) => (await fetch(url)).arrayBuffer();

/** Resolves with a function that seeks and gives {ms, shown}. */
export async function ours(base, cacheBytes) {
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  const source = new FrameSource({
    base, canvas, cacheBytes,
    video: await (await fetch(`${base}/video`)).json(),
    times: decodeTimes(await buffer(`${base}/times`)),
    units: decodeUnits(await buffer(`${base}/units`)),
  });
  await source.seek(0);
  const context = canvas.getContext('2d');
  window.seekOurs = async (frame) => {
    const start = performance.now();
    await source.seek(frame);
    const shown = readNumber(context);
    return { ms: performance.now() - start, shown, mode: source.mode };
  };
}

export async function videoElement(base) {
  const times = decodeTimes(await buffer(`${base}/times`));
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  video.src = `${base}/file`;
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(video, canvas);
  await new Promise((resolve, reject) => {
    video.oncanplaythrough = resolve;
    video.onerror = () => reject(new Error(video.error.message));
  });
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { alpha: false });
  window.seekVideo = async (frame) => {
    const start = performance.now();
    const presented = new Promise((resolve) => { video.requestVideoFrameCallback(resolve); });
    const seeked = new Promise((resolve) => { video.onseeked = resolve; });
    const next = frame + 1 < times.length ? times[frame + 1] : video.duration;
    video.currentTime = (times[frame] + next) / 2;
    await seeked;
    // The picture may lag behind the event; it may also never be announced in a hidden page.
    await Promise.race([presented, new Promise((resolve) => { setTimeout(resolve, 1000); })]);
    context.drawImage(video, 0, 0);
    const shown = readNumber(context);
    return { ms: performance.now() - start, shown };
  };
}
