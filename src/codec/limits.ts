/** What may be stored, and decoded. */
export interface CodecLimits {
  /** of the encoded value; 1 MiB by default */
  readonly bytesMax?: number;
  /** objects, arrays, maps, sets and errors within each other; 64 by default */
  readonly depthMax?: number;
  /** items, entries and fields in all; 100,000 by default */
  readonly elementsMax?: number;
  /** errors keep their stacks; no by default */
  readonly stacks?: boolean;
}

export const BYTES_MAX = 0x10_0000;
export const DEPTH_MAX = 64;
export const ELEMENTS_MAX = 100_000;

/** Errors that a chain of causes keeps. */
export const CAUSES_MAX = 8;
/** Bytes of a BigInt: cbor-x takes time that grows with their square. */
export const BIGINT_BYTES_MAX = 1_024;

/** CBOR's tag of seconds since 1970. */
export const DATE_TAG = 1;
/** The tag of what CBOR has no word for: an array that begins with one of the kinds. */
export const OWN_TAG = 0x6363;
/** What a tagged array holds. */
export const Own = { NegativeZero: 0, Failure: 1, Buffer: 2, View: 3, Text: 4 } as const;
