import {
  callError, isA, shownAs, timeoutMs, type CallError, type CallErrorCode, type ExitReason,
} from '../../base/index.js';
import type { Pid } from '../../api/address.js';
import type { CallResult } from '../../api/call.js';
import { INFO, Mailbox, mailboxStats, Rank, STOP, UNBOUNDED, type Op } from '../../mailbox/index.js';
import {
  accept, boundOf, acceptIn, acceptWith, closeMailbox, fenced, Phase, pushSignal, refusalOf, type Address,
  type Kernel, type LostCode, type Process, type RefusedSend,
} from '../../process/index.js';
import {
  findCycle, put, request, requestWith, sendRequest, SentRequest, titleOf, type CallRequest,
} from '../../router/index.js';
import { deliverAs, guaranteedCall } from './outward/deliver.js';
import { deliveriesOf, hostOf, noproc, refusedSend, rejected, zombieSend } from './host.js';
import { Aborted, CALL_TIMEOUT_MS, checkKeys, laneOnly, readCall, readCast, readPut, throwIfFired } from './options.js';
import type { RuntimeDefinition } from './runtime.js';
import { PayloadError } from './schema.js';
import { ended } from './stop.js';
import { unknownOperation, type UsedVerb } from './request/unknown.js';
import { openStream } from './request/open-stream.js';
import { callFailure, isAbort } from './request/call-result.js';
import type { AgentStats } from '../../api/agent.js';
import { Verb, type Gives, type Listener } from './request/verb.js';

/**
 * The run-time side of AgentRef: an address, the protocol its owner must have, and a sender. A ref without a sender
 * takes the process whose handler runs synchronously right now, or is `outside`.
 */
export class AgentRefImpl {
  constructor(
    readonly addr: Address,
    readonly definition: RuntimeDefinition,
    readonly kernel: Kernel,
    readonly sender: Process | null,
  ) {}

  get pid(): Pid | undefined {
    return this.addr.owner?.pid;
  }

  bind(self: { readonly p: Process }): AgentRefImpl {
    return new AgentRefImpl(this.addr, this.definition, this.kernel, self.p);
  }

  /* ---- the waist ---- */

  /**
   * Every send of a ref passes here, by its verb and in the name of its sender (null is the outside), unless its verb
   * has found on the way that nothing is special about it. Who sends otherwise, as a group of members does, or a name
   * that has a provider, overrides this and nothing else.
   */
  dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V];
  dispatch(
    verb: Verb, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[Verb] {
    switch (verb) {
      case Verb.Cast: return this.performCast(sender, op, payload, options);
      case Verb.Call: return this.performCall(sender, op, payload, options);
      case Verb.TryCast: return this.performTryCast(sender, op, payload, options);
      case Verb.Put: return this.performPut(sender, op, payload, options);
      case Verb.Deliver: return deliverAs(this, sender, op, payload, options);
      case Verb.Request: return this.performRequest(sender as Process, op, payload, options as Listener);
      case Verb.Stream: return openStream(this, sender, op, payload, options);
      case Verb.Info: return this.performInfo(sender, payload);
    }
  }

  /* ---- cast ---- */

  cast(op: string, payload?: unknown, options?: object): void {
    const { definition } = this;
    const p = this.addr.owner;
    if (p !== null && this.sender === null) {
      const known = definition.castOp(op);
      if (known !== undefined && known.check === null && p.behaviour === definition.behaviour && p.kernel.context === null) {
        const { current } = p.kernel;
        const rank = options === undefined ? Rank.Normal : laneOnly(options);
        if (rank >= 0 && (current === null || current.phase !== Phase.Dead)) {
          const queued = options === undefined
            ? accept(p, known, payload, current) : acceptIn(p, rank as Rank, known, payload, current);
          if (!queued) this.refused(refusalOf(p, known, payload), op);
          return;
        }
      }
    }
    this.dispatch(Verb.Cast, this.implied(op), op, payload, options);
  }

  private performCast(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    const { definition } = this;
    const known = definition.castOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && options === undefined && known.check === null
      && p.behaviour === definition.behaviour && (sender === null || sender.phase !== Phase.Dead)) {
      if (!accept(p, known, payload, sender)) this.refused(refusalOf(p, known, payload), op);
    } else {
      this.castSlowly(sender, op, payload, options);
    }
  }

  /** The longer road of cast: every refusal is counted, nothing is thrown. */
  private castSlowly(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    if (fenced(sender)) return;
    const { definition } = this;
    try {
      const outcome = this.deliverCast('cast', sender, op, payload, options);
      if (outcome === 'dead') this.undelivered(definition.castOp(op) as Op, payload, sender);
      else this.refused(outcome, op);
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      this.kernel.warn('a cast was refused at the ref', { target: titleOf(this.addr), op, error });
    }
  }

  tryCast(op: string, payload?: unknown, options?: object): 'ok' | 'full' | 'dead' {
    return this.dispatch(Verb.TryCast, this.implied(op), op, payload, options);
  }

  private performTryCast(
    sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): 'ok' | 'full' | 'dead' {
    if (fenced(sender)) return 'dead';
    const { router } = hostOf(this.kernel);
    let outcome: CastOutcome;
    try {
      outcome = this.deliverCast('tryCast', sender, op, payload, options);
    } catch (error) {
      router.rejected();
      throw this.explain(error, op);
    }
    if (outcome === 'dead') router.rejected();
    if (outcome === 'UNSIZABLE_PAYLOAD' || outcome === 'PAYLOAD_TOO_LARGE') throw this.refusal(outcome, op, 'cast');
    return outcome === 'ok' ? 'ok' : outcome === 'dead' || outcome === 'MAILBOX_CLOSED' ? 'dead' : 'full';
  }

  /** A cast that its mailbox did not take: a full one is counted only, what can never get in is told. */
  private refused(code: string, op: string): void {
    if (code !== 'UNSIZABLE_PAYLOAD' && code !== 'PAYLOAD_TOO_LARGE') return;
    this.kernel.warn(
      'a cast was refused at the ref', { target: titleOf(this.addr), op, error: this.refusal(code, op, 'cast') },
    );
  }

  private refusal(code: CallErrorCode, op: string, verb: 'cast' | 'call'): CallError {
    const p = this.addr.owner;
    return callError(code, { target: titleOf(this.addr), op, verb, bound: p === null ? undefined : boundOf(p, code) });
  }

  /** Throws for what the sender got wrong; tells what the world got wrong. */
  private deliverCast(verb: string, sender: Process | null, op: string, payload: unknown, options: object | undefined): CastOutcome {
    const { definition, kernel } = this;
    const known = definition.castOp(op);
    if (known === undefined) throw this.unknown(op, 'cast');
    const read = options === undefined ? null : readCast(verb, options, () => kernel.env.mono());
    const checked = known.check === null ? payload : known.check(payload);
    const p = this.addr.owner;
    if (p === null || p.behaviour !== definition.behaviour) return 'dead';
    const queued = read === null ? accept(p, known, checked, sender) : acceptWith(p, read.rank, known, checked, sender, read.expiresAt, read.coalesce);
    return queued ? 'ok' : refusalOf(p, known, checked);
  }

  put(op: string, payload?: unknown, options?: object): Promise<void> {
    return this.dispatch(Verb.Put, this.implied(op), op, payload, options);
  }

  /** Throws nothing: what is wrong is the promise's rejection. */
  private performPut(
    sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<void> {
    const { definition, kernel } = this;
    const target = titleOf(this.addr);
    if (fenced(sender)) return zombieSend(kernel, 'put', target, op);
    try {
      const known = definition.castOp(op);
      if (known === undefined) throw this.unknown(op, 'put');
      const read = readPut(options ?? {});
      const checked = known.check === null ? payload : known.check(payload);
      const p = this.addr.owner;
      if (p === null) throw noproc(kernel, 'put', target, op);
      if (p.behaviour !== definition.behaviour) throw callError('PROTOCOL_MISMATCH', { target, op, verb: 'put' });
      if (sender === p) throw callError('CALLING_SELF', { target, op, verb: 'put', reason: 'calling_self' });
      throwIfFired(read.signal);
      return kernel.answer(put(p, known, checked, sender, this.addr, read));
    } catch (error) {
      hostOf(kernel).router.rejected();
      return this.rejection(error, op, 'put');
    }
  }

  /** What the schema made of the payload is what a retry sends. */
  private undelivered(op: Op, payload: unknown, sender: Process | null): void {
    const checked = op.check === null ? payload : op.check(payload);
    hostOf(this.kernel).router.dead(this.addr, op, this.definition.behaviour, checked, sender, this.addr.owner === null ? 'noproc' : 'protocol_mismatch');
  }

  /* ---- call ---- */

  call(op: string, payload?: unknown, options?: object): Promise<unknown> {
    const { definition } = this;
    const known = definition.callOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && options === undefined && this.sender === null && known.check === null && !known.stream && p.behaviour === definition.behaviour && p.kernel.context === null && p.kernel.current === null) {
      return this.told(request(p, known, payload, null, this.addr, CALL_TIMEOUT_MS));
    }
    return this.dispatch(Verb.Call, this.implied(op), op, payload, options);
  }

  /** A callee that waits for nobody cannot close a cycle. */
  private performCall(
    caller: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<unknown> {
    if (fenced(caller)) return zombieSend(this.kernel, 'call', titleOf(this.addr), op);
    const { definition } = this;
    const known = definition.callOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && p !== caller && options === undefined && p.calls === null && p.ext === null && known.check === null && !known.stream && p.behaviour === definition.behaviour && (p.kernel.traces === null || !p.kernel.traces.due)) {
      return this.told(request(p, known, payload, caller, this.addr, CALL_TIMEOUT_MS));
    }
    if (options !== undefined && (options as { guarantee?: unknown } | null)?.guarantee !== undefined) return guaranteedCall(this, caller, op, payload, options);
    try {
      return this.told(this.requestAs(caller, op, payload, options));
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      this.kernel.counts.callsFailed++;
      return this.rejection(error, op, 'call');
    }
  }

  /** A call that a mailbox has refused already comes without a drain. */
  private told(made: CallRequest): Promise<unknown> {
    return made.over ? this.kernel.scheduler.paced(made.promise) : made.promise;
  }

  /** A request that nobody waits for: never throws, what is wrong is an error response (RQ-01). */
  private performRequest(
    caller: Process, op: string, payload: unknown, { value, failed }: Listener,
  ): SentRequest | null {
    const { definition, addr, kernel } = this;
    try {
      const known = definition.callOp(op);
      if (known === undefined || known.stream) throw this.unknown(op, 'call');
      const checked = known.check === null ? payload : known.check(payload);
      const made = new SentRequest(caller, this.callee(null, op), known, addr, value, failed);
      if (kernel.traces !== null) made.cold().trace = kernel.traces.take(this.dispatch);
      sendRequest(made, checked);
      return made;
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      this.kernel.counts.callsFailed++;
      const told = this.explain(error, op);
      kernel.failures.refused(this.sent('call', op), told, false);
      failed(told);
      return null;
    }
  }

  private requestAs(caller: Process | null, op: string, payload: unknown, options: object | undefined): CallRequest {
    const { definition, kernel } = this;
    const known = definition.callOp(op);
    if (known === undefined || known.stream) throw this.unknown(op, 'call');
    const trace = kernel.traces === null ? null : kernel.traces.take(this.dispatch);
    const read = options === undefined && trace === null
      ? null : readCall(options ?? {}, () => kernel.env.mono(), trace);
    const checked = known.check === null ? payload : known.check(payload);
    const p = this.callee(caller, op);
    if (read !== null) throwIfFired(read.signal);
    return read === null ? request(p, known, checked, caller, this.addr, CALL_TIMEOUT_MS) : requestWith(p, known, checked, caller, this.addr, read);
  }

  /** The process to ask, or the reason why asking is pointless: noproc, another protocol, oneself, a cycle. */
  callee(caller: Process | null, op: string): Process {
    const target = titleOf(this.addr);
    const p = this.addr.owner;
    if (p === null) throw noproc(this.kernel, 'call', target, op);
    if (p.behaviour !== this.definition.behaviour) throw callError('PROTOCOL_MISMATCH', { target, op });
    if (caller === null) return p;
    if (caller === p) throw callError('CALLING_SELF', { target, op, reason: 'calling_self' });
    const path = findCycle(caller, p);
    if (path !== null) throw callError('CALL_CYCLE', { target, op, path });
    return p;
  }

  private rejection(error: unknown, op: string, verb: 'call' | 'put'): Promise<never> {
    return refusedSend(this.kernel, this.sent(verb, op), this.explain(error, op, verb), isA(error, Aborted));
  }

  /** A send that is refused here. */
  sent(verb: RefusedSend['verb'], op: string): RefusedSend {
    return { verb, definition: this.definition.name, target: titleOf(this.addr), op };
  }

  tryCall(op: string, payload?: unknown, options?: object): Promise<CallResult<unknown>> {
    return this.tryCallAs(this.implied(op), op, payload, options);
  }

  /** The same with an explicit caller: `self.tryCall`. */
  async tryCallAs(
    caller: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<CallResult<unknown>> {
    try {
      return { ok: true, value: await this.dispatch(Verb.Call, caller, op, payload, options) };
    } catch (error) {
      return { ok: false, error: callFailure(error, titleOf(this.addr), op, isAbort(error, options, caller)) };
    }
  }

  /* ---- the rest ---- */

  deliver(op: string, payload?: unknown, options?: object): Promise<unknown> {
    return this.dispatch(Verb.Deliver, this.implied(op), op, payload, options);
  }

  stream(op: string, payload?: unknown, options?: object): AsyncIterableIterator<unknown> {
    return this.dispatch(Verb.Stream, this.implied(op), op, payload, options);
  }

  send(message: unknown): void {
    this.dispatch(Verb.Info, this.implied('info'), 'info', message, undefined);
  }

  private performInfo(sender: Process | null, message: unknown): void {
    if (fenced(sender)) return;
    const p = this.addr.owner;
    if (p === null) hostOf(this.kernel).router.dead(this.addr, INFO, null, message, sender);
    else accept(p, INFO, message, sender);
  }

  close(): void {
    const p = this.addr.owner;
    if (!fenced(this.acting) && p !== null) closeMailbox(p);
  }

  stats(): AgentStats {
    return statsOf(this.addr, this.kernel);
  }

  stop(reason: ExitReason = 'normal', options: { readonly timeoutMs?: number | 'infinity' | undefined } = {}): Promise<void> {
    checkKeys('stop', options, ['timeoutMs']);
    const limit = timeoutMs('stop.timeoutMs', options.timeoutMs, -1);
    const p = this.addr.owner;
    const target = titleOf(this.addr);
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

  /** The sender of a ref without one: the running process; in development, a ref used after an await is found here. */
  protected implied(op: string): Process | null {
    if (this.sender !== null) return this.sender;
    const { kernel } = this;
    if (kernel.current !== null) return kernel.current;
    if (kernel.context !== null) warnBareRef(kernel, kernel.context.owner(), this.definition.name, op);
    return null;
  }

  unknown(op: string, verb: UsedVerb): CallError {
    return unknownOperation(this.definition, titleOf(this.addr), op, verb);
  }

  explain(error: unknown, op: string, verb: RefusedSend['verb'] = 'call'): unknown {
    if (isA(error, Aborted)) return error.reason;
    if (!isA(error, PayloadError)) return error;
    return callError('INVALID_PAYLOAD', { target: titleOf(this.addr), op, verb, details: error.message, cause: error });
  }
}

shownAs(AgentRefImpl, (it) => `AgentRef(${it.definition.name} ${titleOf(it.addr)})`);

type CastOutcome = 'ok' | 'dead' | LostCode;

const NOBODY = new Mailbox(UNBOUNDED);

export function statsOf(addr: Address, kernel: Kernel): AgentStats {
  const p = addr.owner;
  return { alive: p !== null, mailbox: p === null ? mailboxStats(NOBODY, false, 0) : mailboxStats(p.mailbox, p.running, kernel.env.mono()), delivery: deliveriesOf(kernel).stats(addr) };
}

function warnBareRef(kernel: Kernel, owner: object | undefined, definition: string, op: string): void {
  if (owner === undefined) return;
  const p = owner as Process;
  if (p.kernel !== kernel) return;
  kernel.warnOnce(`bare ref ${p.behaviour.name} ${definition} ${op}`, `a bare ref was used after an await in a handler of '${p.behaviour.name}': its sender is outside; use self.call, self.cast or self.bind(ref)`, { definition, op, pid: p.pid });
}
