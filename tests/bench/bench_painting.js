// Moving shapes at 1080p, painted by a backend of the page's painter, as SVG elements, or by Konva.

import { drawLabels } from '/static/painter/labels.js';
import { createPainter } from '/static/painter.js';
import { Painted } from '/static/view/painted.js';

const WIDTH = 1920;
const HEIGHT = 1080;
const STYLES = 32;
const CORNERS = 12;

/** Shapes the size of people in a street scene; every one of them moves in every frame. */
function makeScene(kind, count) {
  const table = {
    color: new Uint8Array(4 * STYLES), fill: new Uint8Array(4 * STYLES),
    area: new Uint8Array(4 * STYLES),
    width: new Float32Array(STYLES).fill(2), dash: new Uint8Array(STYLES),
  };
  for (let k = 0; k < STYLES; k++) {
    const rgb = [(k * 71) % 256, (k * 37) % 256, 255 - 8 * k];
    table.color.set([...rgb, 255], 4 * k);
    table.area.set([...rgb, 54], 4 * k);
  }
  const boxes = new Float32Array(4 * count);
  const starts = (step, length) => Uint32Array.from({ length: length + 1 }, (_, i) => i * step);
  const column = kind === 'boxes' ? { kind: 'box', property: 'box', values: boxes } : {
    kind: 'polygon', property: 'polygon', parts: starts(1, count), rings: starts(1, count),
    vertices: starts(CORNERS, count), values: new Float32Array(2 * CORNERS * count),
  };
  return {
    kind, count, boxes, column, table, painted: new Painted(), view: { scale: 1, x: 0, y: 0 },
    names: Array.from({ length: count }, (_, i) => `player_${i}`),
    colors: Array.from({ length: count }, (_, i) => colorOf(table.color, i % STYLES)),
  };
}

const colorOf = (rgba, k) => `#${[...rgba.subarray(4 * k, 4 * k + 3)].map((v) => v.toString(16).padStart(2, '0')).join('')}`;

function move(scene, frame) {
  const { boxes, column } = scene;
  for (let i = 0; i < scene.count; i++) {
    boxes[4 * i] = (i * 7919) % 1800 + (frame * 3 + i) % 40 + 0.3;
    boxes[4 * i + 1] = (i * 104729) % 950 + (frame * 2 + i) % 30 + 0.6;
    boxes[4 * i + 2] = 40 + (i * 31) % 80;
    boxes[4 * i + 3] = 80 + (i * 17) % 120;
    if (scene.kind === 'boxes') continue;
    for (let k = 0; k < CORNERS; k++) {
      const turn = (2 * Math.PI * k) / CORNERS + frame * 0.02;
      const reach = k % 2 ? 0.32 : 0.5;
      column.values[2 * (CORNERS * i + k)] = boxes[4 * i] + boxes[4 * i + 2] * (0.5 + reach * Math.cos(turn));
      column.values[2 * (CORNERS * i + k) + 1] = boxes[4 * i + 1] + boxes[4 * i + 3] * (0.5 + reach * Math.sin(turn));
    }
  }
  column.bounds = undefined;
}

function canvas(size = {}) {
  return Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT }, size);
}

async function ownPainter(scene, backend) {
  const shapes = canvas();
  const overlay = canvas();
  layer(shapes);
  const context = overlay.getContext('2d');
  const painter = await createPainter(shapes, { backend });
  if (scene.kind === 'polygons' && !painter.paintsLabels) layer(overlay);
  painter.resize(WIDTH, HEIGHT, 1);
  return {
    backend: painter.backend, reason: painter.reason,
    finish: () => painter.finish(),
    close: () => painter.close(),
    paint() {
      // What the page does for each frame, from the engine's arrays on.
      const { painted } = scene;
      painted.clear(0, true);
      for (let i = 0; i < scene.count; i++) painted.add(scene.column, i, i, 1, i % STYLES);
      const labels = scene.kind === 'boxes' ? undefined : {
        count: scene.count, boxes: painted.bounds, text: scene.names, color: scene.colors,
        view: scene.view, width: WIDTH, height: HEIGHT, dpr: 1,
      };
      painter.paint(painter.paintsLabels ? { ...scene, labels } : scene);
      if (!labels || painter.paintsLabels) return;
      context.clearRect(0, 0, WIDTH, HEIGHT);
      drawLabels(context, labels);
    },
  };
}

function svgPainter(scene) {
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('width', String(WIDTH));
  svg.setAttribute('height', String(HEIGHT));
  const make = (tag, attributes) => {
    const element = document.createElementNS(name, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    svg.append(element);
    return element;
  };
  const boxes = scene.kind === 'boxes';
  const elements = scene.colors.map((stroke) => make(boxes ? 'rect' : 'polygon', {
    stroke, 'stroke-width': 2, fill: boxes ? 'none' : stroke, 'fill-opacity': 54 / 255,
  }));
  const texts = boxes ? [] : scene.names.map((text, i) => {
    const element = make('text', { fill: scene.colors[i], 'font-size': 12, 'font-family': 'system-ui' });
    element.textContent = text;
    return element;
  });
  layer(svg);
  return {
    paint() {
      elements.forEach((element, i) => {
        if (boxes) {
          element.setAttribute('x', String(scene.boxes[4 * i]));
          element.setAttribute('y', String(scene.boxes[4 * i + 1]));
          element.setAttribute('width', String(scene.boxes[4 * i + 2]));
          element.setAttribute('height', String(scene.boxes[4 * i + 3]));
          return;
        }
        element.setAttribute('points', Array.from(cornersOf(scene, i), String).join(' '));
        texts[i].setAttribute('x', String(scene.boxes[4 * i]));
        texts[i].setAttribute('y', String(scene.boxes[4 * i + 1] - 4));
      });
    },
  };
}

const cornersOf = (scene, i) => scene.column.values.subarray(2 * CORNERS * i, 2 * CORNERS * (i + 1));

/** Konva as its own guide on performance asks for: no listening, no hit graph, one draw a frame. */
function konvaPainter(scene) {
  const { Konva } = globalThis;
  Konva.autoDrawEnabled = false;
  Konva.pixelRatio = 1;
  const container = document.createElement('div');
  layer(container);
  const stage = new Konva.Stage({ container, width: WIDTH, height: HEIGHT, listening: false });
  const shapes = new Konva.Layer({ listening: false });
  stage.add(shapes);
  const fast = { listening: false, perfectDrawEnabled: false, shadowForStrokeEnabled: false, strokeWidth: 2 };
  const boxes = scene.kind === 'boxes';
  const nodes = scene.colors.map((stroke) => (boxes ? new Konva.Rect({ ...fast, stroke })
    : new Konva.Line({ ...fast, stroke, closed: true, fill: `${stroke}36` })));
  const texts = boxes ? [] : scene.names.map((text, i) => new Konva.Text({
    text, fill: scene.colors[i], fontSize: 12, listening: false, perfectDrawEnabled: false,
  }));
  shapes.add(...nodes, ...texts);
  return {
    close: () => stage.destroy(),
    paint() {
      nodes.forEach((node, i) => {
        const at = { x: scene.boxes[4 * i], y: scene.boxes[4 * i + 1] };
        if (boxes) {
          node.setAttrs({ ...at, width: scene.boxes[4 * i + 2], height: scene.boxes[4 * i + 3] });
        } else {
          node.points(Array.from(cornersOf(scene, i)));
          texts[i].setAttrs({ x: at.x, y: at.y - 16 });
        }
      });
      shapes.draw();
    },
    finish() {
      shapes.getNativeCanvasElement().getContext('2d').getImageData(0, 0, 1, 1);
    },
  };
}

function layer(element) {
  element.style.cssText = 'position: absolute; left: 0; top: 0';
  document.body.append(element);
}

/** Pictures of a video as a decoder hands them over; the decoding itself is not in these figures. */
function makeVideo() {
  const target = canvas();
  layer(target);
  const context = target.getContext('2d', { alpha: false });
  const pictures = Array.from({ length: 4 }, (_, k) => {
    const data = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
    for (let i = 0; i < WIDTH * HEIGHT; i++) data[i] = (i * (k + 1)) >> 6;
    return new VideoFrame(data, { format: 'I420', codedWidth: WIDTH, codedHeight: HEIGHT, timestamp: k });
  });
  return {
    show(frame) { context.drawImage(pictures[frame % pictures.length], 0, 0); },
    close() { for (const picture of pictures) picture.close(); },
  };
}

const nextFrame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** @type {{scene: any, painter: any, video: any, frame: number}} */
let current;

/** Puts the painter on the page; resolves when it has painted a few frames. */
export async function prepare(method, kind, count, withVideo = false) {
  current?.painter.close?.();
  current?.video?.close();
  document.body.replaceChildren();
  const scene = makeScene(kind, count);
  const video = withVideo ? makeVideo() : null;
  let painter;
  if (method === 'svg') {
    painter = svgPainter(scene);
  } else if (method === 'konva') {
    painter = konvaPainter(scene);
  } else if (method === 'nothing') {
    const element = document.createElement('div');
    layer(element);
    element.style.width = `${WIDTH}px`;
    element.style.height = `${HEIGHT}px`;
    painter = { paint() { element.style.background = current.frame % 2 ? '#4444' : '#4454'; } };
  } else {
    painter = await ownPainter(scene, method);
  }
  current = { scene, painter, video, frame: 0 };
  await run(4);
  return { backend: painter.backend, reason: painter.reason };
}

/**
 * Paints `frames` frames as fast as the browser lets them through to the screen. Counted from when
 * the first one begins until the one after the last may begin: before and after, the browser waits
 * for its 60 Hz, as nothing changes.
 */
export async function run(frames) {
  const calls = [];
  await nextFrame();
  const start = performance.now();
  for (let k = 0; k < frames; k++) {
    move(current.scene, current.frame++);
    current.video?.show(current.frame);
    const before = performance.now();
    current.painter.paint(current.scene);
    calls.push(performance.now() - before);
    await nextFrame();
  }
  return { call: median(calls), frame: (performance.now() - start) / frames };
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
