import { callError, timeoutMs } from '../../../base/index.js';
import type { CallError, ExitReason } from '../../../base/index.js';
import { isA, shownAs } from '../../../base/text/index.js';
import { Mailbox, mailboxStats } from '../../../mailbox/index.js';
import { STOP, UNBOUNDED } from '../../../mailbox/message/index.js';
import { fenced } from '../../../process/record/index.js';
import type { Address, Kernel, Process, RefusedSend } from '../../../process/record/index.js';
import { closeMailbox, pushSignal } from '../../../process/send/index.js';
import { addressName } from '../../../router/request/index.js';
import type { Receipt } from '../../../api/delivery.js';
import type { AnyDefinition } from '../../../api/protocol.js';
import type { Pid } from '../../../api/address.js';
import type { AgentRef, AgentStats, ProcessVerbs } from '../../../api/agent.js';
import { deliveriesOf, processOf, rejected } from '../host.js';
import { Aborted, checkKeys } from '../options.js';
import type { RuntimeDefinition } from '../runtime.js';
import { Forbidden } from './permission.js';
import { PayloadError } from '../schema.js';
import { ended } from '../stop.js';
import type { AgentStream } from '../../../api/bus/stream.js';
import type { CallResult } from '../../../api/requests.js';
import { callFailure, isAbort } from './call-result.js';
import { unknownOperation, type UsedVerb } from './unknown.js';
import { Verb, type Gives } from './verb.js';

/**
 * The verbs of every ref: an address, the protocol its owner must have, and a sender. A ref without
 * a sender takes the process whose handler runs synchronously right now, or is `outside`. Every
 * send passes one waist, `dispatch`: who sends otherwise, as a group of members does, or a name
 * that has a provider, says so there and nowhere else.
 */
export abstract class RefBase<D extends AnyDefinition = AnyDefinition> implements AgentRef<D> {
  constructor(
    readonly addr: Address,
    readonly definition: RuntimeDefinition,
    readonly kernel: Kernel,
    readonly sender: Process | null,
  ) {}

  get pid(): Pid | undefined {
    return this.addr.owner?.pid;
  }

  bind(self: ProcessVerbs): this {
    return this.sentBy(processOf(self)) as this;
  }

  /** the same with that sender; null for none */
  abstract sentBy(sender: Process | null): RefBase<D>;

  /** One send, by its verb and in the name of its sender; null is the outside. */
  abstract dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V];

  /** Whom such a send would go to: itself; of a group the member that is chosen now, null when there is none. */
  chosen(_op: string, _payload: unknown): RefBase | null {
    return this;
  }

  cast(op: string, payload?: unknown, options?: object): void {
    this.dispatch(Verb.Cast, this.implied(op), op, payload, options);
  }

  /** The same with an explicit sender: `self.cast`. */
  castAs(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    this.dispatch(Verb.Cast, sender, op, payload, options);
  }

  tryCast(op: string, payload?: unknown, options?: object): 'ok' | 'full' | 'dead' {
    return this.dispatch(Verb.TryCast, this.implied(op), op, payload, options);
  }

  put(op: string, payload?: unknown, options?: object): Promise<void> {
    return this.dispatch(Verb.Put, this.implied(op), op, payload, options);
  }

  /** The definition says what a reply is; here nobody knows. */
  call<R = unknown>(op: string, payload?: unknown, options?: object): Promise<R> {
    return this.dispatch(Verb.Call, this.implied(op), op, payload, options) as Promise<R>;
  }

  tryCall<R = unknown>(op: string, payload?: unknown, options?: object): Promise<CallResult<R>> {
    return this.tryCallAs(this.implied(op), op, payload, options) as Promise<CallResult<R>>;
  }

  /** The same with an explicit caller: `self.tryCall`. */
  async tryCallAs(
    caller: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<CallResult<unknown>> {
    try {
      return { ok: true, value: await this.dispatch(Verb.Call, caller, op, payload, options) };
    } catch (error) {
      return { ok: false, error: callFailure(error, addressName(this.addr), op, isAbort(error, options, caller)) };
    }
  }

  deliver<R = unknown>(op: string, payload?: unknown, options?: object): Promise<Receipt<R>> {
    return this.dispatch(Verb.Deliver, this.implied(op), op, payload, options) as Promise<Receipt<R>>;
  }

  stream<V = unknown>(op: string, payload?: unknown, options?: object): AgentStream<V> {
    return this.dispatch(Verb.Stream, this.implied(op), op, payload, options) as AgentStream<V>;
  }

  send(message: unknown): void {
    this.dispatch(Verb.Info, this.implied('info'), 'info', message, undefined);
  }

  close(): void {
    const p = this.addr.owner;
    if (!fenced(this.acting) && p !== null) closeMailbox(p);
  }

  stats(): AgentStats {
    return statsOf(this.addr, this.kernel);
  }

  stop(
    reason: ExitReason = 'normal', options: { readonly timeoutMs?: number | 'infinity' | undefined } = {},
  ): Promise<void> {
    checkKeys('stop', options, ['timeoutMs']);
    const limit = timeoutMs('stop.timeoutMs', options.timeoutMs, -1);
    const p = this.addr.owner;
    const target = addressName(this.addr);
    const { acting } = this;
    if (fenced(acting)) return rejected(this.kernel, 'ZOMBIE', target, 'stop');
    if (p === null) return rejected(this.kernel, 'NOPROC', target, 'stop', { reason: 'noproc' });
    if (p === acting) return rejected(this.kernel, 'CALLING_SELF', target, 'stop');
    pushSignal(p, STOP, reason, null);
    return this.kernel.traced(ended(p, target, reason, limit));
  }

  /** In whose name a verb that is no send acts; null is the outside. */
  protected get acting(): Process | null {
    return this.sender ?? this.kernel.current;
  }

  /**
   * The sender of a ref without one: the running process; in development, a ref used after an await
   * is found here.
   */
  protected implied(op: string): Process | null {
    if (this.sender !== null) return this.sender;
    const { kernel } = this;
    if (kernel.current !== null) return kernel.current;
    if (kernel.context !== null) warnBareRef(kernel, kernel.context.owner(), this.definition.name, op);
    return null;
  }

  /** A send that is refused here. */
  sent(verb: RefusedSend['verb'], op: string): RefusedSend {
    return { verb, definition: this.definition.name, target: addressName(this.addr), op };
  }

  unknown(op: string, verb: UsedVerb): CallError {
    return unknownOperation(this.definition, addressName(this.addr), op, verb);
  }

  private forbidden(error: Forbidden, op: string, verb: UsedVerb): CallError {
    const target = addressName(this.addr);
    if (error.thrown !== undefined) {
      this.kernel.warn('allow of an agent threw: the message is refused', { target, op, error: error.thrown });
    }
    return callError('FORBIDDEN', { target, op, verb, details: error.message, cause: error.thrown });
  }

  explain(error: unknown, op: string, verb: UsedVerb = 'call'): unknown {
    if (isA(error, Aborted)) return error.reason;
    if (isA(error, Forbidden)) return this.forbidden(error, op, verb);
    if (!isA(error, PayloadError)) return error;
    return callError('INVALID_PAYLOAD', {
      target: addressName(this.addr), op, verb, details: error.message, cause: error,
    });
  }
}

shownAs(RefBase, (it) => `AgentRef(${it.definition.name} ${addressName(it.addr)})`);

const NOBODY = new Mailbox(UNBOUNDED);

export function statsOf(addr: Address, kernel: Kernel): AgentStats {
  const p = addr.owner;
  const mailbox = p === null
    ? mailboxStats(NOBODY, false, 0)
    : mailboxStats(p.mailbox, p.running, kernel.env.mono());
  return { alive: p !== null, mailbox, delivery: deliveriesOf(kernel).stats(addr) };
}

function warnBareRef(kernel: Kernel, owner: object | undefined, definition: string, op: string): void {
  if (owner === undefined) return;
  const p = owner as Process;
  if (p.kernel !== kernel) return;
  kernel.warnOnce(
    `bare ref ${p.behaviour.name} ${definition} ${op}`,
    `a bare ref was used after an await in a handler of '${p.behaviour.name}': its sender is outside; `
      + 'use self.call, self.cast or self.bind(ref)', { definition, op, pid: p.pid },
  );
}
