/**
 * Two minutes of doing what annotators do, step by step on the open project; each step ends when it
 * was done. Shown by itself to whoever opens the demo for the first time.
 */

import { fill, h } from '../dom.js';

const STORED = 'reviewer-guide';

/** `done` gets the state now, and what of it was there when the step began. */
const STEPS = [
  {
    title: 'Play', text: 'Press Space to play, and Space again to stop. Arrow keys go frame by frame, with Shift ten at a time.',
    done: (now, then) => then.played && !now.playing,
  },
  {
    title: 'Select', text: 'Click a shape in the picture, or a name in the list. Its keyframes and values show on the timeline below and on the right. Not in the picture? “Go to” there takes you to it.',
    done: (now) => Boolean(now.selected),
  },
  {
    title: 'Correct', text: 'Go some frames on and drag the shape, or one of its handles, to where it belongs. That makes a keyframe; frames between keyframes follow by themselves.',
    done: (now, then) => now.undo !== then.undo && /^(Move|Resize|Change|Turn|Reshape|Set)/.test(now.undo ?? ''),
  },
  {
    title: 'Jump', text: 'Press [ and ] to go from keyframe to keyframe: that is where a person, or a tracker, had a say.',
    done: (now, then) => now.frame !== then.frame,
  },
  {
    title: 'Say when it is gone', text: 'With the shape selected press O: from this frame on it is occluded. X says that it left the picture, P that it is back.',
    done: (now, then) => now.undo !== then.undo && /presence/i.test(now.undo ?? ''),
  },
  {
    title: 'Draw', text: 'Press B and drag a box around something that has none yet.',
    done: (now, then) => now.undo !== then.undo && /^Add/.test(now.undo ?? ''),
  },
  {
    title: 'Take it back', text: 'Press Ctrl+Z: everything can be undone, also after a restart. Every edit is on disk when the corner below says “Saved”.',
    done: (now, then) => now.redo !== then.redo && Boolean(now.redo),
  },
  { title: 'That is all', text: 'Press ? for all keys, and Ctrl+K to find any command by its name.', done: () => false },
];

/** Whether this browser has not seen the guide yet. */
export function isFirstTime() {
  try {
    return localStorage.getItem(STORED) === null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(STORED, 'seen');
  } catch { /* no storage: it comes again */ }
}

/** @param {HTMLElement} root the stage @param {import('../workspace.js').Workspace} workspace */
export function startGuide(root, { store }) {
  root.querySelector('.guide')?.remove();
  let at = 0;
  let then = {};
  const title = h('h2', {});
  const text = h('p', {});
  const count = h('span', { class: 'guide-count' });
  const next = h('button', { class: 'button', type: 'button', on: { click: () => go(at + 1) } });
  const end = h('button', { class: 'button', type: 'button', on: { click: () => close() } }, 'End the tour');
  const card = h('div', { class: 'guide', role: 'region', 'aria-label': 'Guided start', 'aria-live': 'polite' },
    h('div', { class: 'guide-head' }, title, count), text, h('div', { class: 'guide-buttons' }, end, next));
  for (const type of ['pointerdown', 'wheel', 'dblclick']) card.addEventListener(type, (event) => event.stopPropagation());

  const close = () => {
    remember();
    card.remove();
    at = STEPS.length;
  };
  const go = (step) => {
    if (step >= STEPS.length) return close();
    at = step;
    const { playing, undo, redo, frame } = store.state;
    then = { playing, undo, redo, frame, played: false };
    fill(title, STEPS[step].title);
    fill(text, STEPS[step].text);
    fill(count, `${step + 1} of ${STEPS.length}`);
    fill(next, step === STEPS.length - 1 ? 'Done' : 'Skip');
    end.hidden = step === STEPS.length - 1;
    return undefined;
  };
  store.watch(['playing', 'selected', 'undo', 'redo', 'frame'], (state) => {
    if (at >= STEPS.length || !card.isConnected) return;
    if (state.playing) then.played = true;
    if (STEPS[at].done(state, then)) go(at + 1);
  }, { now: false });
  root.append(card);
  go(0);
}
