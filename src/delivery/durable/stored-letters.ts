import { CallError, Ring } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { Router } from '../../router/index.js';
import type { Restored } from '../../router/dead-letter/index.js';
import type { RetryRefusal } from '../../api/letters.js';
import { type DeadLetterRow, decodeDeadLetter } from './dead-row.js';
import { soundRows } from './earlier-rows.js';
import { ItemRedelivery, type Redeliverers, StoredRedelivery } from './stored-redelivery.js';

/** Rows that are read at once. */
const SLICE = 64;

/** What became of letters that were asked for by their rows. */
export interface RowsRetried {
  readonly retried: readonly number[];
  readonly refused: readonly { readonly seq: number; readonly code: RetryRefusal; readonly message?: string }[];
}

/**
 * Dead letters whose rows are in the store: those of earlier lives are read at the start, the latest
 * of them become letters of the system, and all can be sent again by the sequence of their row.
 */
export class StoredLetters {
  constructor(
    private readonly shared: Redeliverers,
    private readonly router: Router,
    private readonly kernel: Kernel,
  ) {}

  /** Reads what earlier lives have left; as many as the system keeps are in memory at once. */
  async load(): Promise<void> {
    const { shared: { dead, journal }, router: { deadLetters } } = this;
    const { capacity, capacityBytes } = deadLetters.limits;
    const last = dead.earlier.at(-1) ?? 0;
    const latest = new Ring<Restored & { readonly bytes: number }>();
    let bytes = 0;
    for (let after = 0; after < last;) {
      const rows = await soundRows(journal, 'dead', null, after, SLICE);
      if (rows.length === 0) break;
      for (const { seq, stream, body } of rows) {
        after = seq;
        const row = this.read(seq, stream, body);
        const at = row?.at ?? this.shared.wall();
        dead.know(seq, { bytes: body.length, at, steps: row?.steps === true ? row.origin : 0 });
        if (row === null) continue;
        latest.push({ ...this.restored(seq, stream, row), bytes: body.length });
        bytes += body.length;
        while (latest.size > capacity || bytes > capacityBytes) bytes -= latest.shift().bytes;
      }
    }
    dead.earlier.length = 0;
    dead.keepWithin();
    const found: Restored[] = [];
    while (latest.size > 0) found.push(latest.shift());
    deadLetters.restore(found.filter(({ seq }) => dead.has(seq)));
  }

  /** Null for one that cannot be read: it stays in the store, for people to look at. */
  private read(seq: number, name: string, body: Uint8Array): DeadLetterRow | null {
    try {
      return decodeDeadLetter(body);
    } catch (error) {
      this.kernel.warn('a stored dead letter cannot be read; it stays in the store', { name, seq, error });
      return null;
    }
  }

  private restored(seq: number, name: string, row: DeadLetterRow): Restored {
    const { payload, reason, at } = row;
    const redelivery = row.lane === null
      ? new StoredRedelivery(this.shared, this.router.names.cell(name), seq, row)
      : new ItemRedelivery(this.shared, name, seq, row);
    return { seq, redelivery, payload, reason, at };
  }

  /**
   * Sends letters again, each in a transaction of its own with the row of its message; with `edit`
   * with another payload. One that is refused stays as it is.
   */
  async retry(seqs: readonly number[], edit: { readonly payload: unknown } | null): Promise<RowsRetried> {
    const retried: number[] = [];
    const refused: { seq: number; code: RetryRefusal; message?: string }[] = [];
    for (const seq of seqs) {
      try {
        const code = await this.retryOne(seq, edit);
        if (code === null) retried.push(seq);
        else refused.push({ seq, code });
      } catch (error) {
        if (!isA(error, CallError)) throw error;
        refused.push({ seq, code: error.code as RetryRefusal, message: error.message });
      }
    }
    await this.shared.journal.flush();
    return { retried, refused };
  }

  private async retryOne(seq: number, edit: { readonly payload: unknown } | null): Promise<RetryRefusal | null> {
    const { shared: { dead, journal }, router: { deadLetters } } = this;
    const kept = deadLetters.retryKept(seq, edit);
    if (kept !== undefined) return kept;
    if (!dead.has(seq)) return 'NOT_FOUND';
    const [found] = await soundRows(journal, 'dead', null, seq - 1, 1);
    // Somebody else may have had it meanwhile.
    if (found?.seq !== seq || !dead.has(seq)) return 'NOT_FOUND';
    const row = this.read(seq, found.stream, found.body);
    return row === null ? 'UNREADABLE' : deadLetters.retryUnkept(this.restored(seq, found.stream, row), edit);
  }

  /** Throws letters away for good; returns how many were there. */
  async prune(seqs: readonly number[]): Promise<number> {
    const { shared: { dead, journal }, router: { deadLetters } } = this;
    const gone = seqs.filter((seq) => dead.remove(seq));
    for (const seq of gone) deadLetters.forget(seq, 'pruned');
    await journal.flush();
    return gone.length;
  }
}
