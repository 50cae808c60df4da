import { corrupt } from './corrupt.js';
import { io } from './io.js';
import { kill } from './kill.js';
import { power } from './power.js';
import type { Proof } from './proof.js';

export const proofs: readonly Proof[] = [kill, io, power, corrupt];

/** Those that are decided and not written. */
export const pending: readonly string[] = [
  'clock (jumps of the wall clock change no deadline of durable work)',
  'poison (a message that kills the program ends as a dead letter)',
];
