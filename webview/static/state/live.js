/**
 * The live connection: edits go out and are kept until the server says they are on disk;
 * changes by anyone come in. A lost connection is retried, and what was not acknowledged is sent
 * again under the same id, so that it is done once; what a page could not send before it ended is
 * sent by the next one (outbox.js).
 */

import { fetchJson, socketUrl } from '../api.js';
import { tellWaiting } from './elsewhere.js';
import { Outbox } from './outbox.js';

const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 4000;
/** Nothing heard for so long while an edit waits: the connection is dead though nobody said so. */
const SILENCE_MS = 15_000;
const LOOK_MS = 3000;
const MAX_LABEL = 200;
/** What the server takes in one message; it hangs up on more. */
const MAX_MESSAGE_BYTES = 8 << 20;

/**
 * @typedef {{type: 'edit'|'undo'|'redo', id: string, label?: string, ops?: Object[], text: string,
 *   after?: string|null, resolve: Function, reject: Function, sent: boolean, adopted?: boolean}} Pending
 */
export class Live {
  /**
   * @param {{base: string, key: string, readOnly: boolean, onChanged: Function, onReload: Function,
   *   onStatus: (status: string, waiting: number) => void, onSignedOut: (sentence: string) => void,
   *   onNotice: (text: string) => void}} options
   */
  constructor(options) {
    this.options = options;
    /** @type {Map<string, Pending>} in the order they were made */
    this.pending = new Map();
    this.instance = null;
    this.revision = -1;
    /** The newest revision whose change was told of; it may lag behind the acknowledged one. */
    this.heard = -1;
    /** The author's newest edit that the server has done, as far as is known here. @type {string|null} */
    this.last = null;
    this.connected = false;
    this.closed = false;
    this.retryMs = RETRY_MIN_MS;
    this.heardAt = 0;
    /** How many edits other pages are told to wait here. @type {number|null} */
    this.told = null;
    this.outbox = new Outbox(options.key);
    this.#connect();
    this.looking = setInterval(() => this.#look(), LOOK_MS);
    this.onOnline = () => this.#retryNow();
    addEventListener('online', this.onOnline);
  }

  /**
   * @param {string} label what undo will call it
   * @param {Object[]} ops see webview/edits.py
   * @returns {Promise<{revision: number}>} resolves when the edit is on disk
   */
  edit(label, ops) {
    return this.#send({ type: 'edit', label: label.slice(0, MAX_LABEL), ops });
  }

  undo() {
    const waiting = [...this.pending.values()].at(-1);
    // Of two undos that wait, the second is to pass over nothing that the first passes over.
    const after = waiting?.type === 'undo' ? waiting.after : this.#newest();
    return this.#send({ type: 'undo', after });
  }

  redo() {
    return this.#send({ type: 'redo', after: this.#newest() });
  }

  /** What an undo made now comes behind, though it may reach the server when more was done. */
  #newest() {
    return [...this.pending.keys()].at(-1) ?? this.last;
  }

  /**
   * What an edit that still waits says a property is to be at exactly this frame (null: constant).
   * @returns {{value: any}|null}
   */
  waitingValue(entity, property, frame) {
    let found = null;
    for (const { ops } of this.pending.values()) {
      for (const op of ops ?? []) {
        const same = op.entity === entity && op.property === property && op.frame === frame;
        if (same && op.op === 'set') found = { value: op.value };
      }
    }
    return found;
  }

  /** Whether the page may be left now without losing an edit. */
  get safe() {
    return this.outbox.safe;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.looking);
    this.outbox.close();
    removeEventListener('online', this.onOnline);
    this.socket?.close();
  }

  #send(message) {
    const id = randomId(16);
    const text = JSON.stringify({ ...message, id });
    if (!fits(text)) {
      return Promise.reject(new Error('This change is too large for one edit: make it in parts.'));
    }
    return new Promise((resolve, reject) => {
      const pending = { ...message, id, text, resolve, reject, sent: false };
      this.pending.set(id, pending);
      if (this.connected) this.#transmit(pending);
      this.outbox.put({ ...message, id }, !this.connected);
      this.#report();
    });
  }

  #transmit(pending) {
    pending.sent = true;
    this.sentAt = performance.now();
    this.socket.send(pending.text);
  }

  #connect() {
    const socket = new WebSocket(socketUrl(`${this.options.base}/live`));
    this.socket = socket;
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      this.#receive(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (this.socket !== socket || this.closed) return;
      this.socket = null;
      this.connected = false;
      this.#report();
      this.timer = setTimeout(() => this.#retry(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 1.6, RETRY_MAX_MS);
    };
  }

  async #retry() {
    // A refused handshake looks like a dead server to a WebSocket: ask once in plain HTTP.
    try {
      await fetchJson('/api/projects');
    } catch (error) {
      if (error.status === 401 || error.status === 403) this.options.onSignedOut(error.message);
    }
    if (!this.closed && !this.socket) this.#connect();
  }

  /** Now and then: is the connection alive, did another tab die with edits in its queue? */
  #look() {
    if (!this.connected) return;
    const waiting = [...this.pending.values()].some((pending) => pending.sent);
    if (waiting && performance.now() - Math.max(this.heardAt, this.sentAt) > SILENCE_MS) {
      const { socket } = this;
      socket.onclose(); // its own would come only when the other side answers
      socket.close();
      return;
    }
    if (!waiting) this.#adopt();
  }

  /** @returns {Promise<boolean>} whether there was something to take over */
  async #adopt() {
    let messages = [];
    try {
      messages = await this.outbox.adopt();
    } catch { /* the browser's storage fails: what is there stays for another time */ }
    if (!messages.length || this.closed) return false;
    const adopted = messages.map((message) => [message.id, {
      ...message, text: JSON.stringify(message), sent: false, adopted: true, resolve: () => {},
      reject: (error) => this.options.onNotice(
        `${nameOf(message)}, made before this page was opened, was refused: ${error.message}`),
    }]);
    this.pending = new Map([...adopted, ...this.pending]);
    this.options.onNotice(`${messages.length === 1 ? 'An edit' : `${messages.length} edits`} that an earlier page could not save ${messages.length === 1 ? 'is' : 'are'} sent now.`);
    if (this.connected) for (const [, pending] of adopted) this.#transmit(pending);
    this.#report();
    return true;
  }

  #retryNow() {
    if (this.connected || this.closed || this.socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.timer);
    this.retryMs = RETRY_MIN_MS;
    this.#retry();
  }

  /** Try again at once, e.g. after signing in anew. */
  wake() {
    this.#retryNow();
  }

  #receive(message) {
    switch (message.type) {
      case 'hello': return this.#greet(message);
      case 'saved':
        this.#reach(message.revision, message.last);
        return this.#settle(message.id, (p) => p.resolve(message));
      case 'refused': return this.#settle(message.id, (p) => p.reject(new Error(message.reason)));
      case 'changed':
        this.#reach(message.revision, message.last);
        this.heard = Math.max(this.heard, message.revision);
        return this.options.onChanged(message);
      case 'reload': this.heard = this.revision; return this.options.onReload(false);
      // The project has another video: nothing that was loaded fits it.
      case 'renumbered': return location.reload();
      case 'findings': return this.options.onFindings?.();
      case 'reviews': return this.options.onReviews?.();
      case 'notice': return this.options.onNotice(message.text);
      default: return undefined; // a newer server may say more
    }
  }

  /** @param {number} revision @param {string|null} last the author's newest edit at it */
  #reach(revision, last) {
    if (revision < this.revision) return; // told of late: more is known
    this.revision = revision;
    this.last = last;
  }

  async #greet({ instance, revision, last }) {
    const restarted = this.instance !== null && this.instance !== instance;
    const missed = this.revision >= 0 && this.revision !== revision;
    this.instance = instance;
    this.revision = revision;
    this.last = last;
    this.heard = revision;
    this.retryMs = RETRY_MIN_MS;
    if (restarted || missed) this.options.onReload(restarted);
    const { socket } = this;
    await this.#adopt(); // first: it was made before what waits here
    if (this.socket !== socket) return;
    this.connected = true;
    for (const pending of this.pending.values()) this.#transmit(pending);
    this.#report();
  }

  #settle(id, finish) {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    this.outbox.remove(id);
    this.#report();
    finish(pending);
  }

  #report() {
    const waiting = this.pending.size;
    let status = 'saved';
    if (!this.connected) status = 'offline';
    else if (waiting) status = 'saving';
    else if (this.options.readOnly) status = 'read-only';
    this.options.onStatus(status, waiting);
    // An edit on its way is answered at once: only what waits for a server is worth telling.
    if (this.connected !== (waiting === 0) || waiting === this.told) return;
    this.told = waiting;
    tellWaiting(this.options.key, waiting);
  }
}

function fits(text) {
  // A UTF-16 unit is at most three bytes of UTF-8: most texts need not be encoded to know.
  return text.length * 3 <= MAX_MESSAGE_BYTES
    || new TextEncoder().encode(text).length <= MAX_MESSAGE_BYTES;
}

/** @param {import('./outbox.js').Message} message */
function nameOf(message) {
  if (message.type !== 'edit') return message.type === 'undo' ? 'Undo' : 'Redo';
  return `\u201c${message.label}\u201d`;
}

/** @param {number} length @returns {string} lower-case letters and digits, from secure random bytes */
export function randomId(length) {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % 32]).join('');
}
