// Whether this browser can decode this video, and how to ask it to.

/**
 * As the server describes it; `description_hex` is the container's codec header.
 * @typedef {{codec: string, description_hex?: string | null, codedWidth: number,
 *   codedHeight: number, rotation?: number}} ServerConfig
 */

/**
 * @param {ServerConfig | null | undefined} config
 * @returns {VideoDecoderConfig | null}
 */
export function decoderConfig(config) {
  if (!config?.codec) return null;
  // Not `rotation`: browsers differ in whether they then turn the picture themselves.
  const { codec, codedWidth, codedHeight, description_hex: hex } = config;
  if (!hex) return { codec, codedWidth, codedHeight };
  const pairs = hex.match(/../g) ?? [];
  const description = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  return { codec, codedWidth, codedHeight, description };
}

/**
 * @param {VideoDecoderConfig | null} config
 * @returns {Promise<string>} why the browser cannot decode it, as a sentence; '' when it can
 */
export async function whyNot(config) {
  if (!config) return 'No browser can decode this video by itself.';
  if (typeof VideoDecoder === 'undefined') {
    return globalThis.isSecureContext
      ? 'This browser has no WebCodecs.'
      : 'On an address without https the browser may not decode video: use localhost, an ssh '
        + 'tunnel or https.';
  }
  try {
    if ((await VideoDecoder.isConfigSupported(config)).supported) return '';
  } catch {
    // A codec string it cannot even parse is not supported either.
  }
  return `This browser does not decode ${config.codec}.`;
}
