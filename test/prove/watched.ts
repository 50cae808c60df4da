// One store and its witness: lives in turn, and a look after each.
import { existsSync, rmSync } from 'node:fs';
import { Claims } from './witness/claims.js';
import { type Faults, judge, settle, type Truth } from './witness/verdict.js';
import type { Lie, Order, Subject, Where } from './subject/subject.js';

export class Watched {
  readonly claims = new Claims();
  private lives = 0;

  constructor(
    readonly subject: Subject, readonly path: string, readonly level: 'disk' | 'process',
    private readonly lie: Lie | null = null,
  ) {}

  order(seed: number, more: Partial<Pick<Order, 'steps' | 'backups'>> = {}): Order {
    this.lives += 1;
    return {
      subject: this.subject.name, path: this.path, level: this.level, base: this.claims.next,
      seed: (seed + Math.imul(this.lives, 0x9e37_79b1)) >>> 0, steps: null, backups: null, lie: this.lie, ...more,
    };
  }

  /** Opens the store as the next life would, and compares; what has been seen is settled. */
  async look(damaged: Where['damaged'] = 'refuse'): Promise<{ faults: Faults; truth: Truth }> {
    let faults: Faults | undefined;
    const truth = await this.subject.look({ path: this.path, level: this.level, damaged }, (seen) => {
      faults = judge(this.claims, seen);
      return settle(this.claims, seen);
    });
    return { faults: faults as Faults, truth };
  }

  /** Looks at the copies that were finished; how many those are, and what is wrong with them. */
  async lookAtBackups(): Promise<{ finished: number; faults: string[] }> {
    const faults: string[] = [];
    let finished = 0;
    for (const { path, accepted, done } of this.claims.backups) {
      if (done) {
        finished += 1;
        faults.push(...await this.backupFaults(path, accepted));
      }
      for (const file of beside(path)) rmSync(file, { force: true });
    }
    this.claims.backups = [];
    return { finished, faults };
  }

  private async backupFaults(path: string, accepted: readonly number[]): Promise<string[]> {
    if (!existsSync(path)) return [`${path} is not there`];
    const truth = await this.subject.look({ path, level: this.level, damaged: 'refuse' }, () => []);
    const there = new Set([...truth.queued, ...truth.applied]);
    return [
      ...accepted.filter((id) => !there.has(id)).map((id) => `${id} is not in the copy`),
      ...truth.applied.filter((id) => truth.queued.includes(id)).map((id) => `${id} is handled and waits in the copy`),
      ...truth.wrong.map((place) => `${place} in the copy`),
    ];
  }
}

/** The files of a store. */
export const SUFFIXES = [
  '', '-wal', '-shm', '-journal', '-head', '-marks-0', '-marks-1', '-marks-new', '-lock', '-lock-journal', '-owner',
] as const;

export function beside(path: string): string[] {
  return SUFFIXES.map((suffix) => path + suffix);
}
