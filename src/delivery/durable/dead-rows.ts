import type { Journal } from '../../journal/index.js';

/** Dead letters that a store keeps: the oldest go first. */
export const DEAD_ROWS_MAX = 10_000;

/** The dead letters in the store, those of earlier lives first; their number is bounded. */
export class DeadRows {
  private readonly seqs = new Set<number>();
  constructor(
    private readonly journal: Journal,
    private readonly max: number = DEAD_ROWS_MAX,
  ) {}

  /** An earlier life has left it. */
  found(seq: number): void {
    this.seqs.add(seq);
  }

  add(stream: string, body: Uint8Array): void {
    this.seqs.add(this.journal.append('dead', stream, body));
    if (this.seqs.size <= this.max) return;
    for (const oldest of this.seqs) {
      this.remove(oldest);
      return;
    }
  }

  /** False for one that is not there, or no longer: a row is removed once. */
  remove(seq: number): boolean {
    if (!this.seqs.has(seq)) return false;
    this.journal.remove('dead', seq);
    return this.seqs.delete(seq);
  }
}
