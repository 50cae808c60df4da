import type { CallError, Deadline } from '../../base/index.js';
import { fieldOf, printable } from '../../base/text/index.js';
import type { Line, Standing } from '../../base/text/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import type { Passage, Permit } from '../../delivery/guard/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Address, Process } from '../../process/record/index.js';
import { accept, refusalOf } from '../../process/send/index.js';
import type { RequestEnd, RequestPlace } from './account.js';
import { type GivenUp, PromisedAsk } from './ask.js';
import type { ServiceCore } from './core.js';
import type { Operation } from './definition.js';
import { Hand, hopOf } from './hand.js';
import type { Hop } from './hops.js';
import type { Seat } from './seats.js';

/** The turn of one request at one worker: what is given back when that has done with it. */
export interface Turn {
  readonly seat: Seat;
  readonly passage: Passage | null;
  /** null for one without weight */
  readonly permit: Permit | null;
  readonly ask: ServiceAsk;
  over: boolean;
}

/** What the core asks of a request. */
export interface ServiceAsk extends Standing<ServiceAsk> {
  readonly caller: Process | null;
  readonly over: boolean;
  readonly op: Operation;
  readonly payload: unknown;
  /** under the limit, as far as it is known */
  readonly weight: number;
  readonly hop: Hop;
  /** handings to a worker */
  attempts: number;
  /** in which it waits, or is worked on */
  line: Line<ServiceAsk> | null;
  /** until it is tried again */
  pause: Deadline | null;
  /** It has its turn: `to` is to do it. */
  begin(turn: Turn, to: RefBase): void;
  /** It is over, and failed. */
  end(error: unknown, from: RequestPlace, as: RequestEnd): void;
  /** Nobody waits for it any more: what a worker has of it is taken back. */
  giveUp(error: unknown, as: GivenUp): void;
}

/** One request for one response. */
export class RequestAsk extends PromisedAsk implements ServiceAsk {
  prior: ServiceAsk | null = null;
  next: ServiceAsk | null = null;
  line: Line<ServiceAsk> | null = null;
  pause: Deadline | null = null;
  attempts = 0;
  /** what a worker has of it now */
  hand: Attempt | null = null;
  readonly hop: Hop;
  constructor(
    readonly core: ServiceCore,
    caller: Process | null,
    readonly op: Operation,
    readonly payload: unknown,
    readonly weight: number,
    private readonly timeoutMs: number,
  ) {
    super(core.kernel, caller);
    this.hop = core.hops.request(hopOf(caller), caller, core.definition.name, op.name);
  }

  /** It waits from now on. */
  start(signal: AbortSignal | undefined): void {
    this.wait(this.timeoutMs, signal);
    this.core.enter(this);
  }

  get title(): string {
    return this.core.title;
  }

  override get blocks(): boolean {
    return this.hand !== null;
  }

  begin(turn: Turn, to: RefBase): void {
    const { core, op: { name }, payload } = this;
    const op = to.definition.callOp(name) as Op;
    const p = to.addr.owner as Process;
    const hand = new Attempt(this.caller, p, op, to.addr, this.hop, turn, this);
    this.hand = hand;
    this.callee = p;
    try {
      const checked = op.check === null ? payload : op.check(payload, this.caller);
      if (!accept(p, op, checked, hand)) hand.fail(refusalOf(p, op, checked));
    } catch (error) {
      this.hand = null;
      core.release(turn, error);
      const told = core.error('WORKER_FAILED', printable(error), this.attempts, error);
      if (!this.over) this.end(told, 'running', 'failed');
    }
  }

  responded(hand: Attempt, value: unknown): void {
    const { core } = this;
    this.hand = null;
    let checked: unknown;
    try {
      checked = this.op.checkAnswer(value);
    } catch (error) {
      core.release(hand.turn, error);
      const what = `its worker ${hand.title} gave no response: ${String(fieldOf(error, 'message'))}`;
      this.callee = hand.callee;
      if (!this.over) this.end(core.error('INVALID_RESPONSE', what, this.attempts, error), 'running', 'failed');
      core.pump();
      return;
    }
    core.weigh(hand.turn, checked);
    core.release(hand.turn, undefined);
    if (!this.over) { // a schema is the user's code
      this.close();
      core.settled(this, 'running', 'responded');
      core.hops.answered(this.hop, undefined, hand.callee, this.attempts);
      this.resolve(checked);
    }
    core.pump();
  }

  attemptFailed(hand: Attempt, error: CallError, tried: boolean): void {
    const { core } = this;
    this.hand = null;
    core.release(hand.turn, error);
    if (this.over) return;
    if (tried || error.code === 'REPLY_FAILED') core.failed(this, error);
    else core.unbegun(this, hand.turn.seat);
    core.pump();
  }

  end(error: unknown, from: RequestPlace, as: RequestEnd): void {
    this.close();
    toldFailure(this.core, this, error, from, as);
    this.reject(error);
  }

  expire(): void {
    const { core, timeoutMs, hand } = this;
    const where = hand === null ? ', it waited for a worker' : '';
    const what = `no response to '${this.op.name}' within ${timeoutMs} ms${where}`;
    this.giveUp(core.error('TIMEOUT', what, this.attempts), 'timedOut');
  }

  giveUp(error: unknown, as: GivenUp): void {
    if (this.over) return;
    const { core, hand } = this;
    this.hand = null;
    this.end(error, hand === null ? 'waiting' : 'running', as);
    if (hand === null) {
      core.pump(); // the limit may be waiting for the weight of this one
      return;
    }
    core.forgo(hand.turn, as === 'timedOut');
    hand.cancel(error);
  }
}

/** What one worker was handed of it. */
export class Attempt extends Hand {
  constructor(
    caller: Process | null, callee: Process, op: Op, target: Address, hop: Hop,
    readonly turn: Turn,
    private readonly ask: RequestAsk,
  ) {
    super(caller, callee, op, target, hop);
  }

  protected get leftMs(): number | undefined {
    return this.ask.hand === this ? this.ask.remainingMs : undefined;
  }

  protected answered(value: unknown): void {
    const { ask } = this;
    if (ask.hand === this) ask.responded(this, value);
    else this.givenUp(undefined);
  }

  protected failed(error: CallError, tried: boolean): void {
    const { ask } = this;
    if (ask.hand === this) ask.attemptFailed(this, error, tried);
    else this.givenUp(error);
  }

  protected late(): void {
    this.ask.core.tooLate();
  }

  /** Nobody waits for it any more: its place is free. */
  private givenUp(error: CallError | undefined): void {
    const { core } = this.ask;
    if (error === undefined) core.tooLate();
    core.release(this.turn, error);
    core.pump();
  }
}

/** Counts and records an ask that has failed; who has not been handed to anybody is its own callee. */
export function toldFailure(
  core: ServiceCore, ask: ServiceAsk & { readonly caller: Process | null; readonly callee: Process },
  error: unknown, from: RequestPlace, as: RequestEnd,
): void {
  const { hop, callee, caller, attempts } = ask;
  core.settled(ask, from, as);
  core.hops.answered(
    hop, { code: codeOf(error), message: messageOf(error) }, callee === caller ? null : callee, attempts,
  );
}

export function codeOf(error: unknown): string {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : 'CANCELLED';
}

export function messageOf(error: unknown): string {
  const message = fieldOf(error, 'message');
  return typeof message === 'string' ? message : printable(error);
}
