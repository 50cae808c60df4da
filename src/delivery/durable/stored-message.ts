import { callError, handled } from '../../base/index.js';
import { encode } from '../../journal/codec/index.js';
import type { Commit, Journal } from '../../journal/index.js';
import type { StoreError } from '../../journal/port/index.js';
import type { TurnPart } from '../../process/record/index.js';
import type { DeliveryOutcome } from '../../api/delivery.js';
import { goes, neverWent, Outcome, toldOver } from '../guarantee/index.js';
import type { Destination, Message, Stored } from '../guarantee/index.js';
import type { KeyRows } from './key-rows.js';

const FORMAT = 1;

/** What all stored messages of a system share. */
export interface StoredIn {
  readonly journal: Journal;
  readonly keys: KeyRows;
  /** decisions that messages wait for */
  readonly waits: { over(seq: number): void };
  wall(): number;
}

/**
 * The row of one message:
 *
 *   accepted ─▶ append ─▶ committed ─▶ it goes ─▶ … ─▶ over: remove ─▶ committed ─▶ told
 *
 * As a part of its sender's turn it is appended at the end of that one.
 */
export class StoredMessage implements Stored, TurnPart {
  seq = -1;
  told = false;
  accepting: Promise<void> | null = null;
  /** attempts are marked before they begin: the program has died with messages like this one */
  marked = false;
  /** a recovered one has been given to its owner: its end makes room for the next */
  ended: (() => void) | null = null;
  /** it is of an earlier life */
  earlier = false;
  /** it has a record of steps, which goes with it */
  hasSteps = false;
  private attempts = false;
  constructor(
    private readonly shared: StoredIn,
    readonly stream: string,
    readonly message: Message,
    private body: Uint8Array | null,
    readonly delayMs: number,
  ) {}

  /** Adds its row; with `wait` somebody waits for the commit. */
  append(wait: boolean): void {
    const { journal } = this.shared;
    this.seq = journal.append('message', this.stream, this.body as Uint8Array);
    this.body = null;
    const acceptance = new Acceptance(this);
    if (wait) this.accepting = acceptance.promise();
    journal.whenCommitted(acceptance);
  }

  /* ---- as a part of its sender's turn ---- */

  joins(): void {
    try {
      this.append(false);
    } catch (error) {
      this.dropped(error);
    }
  }
  committed(): void {
    // its own acceptance tells
  }
  uncommitted(): void {
    // likewise
  }
  dropped(reason: unknown): void {
    this.body = null;
    neverWent(this.message.to, this.message, 'dropped', reason);
  }

  /* ---- what the message says ---- */

  begins(attempts: number): void {
    if (this.marked) this.shared.journal.mark(this.seq, attempts);
  }

  failed(): void {
    const { attempts, failures } = this.message;
    this.write(() => {
      const row = encode([FORMAT, attempts, failures], 'the failures of a message');
      this.shared.journal.put('attempt', String(this.seq), row);
      this.attempts = true;
    });
  }

  buried(payload: unknown, reason: unknown): void {
    const { op, attempts, failures, key, terms } = this.message;
    const { journal } = this.shared;
    const letter = [
      FORMAT, this.seq, op.name, payload, key, terms.guarantee, attempts, failures, reason, this.shared.wall(),
    ];
    this.write(() => journal.append('dead', this.stream, encode(letter, `the dead letter of '${op.name}'`)));
  }

  over(outcome: DeliveryOutcome, answer: boolean): void {
    const { message: d } = this;
    const { kind } = outcome;
    // One that has no row never was there; one that is left, or may be there, keeps it.
    if (this.seq < 0 || kind === 'stored' || kind === 'unknown') return this.tell(outcome, answer);
    const { journal, keys } = this.shared;
    try {
      journal.remove('message', this.seq);
      if (this.attempts) journal.drop('attempt', String(this.seq));
      if (this.hasSteps || this.earlier) journal.drop('step', String(this.seq));
      this.shared.waits.over(this.seq);
      if (answer && d.record !== null) keys.add(this.stream, d.record, outcome);
    } catch (error) {
      return this.tell(unsafe(outcome, error), false);
    }
    journal.whenCommitted(new End(this, outcome, answer));
  }

  /** It is with its agent no longer, though it is not over. */
  leavesAgent(): void {
    if (this.ended !== null) this.ended();
    this.ended = null;
  }

  /** The record of attempts that its row has from an earlier life goes with it. */
  hasAttempts(): void {
    this.attempts = true;
  }

  tell(outcome: DeliveryOutcome, answer: boolean): void {
    this.told = true;
    toldOver(this.message, outcome, answer);
    this.leavesAgent();
  }

  /** What a store that has failed, or a value that cannot be stored, keeps from being written is told elsewhere. */
  private write(add: () => void): void {
    try {
      add();
    } catch {
      // the end of the message tells of a store that has failed
    }
  }
}

/** Its row is safe, or may be. */
class Acceptance implements Commit {
  private resolve: (() => void) | null = null;
  private reject: ((error: unknown) => void) | null = null;
  constructor(private readonly stored: StoredMessage) {}

  promise(): Promise<void> {
    return handled(new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    }));
  }

  committed(): void {
    const { message, delayMs } = this.stored;
    this.stored.accepting = null;
    goes(message.to, message, delayMs);
    this.resolve?.();
  }

  uncommitted(error: StoreError): void {
    const { message } = this.stored;
    const { to, op, title } = message;
    this.stored.accepting = null;
    neverWent(to, message, 'unknown', error);
    if (this.reject === null) return;
    const unknown = callError('UNKNOWN', { target: title, op: op.name, verb: 'deliver', reason: error });
    to.kernel.failures.failed(unknown, false);
    this.reject(unknown);
  }
}

/** Its end is safe, or may be. */
class End implements Commit {
  constructor(
    private readonly stored: StoredMessage,
    private readonly outcome: DeliveryOutcome,
    private readonly answer: boolean,
  ) {}

  committed(): void {
    this.stored.tell(this.outcome, this.answer);
  }
  uncommitted(error: StoreError): void {
    this.stored.tell(unsafe(this.outcome, error), false);
  }
}

function unsafe({ attempts, failures, at }: DeliveryOutcome, error: unknown): DeliveryOutcome {
  return new Outcome('unknown', undefined, error, undefined, attempts, failures, at) as DeliveryOutcome;
}

/** A delivery without a row, sent in a turn: it goes with the commit of that one. */
export class DeferredMessage implements TurnPart {
  constructor(
    private readonly to: Destination,
    private readonly message: Message,
    private readonly delayMs: number,
  ) {}
  joins(): void {
    // nothing of it is stored
  }
  committed(): void {
    goes(this.to, this.message, this.delayMs);
  }
  uncommitted(reason: unknown): void {
    this.dropped(reason);
  }
  dropped(reason: unknown): void {
    neverWent(this.to, this.message, 'dropped', reason);
  }
}
