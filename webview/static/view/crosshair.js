/** Lines through the pointer over the whole stage, for edges that must line up. */

/** @param {import('../workspace.js').Workspace} workspace */
export function createCrosshair({ store, stage }) {
  let at = null;
  const { root } = stage;
  const move = (next) => {
    const was = at;
    at = next;
    if (store.state.look.crosshair && (was || at)) stage.refreshOverlay();
  };
  root.addEventListener('pointermove', (event) => {
    const { left, top } = root.getBoundingClientRect();
    move([event.clientX - left, event.clientY - top]);
  });
  root.addEventListener('pointerleave', () => move(null));
  stage.decorations.push((context, { width, height }) => {
    if (!at || !store.state.look.crosshair) return false;
    const [x, y] = at.map((each) => Math.round(each) + 0.5);
    // A dark line beside a light one is seen on any picture.
    for (const [color, offset] of [['rgba(0, 0, 0, 0.55)', 1], ['rgba(255, 255, 255, 0.8)', 0]]) {
      context.strokeStyle = color;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x + offset, 0);
      context.lineTo(x + offset, height);
      context.moveTo(0, y + offset);
      context.lineTo(width, y + offset);
      context.stroke();
    }
    return true;
  });
}
