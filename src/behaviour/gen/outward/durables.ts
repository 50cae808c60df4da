import type { Process, Turn } from '../../../process/record/index.js';

/** Of what a state is: an agent's is not a state machine's. */
export type DurableKind = 'agent' | 'machine';

/** What of a self is stored, and how it gets it back. */
export interface Shape {
  of(self: object): unknown;
  put(self: object, value: unknown): void;
}

/** How a state is kept as a log of deltas: checked. */
export interface LogTerms {
  readonly apply: (state: unknown, delta: unknown) => unknown;
  /** makes a delta of this version of an older one */
  readonly migrate: ((delta: unknown, from: number) => unknown) | null;
  /** deltas, and bytes of them, after which the whole state is stored; Infinity for never */
  readonly deltasMax: number;
  readonly bytesMax: number;
}

/** How the agents of a definition are stored: checked. */
export interface DurableTerms {
  /** of the state, from 1 */
  readonly version: number;
  /** makes a state of this version of an older one */
  readonly migrate: ((state: unknown, from: number) => unknown) | null;
  readonly kind: DurableKind;
  /** name of the definition; null for one without */
  readonly definition: string | null;
  /** names that it had before */
  readonly formerly: readonly string[];
  /** crashes in a row after which an agent is set aside; Infinity for never */
  readonly crashesMax: number;
  /** null for a state that is stored as a whole */
  readonly log: LogTerms | null;
  readonly shape: Shape;
}

/** What the store has of one agent, and its turns from now on. */
export interface DurableAgent extends Turn {
  /** undefined before its first life */
  readonly stored: { readonly state: unknown } | undefined;
  /** its start has succeeded: what that has changed is stored */
  begun(self: object): void;
  /** resolves once all of it so far is committed */
  safe(): Promise<void>;
}

/** Port: what makes agents durable, which a layer above fills. */
export interface Durables {
  /** resolves once the store is open, with why that process must not start; null when it may */
  refusal(p: Process): Promise<Error | null>;
  /** what is stored under the name of that process; rejects when the store cannot tell */
  load(p: Process, terms: DurableTerms): Promise<DurableAgent>;
  /** its start has failed by what is stored */
  startFailed(p: Process, terms: DurableTerms, error: unknown): void;
  /** see `self.append` */
  append(p: Process, self: object, delta: unknown): void;
  /** see `self.once` */
  once(p: Process, key: unknown, fn: unknown, options: unknown): Promise<unknown>;
  /** see `self.wait` */
  wait(p: Process, id: unknown, options: unknown): Promise<unknown>;
  /** the system has stopped: what is left is written, and the store is closed; never rejects */
  end(): Promise<void>;
}
