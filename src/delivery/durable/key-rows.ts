import { decode, encode } from '../../codec/index.js';
import { allRecords, type Journal } from '../../journal/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { DeliveryOutcome, FailedAttempt, OutcomeKind } from '../../api/delivery.js';
import { KeyRecord, Outcome } from '../guarantee/index.js';
import type { Destination } from '../guarantee/index.js';
import { type Limits, type Noted, RetentionBook } from './retention.js';
import { isWaitingRow, WaitingRows, type WaitingRow } from './waiting-rows.js';

/*
 * Keys as the store keeps them: those of messages that wait, taken in the transaction in which their
 * rows come, and those that were handled. What an earlier life has left stands here until somebody
 * sends the key again, or it is forgotten.
 */

const FORMAT = 1;
/** Format of the row of a key whose message waits. */
const TAKEN = 2;
/** Between the name of a destination, which has none of it, and the key. */
const BETWEEN = '\n';
/** The operation of a key whose message had another one than its duplicate. */
const OTHER: Op = new Op(Kind.Call, '', null, null, false);

type Row = readonly [
  number, string, number, number, number, number, OutcomeKind, unknown, unknown, unknown, number,
  readonly FailedAttempt[], number,
];

/** Where a row has its time. */
const AT = 12;

type TakenRow = readonly [typeof TAKEN, string, number, number, number, number, number];

/** A key whose message waits in the store. */
export interface Taken {
  readonly op: string;
  readonly digest: Digest;
  readonly seq: number;
}

type Digest = Readonly<Record<'a' | 'b' | 'c' | 'd', number>>;

export function digestOf([a, b, c, d]: readonly [number, number, number, number]): Digest {
  return { a, b, c, d };
}

export class KeyRows {
  private readonly waiting = new Map<string, Taken>();
  /** those of earlier lives, oldest first */
  private readonly earlier = new Map<string, Row>();
  readonly coalescing: WaitingRows;
  /** all that were handled, in this life and before */
  private readonly book: RetentionBook<string, Noted>;
  constructor(
    private readonly journal: Journal,
    limits: Limits,
    private readonly wall: () => number,
  ) {
    this.book = new RetentionBook(limits);
    this.coalescing = new WaitingRows(journal);
  }

  /** Handled keys in the store. */
  get size(): number {
    return this.book.size;
  }
  get bytes(): number {
    return this.book.bytes;
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    const rows: [key: string, row: Row, bytes: number][] = [];
    for await (const entries of allRecords(this.journal, 'ledger')) {
      for (const { key, body } of entries) {
        const row = decode(body) as Row | TakenRow | WaitingRow;
        if (isWaitingRow(row)) this.coalescing.found(key, row);
        else if (row[0] === TAKEN) this.waiting.set(key, takenOf(row as TakenRow));
        else rows.push([key, row as Row, body.length]);
      }
    }
    rows.sort((a, b) => a[1][AT] - b[1][AT]);
    for (const [key, row, bytes] of rows) {
      this.earlier.set(key, row);
      this.book.add(key, { bytes, at: row[AT] });
    }
    this.keepWithin();
  }

  /** Forgets what is beyond the limits. */
  private keepWithin(): void {
    const now = this.wall();
    for (let oldest = this.book.excess(now); oldest !== undefined; oldest = this.book.excess(now)) this.drop(oldest);
  }

  /** The message of a key is stored: in the transaction in which its row comes. */
  take(stream: string, record: KeyRecord, payload: unknown, seq: number): void {
    record.seal(payload);
    const { a, b, c, d, op, key } = record;
    const row: TakenRow = [TAKEN, op.name, a, b, c, d, seq];
    this.journal.put('ledger', stream + BETWEEN + key, encode(row, 'a key'));
  }

  /** It was not handled: another one may have the key. */
  free(stream: string, { key }: KeyRecord): void {
    this.journal.drop('ledger', stream + BETWEEN + key);
  }

  /** What an earlier life knows of a key whose message was not handled; asked once. */
  taken(stream: string, key: string): Taken | undefined {
    const name = stream + BETWEEN + key;
    const found = this.waiting.get(name);
    this.waiting.delete(name);
    return found;
  }

  keep(stream: string, key: string, taken: Taken): void {
    this.waiting.set(stream + BETWEEN + key, taken);
  }

  /** The message of a key was handled: in the transaction in which its row goes. */
  add(stream: string, record: KeyRecord, outcome: DeliveryOutcome): void {
    const { a, b, c, d, op, keys, key } = record;
    const { kind, reply, reason, details, attempts, failures, at } = outcome;
    const row: Row = [FORMAT, op.name, a, b, c, d, kind, reply, reason, details, attempts, failures, at];
    const name = stream + BETWEEN + key;
    const body = encodeRow(row);
    this.journal.put('ledger', name, body);
    this.book.add(name, { bytes: body.length, at });
    this.keepWithin();
    keys.stored ??= { drop: (gone) => this.drop(stream + BETWEEN + gone) };
  }

  /** What an earlier life has remembered of a key: from now on this one remembers it. */
  recall(to: Destination, stream: string, key: string, op: Op): KeyRecord | undefined {
    const name = stream + BETWEEN + key;
    const row = this.earlier.get(name);
    if (row === undefined) return undefined;
    this.earlier.delete(name);
    const [, opName, a, b, c, d, kind, reply, reason, details, attempts, failures, at] = row;
    const record = new KeyRecord(to.keys, key, opName === op.name ? op : OTHER, { a, b, c, d });
    to.keys.stored ??= { drop: (gone) => this.drop(stream + BETWEEN + gone) };
    to.keys.add(record, null);
    const outcome = new Outcome(kind, reply, reason, details, attempts, failures, at) as DeliveryOutcome;
    to.keys.remember(record, outcome, to.kernel.env.mono());
    return record;
  }

  /** The key is forgotten. */
  private drop(name: string): void {
    this.earlier.delete(name);
    if (this.book.take(name) !== undefined && this.journal.state === 'open') this.journal.drop('ledger', name);
  }
}

function takenOf([, op, a, b, c, d, seq]: TakenRow): Taken {
  return { op, digest: { a, b, c, d }, seq };
}

/** A key of another operation: whoever sends it is told of a conflict. */
export function otherOp(to: Destination, key: string, { digest }: Taken): KeyRecord {
  return new KeyRecord(to.keys, key, OTHER, digest);
}

/** What a reply or a reason holds that cannot be stored is left out: the effect counts, not what was said of it. */
function encodeRow(row: Row): Uint8Array {
  try {
    return encode(row, 'the outcome of a key');
  } catch {
    const [format, op, a, b, c, d, , , , , attempts, , at] = row;
    return encode([format, op, a, b, c, d, 'reply-gone', undefined, 'handled', undefined, attempts, [], at], 'a key');
  }
}
