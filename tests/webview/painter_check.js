// What test_painter.py runs in the page.

import { drawLabels } from '/static/labels.js';
import { createPainter } from '/static/painter.js';

const BACKGROUND = '#808890';

/** A repeatable random number in [0, 1). */
function randoms(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomScene({ count, seed, width, height, scale, x, y, plain = false }) {
  const random = randoms(seed);
  const styles = 300;
  const table = {
    color: new Uint8Array(4 * styles), fill: new Uint8Array(4 * styles),
    width: new Float32Array(styles), dash: new Uint8Array(styles),
  };
  for (let k = 0; k < styles; k++) {
    const channel = () => Math.floor(256 * random());
    const alpha = plain || k % 3 ? 255 : channel();
    table.color.set([channel(), channel(), channel(), alpha], 4 * k);
    table.fill.set([channel(), channel(), channel(), plain || k % 4 ? 0 : channel()], 4 * k);
    table.width[k] = [2, 1, 3, 1.5, 5, plain ? 2 : 0][k % 6];
    table.dash[k] = !plain && k % 5 === 0 ? 1 : 0;
  }
  const boxes = new Float32Array(4 * count);
  const style = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const size = i % 7 === 0 ? 900 : i % 5 === 0 ? 6 : 120;
    const left = (random() * 1.4 - 0.2) * width / scale - x / scale;
    const top = (random() * 1.4 - 0.2) * height / scale - y / scale;
    boxes.set([left, top, random() * size / scale, random() * size / scale], 4 * i);
    style[i] = Math.floor(random() * styles);
    if (i % 50 === 49) boxes[4 * i + i % 4] = NaN;
  }
  return { count, boxes, style, table, view: { scale, x, y } };
}

/** The canvas as it looks over an opaque background: RGB cannot hide in transparent pixels. */
function look(canvas) {
  const flat = document.createElement('canvas');
  flat.width = canvas.width;
  flat.height = canvas.height;
  const context = flat.getContext('2d', { willReadFrequently: true });
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, flat.width, flat.height);
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, flat.width, flat.height).data;
}

async function paintedBy(backend, { width, height, dpr, scenes }) {
  const canvas = document.createElement('canvas');
  const painter = await createPainter(canvas, { backend });
  painter.resize(width, height, dpr);
  for (const scene of scenes) painter.paint(scene);
  const pixels = look(canvas);
  const name = painter.backend;
  painter.close();
  return { pixels, name, width: canvas.width, height: canvas.height };
}

/** Paints the scenes one after another with both backends and counts what differs at the end. */
export async function compare({ width, height, dpr, scenes }) {
  const made = scenes.map((scene) => randomScene({ width, height, ...scene }));
  const software = await paintedBy('software', { width, height, dpr, scenes: made });
  const webgl = await paintedBy('webgl', { width, height, dpr, scenes: made });
  let painted = 0;
  let different = 0;
  let worst = 0;
  const ground = look(Object.assign(document.createElement('canvas'), { width: 1, height: 1 }));
  for (let p = 0; p < software.pixels.length; p += 4) {
    let difference = 0;
    let covered = false;
    for (let c = 0; c < 4; c++) {
      difference = Math.max(difference, Math.abs(software.pixels[p + c] - webgl.pixels[p + c]));
      covered ||= software.pixels[p + c] !== ground[c];
    }
    if (difference > 0) different++;
    if (covered) painted++;
    worst = Math.max(worst, difference);
  }
  return {
    worst, different, painted, total: software.pixels.length / 4,
    backends: [software.name, webgl.name], size: [software.width, software.height],
  };
}

/** Given boxes in one opaque style each; the pixels as base64 of RGBA bytes. */
export async function paint(backend, { width, height, dpr, boxes, colors, lineWidth, before = [] }) {
  const table = {
    color: Uint8Array.from(colors.flat()), fill: new Uint8Array(4 * colors.length),
    width: new Float32Array(colors.length).fill(lineWidth), dash: new Uint8Array(colors.length),
  };
  const scene = (list) => ({
    count: list.length, boxes: Float32Array.from(list.flat()),
    style: Uint16Array.from(list, (_, i) => i % colors.length), table,
    view: { scale: 1, x: 0, y: 0 },
  });
  const scenes = [...before.map(scene), scene(boxes)];
  const { pixels } = await paintedBy(backend, { width, height, dpr, scenes });
  let text = '';
  for (let i = 0; i < pixels.length; i += 32768) {
    text += String.fromCharCode(...pixels.subarray(i, i + 32768));
  }
  return btoa(text);
}

/** Where labels were put, from what reached the canvas. */
export function labels({ boxes, text, color, first, width, height, dpr, view }) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * dpr);
  canvas.height = Math.round(height * dpr);
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d');
  const places = [];
  const fillRect = context.fillRect.bind(context);
  context.fillRect = (...place) => {
    places.push(place.map((value) => value * dpr));
    fillRect(...place);
  };
  const drawn = drawLabels(context, {
    count: boxes.length, boxes: Float32Array.from(boxes.flat()), text, color, first,
    width, height, dpr, view: view ?? { scale: 1, x: 0, y: 0 },
  });
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let ink = 0;
  for (let p = 3; p < data.length; p += 4) if (data[p]) ink++;
  return { drawn, places, ink };
}
