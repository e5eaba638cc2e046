// A unit together with the one before it, for decoders that cannot begin at its key picture: with
// an open GOP, what follows the key may still give orders about pictures from before it, and
// Chromium treats an order about a picture that it does not have as an error.

/** @typedef {import('../protocol.js').Unit} Unit */

/**
 * @param {Unit} before
 * @param {Unit} unit the next one
 * @returns {Unit} the packets of both in the file's order, each once
 */
export function join(before, unit) {
  // When pictures of `before` lie behind the key of `unit`, it ends with that key and them.
  const shared = before.keys.lastIndexOf(1);
  const overlaps = shared > 0 && before.frames[shared] < 0;
  const skip = overlaps ? 1 : 0;
  const frames = new Int32Array(before.frames.length + unit.frames.length - skip);
  frames.set(before.frames);
  frames.set(unit.frames.subarray(skip), before.frames.length);
  if (overlaps) frames[shared] = unit.frames[0];
  const keys = new Uint8Array(frames.length);
  keys[0] = 1;
  const sizes = new Uint32Array(frames.length);
  sizes.set(before.sizes);
  sizes.set(unit.sizes.subarray(skip), before.sizes.length);
  const rest = unit.data.subarray(overlaps ? unit.sizes[0] : 0);
  const data = new Uint8Array(before.data.length + rest.length);
  data.set(before.data);
  data.set(rest, before.data.length);
  return { frames, keys, sizes, data };
}
