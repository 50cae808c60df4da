import { isThenable, OptionError, Ring, settle, type Env } from '../base/index.js';
import type { Pid } from '../process/index.js';

/**
 * A message that nobody took: who should have had it, who sent it, and why it did not arrive.
 */
export interface DeadLetter {
  /** name, else pid, of the destination */
  readonly to: string;
  /** the operation; `info` for a plain message */
  readonly op: string;
  readonly payload: unknown;
  /** undefined when it was sent from outside every process */
  readonly from: Pid | undefined;
  /** `noproc`, or the exit reason of the process that had it queued */
  readonly reason: unknown;
  /** wall clock, ms since 1970 */
  readonly at: number;
}

export const DEAD_LETTERS_KEPT = 1_000;

/**
 * The dead letters of a system: the latest `capacity` are kept, all are counted, each is shown once to every
 * subscriber. A subscriber that throws hurts nobody.
 *
 * @example
 * const letters = system.deadLetters;
 * system.send('nobody', 'hello');
 * letters.list().at(-1)?.reason // => 'noproc'
 * @since 0.1.0
 */
export class DeadLetters {
  /** all dead letters since the start */
  total = 0;
  private readonly kept = new Ring<DeadLetter>();
  private readonly subscribers = new Set<Subscriber>();
  private telling = false;
  constructor(
    private readonly env: Env,
    private readonly capacity: number,
  ) {}

  /** Letters kept now, at most the capacity. */
  get size(): number {
    return this.kept.size;
  }

  /** The kept letters, oldest first; O(size). */
  list(): DeadLetter[] {
    const letters: DeadLetter[] = [];
    for (let i = this.kept.size; i > 0; i--) {
      const letter = this.kept.shift();
      letters.push(letter);
      this.kept.push(letter);
    }
    return letters;
  }

  /** Calls `fn` for every letter from now on, synchronously; returns the way to stop it. */
  subscribe(fn: (letter: DeadLetter) => void): () => void {
    if (typeof fn !== 'function') throw new OptionError('deadLetters.subscribe', fn, 'a function');
    const subscriber: Subscriber = { fn };
    this.subscribers.add(subscriber);
    return () => {
      this.subscribers.delete(subscriber);
    };
  }

  /** @internal */
  add(to: string, op: string, payload: unknown, from: Pid | undefined, reason: unknown): void {
    this.total++;
    if (this.capacity === 0 && this.subscribers.size === 0) return;
    const letter: DeadLetter = { to, op, payload, from, reason, at: this.env.wall() };
    if (this.capacity > 0) this.kept.push(letter);
    if (this.kept.size > this.capacity) this.kept.shift();
    // Letters that a subscriber makes are kept and counted, but not told again: that could go on for ever.
    if (this.telling) return;
    this.telling = true;
    for (const subscriber of this.subscribers) tell(subscriber, letter);
    this.telling = false;
  }
}

interface Subscriber {
  readonly fn: (letter: DeadLetter) => unknown;
}

const ignore = (): void => undefined;

/** P36: observation changes no outcome, whatever the observer throws or rejects with. */
function tell(subscriber: Subscriber, letter: DeadLetter): void {
  try {
    const result = subscriber.fn(letter);
    if (isThenable(result)) settle(result, ignore, ignore);
  } catch {
    // counted nowhere: the letter itself is
  }
}
