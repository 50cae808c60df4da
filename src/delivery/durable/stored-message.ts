import { callError, handled } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import type { Commit, Journal } from '../../journal/index.js';
import type { StoreError } from '../../journal/port/index.js';
import type { Process, TurnPart } from '../../process/record/index.js';
import type { DeliveryOutcome, FailedAttempt } from '../../api/delivery.js';
import { attemptsOf, commitCoalescing, goes, neverWent, Outcome, toldOver } from '../guarantee/index.js';
import type { Destination, Message, Slot, Stored } from '../guarantee/index.js';
import { type DeadLetterRow, encodeDeadLetter, encodeTold } from './dead-row.js';
import type { DeadRows } from './dead-rows.js';
import { type Before, encodeMessage, type Provenance, wordsOf } from './envelope.js';
import type { KeyRows } from './key-rows.js';

const FORMAT = 1;
/** of the row of a key, beside the key itself */
const KEY_BYTES = 256;

/** Of a message of an earlier life, before its row is read. */
const UNKNOWN: Provenance = { sender: null, named: false, sentAt: 0, traceparent: null, headers: null };

/** What all stored messages of a system share. */
export interface StoredIn {
  readonly journal: Journal;
  readonly keys: KeyRows;
  readonly dead: DeadRows;
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
  /** its row is safe, or it never will have one */
  private settled = false;
  private acceptance: Acceptance | null = null;
  /** attempts are marked before they begin */
  private marked = false;
  /** a recovered one has been given to its owner: its end makes room for the next */
  ended: (() => void) | null = null;
  /** it is of an earlier life */
  earlier = false;
  /** it has a record of steps, which goes with it */
  hasSteps = false;
  /** of its payload; 0 when that cannot be stored any more */
  version: number;
  /** the row of its dead letter; -1 before, and when there is none */
  letter = -1;
  private attempts = false;
  constructor(
    private readonly shared: StoredIn,
    readonly stream: string,
    readonly message: Message,
    private body: Uint8Array | null,
    readonly delayMs: number,
    public provenance: Provenance,
    /** what it was before it was sent again as a dead letter */
    public before: Before | null,
  ) {
    this.version = message.op.version;
  }

  /** Sequence of the message that it was at first: what is recorded of its steps stands there. */
  get origin(): number {
    return this.before === null ? this.seq : this.before.origin;
  }

  get bytes(): number {
    const { body, message: { key } } = this;
    return body === null ? 0 : body.length + (key === null ? 0 : KEY_BYTES + key.length);
  }

  /** One that has its row from an earlier life: the program may have died of it. */
  static recovered(shared: StoredIn, stream: string, message: Message, seq: number): StoredMessage {
    const made = new StoredMessage(shared, stream, message, null, 0, UNKNOWN, null);
    made.seq = seq;
    made.earlier = true;
    made.marked = true;
    made.settle();
    return made;
  }

  /** One of which nothing is left but the row of its dead letter. */
  static buried(
    shared: StoredIn, stream: string, message: Message, letter: number,
    { seq, version, provenance, origin, steps }: DeadLetterRow,
  ): StoredMessage {
    const before = { origin, attempts: 0, failures: [] };
    const made = new StoredMessage(shared, stream, message, null, 0, provenance, before);
    made.seq = seq;
    made.letter = letter;
    made.version = version;
    made.hasSteps = steps;
    made.settle();
    return made;
  }

  /** Adds its row. */
  append(): void {
    const { journal, keys } = this.shared;
    this.seq = journal.append('message', this.stream, this.body as Uint8Array);
    this.body = null;
    if (this.message.record !== null) keys.take(this.stream, this.message.record, this.message.payload, this.seq);
    const slot = slotOf(this.message);
    if (slot !== null) keys.coalescing.take(this.stream, slot.name, this.seq);
    journal.whenCommitted(this.acceptance ??= new Acceptance(this));
  }

  /** The same; its payload may be another one by now, which may not be storable: then it stays as it was sent. */
  private appendMerged(): void {
    const { message, delayMs } = this;
    const sent = this.body;
    if (slotOf(message)?.merge !== null) {
      try {
        this.body = encodeMessage(message, delayMs, this.shared.wall(), this.provenance, this.before);
      } catch (error) {
        this.body = sent;
        message.to.kernel.warn('a merged payload cannot be stored: the new one is kept as it was sent', { error });
      }
    }
    this.append();
  }

  /** Who sends it in a turn goes on at once: that one's commit is this one's. */
  accepting(by: Process | null): Promise<void> | null {
    if (this.settled || (by !== null && by === this.message.caller && this.seq < 0)) return null;
    return (this.acceptance ??= new Acceptance(this)).promise();
  }
  /** Nobody has to wait for its row any more. */
  settle(): void {
    this.settled = true;
    this.acceptance = null;
  }

  /* ---- as a part of its sender's turn ---- */

  joins(): void {
    const { message } = this;
    const slot = slotOf(message);
    if (slot !== null && !message.settled) commitCoalescing(message.to, message, slot, () => this.appendMerged());
    else if (!message.settled) this.append();
    if (this.seq >= 0) return;
    // It has been taken back meanwhile.
    this.acceptance?.told();
    this.settle();
  }
  committed(): void {
    // its own acceptance tells
  }
  uncommitted(): void {
    // likewise
  }
  dropped(reason: unknown): void {
    const { acceptance, message } = this;
    this.body = null;
    this.settle();
    neverWent(message.to, message, 'dropped', reason);
    acceptance?.refuse('EXIT', reason);
  }

  /* ---- what the message says ---- */

  begins(attempts: number): void {
    // What has failed once may be what makes the program die.
    this.marked ||= attempts > 1;
    if (this.marked) this.shared.journal.mark(this.seq, attempts);
  }

  undone(attempts: number): void {
    const { journal } = this.shared;
    if (this.marked && journal.state === 'open') journal.mark(this.seq, attempts);
  }

  failed(): void {
    const { attempts, failures } = this.message;
    this.write(() => {
      this.shared.journal.put('attempt', String(this.seq), attemptsRow(attempts, failures));
      this.attempts = true;
    });
  }

  buried(payload: unknown, reason: unknown): void {
    this.write(() => {
      this.letter = this.bury(this.letterRow(payload, reason, this.shared.wall()));
    });
  }

  /** One whose payload its handlers have made something of that cannot be stored is told by its text. */
  private bury(row: DeadLetterRow): number {
    const { dead } = this.shared;
    let body: Uint8Array;
    try {
      body = encodeDeadLetter(row);
    } catch {
      this.version = 0;
      body = encodeDeadLetter({ ...row, payload: printable(row.payload), version: 0 });
    }
    return dead.add(this.stream, body, row.at, row.steps ? row.origin : 0);
  }

  private letterRow(payload: unknown, reason: unknown, at: number): DeadLetterRow {
    const { message: d, provenance, origin, version } = this;
    const { op, key, order, terms, record } = d;
    const { guarantee } = terms;
    return {
      seq: this.seq, op: op.name, payload, key, guarantee, ...attemptsOf(d), reason, at, version, order, terms,
      digest: wordsOf(record), provenance, origin, steps: this.hasSteps || this.earlier, lane: null,
    };
  }

  /** Its dead letter was given another payload: its row is replaced. Throws what cannot be stored. */
  edited(payload: unknown, reason: unknown, at: number): void {
    if (this.letter < 0) return;
    const { dead } = this.shared;
    const version = this.message.op.version;
    const row = { ...this.letterRow(payload, reason, at), version, digest: null };
    this.letter = dead.replace(this.letter, this.stream, encodeDeadLetter(row), at, row.steps ? row.origin : 0);
    this.version = version;
  }

  /** Its dead letter is thrown away. Throws when the store takes nothing any more. */
  discarded(): void {
    if (this.letter >= 0) this.shared.dead.remove(this.letter);
    this.letter = -1;
  }

  /** What a retry of its dead letter knows of it. */
  get past(): Before {
    return { origin: this.origin, ...attemptsOf(this.message) };
  }

  /** A retry of its dead letter has its row: in that transaction the letter's goes. */
  redelivered(by: StoredMessage): void {
    by.hasSteps = this.hasSteps || this.earlier;
    if (this.letter >= 0) this.shared.dead.release(this.letter);
    this.letter = -1;
  }

  over(outcome: DeliveryOutcome, answer: boolean): void {
    const { message: d } = this;
    const { kind } = outcome;
    const { journal, keys } = this.shared;
    // One that has no row never was there; one that may be there, or is left to a later life, keeps it.
    if (this.seq < 0 || kind === 'unknown' || (kind === 'stored' && this.settled)) return this.tell(outcome, answer);
    if (kind === 'stored') return journal.whenCommitted(new End(this, outcome, answer));
    try {
      journal.remove('message', this.seq);
      if (this.attempts || this.earlier) journal.drop('attempt', String(this.seq));
      // The steps of a dead letter are kept for its retry.
      if ((this.hasSteps || this.earlier) && this.letter < 0) journal.drop('step', String(this.origin));
      this.shared.waits.over(this.seq);
      const slot = slotOf(d);
      if (slot !== null) keys.coalescing.free(this.stream, slot.name, this.seq);
      if (d.record !== null) {
        if (answer) keys.add(this.stream, d.record, outcome);
        else keys.free(this.stream, d.record);
      }
    } catch (error) {
      return this.tell(unsafe(outcome, error), false);
    }
    journal.whenCommitted(new End(this, outcome, answer));
  }

  /** It has a record of attempts from an earlier life, which goes with it. */
  hasAttempts(): void {
    this.attempts = true;
  }

  /** It is with its agent no longer, though it is not over. */
  leavesAgent(): void {
    if (this.ended !== null) this.ended();
    this.ended = null;
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

/** What is stored of the attempts of a message. */
export function attemptsRow(attempts: number, failures: readonly FailedAttempt[]): Uint8Array {
  return encodeTold((reasons) => [FORMAT, attempts, reasons(failures)], 'the failures of a message');
}

/** Its row is safe, or may be: it goes, and who waits is told. */
class Acceptance implements Commit {
  private promised: Promise<void> | null = null;
  private resolve: (() => void) | null = null;
  private reject: ((error: unknown) => void) | null = null;
  constructor(private readonly stored: StoredMessage) {}

  promise(): Promise<void> {
    return this.promised ??= handled(new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    }));
  }

  told(): void {
    this.resolve?.();
  }
  refuse(code: 'EXIT' | 'UNKNOWN', reason: unknown): void {
    if (this.reject === null) return;
    const { to, op, title } = this.stored.message;
    const error = callError(code, { target: title, op: op.name, verb: 'deliver', reason });
    to.kernel.failures.failed(error, false);
    this.reject(error);
  }

  committed(): void {
    const { message, delayMs } = this.stored;
    this.stored.settle();
    goes(message.to, message, delayMs);
    this.told();
  }
  uncommitted(error: StoreError): void {
    const { message } = this.stored;
    this.stored.settle();
    neverWent(message.to, message, 'unknown', error);
    this.refuse('UNKNOWN', error);
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

function slotOf({ rare }: Message): Slot | null {
  return rare === null ? null : rare.slot;
}

function unsafe({ attempts, failures, at }: DeliveryOutcome, error: unknown): DeliveryOutcome {
  return new Outcome('unknown', undefined, error, undefined, attempts, failures, at) as DeliveryOutcome;
}

/** A delivery without a row, sent in a turn: it goes with the commit of that one. */
export class DeferredMessage implements TurnPart {
  readonly bytes = 0;
  constructor(
    private readonly to: Destination,
    private readonly message: Message,
    private readonly delayMs: number,
  ) {}
  joins(): void {
    // nothing of it is stored
  }
  committed(): void {
    const { to, message } = this;
    const slot = slotOf(message);
    if (slot !== null && !message.settled && !commitCoalescing(to, message, slot, null)) return;
    goes(to, message, this.delayMs);
  }
  uncommitted(reason: unknown): void {
    this.dropped(reason);
  }
  dropped(reason: unknown): void {
    neverWent(this.to, this.message, 'dropped', reason);
  }
}
