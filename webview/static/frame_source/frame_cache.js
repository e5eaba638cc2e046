// Decoded pictures around the frame that is shown, bounded by bytes. Whoever puts a picture in
// gives it away: the cache closes it.

/** @typedef {VideoFrame | ImageBitmap} Picture */
/** @typedef {{picture: Picture, bytes: number, held: boolean}} Entry */

/**
 * So many pictures may stay in memory that belongs to a hardware decoder. It has few of them and
 * stands still when they are all taken, so further ones are copied.
 */
const MAX_HELD = 4;
/** How many pictures are taken to fit before the first has shown how large they are. */
const UNKNOWN_ROOM = 8;

export class FrameCache {
  #entries = /** @type {Map<number, Entry>} */ (new Map());
  #center = 0;
  #from = 0;
  #to = 0;
  #closed = false;

  /** @param {number} budgetBytes */
  constructor(budgetBytes) {
    this.budgetBytes = budgetBytes;
    this.bytes = 0;
    this.largestBytes = 0;
  }

  get size() {
    return this.#entries.size;
  }

  /** How many pictures fit; what is wanted at a time must not be more. */
  get room() {
    return this.largestBytes ? Math.floor(this.budgetBytes / this.largestBytes) : UNKNOWN_ROOM;
  }

  /**
   * What is looked at, and what is wanted around it: pictures far from that are the first to go.
   * @param {number} center @param {number} [from] @param {number} [to]
   */
  aim(center, from = center, to = center) {
    this.#center = center;
    this.#from = from;
    this.#to = to;
  }

  /** @param {number} frame */
  has(frame) {
    return this.#entries.has(frame);
  }

  /** To draw at once, not to keep nor to close. @param {number} frame */
  get(frame) {
    return this.#entries.get(frame)?.picture;
  }

  /** @param {number} frame @param {Picture} picture */
  put(frame, picture) {
    if (this.#closed) {
      picture.close();
      return;
    }
    this.#drop(frame);
    const entry = { picture, bytes: sizeOf(picture), held: isHeld(picture) };
    this.#entries.set(frame, entry);
    this.bytes += entry.bytes;
    this.largestBytes = Math.max(this.largestBytes, entry.bytes);
    this.#trim();
    this.#release();
  }

  /** @param {(frame: number) => boolean} which */
  dropAll(which) {
    for (const frame of [...this.#entries.keys()]) if (which(frame)) this.#drop(frame);
  }

  close() {
    this.dropAll(() => true);
    this.#closed = true;
  }

  /** @param {number} frame */
  #drop(frame) {
    const entry = this.#entries.get(frame);
    if (!entry) return;
    this.#entries.delete(frame);
    this.bytes -= entry.bytes;
    entry.picture.close();
  }

  #trim() {
    while (this.bytes > this.budgetBytes && this.#entries.size > 1) {
      this.#drop(this.#farthest(() => true));
    }
  }

  /** Below 1 for what is wanted. @param {number} frame */
  #distance(frame) {
    const outside = Math.max(this.#from - frame, frame - this.#to);
    return outside > 0 ? outside : Math.abs(frame - this.#center) / (1 + this.#to - this.#from);
  }

  /** @param {(entry: Entry) => boolean} among */
  #farthest(among) {
    let found = -1;
    let distance = -1;
    for (const [frame, entry] of this.#entries) {
      const d = this.#distance(frame);
      if (d > distance && among(entry)) {
        found = frame;
        distance = d;
      }
    }
    return found;
  }

  /** Copies what a decoder needs back. */
  #release() {
    let held = 0;
    for (const entry of this.#entries.values()) if (entry.held) held++;
    for (; held > MAX_HELD; held--) {
      const frame = this.#farthest((entry) => entry.held);
      const entry = /** @type {Entry} */ (this.#entries.get(frame));
      entry.held = false;
      this.#replaceByCopy(frame, entry);
    }
  }

  /** @param {number} frame @param {Entry} entry */
  async #replaceByCopy(frame, entry) {
    let copy;
    try {
      copy = await copyOf(/** @type {VideoFrame} */ (entry.picture));
    } catch {
      // Closed meanwhile, or not to be copied: without it the frame is decoded again when needed.
      if (this.#entries.get(frame) === entry) this.#drop(frame);
      return;
    }
    if (this.#entries.get(frame) === entry) this.put(frame, copy);
    else copy.close();
  }
}

/** Planar formats are what software decoders put out, in plain memory. @param {Picture} picture */
function isHeld(picture) {
  return 'format' in picture && !(picture.format ?? '').startsWith('I4') && !ours.has(picture);
}

/** Copies that this module made. */
const ours = new WeakSet();

/** @param {VideoFrame} frame @returns {Promise<Picture>} */
async function copyOf(frame) {
  if (frame.format === null) return createImageBitmap(frame);
  const rect = /** @type {DOMRectReadOnly} */ (frame.visibleRect);
  const data = new Uint8Array(frame.allocationSize());
  const { format, timestamp, displayWidth, displayHeight, colorSpace } = frame;
  const layout = await frame.copyTo(data);
  const copy = new VideoFrame(data, {
    format, timestamp, displayWidth, displayHeight, colorSpace, layout,
    codedWidth: rect.width, codedHeight: rect.height, transfer: [data.buffer],
  });
  ours.add(copy);
  return copy;
}

/** @param {Picture} picture */
function sizeOf(picture) {
  if ('width' in picture) return 4 * picture.width * picture.height;
  // An opaque picture will be copied to RGBA.
  if (picture.format === null) return 4 * picture.codedWidth * picture.codedHeight;
  return picture.allocationSize();
}
