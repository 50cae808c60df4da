/** How much of something a store keeps: the oldest go first. Infinity for no limit. */
export interface Limits {
  readonly countMax: number;
  readonly bytesMax: number;
  /** ms by the wall clock, which alone is the same in all lives */
  readonly ageMs: number;
}

/** What a store keeps of what is over. */
export interface Retention {
  readonly deadLetters: Limits;
  readonly keys: Limits;
}

export const RETENTION: Retention = {
  deadLetters: { countMax: 10_000, bytesMax: 256 * 1_024 * 1_024, ageMs: Infinity },
  keys: { countMax: 100_000, bytesMax: 64 * 1_024 * 1_024, ageMs: Infinity },
};

/** What is known of one of them. */
export interface Noted {
  /** of its body */
  readonly bytes: number;
  /** wall clock, ms since 1970 */
  readonly at: number;
}

/** The book of what a store keeps, oldest first: number and bytes in exact integers. */
export class RetentionBook<K, N extends Noted> {
  private readonly all = new Map<K, N>();
  /** of all bodies */
  bytes = 0;
  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.all.size;
  }
  get(id: K): N | undefined {
    return this.all.get(id);
  }
  ids(): IterableIterator<K> {
    return this.all.keys();
  }

  /** It is the newest from now on. */
  add(id: K, noted: N): void {
    this.take(id);
    this.all.set(id, noted);
    this.bytes += noted.bytes;
  }

  /** What was known of it; undefined for one that is not there, or no longer. */
  take(id: K): N | undefined {
    const noted = this.all.get(id);
    if (noted === undefined) return undefined;
    this.all.delete(id);
    this.bytes -= noted.bytes;
    return noted;
  }

  /** The oldest, when it is beyond the limits; the newest is beyond none but that of age. */
  excess(now: number): K | undefined {
    const { countMax, bytesMax, ageMs } = this.limits;
    for (const [id, { at }] of this.all) {
      const over = this.all.size > 1 && (this.all.size > countMax || this.bytes > bytesMax);
      return over || now - at >= ageMs ? id : undefined;
    }
    return undefined;
  }
}
