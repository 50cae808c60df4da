import type { From } from '../../api/agent.js';
import type { InsertedEvent } from '../../api/statem.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import type { Backlog, Kept } from '../../process/record/index.js';

/* The operations of events that come from no mailbox. They are signals to the account: nobody sent them. */
export const INTERNAL: Op = new Op(Kind.Continue, 'internal', null, null, false);
export const TIMED_OUT: Op = new Op(Kind.Idle, 'timeout', null, null, false);
export const STATE_TIMED_OUT: Op = new Op(Kind.Idle, 'stateTimeout', null, null, false);
export const GENERIC_TIMED_OUT: Op = new Op(Kind.Idle, 'genericTimeout', null, null, false);
/** What `p.op` is while an inserted event of any type is handled. */
export const INSERTED: Op = new Op(Kind.Continue, 'nextEvent', null, null, false);
/** What `p.op` is when the last event has had its outcome in the account and the next has not begun. */
export const OVER: Op = new Op(Kind.Continue, 'over', null, null, false);

/** One event that waits inside a machine: postponed, or inserted. */
export class Queued implements Kept {
  constructor(
    readonly op: Op,
    readonly payload: unknown,
    readonly from: unknown,
    /** it came through the mailbox, so it is in the account until it is handled or dropped */
    readonly counted: boolean,
  ) {}
}

/** The events inside a machine. What came through the mailbox is given back when the process ends (SM-17). */
export class Inside implements Backlog {
  /** postponed in this state, oldest first */
  readonly postponed: Queued[] = [];
  /** before any event from outside, the next one last */
  readonly next: Queued[] = [];

  /** The state has changed: everything postponed comes again, oldest first (SM-05). */
  replay(): void {
    for (let at = this.postponed.pop(); at !== undefined; at = this.postponed.pop()) this.next.push(at);
  }

  /** Puts events before everything that is queued, keeping their order (SM-07). */
  insert(events: readonly Queued[]): void {
    for (let at = events.length - 1; at >= 0; at--) this.next.push(events[at] as Queued);
  }

  get size(): number {
    return this.next.length + this.postponed.length;
  }

  /** In the order in which they would be handled if the state changed now. */
  list(): Kept[] {
    return [...this.next].reverse().concat(this.postponed).filter((one) => one.counted);
  }

  drain(): Kept[] {
    const left = this.list();
    this.next.length = 0;
    this.postponed.length = 0;
    return left;
  }
}

/** An event as `handle`, reports and `sys` see it. */
export function eventOf(op: Op, payload: unknown, from: unknown): InsertedEvent {
  switch (op.kind) {
    case Kind.Cast: return { type: 'cast', op: op.name, payload };
    case Kind.Call: return { type: 'call', op: op.name, payload, from: from as From };
    case Kind.Continue: return { type: 'internal', content: payload };
    case Kind.Idle:
      if (op === GENERIC_TIMED_OUT) return { type: 'genericTimeout', name: from as string, content: payload };
      return { type: op === TIMED_OUT ? 'timeout' : 'stateTimeout', content: payload };
    default: return { type: 'info', message: payload };
  }
}
