/**
 * Edits that are not acknowledged yet, in IndexedDB: they outlive a reload, a crash of the tab and
 * a restart of the server. Each tab has a queue of its own and holds a Web Lock while it lives; a
 * queue whose lock is free belongs to nobody any more and is taken over by the next tab.
 *
 * Writing happens after sending, never before it, and not at all when the answer comes at once, as
 * it does nearly always: writing takes the browser longer than the server. Sending a message twice
 * does no harm, as the server does each id once; the locks keep two tabs from doing the same work
 * and mixing its order.
 *
 * @typedef {{id: string, type: 'edit'|'undo'|'redo', label?: string, ops?: Object[],
 *   after?: string|null}} Message
 */

const DATABASE = 'reviewer-outbox';
const STORE = 'messages';
const VERSION = 1;
/** An answer that comes sooner makes writing needless; nobody can crash a tab faster. */
const WRITE_AFTER_MS = 12;
/** Acknowledged messages are removed together: one transaction for many. */
const REMOVE_AFTER_MS = 50;
/** How long a reload waits for the page that it replaces to let go of its queue. */
const LET_GO_MS = 1000;
const LAST_TAB = 'reviewer-tab';

export class Outbox {
  /** @param {string} project what tells this project from others of this server, now and later */
  constructor(project) {
    this.project = project;
    this.tab = tabId();
    this.next = 0;
    /** @type {Map<string, {key: Array, stored: boolean}>} by message id */
    this.entries = new Map();
    /** @type {Map<string, Message>} sent a moment ago and not written yet, by id */
    this.fresh = new Map();
    this.gone = [];
    this.closed = false;
    this.previous = sessionStorage.getItem(LAST_TAB);
    sessionStorage.setItem(LAST_TAB, this.tab);
    /** Resolves to the database, or to null where the browser keeps none for this page. */
    this.opening = openDatabase().catch(() => null);
    this.opening.then((database) => {
      this.database = database;
      if (this.closed) database?.close();
    });
    this.#holdLock();
    this.onPageHide = () => this.writeFresh(true);
    addEventListener('pagehide', this.onPageHide);
  }

  /** Whether every message put here survives the end of this page. */
  get safe() {
    for (const { stored } of this.entries.values()) if (!stored) return false;
    return true;
  }

  /**
   * Write a message down, unless it is answered first; call it after sending.
   * @param {Message} message
   * @param {boolean} offline nobody will answer soon: let it reach the disk and not only the browser
   */
  put(message, offline) {
    this.entries.set(message.id, { key: [this.project, this.tab, this.next++], stored: false });
    this.fresh.set(message.id, message);
    if (offline) this.writeFresh(true);
    else this.writing ??= setTimeout(() => this.writeFresh(false), WRITE_AFTER_MS);
  }

  /** Wait no longer for answers. @param {boolean} durable on the disk, not only in the browser */
  writeFresh(durable) {
    clearTimeout(this.writing);
    this.writing = undefined;
    const messages = [...this.fresh.values()];
    this.fresh.clear();
    if (!messages.length) return;
    const entries = messages.map(({ id }) => this.entries.get(id));
    this.#write((store) => messages.forEach((message, i) => store.put({ ...message, key: entries[i].key })), durable)
      .then((written) => { for (const entry of entries) entry.stored = written; });
  }

  /** The server has answered. @param {string} id */
  remove(id) {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    if (this.fresh.delete(id)) return;
    this.gone.push(entry.key);
    this.timer ??= setTimeout(() => this.#removeGone(), REMOVE_AFTER_MS);
  }

  #removeGone() {
    this.timer = undefined;
    const keys = this.gone.splice(0);
    if (keys.length) this.#write((store) => keys.forEach((key) => store.delete(key)), false);
  }

  /**
   * Take over what tabs that live no more have left, in the order in which they made it.
   * @returns {Promise<Message[]>}
   */
  async adopt() {
    const database = await this.opening;
    if (!database || this.closed) return [];
    const messages = [];
    for (const tab of await this.#otherTabs(database)) {
      messages.push(...await withLock(lockName(this.project, tab), tab === this.previous, () => (
        this.#take(database, tab))) ?? []);
    }
    this.previous = null;
    return messages;
  }

  /** Move a dead tab's messages into this tab's queue, in one transaction. */
  async #take(database, tab) {
    const transaction = database.transaction(STORE, 'readwrite');
    const store = transaction.objectStore(STORE);
    const found = await result(store.getAll(rangeOf(this.project, tab)));
    const messages = [];
    for (const { key, ...message } of found) {
      const mine = [this.project, this.tab, this.next++];
      store.delete(key);
      store.put({ ...message, key: mine });
      this.entries.set(message.id, { key: mine, stored: true });
      messages.push(message);
    }
    await finished(transaction);
    return messages;
  }

  async #otherTabs(database) {
    const keys = await result(database.transaction(STORE).objectStore(STORE)
      .getAllKeys(rangeOf(this.project)));
    return [...new Set(keys.map((key) => key[1]))].filter((tab) => tab !== this.tab);
  }

  /** @returns {Promise<boolean>} whether it was written */
  async #write(change, durable) {
    const database = this.database ?? await this.opening;
    if (!database) return false;
    try {
      const transaction = database.transaction(STORE, 'readwrite', {
        durability: durable ? 'strict' : 'relaxed',
      });
      change(transaction.objectStore(STORE));
      transaction.commit(); // a page that is about to go away may see no event of it any more
      await finished(transaction);
      return true;
    } catch {
      return false; // no room, or the browser cleared the page's storage
    }
  }

  #holdLock() {
    this.lock = new AbortController();
    navigator.locks?.request(lockName(this.project, this.tab), { signal: this.lock.signal }, () => (
      new Promise((release) => { this.release = release; }))).catch(() => {});
  }

  /** Give the queue up; what is in it waits for another page. */
  close() {
    this.closed = true;
    removeEventListener('pagehide', this.onPageHide);
    this.writeFresh(true);
    clearTimeout(this.timer);
    this.#removeGone();
    this.opening.then((database) => database?.close());
    this.lock.abort();
    this.release?.();
  }
}

const lockName = (project, tab) => `reviewer-outbox ${project} ${tab}`;

/**
 * Run `task` if nobody holds the lock. Pages that are not in a secure context have no locks: there
 * every queue counts as free.
 */
async function withLock(name, patient, task) {
  if (!navigator.locks) return task();
  const options = patient ? { signal: AbortSignal.timeout(LET_GO_MS) } : { ifAvailable: true };
  try {
    return await navigator.locks.request(name, options, (lock) => (lock ? task() : null));
  } catch (error) {
    if (['TimeoutError', 'AbortError'].includes(error.name)) return null;
    throw error;
  }
}

function tabId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Arrays sort behind numbers and texts in keys, so `[]` is above every key of the prefix. */
function rangeOf(...prefix) {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      // A newer version of this page in another tab may change the store.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
