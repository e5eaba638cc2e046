// Moving boxes at 1080p, painted by a backend of the page's painter or as SVG elements.

import { createPainter } from '/static/painter.js';

const WIDTH = 1920;
const HEIGHT = 1080;
const STYLES = 32;

/** Boxes the size of people in a street scene; every one of them moves in every frame. */
function makeScene(count) {
  const table = {
    color: new Uint8Array(4 * STYLES), fill: new Uint8Array(4 * STYLES),
    width: new Float32Array(STYLES).fill(2), dash: new Uint8Array(STYLES),
  };
  for (let k = 0; k < STYLES; k++) {
    table.color.set([(k * 71) % 256, (k * 37) % 256, 255 - 8 * k, 255], 4 * k);
  }
  const scene = {
    count, boxes: new Float32Array(4 * count), style: new Uint16Array(count), table,
    view: { scale: 1, x: 0, y: 0 },
  };
  for (let i = 0; i < count; i++) scene.style[i] = i % STYLES;
  return scene;
}

function move(scene, frame) {
  for (let i = 0; i < scene.count; i++) {
    const x = (i * 7919) % 1800 + (frame * 3 + i) % 40 + 0.3;
    const y = (i * 104729) % 950 + (frame * 2 + i) % 30 + 0.6;
    scene.boxes.set([x, y, 40 + (i * 31) % 80, 80 + (i * 17) % 120], 4 * i);
  }
}

function svgPainter(scene) {
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('width', String(WIDTH));
  svg.setAttribute('height', String(HEIGHT));
  const elements = Array.from({ length: scene.count }, (_, i) => {
    const element = document.createElementNS(name, 'rect');
    const [r, g, b] = scene.table.color.subarray(4 * scene.style[i]);
    element.setAttribute('fill', 'none');
    element.setAttribute('stroke', `rgb(${r} ${g} ${b})`);
    element.setAttribute('stroke-width', '2');
    svg.append(element);
    return element;
  });
  document.body.append(svg);
  return {
    paint() {
      elements.forEach((element, i) => {
        element.setAttribute('x', String(scene.boxes[4 * i]));
        element.setAttribute('y', String(scene.boxes[4 * i + 1]));
        element.setAttribute('width', String(scene.boxes[4 * i + 2]));
        element.setAttribute('height', String(scene.boxes[4 * i + 3]));
      });
    },
  };
}

const nextFrame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** @type {{scene: any, painter: any, frame: number}} */
let current;

/** Puts the painter on the page; resolves when it has painted a few frames. */
export async function prepare(method, count) {
  document.body.replaceChildren();
  current?.painter.close?.();
  const scene = makeScene(count);
  let painter;
  if (method === 'svg') {
    painter = svgPainter(scene);
  } else if (method === 'nothing') {
    const element = document.createElement('div');
    element.style.cssText = `width: ${WIDTH}px; height: ${HEIGHT}px`;
    document.body.append(element);
    painter = { paint() { element.style.background = current.frame % 2 ? '#444' : '#454545'; } };
  } else {
    const canvas = document.createElement('canvas');
    document.body.append(canvas);
    painter = await createPainter(canvas, { backend: method });
    painter.resize(WIDTH, HEIGHT, 1);
  }
  current = { scene, painter, frame: 0 };
  await run(4);
  return { backend: painter.backend, reason: painter.reason };
}

/** Paints `frames` frames as fast as the browser lets them through to the screen. */
export async function run(frames) {
  const calls = [];
  const start = performance.now();
  for (let k = 0; k < frames; k++) {
    await nextFrame();
    move(current.scene, current.frame++);
    const before = performance.now();
    current.painter.paint(current.scene);
    calls.push(performance.now() - before);
  }
  // The last one is on the screen when the frame after it begins.
  await nextFrame();
  await nextFrame();
  return { call: median(calls), frame: (performance.now() - start) / (frames + 1) };
}

/** Median ms from the call until the pixels are there, for what can be waited for. */
export async function toPixels(frames) {
  if (!current.painter.finish) return null;
  const times = [];
  for (let k = 0; k < frames; k++) {
    await nextFrame();
    move(current.scene, current.frame++);
    const before = performance.now();
    current.painter.paint(current.scene);
    current.painter.finish();
    times.push(performance.now() - before);
  }
  return median(times);
}
