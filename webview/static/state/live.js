/**
 * The live connection: edits go out and are kept until the server says they are on disk;
 * changes by anyone come in. A lost connection is retried, and what was not acknowledged is sent
 * again under the same id, so that it is done once.
 */

import { fetchJson, socketUrl } from '../api.js';

const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 4000;
const MAX_LABEL = 200;

/**
 * @typedef {{type: 'edit'|'undo'|'redo', id: string, label?: string, ops?: Object[],
 *   resolve: Function, reject: Function, sent: boolean}} Pending
 */
export class Live {
  /**
   * @param {{base: string, readOnly: boolean, onChanged: Function, onReload: Function,
   *   onStatus: (status: string, waiting: number) => void, onSignedOut: (sentence: string) => void,
   *   onNotice: (text: string) => void}} options
   */
  constructor(options) {
    this.options = options;
    /** @type {Map<string, Pending>} in the order they were made */
    this.pending = new Map();
    this.instance = null;
    this.revision = -1;
    this.connected = false;
    this.closed = false;
    this.retryMs = RETRY_MIN_MS;
    this.#connect();
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
    return this.#send({ type: 'undo' });
  }

  redo() {
    return this.#send({ type: 'redo' });
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

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener('online', this.onOnline);
    this.socket?.close();
  }

  #send(message) {
    const id = randomId(16);
    return new Promise((resolve, reject) => {
      const pending = { ...message, id, resolve, reject, sent: false };
      this.pending.set(id, pending);
      if (this.connected) this.#transmit(pending);
      this.#report();
    });
  }

  #transmit(pending) {
    const { type, id, label, ops } = pending;
    pending.sent = true;
    this.socket.send(JSON.stringify({ type, id, label, ops }));
  }

  #connect() {
    const socket = new WebSocket(socketUrl(`${this.options.base}/live`));
    this.socket = socket;
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket || this.closed) return;
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
    if (!this.closed) this.#connect();
  }

  #retryNow() {
    if (this.connected || this.closed) return;
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
        this.revision = Math.max(this.revision, message.revision);
        return this.#settle(message.id, (p) => p.resolve(message));
      case 'refused': return this.#settle(message.id, (p) => p.reject(new Error(message.reason)));
      case 'changed':
        this.revision = Math.max(this.revision, message.revision);
        return this.options.onChanged(message);
      case 'reload': return this.options.onReload(false);
      // The project has another video: nothing that was loaded fits it.
      case 'renumbered': return location.reload();
      case 'findings': return this.options.onFindings?.();
      case 'notice': return this.options.onNotice(message.text);
      default: return undefined; // a newer server may say more
    }
  }

  #greet({ instance, revision }) {
    const restarted = this.instance !== null && this.instance !== instance;
    const missed = this.revision >= 0 && this.revision !== revision;
    this.instance = instance;
    this.revision = revision;
    this.connected = true;
    this.retryMs = RETRY_MIN_MS;
    if (restarted || missed) this.options.onReload(restarted);
    for (const pending of [...this.pending.values()]) {
      // Edits say what becomes of what, so doing one twice does no harm; "undo" after a restart
      // could take back something else.
      if (restarted && pending.sent && pending.type !== 'edit') {
        this.#settle(pending.id, (p) => p.reject(new Error(
          'The connection was lost during undo; look whether it happened.')));
      } else {
        this.#transmit(pending);
      }
    }
    this.#report();
  }

  #settle(id, finish) {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
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
  }
}

/** @param {number} length @returns {string} lower-case letters and digits, from secure random bytes */
export function randomId(length) {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % 32]).join('');
}
