/** Requests to the server of this page: the only place that calls fetch for data. */

/** A refusal; `message` is the server's sentence. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The server does not answer.', 0);
  }
  if (response.ok) return response;
  let sentence = `The server answered ${response.status}.`;
  try {
    sentence = (await response.json()).error ?? sentence;
  } catch { /* not JSON: the status must do */ }
  throw new ApiError(sentence, response.status);
}

/** @returns {Promise<any>} */
export async function fetchJson(path, options) {
  return (await request(path, options)).json();
}

/** @returns {Promise<ArrayBuffer>} */
export async function fetchBinary(path, options) {
  return (await request(path, options)).arrayBuffer();
}

/** Exchange the link's token for a session cookie. */
export async function logIn(token) {
  await request('/api/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

/** @type {() => void} */
let open;
const opened = new Promise((resolve) => { open = resolve; });

/** The first picture is there, or does not come soon. */
export function firstPictureIsThere() {
  open();
}

/** What is nice to have waits for this: the first picture must not share server and network with it. */
export const afterFirstPicture = () => opened;

/** @returns {string} ws: or wss: address of a path of this server */
export function socketUrl(path) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}${path}`;
}
