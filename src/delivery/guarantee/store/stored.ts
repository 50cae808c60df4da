import type { DeliveryOutcome } from '../../../api/delivery.js';
import type { Process } from '../../../process/record/index.js';

/**
 * What a message outlives the program by: its row in the store. The message says what happens to
 * it; what its sender hears of it is always committed.
 */
export interface Stored {
  /** of its row; -1 before it has one */
  readonly seq: number;
  /** its row is of an earlier life */
  readonly earlier: boolean;
  /** the sender has been told how it ended */
  readonly told: boolean;
  /**
   * resolves once it is committed, null when it is, and for the handler whose turn it is a part of;
   * rejects with a CallError when that turn has failed, or the commit
   */
  accepting(by: Process | null): Promise<void> | null;
  /** an attempt is about to begin (P22) */
  begins(attempts: number): void;
  /** that one does not count after all: so many do */
  undone(attempts: number): void;
  /** an attempt has failed, and another one follows */
  failed(): void;
  /** nobody will handle it: its dead letter takes the place of its row, before `over` */
  buried(payload: unknown, reason: unknown): void;
  /** of its payload; 0 when that is no longer what was sent */
  readonly version: number;
  /** the row of its dead letter; below 0 for none */
  readonly letter: number;
  /** its dead letter has another payload now. Throws when that cannot be stored: nothing has changed then */
  edited(payload: unknown, reason: unknown, at: number): void;
  /** its dead letter is thrown away. Throws when the store takes nothing any more */
  discarded(): void;
  /** its row goes, unless it is left for a later life; `toldOver` follows once that is committed */
  over(outcome: DeliveryOutcome, answer: boolean): void;
}

/** Messages of earlier lives that wait for the owner of a name, before all that came later. */
export interface Recovered<M> {
  /** somebody owns the name */
  arrived(p: Process): void;
  /** a new message that has been committed stands behind them */
  push(d: M, delayMs: number): void;
}
