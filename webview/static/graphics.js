// What draws in this browser: a graphics card, or the processor in its place.

/** Names under which WebGL runs on the CPU. */
const EMULATED = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** What was answered last. @type {string | null | undefined} */
let known;

/**
 * The driver's own name for what draws; '' when the browser keeps it to itself, null without WebGL2.
 * Nothing is compiled for it, which alone takes long where WebGL is emulated.
 * @returns {string | null}
 */
export function rendererName() {
  known = null;
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return known;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  known = String(name ?? '');
  return known;
}

/** Whether the processor draws what a graphics card would; asked for once. */
export function isEmulated() {
  const name = known === undefined ? rendererName() : known;
  return name === null || EMULATED.test(name);
}
