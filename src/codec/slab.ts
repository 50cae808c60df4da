/** Bytes that are asked for at once. */
const SLAB_BYTES = 8_192;
/** What is larger has bytes of its own. */
const SHARE_MAX = SLAB_BYTES / 4;

/**
 * Small arrays of bytes out of larger ones, as Node's pool for Buffers: an array of its own costs
 * more than to encode a message. What is kept for long keeps its neighbours: copy it.
 */
export class Slab {
  private slab = new Uint8Array(0);
  private at = 0;

  /** So many bytes, with anything in them. */
  take(length: number): Uint8Array {
    if (length > SHARE_MAX) return new Uint8Array(length);
    if (this.at + length > this.slab.length) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.at = 0;
    }
    const { at } = this;
    // Arrays of several bytes an item can be put on what follows.
    this.at = (at + length + 7) & ~7;
    return new Uint8Array(this.slab.buffer, at, length);
  }
}
