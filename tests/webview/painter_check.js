// What test_painter.py runs in the page.

import { drawLabels } from '/static/painter/labels.js';
import { createPainter } from '/static/painter.js';
import { Painted } from '/static/view/painted.js';
import { columnOf } from '/static/view/shapes.js';

/** A difference that is more than rounding. */
const FAR = 12;
const BACKGROUND = '#808890';

/** A repeatable random number in [0, 1). */
function randoms(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A style table of random colours, widths and dashes. */
function randomTable(random, styles, plain) {
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
  return table;
}

/** @param {ArrayLike<number>} boxes @param {ArrayLike<number>} style */
function paintedBoxes(boxes, style) {
  const column = { kind: 'box', property: 'box', values: Float32Array.from(boxes) };
  const painted = new Painted();
  painted.clear(0, true);
  for (let i = 0; i < style.length; i++) painted.add(column, i, i, 1, style[i]);
  return painted;
}

export function randomScene({ count, seed, width, height, scale, x, y, plain = false }) {
  const random = randoms(seed);
  const styles = 300;
  const table = randomTable(random, styles, plain);
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
  return { painted: paintedBoxes(boxes, style), table, view: { scale, x, y } };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];

/** A value of a kind around (x, y), about so large, as an edit carries it. */
function randomValue(random, kind, x, y, size) {
  const near = () => [x + (random() - 0.5) * size, y + (random() - 0.5) * size];
  const many = (count) => Array.from({ length: count }, near);
  switch (kind) {
    case 'box': return [x, y, size * random(), size * random()];
    case 'rotated_box':
    case 'ellipse': return [x, y, size * random(), size * random(), 360 * random()];
    case 'points': return many(5).map((point) => [...point, Math.floor(3 * random())]);
    case 'cuboid': return many(8);
    case 'polyline': return random() < 0.2 ? [many(3), many(4)] : many(2 + Math.floor(random() * 6));
    case 'polygon': return random() < 0.3 ? [[many(7), many(3)], [many(5)]] : many(3 + Math.floor(random() * 9));
    default: return randomMask(random, x, y, size);
  }
}

function randomMask(random, x, y, size) {
  const width = 1 + Math.floor(size * random());
  const height = 1 + Math.floor(size * random());
  const counts = [];
  for (let left = width * height; left > 0; left -= counts[counts.length - 1]) {
    counts.push(Math.min(left, 1 + Math.floor(random() * 1.5 * height)));
  }
  return JSON.stringify({ size: [height, width], counts, offset: [Math.round(x), Math.round(y)] });
}

const KINDS = ['mask', 'polygon', 'ellipse', 'rotated_box', 'box', 'cuboid', 'polyline', 'points'];

/** Shapes of the given kinds, mixed; the last one is `moved` px away, and only that one. */
export function kindsScene({ count, seed, width, height, scale, x, y, kinds = KINDS, plain = false, moved = 0, tableSeed = seed }) {
  const random = randoms(seed);
  randomTable(random, 40, plain);
  const table = randomTable(randoms(tableSeed), 40, plain);
  const painted = new Painted();
  painted.clear(0, true);
  for (let i = 0; i < count; i++) {
    const kind = kinds[i % kinds.length];
    const size = i % 7 === 0 ? 500 : 90;
    const cx = ((random() * 1.2 - 0.1) * width - x + (i === count - 1 ? moved : 0)) / scale;
    const cy = ((random() * 1.2 - 0.1) * height - y) / scale;
    const value = randomValue(random, kind, cx, cy, size / scale);
    painted.add(columnOf(kind, kind, value), 0, i, 1, Math.floor(random() * 40));
  }
  return { painted, table, view: { scale, x, y }, edges: () => [0, 1, 1, 2, 2, 3, 3, 4, 0, 9] };
}

/** Shapes given by kind and value, in one opaque style. */
export function givenScene({ shapes, color = [255, 0, 0, 255], fill = [0, 0, 0, 0], lineWidth = 2, view }) {
  const table = {
    color: Uint8Array.from(color), fill: Uint8Array.from(fill),
    width: Float32Array.of(lineWidth), dash: new Uint8Array(1),
  };
  const painted = new Painted();
  painted.clear(0, true);
  shapes.forEach(([kind, value], i) => painted.add(columnOf(kind, kind, value), 0, i, 1, 0));
  return { painted, table, view: view ?? { scale: 1, x: 0, y: 0 }, edges: () => [0, 1] };
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
  const made = scenes.map((scene) => (
    (scene.kinds ? kindsScene : randomScene)({ width, height, ...scene })));
  const software = await paintedBy('software', { width, height, dpr, scenes: made });
  const webgl = await paintedBy('webgl', { width, height, dpr, scenes: made });
  let painted = 0;
  let different = 0;
  let far = 0;
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
    if (difference > FAR) far++;
    if (covered) painted++;
    worst = Math.max(worst, difference);
  }
  return {
    worst, different, far, painted, total: software.pixels.length / 4,
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
    painted: paintedBoxes(list.flat(), list.map((_, i) => i % colors.length)), table,
    view: { scale: 1, x: 0, y: 0 },
  });
  const scenes = [...before.map(scene), scene(boxes)];
  const { pixels } = await paintedBy(backend, { width, height, dpr, scenes });
  return base64(pixels);
}

function base64(pixels) {
  let text = '';
  for (let i = 0; i < pixels.length; i += 32768) {
    text += String.fromCharCode(...pixels.subarray(i, i + 32768));
  }
  return btoa(text);
}

/** Given shapes; the pixels as base64 of RGBA bytes. */
export async function paintShapes(backend, { width, height, dpr = 1, ...options }) {
  return base64((await paintedBy(backend, { width, height, dpr, scenes: [givenScene(options)] })).pixels);
}

/** How many pixels of a canvas hold something. */
export function inked(canvas) {
  const flat = document.createElement('canvas');
  flat.width = canvas.width;
  flat.height = canvas.height;
  const context = flat.getContext('2d');
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, flat.width, flat.height);
  let count = 0;
  for (let p = 3; p < data.length; p += 4) if (data[p]) count++;
  return count;
}

const NUMBERS = [NaN, Infinity, -Infinity, 1e38, -1e38, 1e7, 0, 50];

/** Shapes of numbers that no picture has, between two paints of the same harmless scene. */
export async function hostile(backend) {
  const canvas = document.createElement('canvas');
  const painter = await createPainter(canvas, { backend });
  painter.resize(400, 300, 1);
  const view = { scale: 1, x: 0, y: 0 };
  const harmless = kindsScene({ count: 40, seed: 8, width: 400, height: 300, ...view });
  painter.paint(harmless);
  const before = inked(canvas);
  const random = randoms(5);
  const shapes = [];
  for (let round = 0; round < 120; round++) {
    const some = (count) => Array.from({ length: count }, () => pick(random, NUMBERS));
    const pairs = (count) => Array.from({ length: count }, () => some(2));
    shapes.push(['box', some(4)], ['rotated_box', some(5)], ['ellipse', some(5)],
      ['points', Array.from({ length: 3 }, () => [...some(2), 2])], ['cuboid', pairs(8)],
      ['polyline', pairs(3)], ['polygon', [pairs(4), pairs(3)]]);
  }
  shapes.push(['mask', '{"size":[0,0],"counts":[]}'], ['polyline', [[5, 5]]], ['polygon', [[5, 5]]],
    ['mask', '{"size":[4096,65536],"counts":[1,268435455],"offset":[-100,-100]}'],
    ['polygon', [[1, 1], [1, 1], [1, 1]]], ['ellipse', [50, 50, 0, 0, 0]]);
  const zigzag = Array.from({ length: 100_000 }, (_, i) => [(i * 7) % 400, (i % 2) * 300]);
  const tiny = Array.from({ length: 100_000 }, (_, i) => [200 + Math.cos(i), 100 + Math.sin(i)]);
  shapes.push(['polygon', zigzag], ['polyline', zigzag], ['polygon', tiny]);
  for (const scale of [1, 1e-6, 40]) {
    painter.paint(givenScene({ shapes, fill: [0, 255, 0, 90], view: { ...view, scale } }));
    painter.paint(givenScene({ shapes: [], view }));
  }
  painter.paint(givenScene({ shapes, fill: [0, 255, 0, 90], view }));
  const painted = inked(canvas);
  painter.paint(harmless);
  const after = inked(canvas);
  painter.close();
  return { before, painted, after };
}

/**
 * The greatest difference, for each of several pictures one after the other, between names that the
 * painter paints and names that are drawn on a canvas above.
 */
export async function paintedNames({ width, height, dpr, pictures }) {
  const canvas = document.createElement('canvas');
  const bare = document.createElement('canvas');
  const painter = await createPainter(canvas, { backend: 'software' });
  const other = await createPainter(bare, { backend: 'software' });
  const results = [];
  for (const { names, seed, moved = 0, count = 60, wide = width } of pictures) {
    if (canvas.width !== Math.round(wide * dpr)) {
      painter.resize(wide, height, dpr);
      other.resize(wide, height, dpr);
    }
    const scene = kindsScene({ count, seed, width: wide, height, scale: 1.3, x: 5, y: -7, moved });
    const labels = {
      count: names.length, boxes: scene.painted.bounds, text: names, first: [3, 1],
      color: names.map((_, i) => ['#e6194b', '#3cb44b', '#ffe119'][i % 3]),
      view: scene.view, width: wide, height, dpr,
    };
    painter.paint({ ...scene, labels });
    other.paint(scene);
    const above = Object.assign(document.createElement('canvas'), { width: bare.width, height: bare.height });
    const drawn = drawLabels(above.getContext('2d'), labels);
    const both = Object.assign(document.createElement('canvas'), { width: bare.width, height: bare.height });
    both.getContext('2d').drawImage(bare, 0, 0);
    const without = look(both);
    both.getContext('2d').drawImage(above, 0, 0);
    const [ours, wanted] = [look(canvas), look(both)];
    let worst = 0;
    let covered = 0;
    for (let p = 0; p < ours.length; p++) {
      worst = Math.max(worst, Math.abs(ours[p] - wanted[p]));
      if (wanted[p] !== without[p]) covered++;
    }
    results.push({ worst, drawn, covered });
  }
  painter.close();
  other.close();
  return results;
}

/** Where labels were put, from what reached the canvas. */
export function labels({ boxes, text, color, first, width, height, dpr, view }) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * dpr);
  canvas.height = Math.round(height * dpr);
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d');
  const places = [];
  const drawImage = context.drawImage.bind(context);
  context.drawImage = (image, x, y, w, h, ...place) => {
    places.push(place);
    drawImage(image, x, y, w, h, ...place);
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
