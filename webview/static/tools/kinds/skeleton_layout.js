/**
 * Where the points of a skeleton usually are, in a box from (0, 0) to (1, 1). Points of people are
 * known by name; what is not known goes between its neighbours, or on an oval.
 */

/** Of somebody who faces us: his left is on our right. */
const MIDDLE = {
  nose: 0.09, head: 0.08, top: 0, head_top: 0, face: 0.09, chin: 0.14, mouth: 0.12, neck: 0.18, throat: 0.18,
  chest: 0.26, spine: 0.36, torso: 0.36, belly: 0.42, navel: 0.42, pelvis: 0.53, hip: 0.53, root: 0.53,
};
const SIDED = {
  eye: [0.06, 0.07], ear: [0.11, 0.085], shoulder: [0.24, 0.21], elbow: [0.36, 0.36], wrist: [0.42, 0.5],
  hand: [0.44, 0.53], palm: [0.44, 0.53], thumb: [0.42, 0.55], fingers: [0.46, 0.57], hip: [0.14, 0.53],
  knee: [0.16, 0.75], ankle: [0.17, 0.95], heel: [0.16, 0.98], toe: [0.22, 1], foot: [0.2, 1], skate: [0.2, 1],
};
const GRIP = { stick: [0.95, 0.9], stick_blade: [1, 0.97], stick_heel: [0.95, 0.97], stick_top: [0.8, 0.5], blade: [1, 0.97] };

function knownPlace(name) {
  const plain = name.toLowerCase().replace(/[^a-z]+/g, '_');
  if (GRIP[plain]) return GRIP[plain];
  if (plain in MIDDLE) return [0.5, MIDDLE[plain]];
  const side = /(^|_)(l|left)(_|$)/.test(plain) ? 1 : /(^|_)(r|right)(_|$)/.test(plain) ? -1 : 0;
  const part = Object.keys(SIDED).find((word) => plain.split('_').some((w) => w.startsWith(word)));
  if (!part || !side) return null;
  return [0.5 + side * SIDED[part][0], SIDED[part][1]];
}

const cache = new WeakMap();

/** @param {{points: string[], edges: string[][]}} skeleton @returns {number[][]} x, y of each point */
export function placesOf(skeleton) {
  if (!cache.has(skeleton)) cache.set(skeleton, layOut(skeleton));
  return cache.get(skeleton);
}

function layOut({ points, edges }) {
  const places = points.map(knownPlace);
  const known = places.filter(Boolean).length;
  // Of a body nothing is known: an oval shows every point.
  if (known < 2) return onOval(points.length);
  const number = new Map(points.map((name, i) => [name, i]));
  for (let round = 0; round < points.length && places.includes(null); round++) {
    places.forEach((place, i) => {
      if (place) return;
      const neighbours = edges.flatMap(([a, b]) => {
        if (number.get(a) === i) return [places[number.get(b)]];
        return number.get(b) === i ? [places[number.get(a)]] : [];
      }).filter(Boolean);
      if (!neighbours.length) return;
      const mean = (c) => neighbours.reduce((sum, p) => sum + p[c], 0) / neighbours.length;
      // An end hangs below what it hangs on; two of them side by side.
      const end = neighbours.length === 1;
      places[i] = [mean(0) + (end ? ((i % 2) - 0.5) * 0.1 : 0), Math.min(1, mean(1) + (end ? 0.1 : 0))];
    });
  }
  const oval = onOval(points.length);
  return stretched(places.map((place, i) => place ?? oval[i]));
}

function onOval(count) {
  if (count === 1) return [[0.5, 0.5]];
  return stretched(Array.from({ length: count }, (_, i) => {
    const t = (2 * Math.PI * i) / count - Math.PI / 2;
    return [0.5 + Math.cos(t) / 2, 0.5 + Math.sin(t) / 2];
  }));
}

/** So that the outermost points are on the box's edges. */
function stretched(places) {
  const spread = (c) => {
    const all = places.map((place) => place[c]);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return (v) => (high > low ? (v - low) / (high - low) : 0.5);
  };
  const [x, y] = [spread(0), spread(1)];
  return places.map((place) => [x(place[0]), y(place[1])]);
}
