/** Start of the page: sign in with the link's token, choose a project, open it. */

import { ApiError, fetchJson, logIn } from './api.js';
import { readAddress, writeAddress } from './address.js';
import { showChooser, showMessage, showSignIn } from './dialogs/screens.js';
import { createToasts } from './dialogs/toasts.js';
import { applyTheme, loadLook } from './state/look.js';
import { fetchProject } from './state/opening.js';
import { Workspace } from './workspace.js';

const ADDRESS_DELAY_MS = 400;

applyTheme(loadLook());
const root = document.getElementById('app');
const notify = createToasts(document.body);
/** @type {Workspace|null} */
let workspace = null;

function remember(project) {
  let timer = 0;
  const write = () => {
    if (!workspace) return;
    const { frame, selected } = workspace.store.state;
    writeAddress({ project, frame, entity: selected });
  };
  // Browsers allow only so many changes of the address a minute.
  workspace.store.watch(['frame', 'selected'], () => {
    clearTimeout(timer);
    timer = setTimeout(write, ADDRESS_DELAY_MS);
  });
}

async function openProject(number, { frame = 0, entity = null, several, fetched }) {
  workspace?.close();
  workspace = null;
  workspace = await Workspace.open(root, {
    project: number,
    fetched,
    frame: frame ?? 0,
    entity,
    painter: new URLSearchParams(location.search).get('painter') ?? undefined,
    notify,
    onChooser: several ? () => choose() : null,
    onSignedOut: (sentence) => notify(
      `${sentence} If the server was started anew, paste its new link into this window's address bar; edits that wait are kept.`, 'bad'),
  });
  document.title = `${workspace.model.name} · Reviewer`;
  globalThis.reviewer = Object.freeze(workspace.diagnostics());
  remember(number);
  await workspace.ready;
}

async function choose() {
  workspace?.close();
  workspace = null;
  document.title = 'Reviewer';
  writeAddress({});
  const projects = await fetchJson('/api/projects');
  showChooser(root, projects, (number) => start({ project: number }));
}

async function start(address) {
  try {
    // Where the link names the project, its answers need not wait for the list of all.
    const fetched = address.project === null ? undefined : fetchProject(address.project);
    const projects = await fetchJson('/api/projects');
    const several = projects.length > 1;
    if (address.project === null && several) {
      await choose();
      return;
    }
    await openProject(address.project ?? 0, { ...address, several, fetched });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      showSignIn(root, 'The link that Reviewer printed in the terminal carries the key to your projects.', async (token) => {
        await logIn(token);
        await start(readAddress());
      });
      return;
    }
    if (!(error instanceof ApiError)) console.error(error);
    showMessage(root, 'This did not open', error.message, { text: 'Try again', run: () => start(readAddress()) });
  }
}

async function signIn(address) {
  if (!address.token) return;
  try {
    await logIn(address.token);
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  writeAddress(address);
}

// A new link pasted into this window: the server was started anew, or another place is meant.
addEventListener('hashchange', async () => {
  const address = readAddress();
  try {
    await signIn(address);
  } catch (error) {
    notify(error.message, 'bad');
    return;
  }
  if (!workspace || Number(workspace.options.project) !== (address.project ?? 0)) {
    await start(address);
    return;
  }
  workspace.live.wake();
  if (address.frame !== null) workspace.actions.seek(address.frame);
  if (address.entity && workspace.model.entities.has(address.entity)) workspace.actions.select(address.entity);
});

const address = readAddress();
signIn(address)
  .catch((error) => notify(error.message, 'bad'))
  .finally(() => start(address));
