/** The tools by name: what the toolbar shows, what keys take, what the help says. */

/**
 * @typedef {{kind: string, label: string, key: string, icon: string, hint: string}} DrawingTool
 * @type {DrawingTool[]}
 */
export const DRAWING_TOOLS = Object.freeze([
  { kind: 'box', label: 'Box', key: 'b', icon: 'box', hint: 'Drag from corner to corner. Shift: square. Ctrl: from the middle' },
  { kind: 'rotated_box', label: 'Rotated box', key: 'Shift+b', icon: 'rotatedBox', hint: 'Drag a box, then turn it by its round handle (Shift: steps of 15°)' },
  { kind: 'ellipse', label: 'Ellipse', key: 'Shift+e', icon: 'ellipse', hint: 'Drag from corner to corner. Shift: circle. Ctrl: from the middle' },
  { kind: 'polygon', label: 'Polygon', key: 'y', icon: 'polygon', hint: 'Click vertices. Double click or Enter closes, Backspace takes one back, Shift: 45°' },
  { kind: 'polyline', label: 'Polyline', key: 'l', icon: 'polyline', hint: 'Click vertices. Double click or Enter ends, Backspace takes one back, Shift: 45°' },
  { kind: 'points', label: 'Skeleton', key: 't', icon: 'skeleton', hint: 'Drag a box for the skeleton, then move its points. Alt-click: occluded, absent' },
  { kind: 'cuboid', label: 'Cuboid', key: 'c', icon: 'cuboid', hint: 'Drag the front face, then move and click for the back' },
  { kind: 'mask', label: 'Mask', key: 'm', icon: 'mask', hint: 'Paint. Alt: the other of brush and eraser. Alt+wheel, [ and ]: size' },
]);

/** @param {import('../state/model.js').Model} model @returns {DrawingTool[]} those some class has a use for */
export function toolsOf(model) {
  return DRAWING_TOOLS.filter(({ kind }) => model.classes.some(({ geometry }) => geometry.includes(kind)));
}

export const toolOf = (kind) => DRAWING_TOOLS.find((tool) => tool.kind === kind);

/** What keys do with shapes, for the page's list of keys. @returns {import('../shortcuts.js').Command[]} */
export function shapeCommands({ actions, model, store, editing, clipboard }) {
  const command = (text, keys, run, repeat = false) => ({ group: 'Shapes', text, keys, run, repeat });
  const arrows = (prefix) => ['Left', 'Right', 'Up', 'Down'].map((way) => `${prefix}Arrow${way}`);
  const by = (event, size, change) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    change(dx * size, dy * size);
  };
  const move = (dx, dy) => editing.nudge(dx, dy);
  const grow = (dx, dy) => editing.grow(dx, dy);
  return [
    command('Select', ['v'], () => actions.useTool('select')),
    ...toolsOf(model).map(({ kind, label, key }) => (
      command(`Draw: ${label.toLowerCase()}`, [key], () => actions.useTool('draw', kind)))),
    command('Draw the selected shape anew', ['r'], () => actions.useTool('redraw')),
    command('Add a hole, part or path to the selection', ['a'], () => actions.useTool('extend')),
    command('Draw several in a row, or one', ['Shift+d'], () => store.set({ drawMany: !store.state.drawMany })),
    command('Snap to the edges of the picture, or not', ['Shift+s'], () => store.set({ snap: !store.state.snap })),
    command('Select the next shape', ['j'], () => actions.selectNeighbour(1), true),
    command('Select the previous shape', ['Shift+j'], () => actions.selectNeighbour(-1), true),
    command('Select every shape of the frame', ['Ctrl+a'], () => editing.selectAll()),
    command('Move by 1 px', arrows('Alt+'), (event) => by(event, 1, move), true),
    command('Move by 10 px', arrows('Alt+Shift+'), (event) => by(event, 10, move), true),
    command('Make wider or higher by 1 px', arrows('Ctrl+'), (event) => by(event, 1, grow), true),
    command('Make wider or higher by 10 px', arrows('Ctrl+Shift+'), (event) => by(event, 10, grow), true),
    command('Copy', ['Ctrl+c'], () => clipboard.copy()),
    command('Paste as keyframe, or as a new entity', ['Ctrl+v'], () => clipboard.paste()),
    command('Duplicate', ['Ctrl+d'], () => clipboard.duplicate()),
  ];
}

/** What the keys and the mouse do while a shape or a tool is at hand, for the help. */
export const TOOL_KEYS = Object.freeze([
  ['Next vertex, corner or handle', ['Tab', 'Shift+Tab']],
  ['Move the one reached by 1 or 10 px', ['ArrowLeft', 'Shift+ArrowLeft']],
  ['Remove the vertex reached', ['Delete', 'Alt + click']],
  ['Add a vertex', ['Click the edge']],
  ['Point visible, occluded, absent', ['p', 'o', 'x', 'Alt + click']],
  ['End a polygon or polyline', ['Enter', 'Double click']],
  ['Take back the last vertex', ['Backspace']],
  ['Square, 45°, turn by 15°', ['Shift']],
  ['From the middle', ['Ctrl', 'Alt']],
  ['Brush, eraser, fill, outline', ['b', 'e', 'f', 'l']],
  ['Size of the brush', ['[', ']', 'Alt + wheel']],
  ['Select several', ['Shift + click', 'Drag around']],
]);
