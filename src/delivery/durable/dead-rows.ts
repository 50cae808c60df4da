import type { Journal } from '../../journal/index.js';
import { type DeadLetterRow, encodeDeadLetter } from './dead-row.js';
import { RetentionBook, type Limits, type Noted } from './retention.js';

/** What is known of a row: of its steps their record, 0 for none. */
export interface DeadNoted extends Noted {
  readonly steps: number;
}

/** The dead letters in the store, those of earlier lives first; the oldest go when there are too many. */
export class DeadRows {
  private readonly book: RetentionBook<number, DeadNoted>;
  /** sequences of earlier lives, in order, until their rows are read */
  readonly earlier: number[] = [];
  constructor(
    private readonly journal: Journal,
    limits: Limits,
    private readonly wall: () => number,
    /** a row has gone for want of room */
    private readonly evicted: (seq: number) => void,
  ) {
    this.book = new RetentionBook(limits);
  }

  get size(): number {
    return this.book.size;
  }
  get bytes(): number {
    return this.book.bytes;
  }
  has(seq: number): boolean {
    return this.book.get(seq) !== undefined;
  }

  /** An earlier life has left it. */
  found(seq: number): void {
    this.earlier.push(seq);
  }

  /** The row of an earlier life was read. */
  know(seq: number, noted: DeadNoted): void {
    this.book.add(seq, noted);
  }

  /** Adds a row; returns its sequence. Throws what the store throws. */
  add(stream: string, body: Uint8Array, at: number, steps: number): number {
    const seq = this.journal.append('dead', stream, body);
    this.book.add(seq, { bytes: body.length, at, steps });
    this.keepWithin();
    return seq;
  }

  /** Removes what is beyond the limits. */
  keepWithin(): void {
    const now = this.wall();
    for (let oldest = this.book.excess(now); oldest !== undefined; oldest = this.book.excess(now)) {
      this.remove(oldest);
      this.evicted(oldest);
    }
  }

  /** Thrown away, with its steps. False for one that is not there, or no longer: a row is removed once. */
  remove(seq: number): boolean {
    const noted = this.book.get(seq);
    if (noted === undefined) return false;
    this.journal.remove('dead', seq);
    if (noted.steps > 0) this.journal.drop('step', String(noted.steps));
    this.book.take(seq);
    return true;
  }

  /** A message, or another row, takes its place in this transaction, and has its steps from now on. */
  release(seq: number): void {
    if (this.book.take(seq) !== undefined) this.journal.remove('dead', seq);
  }

  /** Another row takes its place: its sequence. Throws what the store throws; nothing has changed then. */
  replace(seq: number, stream: string, body: Uint8Array, at: number, steps: number): number {
    const made = this.journal.append('dead', stream, body);
    this.release(seq);
    this.book.add(made, { bytes: body.length, at, steps });
    this.keepWithin();
    return made;
  }
}

/** The row of the letter of an item, for who pushes it again. */
export class ItemLetter {
  constructor(
    private readonly dead: DeadRows,
    private readonly queue: string,
    private row: DeadLetterRow,
    public seq: number,
  ) {}

  /** Throws what cannot be stored; nothing has changed then. */
  edit(payload: unknown): number {
    const row = { ...this.row, payload };
    this.seq = this.dead.replace(this.seq, this.queue, encodeDeadLetter(row), row.at, 0);
    this.row = row;
    return this.seq;
  }

  discard(): void {
    this.dead.remove(this.seq);
  }

  /** In this transaction the item is pushed again. */
  release(): void {
    this.dead.release(this.seq);
  }
}
