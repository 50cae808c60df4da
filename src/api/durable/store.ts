/**
 * How safe what was committed is: `memory` ends with the program, `process` survives the death of the
 * program (kill -9), `disk` survives the loss of power too.
 */
export type StoreLevel = 'memory' | 'process' | 'disk';

/**
 * What is wrong with a store.
 * - `STORE_CLOSED`: it was closed, or never opened.
 * - `STORE_FAILED`: an earlier write failed; nothing is written until the store is opened anew.
 * - `STORE_FULL`: the limit of its size is reached, or its disk is full; what is there can be read and removed.
 * - `STORE_LOCKED`: another program has it open.
 * - `STORE_CORRUPT`: its data is damaged; the details name the place.
 * - `STORE_NEWER`: its file was written by a newer version of castcall.
 * - `STORE_PATH`: its path cannot be used; the message says why.
 * - `PEER_MISSING`: a package that it needs is not installed; the message names the command.
 */
export type StoreErrorCode =
  | 'STORE_CLOSED' | 'STORE_FAILED' | 'STORE_FULL' | 'STORE_LOCKED' | 'STORE_CORRUPT' | 'STORE_NEWER'
  | 'STORE_PATH' | 'PEER_MISSING';

/** A damage that was found in a store. */
export interface StoreFinding {
  readonly kind: 'checksum' | 'missing' | 'structure' | 'lost-tail' | 'unreadable';
  /** where: table, sequence or key, and position in the file as far as it is known */
  readonly place: string;
  readonly message: string;
}
