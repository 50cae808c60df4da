import { decode, encode } from '../../journal/codec/index.js';
import type { Journal } from '../../journal/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { DeliveryOutcome, FailedAttempt, OutcomeKind } from '../../api/delivery.js';
import { KeyRecord, Outcome } from '../guarantee/index.js';
import type { Destination } from '../guarantee/index.js';

/*
 * The keys of handled messages, as the store keeps them: what an earlier life has remembered stands
 * here until somebody sends the key again, or it is forgotten.
 */

const FORMAT = 1;
/** Keys of earlier lives that are kept: the oldest go first. */
const KEYS_MAX = 100_000;
/** Records that are read at once. */
const SLICE = 1_024;
/** Between the name of a destination, which has none of it, and the key. */
const BETWEEN = '\n';
/** The operation of a key whose message had another one than its duplicate. */
const OTHER: Op = new Op(Kind.Call, '', null, null, false);

type Row = readonly [
  number, string, number, number, number, number, OutcomeKind, unknown, unknown, unknown, number,
  readonly FailedAttempt[], number,
];

export class KeyRows {
  /** those of earlier lives, oldest first */
  private readonly earlier = new Map<string, Row>();
  constructor(private readonly journal: Journal) {}

  /** Reads what is there. */
  async load(): Promise<void> {
    const rows: [string, Row][] = [];
    for (let after = ''; ;) {
      const entries = await this.journal.records('ledger', after, SLICE);
      const last = entries.at(-1);
      if (last === undefined) break;
      after = last.key;
      for (const { key, body } of entries) rows.push([key, decode(body) as Row]);
    }
    rows.sort((a, b) => a[1][12] - b[1][12]);
    const kept = rows.slice(Math.max(0, rows.length - KEYS_MAX));
    for (const [key] of rows.slice(0, rows.length - kept.length)) this.journal.drop('ledger', key);
    for (const [key, row] of kept) this.earlier.set(key, row);
  }

  /** The message of a key was handled: in the transaction in which its row goes. */
  add(stream: string, record: KeyRecord, outcome: DeliveryOutcome): void {
    const { a, b, c, d, op, keys, key } = record;
    const { kind, reply, reason, details, attempts, failures, at } = outcome;
    const row: Row = [FORMAT, op.name, a, b, c, d, kind, reply, reason, details, attempts, failures, at];
    this.journal.put('ledger', stream + BETWEEN + key, encodeRow(row));
    keys.stored ??= { drop: (gone) => this.drop(stream + BETWEEN + gone) };
  }

  /** What an earlier life has remembered of a key: from now on it is remembered as any other. */
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
    if (this.journal.state === 'open') this.journal.drop('ledger', name);
  }
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
