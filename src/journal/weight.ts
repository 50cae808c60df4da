import { type Store, StoreError } from './port/index.js';

/** Part of the limit from which rows are refused, so that what is there can still be handled. */
const INTAKE_PART = 0.95;

/** How much is in the store, as far as it is known: asked for again as it grows. */
export class Weight {
  /** since it was asked */
  added = 0;
  /** something was removed since it was asked */
  freed = false;
  private known = 0;
  private asking = false;
  constructor(private readonly store: Store, readonly max: number) {}

  admitRow(open: number, bytes: number): void {
    if (this.known + this.added + open + bytes > this.max * INTAKE_PART) throw this.full('95 %', bytes);
  }
  admitRecord(open: number, bytes: number): void {
    if (this.known + this.added + open + bytes > this.max) throw this.full('all', bytes);
  }

  /** Asks again when what is known is of little worth. */
  refresh(): void {
    if (this.max === Infinity || this.asking) return;
    const room = this.max * INTAKE_PART - this.known;
    if ((this.freed || this.added > 0) && this.added > room / 2) void this.ask().catch(() => undefined);
  }
  async ask(): Promise<void> {
    if (this.max === Infinity) return;
    this.asking = true;
    const { added } = this;
    this.freed = false;
    try {
      const { bytes } = await this.store.facts();
      this.known = bytes;
      this.added -= added;
    } finally {
      this.asking = false;
    }
  }

  private full(part: string, bytes: number): StoreError {
    return new StoreError(
      'STORE_FULL', `the store holds ${this.known + this.added} of at most ${this.max} bytes, and ${part} of it is `
      + `taken: no room for ${bytes} more; let what is in it be handled or removed, or raise the limit`,
    );
  }
}
