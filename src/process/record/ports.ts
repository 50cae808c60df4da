import type { ExitReason } from '../../base/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Pid } from '../../api/address.js';
import type { Report } from '../../api/reports.js';
import type { Process } from './process.js';
import type { DeliveryReport } from './slot.js';

/**
 * One abnormal end, as data; the logger gets it once (PL-08, PL-09). Payloads and values of the
 * process are never in it.
 */
export interface CrashReport extends Report, CrashDetails {
  readonly label: 'process crashed';
  readonly level: 'error';
  readonly pid: Pid;
  readonly name: string | undefined;
  /** the process's own label: `label` says which report this is */
  readonly processLabel: string | undefined;
  readonly behaviour: string;
  readonly initialCall: string;
  readonly reason: ExitReason;
  readonly status: string;
  /** the operation that was being handled */
  readonly op: string | undefined;
  /**
   * whose call that was: name of the caller, else its label or definition with its pid, or
   * `outside`; undefined when it was no call (GS-41)
   */
  readonly client: string | undefined;
  /** the delivery that was being handled, when it was one */
  readonly delivery: DeliveryReport | undefined;
  /** user messages that were waiting */
  readonly queued: number;
  /** all messages of the normal lane */
  readonly depth: number;
  /** operations of the first 10 that were waiting; none of a sensitive process */
  readonly messages: readonly string[];
  readonly ancestors: readonly string[];
  /** at most 50 */
  readonly links: readonly Pid[];
  /** at most 10, without their values; none of a sensitive process */
  readonly dictionaryKeys: readonly string[];
  readonly trapExit: boolean;
  readonly sensitive: boolean;
  /** messages handled in its life */
  readonly reductions: number;
  /** what probably happened, when the reason looks like the change of a frozen payload */
  readonly hint?: string;
  /** linked processes that do not trap exits, and theirs, breadth first, at most 15 (PL-10) */
  readonly neighbours: readonly Neighbour[];
}

/** What a behaviour adds to a crash report, through the definition's own `formatStatus` alone (GS-42). */
export interface CrashDetails {
  readonly state?: unknown;
  readonly reason?: ExitReason;
  /** of a definition that was given no name: its first operations, by which people know it */
  readonly operations?: readonly string[];
}

/** A process that a crash may take along. */
export interface Neighbour {
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly processLabel: string | undefined;
  readonly behaviour: string;
  readonly initialCall: string;
  readonly status: string;
  readonly op: string | undefined;
  readonly queued: number;
  readonly ancestors: readonly string[];
}

/** A mailbox has reached its high mark, or is back at its low one; once for each crossing. */
export interface WaterReport extends Report {
  readonly label: 'mailbox above high water' | 'mailbox at low water';
  readonly level: 'warn' | 'info';
  readonly pid: Pid;
  readonly name: string | undefined;
  /** user messages queued now */
  readonly queued: number;
  readonly highWater: number;
  readonly lowWater: number;
}

/** What the layers above give the kernel when it is made. */
export interface Ports {
  /** a message that nobody takes; `to` has just ended */
  deadLetter(to: Process, op: Op, payload: unknown, from: unknown, reason: ExitReason): void;
  report(report: Report): void;
  /** something that works but should be looked at */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/**
 * Port of delivery guarantees: unstarted messages of an ended process are offered to it before they become dead
 * letters.
 */
export interface DeliveryPort {
  /** True when it takes the message over: it then leaves this mailbox's account and is in delivery's. */
  takeBack(p: Process, op: Op, payload: unknown, from: unknown, reason: ExitReason): boolean;
  /** the system has stopped: what is held ends as dead letters */
  close(): void;
}

/**
 * Port of simulations: what becomes of a user message on its way into a mailbox. The product fills
 * it never; it is asked on the road of watched sends only.
 */
export interface Faults {
  /**
   * `pass` lets it go on, `drop` loses it (counted as dropped), `kept` means that `deliver` is
   * called later. Calling `deliver` and answering `pass` makes two of it.
   */
  strike(to: Process, op: Op, payload: unknown, from: unknown, deliver: () => void): 'pass' | 'drop' | 'kept';
}

/**
 * Port of durable agents: what a process sends may have to wait until its state is committed. Asked
 * while a gate is set for every cast and plain message that a process sends, and for every reply.
 * Requests and puts leave at once: their sender waits for an answer.
 */
export interface Gate {
  /**
   * True when it keeps the send; it calls `release` later. It never does when the handler fails, or
   * the commit: then `lost` is called, with whether it was the handler (nothing has gone) or the
   * commit (nobody knows). One that goes `aside` is of no turn, and waits for those before only.
   */
  holds(
    sender: Process, op: Op, release: () => void, lost?: (dropped: boolean) => void, aside?: boolean,
  ): boolean;
  /**
   * The answer to a delivery, given before the end of its handler: true when it is kept, and called
   * when the handler has succeeded, as a part of its commit. Of that delivery, where it is given, the
   * end is told once the commit is safe.
   */
  joins(sender: Process, answer: () => void, of?: object): boolean;
  /** The attempt that the handler makes has failed, whatever the handler still does: so has its turn. */
  fails(sender: Process): void;
}

/** A part of what a durable agent does in one turn. */
export interface TurnPart {
  /** of what it adds to the transaction */
  readonly bytes: number;
  /** the handler has succeeded: what belongs into the transaction is added now */
  joins(): void;
  /** the transaction is safe */
  committed(): void;
  /** the commit has failed: it may be there or not */
  uncommitted(reason: unknown): void;
  /** the handler has failed */
  dropped(reason: unknown): void;
}

/** One turn of a durable agent after the other: what its handlers change and send takes effect with the commit. */
export interface Turn {
  /** a handler runs: what it sends is kept */
  readonly open: boolean;
  /** no handler runs, and all that its handlers have changed and sent is committed */
  readonly idle: boolean;
  keep(part: TurnPart): void;
  begin(): void;
  /** The handler has succeeded. Throws when its state cannot be stored: then it has failed. */
  end(self: object): void;
  /** It has failed: the state is as it was before, and what was kept is dropped. */
  drop(self: object): void;
  /** Its handler has thrown: when that ends the process, it counts as a crash. */
  threw(): void;
  /** The state was replaced from outside, between two turns. */
  replaced(): void;
}

/**
 * The observation port: a system without a tap pays one null check per event. A tap must not throw
 * and must not keep what it is given; the system wraps foreign taps so that a throw hurts nobody
 * (P36).
 */
export interface Tap {
  accepted(pid: string, op: string): void;
  handled(pid: string, op: string): void;
  spawned(pid: string): void;
  exited(pid: string, reason: unknown): void;
}
