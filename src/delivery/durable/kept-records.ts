import { allRecords, type Journal, type Kind } from '../../journal/index.js';

/** All records of a kind that has few, in memory: what was put last, whether it is committed or not. */
export class KeptRecords {
  private readonly found = new Map<string, Uint8Array>();
  constructor(private readonly journal: Journal, private readonly kind: Kind) {}

  /** Reads what is there. */
  async load(): Promise<void> {
    for await (const entries of allRecords(this.journal, this.kind)) {
      for (const { key, body } of entries) this.found.set(key, body);
    }
  }

  /** Ask when the store is ready. */
  get(key: string): Uint8Array | undefined {
    return this.found.get(key);
  }
  keys(): readonly string[] {
    return [...this.found.keys()];
  }
  put(key: string, body: Uint8Array): void {
    this.journal.put(this.kind, key, body);
    this.found.set(key, body);
  }
  /** False when there is none. */
  drop(key: string): boolean {
    if (!this.found.has(key)) return false;
    this.journal.drop(this.kind, key);
    return this.found.delete(key);
  }
}
