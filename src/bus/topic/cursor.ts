import type { KeptRecords } from '../../delivery/durable/index.js';
import { decode, encode, type Commit, type Journal, StoreError } from '../../journal/index.js';

const FORMAT = 1;
/** Between the name of a topic, which has none of it, and that of a subscription. */
const BETWEEN = '\n';

/** The key of the record of a cursor. */
export function cursorKey(topic: string, name: string): string {
  return topic + BETWEEN + name;
}

/** How far the subscription of one name is: all offsets before it are done with. */
export class Cursor implements Commit {
  private at = -1;
  private written = -1;
  private writing = false;
  constructor(
    private readonly records: KeptRecords, private readonly journal: Journal, private readonly key: string,
  ) {}

  /** What the store has; undefined when there is none. Ask when it is ready. */
  read(): number | undefined {
    const body = this.records.get(this.key);
    if (body === undefined) return undefined;
    const [, next] = decode(body) as [number, number];
    this.at = this.written = next;
    return next;
  }

  /** It moves on; written at once, or when the write before it is done. */
  move(next: number): void {
    if (next <= this.at) return;
    this.at = next;
    if (!this.writing) this.save();
  }

  /** The same, as a part of what is added to the store now. */
  put(next: number): void {
    this.at = next;
    this.write();
  }

  /** What it has come to is added to the store, if it is not there. Throws when the store takes nothing. */
  write(): void {
    if (this.at === this.written) return;
    this.records.put(this.key, encode([FORMAT, this.at], 'a cursor'));
    this.written = this.at;
  }

  /** The same; where the store takes nothing, a later life reads again what was not written. */
  writeIfTaken(): boolean {
    try {
      this.write();
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  committed(): void {
    this.writing = false;
    this.save();
  }
  uncommitted(_error: StoreError): void {
    this.writing = false; // a later life reads again what was not written
  }

  private save(): void {
    if (this.at === this.written || this.journal.state !== 'open' || !this.writeIfTaken()) return;
    this.writing = true;
    this.journal.whenCommitted(this);
  }
}
