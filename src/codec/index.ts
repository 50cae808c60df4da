/** Values to bytes and back. */
export { Codec, decode, encode, type Require } from './cbor.js';
export type { CodecLimits } from './limits.js';
export type { Purpose } from './purpose.js';
export { Slab } from './slab.js';
