import { Ring } from '../base/index.js';
import type { Delivered } from './delivered.js';

/** How many keys a destination remembers, and for how long after the message was handled (P25). */
export interface LedgerLimits {
  readonly keysMax: number;
  readonly ageMs: number;
}

export const LEDGER: LedgerLimits = { keysMax: 10_000, ageMs: 86_400_000 };

interface Handled {
  readonly key: string;
  readonly message: Delivered;
  /** monotonic ms */
  readonly at: number;
}

/** The keys of one destination: those of messages that are not over, and a window, by count and age, of those handled. */
export class Ledger {
  private readonly open = new Map<string, Delivered>();
  private readonly past = new Map<string, Handled>();
  /** the same, oldest first: a Map that loses its first entry at every step looks at all that it has lost */
  private readonly queue = new Ring<Handled>();
  constructor(private readonly limits: LedgerLimits) {}

  find(key: string, now: () => number): Delivered | undefined {
    const open = this.open.get(key);
    if (open !== undefined) return open;
    const found = this.past.get(key);
    if (found === undefined) return undefined;
    if (now() - found.at < this.limits.ageMs) return found.message;
    this.past.delete(key);
    return undefined;
  }

  add(key: string, message: Delivered): void {
    this.open.set(key, message);
  }

  /** It was handled: its key is remembered from now on, as the newest; those that are beyond the limits go. O(1) each. */
  handled(key: string, now: number): void {
    const message = this.open.get(key);
    if (message === undefined) return;
    this.open.delete(key);
    const made: Handled = { key, message, at: now };
    this.past.set(key, made);
    this.queue.push(made);
    this.trim(now);
  }

  /** Whether no key is taken or remembered. */
  idle(now: number): boolean {
    this.trim(now);
    return this.open.size + this.past.size === 0;
  }

  private trim(now: number): void {
    while (this.queue.size > 0) {
      const oldest = this.queue.at(0);
      if (this.past.size <= this.limits.keysMax && now - oldest.at < this.limits.ageMs) return;
      this.queue.shift();
      if (this.past.get(oldest.key) === oldest) this.past.delete(oldest.key);
    }
  }

  /** It was not handled: another message may have the key. */
  forget(key: string, message: Delivered): void {
    if (this.open.get(key) === message) this.open.delete(key);
  }
}
