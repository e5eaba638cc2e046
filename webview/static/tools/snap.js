/** Snapping to the edges of the picture. Coordinates in video px, reach in css px. */

const REACH_CSS_PX = 6;

function nearestEdge(v, size, reach) {
  if (Math.abs(v) <= reach) return 0;
  return Math.abs(v - size) <= reach ? size : v;
}

/** @param {{store: Object, stage: Object}} workspace @returns {[number, number]} */
export function snapPoint({ store, stage }, x, y) {
  if (!store.state.snap) return [x, y];
  const reach = REACH_CSS_PX / stage.view.scale;
  return [nearestEdge(x, stage.size.width, reach), nearestEdge(y, stage.size.height, reach)];
}

/**
 * (dx, dy) changed so that a side of what is moved lies on an edge when it is near.
 * @param {import('./kinds.js').Bounds|null} bounds before the move
 */
export function snapMove({ store, stage }, bounds, dx, dy) {
  if (!store.state.snap || !bounds) return [dx, dy];
  const reach = REACH_CSS_PX / stage.view.scale;
  const along = (low, high, by, size) => {
    const atLow = nearestEdge(low + by, size, reach) - low;
    if (atLow !== by) return atLow;
    return nearestEdge(high + by, size, reach) - high;
  };
  return [
    along(bounds[0], bounds[2], dx, stage.size.width),
    along(bounds[1], bounds[3], dy, stage.size.height),
  ];
}
