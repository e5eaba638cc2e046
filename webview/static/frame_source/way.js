// How the pictures of a video are made here: from its own packets, from packets that the server
// encodes for a browser that cannot decode those, or as stills.

import { decoderConfig, whyNot } from './config.js';
import { fetchQuietly } from './fetching.js';

/**
 * @typedef {object} Way
 * @property {'webcodecs' | 'proxy' | 'stills'} mode
 * @property {VideoDecoderConfig | null} config null for stills
 * @property {import('../protocol.js').UnitTable} units the stretches that are decoded by themselves
 * @property {string} packets where the packets of a unit are fetched
 * @property {string} reason why it is not the best way, '' when it is
 */

/**
 * @param {import('../frame_source.js').VideoInfo} video
 * @param {import('../protocol.js').UnitTable} units of the file
 * @param {string} base such as '/api/0' @param {HeadersInit} [headers]
 * @returns {Promise<Way>}
 */
export async function chooseWay(video, units, base, headers) {
  const config = decoderConfig(video.decoder_config);
  const reason = await whyNot(config);
  if (!reason) return { mode: 'webcodecs', config, units, packets: base, reason: '' };
  return await findProxy(video, base, headers, reason) ?? {
    mode: 'stills', config: null, units, packets: base,
    reason: `${reason} The server sends exact stills.`,
  };
}

/**
 * The next best thing: the server encodes the frames anew, each as a key frame.
 * @param {import('../frame_source.js').VideoInfo} video
 * @param {string} base @param {HeadersInit | undefined} headers @param {string} reason
 * @returns {Promise<Way | null>}
 */
async function findProxy(video, base, headers, reason) {
  if (typeof VideoDecoder === 'undefined') return null;
  const found = await fetchQuietly(`${base}/proxy`, headers);
  const config = decoderConfig(found);
  if (!config || await whyNot(config)) return null;
  const block = found.block_frames;
  const blocks = Math.ceil(video.frame_count / block);
  const firstFrame = Int32Array.from({ length: blocks }, (_, k) => k * block);
  const frameCount = firstFrame.map((first) => Math.min(block, video.frame_count - first));
  return {
    mode: 'proxy', config, units: { firstFrame, frameCount }, packets: `${base}/proxy`,
    reason: `${reason} The server encodes each frame anew for it, as H.264.`,
  };
}
