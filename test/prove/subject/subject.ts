import type { Truth } from '../witness/verdict.js';

/** What the parent asks of a child. */
export interface Order {
  readonly subject: string;
  readonly path: string;
  readonly level: 'disk' | 'process';
  /** the first id that it may use */
  readonly base: number;
  readonly seed: number;
  /** null: at random, until it is killed; else so many steps, one after the other */
  readonly steps: number | null;
  /** where copies go that it makes meanwhile; null: none */
  readonly backups: string | null;
  /** how it deceives the proof, so that a test can see it found out */
  readonly lie: Lie | null;
}

/**
 * - early: acknowledged before it is written
 * - keep: an acknowledged message is not removed
 * - tear: half of a transaction is written, then the rest
 * - again: now and then a message is handled twice
 */
export type Lie = 'early' | 'keep' | 'tear' | 'again';

/**
 * Tells the witness, at once: `I id` before a send, `S id` once it is accepted, `K id` once its effect is
 * acknowledged, `O` once open, `R` once at work, `B path` and `C path` around a backup, `X code` for an
 * error with a code of ours, `Y text` for any other.
 */
export type Tell = (line: string) => void;

/** A level at which the promises are looked at: the journal, or the agents above it. */
export interface Subject {
  readonly name: string;
  /** In the child. Ends when its steps are done, or never. */
  work(order: Order, tell: Tell): Promise<void>;
  /**
   * In the parent, while no child lives: opens the store as the next life would, reads everything, removes the
   * records of what `settled` returns, and closes. Rejects with the error of the store.
   */
  look(where: Where, settled: (truth: Truth) => readonly number[]): Promise<Truth>;
  /** While no child lives: the file is one of the first version again, which the next life brings up to date. */
  age(path: string): void;
}

export interface Where {
  readonly path: string;
  readonly level: 'disk' | 'process';
  /** `open`: in spite of a damage that was found */
  readonly damaged: 'refuse' | 'open';
}
