import { Deadline } from '../../base/index.js';
import type { Deadlines } from '../../base/index.js';
import { State } from './states.js';

/**
 * ms after which a message that found no room, or a name of another registry without an owner, is
 * tried again.
 */
const RETRY_MS = 10;

/** What waits for an owner. */
interface Retried {
  /** by which they come in the order of their sends */
  readonly number: number;
  readonly state: State;
}

/** Shared by all that hold nothing. */
const NONE: never[] = [];

/** Messages held for an owner or for room. As a deadline it is their next try. */
export class RetryQueue<M extends Retried> extends Deadline {
  messages: M[] = NONE;
  /** what has come back from a dead incarnation stands behind what was accepted after it */
  private mixed = false;
  private retrying: Set<RetryQueue<M>> | null = null;
  /** at most so many have ended while they waited */
  private ended = 0;
  constructor(private readonly owner: { flush(): boolean }) {
    super();
  }

  get empty(): boolean {
    return this.messages.length === 0;
  }

  /** One of them is still to come; those that have ended may be among them. */
  get due(): boolean {
    return this.messages.some((d) => d.state === State.Held);
  }

  push(d: M): void {
    const last = this.messages.at(-1);
    if (last !== undefined && last.number > d.number) this.mixed = true;
    if (this.messages === NONE) this.messages = [d];
    else this.messages.push(d);
  }

  /** Takes all out, in the order of their sends. */
  take(): readonly M[] {
    const taken = this.messages;
    if (this.mixed) taken.sort((a, b) => a.number - b.number);
    this.messages = NONE;
    this.mixed = false;
    this.ended = 0;
    return taken;
  }

  /** One that may be among them has ended. Amortised: what has ended is let go before it is half of all. */
  left(): void {
    if (++this.ended < 32 || this.ended * 2 < this.messages.length) return;
    this.messages = this.messages.filter((d) => d.state === State.Held);
    this.ended = 0;
  }

  /** Tries again soon; it stands among the retrying until then. */
  arm(deadlines: Deadlines, retrying: Set<RetryQueue<M>>): void {
    if (this.entry !== null) return;
    this.retrying = retrying;
    retrying.add(this);
    deadlines.add(this, RETRY_MS);
  }

  expire(): void {
    this.retrying?.delete(this);
    this.owner.flush();
  }
}
