import type { AuditOptions } from '../options.js';
import type { SwarmRun } from '../swarm.js';

/** What a life is told when it begins. */
export interface Order {
  readonly options: AuditOptions;
  /** Of the store. */
  readonly path: string;
}

/** What a life says: it has begun, so many files are done, a line for people, and how it ended. */
export type Said =
  | { readonly kind: 'begun' }
  | { readonly kind: 'files'; readonly done: number }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'result'; readonly run: SwarmRun }
  | { readonly kind: 'failed'; readonly text: string };

/** What it hears: finish what is under way; or leave, now that its result has arrived. */
export type Heard = 'interrupt' | 'leave';
