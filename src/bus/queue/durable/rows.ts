import { handled, unstacked } from '../../../base/index.js';
import { attemptsRow, type Durability, encodeDeadLetter, ItemLetter } from '../../../delivery/durable/index.js';
import { type Commit, type Journal, StoreError } from '../../../journal/index.js';
import type { Rank } from '../../../mailbox/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import { BusError } from '../../core/index.js';
import { Item, type ItemQueue } from '../item.js';
import { triesOf } from '../redelivery.js';
import { streamOf } from './row.js';

/** An item with a row, whose sequence is its id. */
export class StoredItem extends Item {
  /** there is a record of its attempts, which goes with it */
  tried = false;
  /** its attempts are marked before they begin */
  marked = false;
  /** it is acknowledged in a turn that has not ended */
  kept = false;
  /** why it is a dead letter */
  reason: unknown = undefined;
  constructor(queue: ItemQueue, seq: number, payload: unknown, lane: Rank, key: string | null) {
    super(queue, seq, payload, lane, key);
  }
}

/** Somebody who waits for a commit. */
class Told<T> implements Commit {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  constructor(
    private readonly rows: QueueRows,
    private readonly verb: string,
    private readonly value: T,
  ) {}
  committed(): void {
    this.resolve(this.value);
  }
  uncommitted(error: StoreError): void {
    this.reject(this.rows.unknown(this.verb, error));
  }
}

/** What one queue has in the store. */
export class QueueRows {
  readonly journal: Journal;
  constructor(
    readonly durability: Durability,
    readonly name: string,
  ) {
    this.journal = durability.journal;
  }

  wall(): number {
    return this.durability.wall();
  }

  /** Adds a row; throws when the store takes none. */
  append(lane: Rank, body: Uint8Array): number {
    return this.journal.append('item', streamOf(this.name, lane), body);
  }

  /** Settles when all that was added so far is safe; rejects with `UNKNOWN` when nobody knows. */
  safe<T>(verb: string, value: T): Promise<T> {
    const told = new Told(this, verb, value);
    const promise = new Promise<T>((resolve, reject) => {
      told.resolve = resolve;
      told.reject = reject;
    });
    const { journal } = this;
    if (journal.state === 'open') journal.whenCommitted(told);
    else told.uncommitted(journal.failure ?? new StoreError('STORE_CLOSED', 'the store is closed'));
    return handled(promise);
  }

  unknown(verb: string, cause: StoreError): BusError {
    return unstacked(() => new BusError(
      'UNKNOWN', `queue '${this.name}'`,
      `${verb}: the write that it belongs to has failed, and it may be there or not: ${cause.message}`, { cause },
    ));
  }

  /* ---- attempts ---- */

  /** What has failed once, or an earlier life has left, may be what makes the program die. */
  begins(item: StoredItem): void {
    item.marked ||= item.attempts > 1;
    if (item.marked) this.mark(item);
  }

  /** It was no attempt. */
  undone(item: StoredItem): void {
    if (item.marked) this.mark(item);
  }

  private mark({ id, attempts }: StoredItem): void {
    try {
      this.journal.mark(id, attempts);
    } catch {
      // who waits for the end of the item hears of a store that has failed
    }
  }

  failed(item: StoredItem): void {
    const { id, attempts, rare } = item;
    try {
      this.journal.put('attempt', String(id), attemptsRow(attempts, rare?.failures ?? []));
      item.tried = true;
    } catch {
      // likewise
    }
  }

  /* ---- the end ---- */

  /** Takes the row away, and tells what became of that; at once, and `stored`, when the store takes nothing. */
  end(item: StoredItem, as: 'deadLettered' | 'other', op: Op, commit: Commit): boolean {
    try {
      this.journal.remove('item', item.id);
      if (item.tried) this.journal.drop('attempt', String(item.id));
    } catch {
      return false;
    }
    if (as === 'deadLettered') this.bury(item, op);
    this.journal.whenCommitted(commit);
    return true;
  }

  /** Takes away a row of which nobody has to hear. */
  forget(seq: number, tried: boolean): void {
    try {
      this.journal.remove('item', seq);
      if (tried) this.journal.drop('attempt', String(seq));
    } catch {
      // it stays in the store
    }
  }

  private bury(item: StoredItem, op: Op): void {
    const { id, payload, key, reason, lane } = item;
    const { dead } = this.durability;
    const at = this.wall();
    const provenance = { sender: null, named: false, sentAt: 0, traceparent: null, headers: null };
    try {
      const row = {
        seq: id, op: op.name, payload, key, guarantee: 'at-least-once', ...triesOf(item), reason, at,
        version: op.version, order: null, terms: null, digest: null, provenance, origin: id, steps: false,
        lane,
      } as const;
      item.cold.letter = new ItemLetter(dead, this.name, row, dead.add(this.name, encodeDeadLetter(row), at, 0));
    } catch {
      // a store that is full keeps its letters in memory
    }
  }
}
