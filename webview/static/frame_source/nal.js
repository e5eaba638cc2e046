// Which H.264 packets nothing else refers to: on the way to a frame they need not be decoded.

const SLICE = 1;
const SLICE_PARTITION_A = 2;
const IDR_SLICE = 5;

/**
 * @param {string} codec as in a decoder configuration
 * @param {Uint8Array | undefined} description avcC, absent for Annex B
 * @returns {(packet: Uint8Array) => boolean} whether every slice has nal_ref_idc 0; never true for
 *   other codecs, whose packets do not say
 */
export function disposableTest(codec, description) {
  if (!/^avc[13]\./.test(codec)) return () => false;
  if (!description) return annexBDisposable;
  const lengthSize = (description[4] & 3) + 1;
  return (packet) => lengthPrefixedDisposable(packet, lengthSize);
}

/** @param {number} header first byte of a NAL unit @returns {boolean | null} null: not a slice */
function sliceDisposable(header) {
  const type = header & 31;
  if (type !== SLICE && type !== SLICE_PARTITION_A && type !== IDR_SLICE) return null;
  return (header >> 5 & 3) === 0;
}

/** @param {Uint8Array} packet @param {number} lengthSize */
function lengthPrefixedDisposable(packet, lengthSize) {
  let slices = 0;
  let at = 0;
  while (at + lengthSize < packet.length) {
    let length = 0;
    for (let k = 0; k < lengthSize; k++) length = length * 256 + packet[at++];
    const disposable = sliceDisposable(packet[at]);
    // Both fields of an interlaced picture may share a packet: each slice has its say.
    if (disposable === false) return false;
    if (disposable) slices++;
    at += length;
  }
  return slices > 0;
}

/** @param {Uint8Array} packet */
function annexBDisposable(packet) {
  let slices = 0;
  for (let at = packet.indexOf(1, 2); at > 0; at = packet.indexOf(1, at + 1)) {
    if (packet[at - 1] !== 0 || packet[at - 2] !== 0 || at + 1 >= packet.length) continue;
    const disposable = sliceDisposable(packet[at + 1]);
    if (disposable === false) return false;
    if (disposable) slices++;
  }
  return slices > 0;
}
