import type { Delivered } from './delivered.js';

/** How many keys a destination remembers, and for how long after the message was handled (P25). */
export interface LedgerLimits {
  readonly keysMax: number;
  readonly ageMs: number;
}

export const LEDGER: LedgerLimits = { keysMax: 10_000, ageMs: 86_400_000 };

interface Known {
  readonly message: Delivered;
  /** monotonic ms of its end, or -1 while it is not over */
  overAt: number;
}

/** The keys of one destination: those of messages that are not over, and a window, by count and age, of those handled. */
export class Ledger {
  private readonly known = new Map<string, Known>();
  constructor(private readonly limits: LedgerLimits) {}

  find(key: string, now: () => number): Delivered | undefined {
    const found = this.known.get(key);
    if (found === undefined) return undefined;
    if (found.overAt < 0 || now() - found.overAt < this.limits.ageMs) return found.message;
    this.known.delete(key);
    return undefined;
  }

  add(key: string, message: Delivered): void {
    this.known.set(key, { message, overAt: -1 });
  }

  /** It was handled: its key is remembered from now on, as the newest. */
  handled(key: string, now: number): void {
    const found = this.known.get(key);
    if (found === undefined) return;
    this.known.delete(key);
    found.overAt = now;
    this.known.set(key, found);
    this.prune(now);
  }

  /** It was not handled: another message may have the key. */
  forget(key: string, message: Delivered): void {
    if (this.known.get(key)?.message === message) this.known.delete(key);
  }

  /** Oldest first; a message that is not over stays whatever the limits are. */
  private prune(now: number): void {
    for (const [key, { overAt }] of this.known) {
      if (overAt < 0) continue;
      if (this.known.size <= this.limits.keysMax && now - overAt < this.limits.ageMs) return;
      this.known.delete(key);
    }
  }
}
