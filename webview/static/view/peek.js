/**
 * The bare picture for a moment: while its key is held, or until it is tapped again. What lies over
 * the picture is out of sight only; nothing about it changes.
 */

const HOLD_MS = 350;

/** @param {import('../workspace.js').Workspace} workspace */
export function createPeek({ store, stage }) {
  const note = document.createElement('p');
  note.className = 'bare-note';
  note.textContent = 'Shapes are out of sight';
  note.setAttribute('role', 'status');
  note.hidden = true;
  stage.root.append(note);
  store.watch(['bare'], ({ bare }) => {
    stage.root.classList.toggle('is-bare', bare);
    note.hidden = !bare;
  });
  // Nobody works on what is not to be seen.
  stage.root.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && store.state.bare) store.set({ bare: false });
  }, { capture: true });
}

/** @param {KeyboardEvent} event the key that was pressed; released after a while it ends the peek */
export function peek(store, event) {
  store.set({ bare: !store.state.bare });
  if (!store.state.bare) return;
  const began = performance.now();
  const release = (up) => {
    if (up.type === 'keyup' && up.code !== event?.code) return;
    removeEventListener('keyup', release);
    removeEventListener('blur', release);
    if (performance.now() - began > HOLD_MS) store.set({ bare: false });
  };
  addEventListener('keyup', release);
  addEventListener('blur', release);
}
