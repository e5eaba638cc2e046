// Spans, segments and discs, mixed as they come, in one instanced draw call. What share of a pixel
// is covered is worked out as in software/pixels/lines.wat, so that both backends agree.

import { link } from './program.js';

const BYTES_PER_MARK = 32;
const SPAN = 0;
const SEGMENT = 1;
const DISC = 2;

const VERTEX = `#version 300 es
layout(location = 0) in vec4 place;    // span: left, top, right, bottom; segment: x0, y0, x1, y1
layout(location = 1) in vec3 shape;    // half the width or the radius; dash, negative for none; kind
layout(location = 2) in vec4 ink;
uniform vec2 size;                     // canvas, device px
flat out vec4 color;
flat out vec4 line;                    // from, to, height at the beginning, slope
flat out vec4 more;                    // reach across, dash, stretch, kind with direction
const vec2 corners[6] = vec2[6](
  vec2(0, 0), vec2(1, 0), vec2(0, 1), vec2(0, 1), vec2(1, 0), vec2(1, 1));
void main() {
  vec2 corner = corners[gl_VertexID % 6];
  color = ink;
  line = place;
  more = vec4(shape.x, shape.y, 1.0, shape.z);
  vec2 p = mix(place.xy, place.zw, corner);
  if (shape.z == 2.0) {
    p = place.xy + (corner * 2.0 - 1.0) * (shape.x + 2.0);
  } else if (shape.z == 1.0) {
    vec2 d = place.zw - place.xy;
    bool flat_ = abs(d.x) >= abs(d.y);
    vec4 q = flat_ ? place : place.yxwz;
    bool backwards = q.z < q.x;
    float slope = q.z == q.x ? 0.0 : (q.w - q.y) / (q.z - q.x);
    if (backwards) q = q.zwxy;
    float stretch = sqrt(1.0 + slope * slope);
    float reach = shape.x * stretch;
    line = vec4(q.x, q.z, q.y, slope);
    more = vec4(reach, shape.y, stretch, 1.0 + (flat_ ? 0.0 : 1.0) + (backwards ? 2.0 : 0.0));
    float along = mix(q.x - 1.0, q.z + 1.0, corner.x);
    float across = q.y + slope * (along - q.x) + (corner.y * 2.0 - 1.0) * (reach + 1.5);
    p = flat_ ? vec2(along, across) : vec2(across, along);
    more.w += 10.0;
  }
  gl_Position = vec4(p / size * vec2(2, -2) + vec2(-1, 1), 0, 1);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 color;
flat in vec4 line;
flat in vec4 more;
uniform vec2 size;
uniform vec2 dash;                     // on, period
out vec4 pixel;
void main() {
  vec2 at = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
  float covered = 1.0;
  if (more.w >= 10.0) {
    int way = int(more.w + 0.5) - 11;
    if ((way & 1) == 1) at = at.yx;
    float share = max(0.0, min(at.x + 0.5, line.y) - max(at.x - 0.5, line.x));
    float middle = at.x - line.x;
    if (more.y >= 0.0) {
      float gone = more.y + ((way & 2) == 2 ? line.y - line.x - middle : middle) * more.z;
      float phase = gone - floor(gone / dash.y) * dash.y;
      float inside = phase <= dash.x ? min(phase, dash.x - phase) : max(dash.x - phase, phase - dash.y);
      share *= clamp(inside + 0.5, 0.0, 1.0);
    }
    float centre = line.z + line.w * middle;
    covered = share * max(0.0, min(at.y + 0.5, centre + more.x) - max(at.y - 0.5, centre - more.x));
  } else if (more.w == 2.0) {
    covered = more.x + 0.5 - distance(at, line.xy);
  }
  covered = clamp(covered, 0.0, 1.0);
  if (covered <= 0.0) discard;
  float alpha = floor(covered * color.a * 255.0 + 0.5) / 255.0;
  pixel = vec4(color.rgb * alpha, alpha);
}`;

/** Collects marks, then draws any run of them. */
export class MarkProgram {
  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.gl = gl;
    this.program = link(gl, VERTEX, FRAGMENT);
    this.size = gl.getUniformLocation(this.program, 'size');
    this.dash = gl.getUniformLocation(this.program, 'dash');
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    this.buffer = gl.createBuffer();
    for (let k = 0; k < 3; k++) {
      gl.enableVertexAttribArray(k);
      gl.vertexAttribDivisor(k, 1);
    }
    this.count = 0;
    /** colour of the marks that are added next */
    this.ink = 0;
    this.#reserve(1024);
  }

  #reserve(capacity) {
    const old = this.floats;
    const bytes = new ArrayBuffer(capacity * BYTES_PER_MARK);
    this.floats = new Float32Array(bytes);
    this.colors = new Uint32Array(bytes);
    if (old) this.floats.set(old);
  }

  clear() {
    this.count = 0;
  }

  #add(x0, y0, x1, y1, half, dash, kind) {
    if (BYTES_PER_MARK * this.count >= this.floats.byteLength) this.#reserve(2 * this.count);
    const at = (BYTES_PER_MARK / 4) * this.count++;
    const { floats } = this;
    floats[at] = x0;
    floats[at + 1] = y0;
    floats[at + 2] = x1;
    floats[at + 3] = y1;
    floats[at + 4] = half;
    floats[at + 5] = dash;
    floats[at + 6] = kind;
    this.colors[at + 7] = this.ink;
  }

  span(left, top, right, bottom) {
    this.#add(left, top, right, bottom, 0, 0, SPAN);
  }

  segment(x0, y0, x1, y1, half, dash) {
    this.#add(x0, y0, x1, y1, half, dash, SEGMENT);
  }

  disc(x, y, radius) {
    this.#add(x, y, 0, 0, radius, 0, DISC);
  }

  /** @param {import('../layout.js').Layout} layout */
  load(layout) {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.uniform2f(this.size, layout.canvasWidth, layout.canvasHeight);
    gl.uniform2f(this.dash, layout.dashOn, layout.dashPeriod);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.floats, gl.STREAM_DRAW, 0, (BYTES_PER_MARK / 4) * this.count);
  }

  draw(first, count) {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    const from = BYTES_PER_MARK * first;
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, BYTES_PER_MARK, from);
    gl.vertexAttribPointer(1, 3, gl.FLOAT, false, BYTES_PER_MARK, from + 16);
    gl.vertexAttribPointer(2, 4, gl.UNSIGNED_BYTE, true, BYTES_PER_MARK, from + 28);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, 6, count);
  }
}
