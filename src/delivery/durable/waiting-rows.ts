import { encode, type Journal } from '../../journal/index.js';

const FORMAT = 3;

/** The record of a key under which a message waits: its sequence. */
export type WaitingRow = readonly [typeof FORMAT, number];

export function isWaitingRow(row: readonly unknown[]): row is WaitingRow {
  return row[0] === FORMAT;
}

/**
 * Coalescing keys of stored messages that wait, in the journal beside their rows: by them a later
 * life finds what its own sends replace. The record of one that has begun stays until it is over, or
 * another one has its key.
 */
export class WaitingRows {
  private readonly current = new Map<string, number>();
  constructor(private readonly journal: Journal) {}

  /** One that is there from an earlier life. */
  found(name: string, [, seq]: WaitingRow): void {
    this.current.set(name, seq);
  }

  /** In the batch in which the row of the message comes. */
  take(stream: string, slot: string, seq: number): void {
    const name = nameOf(stream, slot);
    this.current.set(name, seq);
    this.journal.put('ledger', name, encode([FORMAT, seq], 'a coalescing key'));
  }

  /** In the batch in which the row of the message goes. */
  free(stream: string, slot: string, seq: number): void {
    const name = nameOf(stream, slot);
    if (this.current.get(name) !== seq) return;
    this.current.delete(name);
    this.journal.drop('ledger', name);
  }

  recall(stream: string, slot: string): number | undefined {
    return this.current.get(nameOf(stream, slot));
  }
}

/** No name begins like that: the records of keys begin with the name of a destination. */
function nameOf(stream: string, slot: string): string {
  return `\n${stream}\n${slot}`;
}
