import type { SystemStats } from '../../../src/index.js';
import type { TreeNode } from '../../../src/observe/public.js';
import type { Totals } from '../agents/ledger.js';
import { bytes, count, counted } from './quantity.js';
import { Rhythm } from './rhythm.js';

/** One moment of the run. */
export interface View {
  readonly totals: Totals;
  /** Parser to the file that it was last known to read. */
  readonly reading: ReadonlyMap<string, string>;
  readonly tree: readonly TreeNode[];
  readonly stats: SystemStats;
}

/**
 * Where progress goes. It lives outside the agents, so that a dying progress agent leaves no
 * half-drawn screen.
 */
export interface Display {
  /**
   * Until the next view is due. The rhythm is kept here: who is often restarted would else begin to
   * wait anew each time.
   */
  dueInMs(): number;
  show(view: View): void;
  close(): void;
  /** A line that stays. On a screen only after `close`. */
  note(line: string): void;
}

/** For pipes and logs: one line a second. */
export class LineDisplay implements Display {
  readonly #rhythm = new Rhythm(1_000);
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  dueInMs(): number {
    return this.#rhythm.dueInMs();
  }

  show({ totals, stats }: View): void {
    this.#rhythm.beat();
    const files = `${count(totals.done)} of ${count(totals.found)} files, ${bytes(totals.bytes)}`;
    const agents = `${count(
      stats.handled,
    )} messages, ${counted(stats.crashes, 'crash', 'crashes')}, ${counted(stats.restarts, 'restart')}`;
    this.#write(`${files}; ${agents}\n`);
  }

  close(): void {
    // A line that was written stays written.
  }

  note(line: string): void {
    this.#write(`${line}\n`);
  }
}
