import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeEnv } from '../../../src/base/index.js';
import { type Commit, Journal } from '../../../src/journal/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import type { Case } from '../../lib/case.js';
import { perSecond, nowMs } from '../../lib/clock.js';
import { expectCount } from '../../lib/system.js';

/** of a message that is stored */
export const BODY_BYTES = 256;

/** So many senders, each of which waits until its message is on the disk before it sends the next. */
class Senders implements Commit {
  private begun = 0;
  safe = 0;
  readonly done: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  private readonly body = new Uint8Array(BODY_BYTES).fill(120);

  constructor(private readonly journal: Journal, private readonly size: number) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  start(senders: number): void {
    for (let n = 0; n < senders; n++) this.send();
  }
  private send(): void {
    if (this.begun === this.size) return;
    this.begun += 1;
    this.journal.append('message', 'bench', this.body);
    this.journal.whenCommitted(this);
  }
  committed(): void {
    this.safe += 1;
    if (this.safe === this.size) this.resolve();
    else this.send();
  }
  uncommitted(error: Error): void {
    this.reject(error);
  }
}

/** Messages per second that are on the disk (level `disk`), with so many in flight. */
export const journalAppend = (inFlight: number): Case => () => async (size) => {
  const folder = mkdtempSync(join(tmpdir(), 'castcall-bench-'));
  const journal = new Journal(sqlite(join(folder, 'store')).connect(), nodeEnv());
  try {
    await journal.ready;
    const senders = new Senders(journal, size);
    const began = nowMs();
    senders.start(inFlight);
    await senders.done;
    const rate = perSecond(size, began);
    expectCount('rows', (await journal.facts()).rows.message, size);
    return rate;
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
