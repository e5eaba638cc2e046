// Upright boxes, one instanced draw call for many: 30 vertices a box (the inside, then four edges).

import { link } from './program.js';

const VERTICES_PER_BOX = 30;
/** Style rows are laid out in a texture, this many a texture row, three texels each. */
const STYLES_PER_ROW = 256;

const VERTEX = `#version 300 es
layout(location = 0) in ivec4 rect;    // left, top, right, bottom
layout(location = 1) in uint style;
uniform ivec2 size;                    // canvas, device px
uniform highp usampler2D table;
flat out vec4 color;                   // premultiplied
flat out ivec4 pattern;                // outline's left, top; 0 solid, 1 dashes along x, 2 along y
const ivec2 corners[6] = ivec2[6](
  ivec2(0, 0), ivec2(1, 0), ivec2(0, 1), ivec2(0, 1), ivec2(1, 0), ivec2(1, 1));
void main() {
  ivec2 texel = ivec2(3 * int(style % ${STYLES_PER_ROW}u), int(style / ${STYLES_PER_ROW}u));
  uvec4 line = texelFetch(table, texel, 0);
  uvec4 inside = texelFetch(table, texel + ivec2(1, 0), 0);
  uvec4 shape = texelFetch(table, texel + ivec2(2, 0), 0);
  int w = int(shape.x);
  ivec4 outer = rect - (w >> 1) + ivec4(0, 0, w, w);
  ivec4 inner = outer + ivec4(w, w, -w, -w);
  bool solid = inner.x >= inner.z || inner.y >= inner.w;
  int part = gl_VertexID / 6;
  ivec4 r = ivec4(0);                  // no area: nothing is drawn
  if (part == 0) { if (!solid) r = inner; }
  else if (w == 0) { }
  else if (part == 1) r = solid ? outer : ivec4(outer.xyz, inner.y);
  else if (solid) { }
  else if (part == 2) r = ivec4(outer.x, inner.y, inner.x, inner.w);
  else if (part == 3) r = ivec4(inner.z, inner.y, outer.z, inner.w);
  else r = ivec4(outer.x, inner.w, outer.zw);
  uvec4 c = part == 0 ? inside : line;
  if (c.a == 0u) r = ivec4(0);
  color = vec4(c) / 255.0;
  color.rgb *= color.a;
  bool dashed = part > 0 && shape.y > 0u;
  pattern = ivec4(outer.xy, dashed ? (part == 2 || part == 3 ? 2 : 1) : 0, 0);
  ivec2 corner = corners[gl_VertexID % 6];
  vec2 p = vec2(corner.x == 0 ? r.x : r.z, corner.y == 0 ? r.y : r.w);
  gl_Position = vec4(p / vec2(size) * vec2(2, -2) + vec2(-1, 1), 0, 1);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
flat in vec4 color;
flat in ivec4 pattern;
uniform ivec2 size;
uniform ivec2 dash;                    // on, period
out vec4 pixel;
void main() {
  if (pattern.z != 0) {
    ivec2 at = ivec2(gl_FragCoord.xy);
    int t = pattern.z == 1 ? at.x - pattern.x : size.y - 1 - at.y - pattern.y;
    if (t % dash.y >= dash.x) discard;
  }
  pixel = color;
}`;

export class BoxProgram {
  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.gl = gl;
    this.program = link(gl, VERTEX, FRAGMENT);
    this.size = gl.getUniformLocation(this.program, 'size');
    this.dash = gl.getUniformLocation(this.program, 'dash');
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    this.rects = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.rects);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribDivisor(0, 1);
    this.styles = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.styles);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribDivisor(1, 1);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.texels = new Uint8Array(0);
  }

  /**
   * @param {Int32Array} rects @param {Uint16Array} styles @param {number} count boxes in all
   * @param {import('../layout.js').Layout} layout
   */
  load(rects, styles, count, layout) {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.uniform2i(this.size, layout.canvasWidth, layout.canvasHeight);
    gl.uniform2i(this.dash, layout.dashOn, layout.dashPeriod);
    this.#loadTable(layout);
    // A fresh store each time: the driver need not wait for the frame that still reads the old one.
    gl.bindBuffer(gl.ARRAY_BUFFER, this.rects);
    gl.bufferData(gl.ARRAY_BUFFER, rects, gl.STREAM_DRAW, 0, 4 * count);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.styles);
    gl.bufferData(gl.ARRAY_BUFFER, styles, gl.STREAM_DRAW, 0, count);
  }

  /** Draws some of the boxes loaded. */
  draw(first, count) {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.rects);
    gl.vertexAttribIPointer(0, 4, gl.INT, 0, 16 * first);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.styles);
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_SHORT, 0, 2 * first);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, VERTICES_PER_BOX, count);
  }

  /** @param {import('../layout.js').Layout} layout */
  #loadTable(layout) {
    const rows = Math.max(1, Math.ceil(layout.styles / STYLES_PER_ROW));
    const texels = new Uint8Array(rows * STYLES_PER_ROW * 12);
    const color = new Uint8Array(layout.color.buffer);
    const fill = new Uint8Array(layout.fill.buffer);
    for (let k = 0; k < layout.styles; k++) {
      for (let c = 0; c < 4; c++) {
        texels[12 * k + c] = color[4 * k + c];
        texels[12 * k + 4 + c] = fill[4 * k + c];
      }
      texels[12 * k + 8] = layout.width[k];
      texels[12 * k + 9] = layout.dash[k] ? 1 : 0;
    }
    const old = this.texels;
    if (old.length === texels.length && old.every((value, i) => value === texels[i])) return;
    this.texels = texels;
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8UI, 3 * STYLES_PER_ROW, rows, 0,
      gl.RGBA_INTEGER, gl.UNSIGNED_BYTE, texels);
  }
}
