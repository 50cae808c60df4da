import { callError } from '../../base/index.js';
import type { CallError, CallErrorCode } from '../../base/index.js';
import { isA } from '../../base/text/index.js';
import { Rank } from '../../mailbox/index.js';
import { INFO } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { fenced, Phase } from '../../process/record/index.js';
import type { LostCode, Process } from '../../process/record/index.js';
import { accept, acceptIn, acceptWith, boundOf, refusalOf } from '../../process/send/index.js';
import {
  findCycle, put, request, requestWith, sendRequest, SentRequest, addressName,
} from '../../router/request/index.js';
import type { CallRequest } from '../../router/request/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import { hostOf, noproc, refusedSend, zombieSend } from './host.js';
import { Aborted, CALL_TIMEOUT_MS, laneOnly, readCall, readCast, readPut, throwIfFired } from './options.js';
import { deliverAs, guaranteedCall } from './outward/deliver.js';
import { openStream } from './request/open-stream.js';
import { RefBase } from './request/ref-base.js';
import { Verb, type Gives, type Listener } from './request/verb.js';

/**
 * The run-time side of AgentRef. What nothing is special about goes straight into a mailbox:
 * `cast`, `call` and `send` look for that before they take the longer road.
 */
export class AgentRefImpl<D extends AnyDefinition = AnyDefinition> extends RefBase<D> {
  sentBy(sender: Process | null): AgentRefImpl<D> {
    return new AgentRefImpl(this.addr, this.definition, this.kernel, sender);
  }

  dispatch<V extends Verb>(
    verb: V, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[V];
  dispatch(
    verb: Verb, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Gives[Verb] {
    switch (verb) {
      case Verb.Cast: return this.castAs(sender, op, payload, options);
      case Verb.Call: return this.performCall(sender, op, payload, options);
      case Verb.TryCast: return this.performTryCast(sender, op, payload, options);
      case Verb.Put: return this.performPut(sender, op, payload, options);
      case Verb.Deliver: return deliverAs(this, sender, op, payload, options);
      case Verb.Request: return this.performRequest(sender, op, payload, options as Listener);
      case Verb.Stream: return openStream(this, sender, op, payload, options);
      case Verb.Info: return this.performInfo(sender, payload);
    }
  }

  /* ---- cast ---- */

  override cast(op: string, payload?: unknown, options?: object): void {
    const { definition } = this;
    const known = definition.castOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && this.sender === null && known.check === null
      && p.behaviour === definition.behaviour && p.kernel.context === null) {
      const { current } = p.kernel;
      const rank = options === undefined ? Rank.Normal : laneOnly(options);
      if (rank >= 0 && (current === null || current.phase !== Phase.Dead)) {
        const queued = options === undefined
          ? accept(p, known, payload, current) : acceptIn(p, rank as Rank, known, payload, current);
        if (!queued) this.refused(refusalOf(p, known, payload), known, payload, current);
        return;
      }
    }
    this.castAs(this.implied(op), op, payload, options);
  }

  override castAs(sender: Process | null, op: string, payload: unknown, options: object | undefined): void {
    const { definition } = this;
    const known = definition.castOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && options === undefined && known.check === null
      && p.behaviour === definition.behaviour && (sender === null || sender.phase !== Phase.Dead)) {
      if (!accept(p, known, payload, sender)) this.refused(refusalOf(p, known, payload), known, payload, sender);
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
      const known = definition.castOp(op) as Op;
      if (outcome === 'dead') this.undelivered(known, payload, sender);
      else if (outcome !== 'ok') this.refused(outcome, known, payload, sender);
    } catch (error) {
      hostOf(this.kernel).router.rejected();
      this.kernel.warn('a cast was refused at the ref', { target: addressName(this.addr), op, error });
    }
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
    if (outcome === 'UNSIZABLE_PAYLOAD'
      || outcome === 'PAYLOAD_TOO_LARGE') throw this.refusal(outcome, op, 'cast');
    return outcome === 'ok' ? 'ok' : outcome === 'dead' || outcome === 'MAILBOX_CLOSED' ? 'dead' : 'full';
  }

  /** A cast that its mailbox did not take: a full one is counted only, what can never get in is logged. */
  private refused(code: LostCode, op: Op, payload: unknown, sender: Process | null): void {
    hostOf(this.kernel).router.refused(this.addr, op, payload, sender, code);
    if (code !== 'UNSIZABLE_PAYLOAD' && code !== 'PAYLOAD_TOO_LARGE') return;
    this.kernel.warn(
      'a cast was refused at the ref',
      { target: addressName(this.addr), op: op.name, error: this.refusal(code, op.name, 'cast') },
    );
  }

  private refusal(code: CallErrorCode, op: string, verb: 'cast' | 'call'): CallError {
    const p = this.addr.owner;
    return callError(code, {
      target: addressName(this.addr), op, verb, bound: p === null ? undefined : boundOf(p, code),
    });
  }

  /** Throws for what the sender got wrong; tells what the world got wrong. */
  private deliverCast(
    verb: string, sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): CastOutcome {
    const { definition, kernel } = this;
    const known = definition.castOp(op);
    if (known === undefined) throw this.unknown(op, 'cast');
    const read = options === undefined ? null : readCast(verb, options, () => kernel.env.mono());
    const checked = known.check === null ? payload : known.check(payload, sender);
    const p = this.addr.owner;
    if (p === null || p.behaviour !== definition.behaviour) return 'dead';
    const queued = read === null
      ? accept(p, known, checked, sender)
      : acceptWith(p, read.rank, known, checked, sender, read.expiresAt, read.coalesce);
    return queued ? 'ok' : refusalOf(p, known, checked);
  }

  /** Throws nothing: what is wrong is the promise's rejection. */
  private performPut(
    sender: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<void> {
    const { definition, kernel } = this;
    const target = addressName(this.addr);
    if (fenced(sender)) return zombieSend(kernel, 'put', target, op);
    try {
      const known = definition.castOp(op);
      if (known === undefined) throw this.unknown(op, 'put');
      const read = readPut(options ?? {});
      const checked = known.check === null ? payload : known.check(payload, sender);
      const p = this.addr.owner;
      if (p === null) throw this.nobody('put', op);
      if (p.behaviour !== definition.behaviour) throw callError('PROTOCOL_MISMATCH', {
        target, op, verb: 'put',
      });
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
    const checked = op.check === null ? payload : op.check(payload, undefined);
    hostOf(this.kernel).router.dead(
      this.addr, op, this.definition.behaviour, checked, sender,
      this.addr.owner === null ? this.absence() : 'protocol_mismatch',
    );
  }

  /* ---- call ---- */

  override call<R = unknown>(op: string, payload?: unknown, options?: object): Promise<R> {
    const { definition } = this;
    const known = definition.callOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && options === undefined && this.sender === null
      && known.check === null && !known.stream && p.behaviour === definition.behaviour
      && p.kernel.context === null && p.kernel.current === null) {
      return this.told(request(p, known, payload, null, this.addr, CALL_TIMEOUT_MS)) as Promise<R>;
    }
    return this.performCall(this.implied(op), op, payload, options) as Promise<R>;
  }

  /** A callee that waits for nobody cannot close a cycle. */
  private performCall(
    caller: Process | null, op: string, payload: unknown, options: object | undefined,
  ): Promise<unknown> {
    if (fenced(caller)) return zombieSend(this.kernel, 'call', addressName(this.addr), op);
    const { definition } = this;
    const known = definition.callOp(op);
    const p = this.addr.owner;
    if (known !== undefined && p !== null && p !== caller && options === undefined
      && p.calls === null && p.ext === null && known.check === null && !known.stream
      && p.behaviour === definition.behaviour
      && (p.kernel.traces === null || !p.kernel.traces.due)) {
      return this.told(request(p, known, payload, caller, this.addr, CALL_TIMEOUT_MS));
    }
    if (options !== undefined && (options as { guarantee?: unknown }
      | null)?.guarantee !== undefined) return guaranteedCall(this, caller, op, payload, options);
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
    caller: Process | null, op: string, payload: unknown, { value, failed }: Listener,
  ): SentRequest | null {
    const { definition, addr, kernel } = this;
    try {
      const known = definition.callOp(op);
      if (known === undefined || known.stream) throw this.unknown(op, 'call');
      const checked = known.check === null ? payload : known.check(payload, caller);
      const made = new SentRequest(caller, this.callee(null, op), known, addr, value, failed);
      if (kernel.traces !== null) made.cold().trace = kernel.traces.take(this.performRequest);
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

  private requestAs(
    caller: Process | null, op: string, payload: unknown, options: object | undefined,
  ): CallRequest {
    const { definition, kernel } = this;
    const known = definition.callOp(op);
    if (known === undefined || known.stream) throw this.unknown(op, 'call');
    const trace = kernel.traces === null ? null : kernel.traces.take(this.performCall);
    const read = options === undefined && trace === null
      ? null : readCall(options ?? {}, () => kernel.env.mono(), trace);
    const checked = known.check === null ? payload : known.check(payload, caller);
    const p = this.callee(caller, op);
    if (read !== null) throwIfFired(read.signal);
    return read === null
      ? request(p, known, checked, caller, this.addr, CALL_TIMEOUT_MS)
      : requestWith(p, known, checked, caller, this.addr, read);
  }

  /** The process to ask, or the reason why asking is pointless: noproc, another protocol, oneself, a cycle. */
  callee(caller: Process | null, op: string): Process {
    const target = addressName(this.addr);
    const p = this.addr.owner;
    if (p === null) throw this.nobody('call', op);
    if (p.behaviour !== this.definition.behaviour) throw callError('PROTOCOL_MISMATCH', { target, op });
    if (caller === null) return p;
    if (caller === p) throw callError('CALLING_SELF', { target, op, reason: 'calling_self' });
    const path = findCycle(caller, p);
    if (path !== null) throw callError('CALL_CYCLE', { target, op, path });
    return p;
  }

  /** Why nobody lives there, as a dead letter tells it. */
  protected absence(): unknown {
    return 'noproc';
  }

  /** The same, as an error. */
  protected nobody(verb: 'call' | 'put', op: string): CallError {
    return noproc(this.kernel, verb, addressName(this.addr), op);
  }

  private rejection(error: unknown, op: string, verb: 'call' | 'put'): Promise<never> {
    return refusedSend(this.kernel, this.sent(verb, op), this.explain(error, op, verb), isA(error, Aborted));
  }

  /* ---- the rest ---- */

  override send(message: unknown): void {
    this.performInfo(this.implied('info'), message);
  }

  private performInfo(sender: Process | null, message: unknown): void {
    if (fenced(sender)) return;
    const p = this.addr.owner;
    if (p === null) hostOf(this.kernel).router.dead(this.addr, INFO, null, message, sender, this.absence());
    else if (!accept(p, INFO, message, sender)) {
      hostOf(this.kernel).router.refused(this.addr, INFO, message, sender, refusalOf(p, INFO, message));
    }
  }
}

type CastOutcome = 'ok' | 'dead' | LostCode;
