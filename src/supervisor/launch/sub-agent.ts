import {
  callError, CastcallError, Deadline, handled, markHandled, timeoutMs,
} from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import { type AgentRefImpl, checkKeys, checkSignal, rejected, rejectedWith } from '../../behaviour/gen/index.js';
import { Verb } from '../../behaviour/gen/request/index.js';
import { fenced, Phase } from '../../process/record/index.js';
import type { Kernel, Process } from '../../process/record/index.js';
import { unwatch, watchSignal } from '../../router/request/index.js';
import type { Abortable, SentRequest, Watched } from '../../router/request/index.js';
import { endByRule } from '../core/index.js';
import type { SubAgent, SubAgentWaitOptions } from '../../api/tasks.js';
import type { AgentRef } from '../../api/agent.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { Pid } from '../../api/address.js';
import type { ReadJob } from './options.js';

/** Who is launched, for whom, and what it is asked. */
interface Launched {
  readonly owner: Process | null;
  readonly supervisor: Process;
  readonly ref: AgentRefImpl;
  readonly p: Process | null;
  /** when its init is over; undefined for one that runs */
  readonly ready: Promise<void> | undefined;
  readonly job: ReadJob;
}

/**
 * The owner's side of one launch. The request is tracked by the owner and by the child, so that the
 * end of either settles it.
 */
export class SubAgentImpl implements SubAgent, Abortable {
  readonly #launched: Launched;
  readonly #outcome: Promise<unknown>;
  #resolve!: (reply: unknown) => void;
  #reject!: (error: unknown) => void;
  #request: SentRequest | null = null;
  /** the request has an outcome */
  #over = false;
  #detached = false;
  #limit: Limit | null = null;
  #watched: Watched | null = null;
  #ending: Promise<void> | null = null;

  /** @internal Use `launch`. */
  constructor(launched: Launched) {
    this.#launched = launched;
    this.#outcome = handled(new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    }));
  }

  /** @internal Asks it; a child that still starts handles that when its init is over. */
  begin(signal: AbortSignal | undefined): void {
    const { owner, ref, p, job, ready } = this.#launched;
    const sent = ref.dispatch(Verb.Request, owner, job.op, job.payload, {
      value: (reply: unknown) => this.#settle(() => this.#resolve(reply)),
      failed: (error: unknown) => this.#settle(() => {
        // Of a child that has ended in its init, that is what is told.
        if (ready === undefined || (p !== null && p.phase !== Phase.Dead)) this.#reject(error);
        else void ready.then(() => this.#reject(error), this.#reject);
      }),
    });
    if (this.#over) return;
    this.#request = sent;
    if (job.timeoutMs >= 0) {
      this.#limit = new Limit(() => this.#expire());
      this.#kernel.deadlines.add(this.#limit, job.timeoutMs);
    }
    if (signal === undefined) return;
    // The init has run, and may have fired it.
    if (signal.aborted) this.aborted(signal.reason);
    else this.#watched = watchSignal(signal, this);
  }

  get ref(): AgentRef<AnyDefinition> {
    return this.#launched.ref;
  }

  get pid(): Pid | undefined {
    return this.#launched.p?.pid;
  }

  get result(): Promise<unknown> {
    if (this.#request !== null && !this.#detached) this.#request.waitedFor = true;
    return this.#kernel.answer(this.#outcome);
  }

  wait(options: SubAgentWaitOptions = {}): Promise<unknown> {
    const { owner, ref, job } = this.#launched;
    try {
      checkKeys('wait', options, ['timeoutMs', 'signal']);
      const limit = timeoutMs('wait.timeoutMs', options.timeoutMs, -1);
      const signal = checkSignal('wait', options.signal);
      if (fenced(owner)) return rejected(this.#kernel, 'ZOMBIE', ref.definition.name, job.op);
      signal?.throwIfAborted();
      const { result } = this;
      return limit < 0 && signal === undefined
        ? result
        : this.#kernel.answer(new ResultWait(this.#kernel, result, limit, signal, () => this.#late(limit)).promise);
    } catch (error) {
      return rejectedWith(this.#kernel, error);
    }
  }

  cancel(reason: unknown = new DOMException('The sub-agent was cancelled', 'AbortError')): Promise<void> {
    if (fenced(this.#launched.owner) || this.#detached) return this.#kernel.answer(Promise.resolve());
    this.aborted(reason);
    return this.#kernel.answer(this.#end());
  }

  detach(): void {
    if (fenced(this.#launched.owner) || this.#over || this.#detached) return;
    this.#detached = true;
    this.#unwatch();
    if (this.#request !== null) this.#request.waitedFor = false;
    this.#reject(new CastcallError('DETACHED', `the sub-agent ${this.title} was detached: its result was let go`));
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** @internal The signal has fired. */
  aborted(reason: unknown): void {
    if (!this.#over) this.#request?.abort(reason);
  }

  /** @internal */
  get title(): string {
    return this.#launched.p?.title ?? this.#launched.ref.definition.name;
  }

  get #kernel(): Kernel {
    return this.#launched.supervisor.kernel;
  }

  #late(limitMs: number): Error {
    return callError('TIMEOUT', { target: this.title, op: this.#launched.job.op, timeoutMs: limitMs });
  }

  #expire(): void {
    this.aborted(this.#late(this.#launched.job.timeoutMs));
  }

  /** It has replied, or will not. It is ended when whatever has told that is done. */
  #settle(tell: () => void): void {
    this.#over = true;
    this.#request = null;
    this.#unwatch();
    if (this.#limit !== null) this.#kernel.deadlines.remove(this.#limit);
    tell();
    void Promise.resolve().then(() => this.#end());
  }

  #unwatch(): void {
    unwatch(this.#watched, this.#kernel);
    this.#watched = null;
  }

  /** Ends it as its supervisor would; that hears of it as of any other end. */
  #end(): Promise<void> {
    const { supervisor, p, job } = this.#launched;
    return (this.#ending ??= p === null ? Promise.resolve() : endByRule(supervisor, p, job.spec.shutdownMs));
  }
}

shownAs(SubAgentImpl, (it) => `SubAgent(${it.title})`);

/** It must have replied by now. */
class Limit extends Deadline {
  constructor(private readonly passed: () => void) {
    super();
  }
  expire(): void {
    this.passed();
  }
}

/** One wait for the result that may end before it. */
class ResultWait extends Deadline implements Abortable {
  readonly promise: Promise<unknown>;
  private reject!: (error: unknown) => void;
  private watched: Watched | null = null;
  constructor(
    private readonly kernel: Kernel, result: Promise<unknown>, limitMs: number, signal: AbortSignal | undefined,
    private readonly late: () => Error,
  ) {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.reject = reject;
      result.then(resolve, reject);
    });
    markHandled(this.promise);
    if (limitMs >= 0) kernel.deadlines.add(this, limitMs);
    if (signal !== undefined) this.watched = watchSignal(signal, this);
    const over = (): void => {
      kernel.deadlines.remove(this);
      unwatch(this.watched, kernel);
    };
    result.then(over, over);
  }

  expire(): void {
    unwatch(this.watched, this.kernel);
    this.reject(this.late());
  }

  aborted(reason: unknown): void {
    this.kernel.deadlines.remove(this);
    this.reject(reason);
  }
}
