import { clock } from './agents/clock.js';
import { agents } from './agents/kill.js';
import { poison } from './agents/poison.js';
import { corrupt } from './corrupt.js';
import { io } from './io.js';
import { kill } from './kill.js';
import { power } from './power.js';
import type { Proof } from './proof.js';

export const proofs: readonly Proof[] = [kill, power, io, corrupt, agents, poison, clock];

/** Those that are decided and not written. */
export const pending: readonly string[] = [];
