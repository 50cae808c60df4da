import { CastcallError, handled } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import { decode, encode, type Journal, StoreError } from '../../journal/index.js';
import type { Kernel } from '../../process/record/index.js';
import type { AsideAgent, AsideAgents } from '../../api/durable/aside.js';
import { tailOf } from './state/delta-log.js';

const FORMAT = 1;
/** Keys of the kind `meta`: this, and the name of the agent. */
const PREFIX = 'aside/';
const REASON_MAX = 1_024;
/** Records and rows that are read at once. */
const SLICE = 1_024;

type Row = readonly [number, number, string, number, number];

/** How often an agent has crashed in a row, as its record has it. */
export interface CrashRecord {
  readonly crashes: number;
  readonly reason: string;
  /** wall clock, ms since 1970, of the last crash */
  readonly at: number;
  readonly aside: boolean;
}

export const asideKey = (name: string): string => PREFIX + name;

/** Throws a coded error for what no castcall has written. */
export function decodeCrashes(bytes: Uint8Array): CrashRecord {
  const [, crashes, reason, at, aside] = decode(bytes) as Row;
  return { crashes, reason, at, aside: aside === 1 };
}

/**
 * Agents that have crashed since their last turn that committed something, over all lives of the program. One
 * that does it too often is set aside: it is not started until somebody says so, and its mail waits.
 */
export class CrashCounts implements AsideAgents {
  private readonly counts = new Map<string, CrashRecord>();
  constructor(
    private readonly journal: Journal,
    private readonly kernel: Kernel,
    private readonly owned: (name: string) => boolean,
    /** resolves once what earlier lives have counted is read */
    private readonly opened: () => Promise<void>,
  ) {}

  /** How many agents have crashed since they last succeeded. */
  get size(): number {
    return this.counts.size;
  }

  /** Reads what earlier lives have counted. */
  async load(): Promise<void> {
    for (let after = PREFIX; ;) {
      const entries = await this.journal.records('meta', after, SLICE);
      for (const { key, body } of entries) {
        if (!key.startsWith(PREFIX)) return;
        this.counts.set(key.slice(PREFIX.length), decodeCrashes(body));
      }
      const last = entries.at(-1);
      if (last === undefined) return;
      after = last.key;
    }
  }

  /* ---- of the agents ---- */

  /** Why an agent does not start; null when it may. */
  refusal(name: string): CastcallError | null {
    const count = this.counts.get(name);
    if (count?.aside !== true) return null;
    return new CastcallError(
      'AGENT_ASIDE', `'${name}' is set aside: it has crashed ${count.crashes} times in a row, the last time by ${
        count.reason}; its state and its mail are kept. system.store.aside.resume, or castcall agent resume, lets `
      + 'it go on; reset drops its state',
    );
  }

  crashed(name: string, error: unknown, max: number): void {
    const known = this.counts.get(name);
    if (known?.aside === true) return;
    const crashes = (known?.crashes ?? 0) + 1;
    const aside = crashes >= max;
    const made = { crashes, reason: printable(error).slice(0, REASON_MAX), at: this.kernel.env.wall(), aside };
    this.counts.set(name, made);
    this.write(name, made);
    if (aside) {
      this.kernel.warn(
        `'${name}' is set aside after ${crashes} crashes in a row: it is not started until it is resumed or reset`,
        { name, crashes, error },
      );
    }
  }

  /** A turn of it commits something: this, too. */
  succeeded(name: string): void {
    if (this.counts.delete(name)) this.journal.drop('meta', asideKey(name));
  }

  private write(name: string, { crashes, reason, at, aside }: CrashRecord): void {
    try {
      const bytes = encode([FORMAT, crashes, reason, at, aside ? 1 : 0], 'a count of crashes');
      this.journal.put('meta', asideKey(name), bytes);
    } catch (error) {
      // A store that takes nothing any more counts in memory.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /* ---- of those who look after them ---- */

  list(): AsideAgent[] {
    return [...this.counts].filter(([, { aside }]) => aside)
      .map(([name, { crashes, reason, at }]) => ({ name, crashes, reason, since: at }))
      .sort((a, b) => a.since - b.since);
  }

  resume(name: string): Promise<boolean> {
    return handled(this.resumed(name));
  }
  reset(name: string): Promise<boolean> {
    return handled(this.dropped(name));
  }

  private async resumed(name: string): Promise<boolean> {
    await this.opened();
    if (this.counts.get(name)?.aside !== true) return false;
    this.succeeded(name);
    await this.journal.flush();
    return true;
  }

  private async dropped(name: string): Promise<boolean> {
    const { journal } = this;
    await this.opened();
    this.checkFree(name);
    const seqs: number[] = [];
    for (let after = 0; ;) {
      const rows = await journal.rows('delta', name, after, SLICE, false);
      seqs.push(...rows.map(({ seq }) => seq));
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.seq;
    }
    const found = await this.holds(name);
    // Somebody may have started it meanwhile; from here on nothing comes between.
    this.checkFree(name);
    for (const seq of seqs) journal.remove('delta', seq);
    if (seqs.length > 0) journal.drop('meta', tailOf(name));
    journal.drop('state', name);
    this.succeeded(name);
    await journal.flush();
    return found || seqs.length > 0;
  }

  /** A state that cannot be read is there, too. */
  private async holds(name: string): Promise<boolean> {
    if (this.counts.has(name)) return true;
    try {
      return await this.journal.get('state', name) !== undefined;
    } catch {
      return true;
    }
  }

  private checkFree(name: string): void {
    if (!this.owned(name)) return;
    throw new CastcallError(
        'AGENT_RUNS', `'${name}' runs: its state is dropped while nobody owns the name; stop it first`,
      );
  }
}
