import type { CallError, CallErrorCode, CallErrorFields, ExitReason } from '../../base/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { ReplySlot } from '../../process/record/index.js';
import type { Address, Process, Trace } from '../../process/record/index.js';
import { Watched } from './watch.js';

/** How a handler has asked for the end of its agent. */
export interface Stopping {
  readonly reason: ExitReason;
  /** who gets `reply` when the agent has ended; null for nobody */
  readonly replyTo: unknown;
  readonly reply: unknown;
}

/** What a request carries beyond the common case. */
export class RequestExtra extends Watched {
  skipAbandoned = false;
  /** the caller's frames, in development */
  trace: Trace | null = null;
  /** the process that handles it, when that is not the callee itself: a concurrent handler's */
  worker: Process | null = null;
  /** the callee's signal for this request; fired when the caller gives up */
  controller: AbortController | null = null;
  /** why the caller gave up; meaningful while `cancelled` */
  abortReason: unknown = undefined;
  cancelled = false;
  constructor(private readonly request: Request) {
    super();
  }

  /** The signal that the caller gave has fired. */
  abort(reason: unknown): void {
    this.request.abort(reason);
  }
}

/** What a handler answers: a call in flight, or a message with a guarantee. */
export abstract class Request extends ReplySlot {
  abstract readonly extra: RequestExtra | null;
  abstract readonly op: Op;
  /** what the sender used: a name's cell, or the process itself */
  abstract readonly target: Address;
  abstract get title(): string;
  /** ms until its caller gives up; undefined when it waits for ever */
  abstract get remainingMs(): number | undefined;
  /** The handler's answer; false when it comes too late. */
  abstract reply(value: unknown): boolean;
  abstract fail(code: CallErrorCode, fields?: Partial<CallErrorFields>): CallError | undefined;

  /** The signal that its caller gave has fired. */
  abort(_reason: unknown): void {}

  /** How its mailbox counts it when it is not handled because nobody waits for it any more. */
  get skippedAs(): 'expired' | 'dropped' | 'superseded' {
    return 'expired';
  }

  /** The handler refused what was asked of it. */
  refuse(refusal: string, details: unknown): void {
    this.fail('REFUSED', { refusal, details });
  }

  /** Its turn has come. False when it must not be handled: it is over, or a copy of one that is handled already. */
  claimed(): boolean {
    return true;
  }

  /** Its callee, a state machine, postpones its event. False when it must not be handled again. */
  postpones(): boolean {
    return true;
  }

  /** The callee has ended when its turn had come, and before anything of it began. */
  unhandled(reason: ExitReason): void {
    this.calleeEnded(reason);
  }

  /** Called when its handler threw, before the callee ends. True when it is dealt with and the callee lives on. */
  threw(_error: unknown): boolean {
    return false;
  }

  /** Its handler ended the callee without replying. */
  stopped(_reason: ExitReason): void {}

  /** Its handler, which is a turn of a durable agent, ends the callee: what that says of it belongs to the turn. */
  stopping(_ending: Stopping, _answered: boolean): void {}

  /** The delivery that it is, for its handler; undefined for a plain request. */
  get context(): unknown {
    return undefined;
  }

  /** It is a message with a guarantee. */
  get guaranteed(): boolean {
    return false;
  }

  /** The steering messages that have come for its handler; they are handled with it. */
  steered(): readonly unknown[] {
    return [];
  }

  abstract cold(): RequestExtra;

  /** The callee's signal has fired, or can no longer fire: it is not kept for the callee's life. */
  protected dropController(): void {
    const controller = this.extra?.controller;
    if (controller !== null && controller !== undefined && this.callee.from !== this) {
      this.callee.ext?.controllers?.delete(controller);
    }
  }
}
