import type { Deadline, DeadlineEntry, ExitReason } from '../../base/index.js';
import { Run, type Process } from './process.js';

/** Why a request will not be handled: it was refused by a mailbox, or taken out of one. */
export type LostCode =

    | 'MAILBOX_FULL' | 'OVERLOADED' | 'MAILBOX_CLOSED' | 'UNSIZABLE_PAYLOAD' | 'PAYLOAD_TOO_LARGE' | 'EVICTED'
    | 'EXPIRED';

/** The delivery that was being handled; its key is hidden unless details are asked for. */
export interface DeliveryReport {
  readonly guarantee: string;
  readonly key: string | undefined;
  /** from 1 */
  readonly attempt: number;
}

/**
 * The reply slot of a request. It travels in the `from` slot of the message, never through a
 * mailbox, so a late or second reply dies in it (GS-11, GS-18), and a request to a long queue costs
 * what one to an empty queue costs (RE-05). The kernel needs to know only how it fails; the router
 * says what a reply is.
 */
export abstract class ReplySlot {
  abstract readonly caller: Process | null;
  /** who has it now */
  abstract callee: Process;
  abstract readonly settled: boolean;
  /** the caller cannot go on without it: an edge of the cycle check */
  get blocks(): boolean {
    return true;
  }
  /** the callee ended before it replied (GS-14) */
  abstract calleeEnded(reason: ExitReason): void;
  /** its message will not be handled; nothing to those that never are in a mailbox */
  lost(_code: LostCode): void {}
  /** what a report tells of it when its handler has crashed; with `details`, also what may be secret */
  told(_details: boolean): DeliveryReport | undefined {
    return undefined;
  }
  /**
   * a simulation has lost it on its way into the mailbox; true when it goes on by itself, in
   * another account
   */
  vanished(): boolean {
    return false;
  }
}

/** A slot that stands in its caller's list, and hears when that one ends. */
export interface Tracked extends ReplySlot {
  /** previous and next of the caller's unsettled requests */
  priorCall: Tracked | null;
  nextCall: Tracked | null;
  /** the caller ended: nobody waits any more */
  callerEnded(): void;
}

/** What waits in its caller's list and is no request. */
export abstract class CallSlot extends ReplySlot implements Tracked, Deadline {
  entry: DeadlineEntry | null = null;
  priorCall: Tracked | null = null;
  nextCall: Tracked | null = null;
  constructor(
    readonly caller: Process | null,
    public callee: Process,
  ) {
    super();
  }
  abstract callerEnded(): void;
  abstract expire(): void;
}

/** Not when it is over already, or its caller is: accepting a message may run the user's code. */
export function trackCall(caller: Process, slot: Tracked): void {
  if (slot.settled) return;
  if (caller.run === Run.Dead) return slot.callerEnded();
  const first = caller.calls;
  slot.nextCall = first;
  if (first !== null) first.priorCall = slot;
  caller.calls = slot;
}

export function untrackCall(caller: Process, slot: Tracked): void {
  const { priorCall: prior, nextCall: next } = slot;
  if (prior !== null) prior.nextCall = next;
  else if (caller.calls === slot) caller.calls = next;
  if (next !== null) next.priorCall = prior;
  slot.priorCall = null;
  slot.nextCall = null;
}
