import type { Process, Turn } from '../../../process/record/index.js';

/** How the agents of a definition are stored: checked. */
export interface DurableTerms {
  /** of the state, from 1 */
  readonly version: number;
  /** makes a state of this version of an older one */
  readonly migrate: ((state: unknown, from: number) => unknown) | null;
}

/** What the store has of one agent, and its turns from now on. */
export interface DurableAgent extends Turn {
  /** undefined before its first life */
  readonly stored: { readonly state: unknown } | undefined;
  /** resolves once all of it so far is committed */
  safe(): Promise<void>;
}

/** Port: what makes agents durable, which a layer above fills. */
export interface Durables {
  /** what is stored under the name of that process; rejects when the store cannot tell */
  load(p: Process, terms: DurableTerms): Promise<DurableAgent>;
  /** see `self.once` */
  once(p: Process, key: unknown, fn: unknown, options: unknown): Promise<unknown>;
  /** see `self.wait` */
  wait(p: Process, id: unknown, options: unknown): Promise<unknown>;
  /** the system has stopped: what is left is written, and the store is closed; never rejects */
  end(): Promise<void>;
}
