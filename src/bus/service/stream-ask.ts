import { CallError, handled, settle } from '../../base/index.js';
import type { Deadline } from '../../base/index.js';
import { isA, type Line } from '../../base/text/index.js';
import { AgentStreamImpl, Verb } from '../../behaviour/gen/request/index.js';
import type { RefBase } from '../../behaviour/gen/request/index.js';
import type { Process } from '../../process/record/index.js';
import type { RequestEnd, RequestPlace } from './account.js';
import { Ask, type GivenUp } from './ask.js';
import type { ServiceCore } from './core.js';
import type { Operation } from './definition.js';
import { hopOf } from './hand.js';
import type { Hop } from './hops.js';
import { messageOf, type ServiceAsk, toldFailure, type Turn } from './service-ask.js';

type Step = IteratorResult<unknown>;

/** The worker has not begun with the stream. */
const NOT_TRIED: ReadonlySet<string> = new Set(['NOPROC', 'MAILBOX_FULL', 'OVERLOADED', 'MAILBOX_CLOSED', 'EVICTED']);

/**
 * One request for a stream. It enters when its first item is asked for, and has the place of its worker until it
 * ends. Its time limit is for each item, and for a consumer that asks for none.
 */
export class StreamAsk extends Ask implements ServiceAsk {
  prior: ServiceAsk | null = null;
  next: ServiceAsk | null = null;
  line: Line<ServiceAsk> | null = null;
  pause: Deadline | null = null;
  attempts = 0;
  hop: Hop;
  private turn: Turn | null = null;
  private source: AsyncIterator<unknown> | null = null;
  private asked: { readonly resolve: (step: Step) => void; readonly reject: (error: unknown) => void } | null = null;
  private entered = false;
  /** an item has come: nobody else can go on with it */
  private flowing = false;
  private failure: { readonly error: unknown } | null = null;
  constructor(
    readonly core: ServiceCore,
    caller: Process | null,
    readonly op: Operation,
    readonly payload: unknown,
    readonly weight: number,
    private readonly timeoutMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    super(core.kernel, caller);
    this.hop = core.hops.request(hopOf(caller), caller, core.definition.name, op.name);
  }

  get title(): string {
    return this.core.title;
  }

  override get blocks(): boolean {
    return this.turn !== null && this.asked !== null;
  }

  /* ---- the consumer's side ---- */

  pull(): Promise<Step> {
    if (this.asked !== null) {
      return handled(Promise.reject<never>(
        new TypeError('the stream is already waiting for an item: await one next() before the following'),
      ));
    }
    const { failure } = this;
    this.failure = null;
    if (failure !== null) return handled(Promise.reject<never>(failure.error));
    if (this.over) return Promise.resolve({ done: true, value: undefined });
    return handled(new Promise<Step>((resolve, reject) => {
      this.asked = { resolve, reject };
      if (this.entered) {
        this.patience();
        this.more();
      } else this.enter();
    }));
  }

  /** The consumer has left: the worker's generator is finished, and its place is free. */
  leave(): void {
    if (!this.entered) this.over = true;
    else this.giveUp(new DOMException('the consumer of the stream has left', 'AbortError'), 'cancelled');
    this.failure = null; // it is not read any more
  }

  private enter(): void {
    const { core, caller, signal } = this;
    this.entered = true;
    if (signal !== undefined && signal.aborted) {
      this.over = true;
      this.tell(signal.reason);
      return;
    }
    if (caller !== null && caller.owner === null) {
      this.over = true;
      this.tell(core.error('ZOMBIE', `the process ${caller.pid} has ended`, 0));
      return;
    }
    this.wait(this.timeoutMs, signal);
    core.enter(this);
  }

  /* ---- the worker's side ---- */

  begin(turn: Turn, to: RefBase): void {
    const { op, payload } = this;
    this.turn = turn;
    this.callee = to.addr.owner as Process;
    try {
      const source = to.dispatch(Verb.Stream, null, op.name, payload, { timeoutMs: 'infinity' });
      if (source instanceof AgentStreamImpl) source.madeFor(this.hop);
      this.source = source;
    } catch (error) {
      this.broke(turn, error);
      return;
    }
    this.more();
  }

  private more(): void {
    const { source, turn } = this;
    if (source === null || turn === null) return; // it waits for a worker
    settle(
      source.next(), (step) => this.took(turn, step as Step), (error) => this.broke(turn, error),
    );
  }

  private took(turn: Turn, step: Step): void {
    if (this.turn !== turn || this.over) return;
    if (step.done === true) {
      this.finish(turn);
      return;
    }
    let value: unknown;
    try {
      value = this.op.checkAnswer(step.value);
    } catch (error) {
      this.broke(turn, this.core.error('INVALID_RESPONSE', `no item: ${messageOf(error)}`, this.attempts, error));
      return;
    }
    this.core.weigh(turn, value);
    this.flowing = true;
    this.patience();
    this.give({ done: false, value });
  }

  private finish(turn: Turn): void {
    const { core } = this;
    this.drop(turn, undefined);
    this.close();
    core.settled(this, 'running', 'responded');
    core.hops.answered(this.hop, undefined, this.callee, this.attempts);
    this.give({ done: true, value: undefined });
    core.pump();
  }

  private broke(turn: Turn, error: unknown): void {
    if (this.turn !== turn || this.over) return;
    const { core } = this;
    const seat = turn.seat;
    this.drop(turn, error);
    if (!isA(error, CallError)) this.end(error, 'running', 'failed');
    else if (this.flowing) core.failedFor(this, error);
    else if (NOT_TRIED.has((error).code)) core.unbegun(this, seat);
    else core.failed(this, error);
    core.pump();
  }

  private drop(turn: Turn, error: unknown): void {
    const { source } = this;
    this.turn = null;
    this.source = null;
    this.core.release(turn, error);
    if (source !== null && error !== undefined) settle(source.return?.(), () => undefined, () => undefined);
  }

  /* ---- the end ---- */

  end(error: unknown, from: RequestPlace, as: RequestEnd): void {
    this.close();
    toldFailure(this.core, this, error, from, as);
    this.tell(error);
  }

  expire(): void {
    const { core, timeoutMs, asked, turn } = this;
    const what = asked === null ? `no item of '${this.op.name}' was asked for within ${timeoutMs} ms`
      : `no item of '${this.op.name}' within ${timeoutMs} ms${turn === null ? ', it waited for a worker' : ''}`;
    this.giveUp(core.error('TIMEOUT', what, this.attempts), 'timedOut');
  }

  giveUp(error: unknown, as: GivenUp): void {
    if (this.over) return;
    const { core, turn } = this;
    if (turn !== null) {
      core.forgo(turn, as === 'timedOut');
      this.drop(turn, error);
    }
    this.end(error, turn === null ? 'waiting' : 'running', as);
    core.pump();
  }

  /** Its time begins anew. */
  private patience(): void {
    const { deadlines } = this.kernel;
    deadlines.remove(this);
    deadlines.add(this, this.timeoutMs);
  }

  private give(step: Step): void {
    const { asked } = this;
    this.asked = null;
    asked?.resolve(step);
  }

  private tell(error: unknown): void {
    const { asked } = this;
    this.asked = null;
    if (asked === null) this.failure = { error };
    else asked.reject(error);
  }
}

/** What the consumer of a stream has. */
export class ServiceStream implements AsyncIterableIterator<unknown> {
  constructor(private readonly ask: StreamAsk) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    return this.ask.kernel.answer(this.ask.pull());
  }

  return(): Promise<Step> {
    this.ask.leave();
    return Promise.resolve({ done: true, value: undefined });
  }
}
