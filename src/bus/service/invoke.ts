import { callError, OptionError } from '../../base/index.js';
import type { CallError } from '../../base/index.js';
import { fieldOf, isOfThisCopy } from '../../base/text/index.js';
import { AgentRefImpl, checkKeys, checkSignal, rejectedWith } from '../../behaviour/gen/index.js';
import { RefBase } from '../../behaviour/gen/request/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { fenced } from '../../process/record/index.js';
import type { Address, Kernel, Process } from '../../process/record/index.js';
import { accept, refusalOf } from '../../process/send/index.js';
import { addressName } from '../../router/request/index.js';
import { Completion, type Complete, type InvokeOptions } from '../../api/bus/service.js';
import { type GivenUp, PromisedAsk } from './ask.js';
import { limitMs } from './definition.js';
import { Hand, hopOf } from './hand.js';
import type { Hop, Hops } from './hops.js';
import { codeOf, messageOf } from './service-ask.js';

const TIMEOUT_MS = 30_000;
const KEYS = ['op', 'timeoutMs', 'signal', 'session', 'state'];
const SESSION = /^[A-Za-z0-9_-]{1,128}$/;
const STATE_MAX = 256;

interface ReadInvoke {
  readonly op: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly session: string | null;
  readonly state: string | undefined;
}

/** The hash of a state, as an agent or a harness gives it. */
export function checkState(where: string, state: unknown): string | undefined {
  if (state === undefined || (typeof state === 'string' && state.length > 0 && state.length <= STATE_MAX)) return state;
  throw new OptionError(where, state, `a text of 1 to ${STATE_MAX} characters`, 'give the hash, not the state');
}

function readInvoke(given: InvokeOptions): ReadInvoke {
  checkKeys('invoke', given, KEYS);
  const { op = 'invoke', timeoutMs, signal, session, state } = given;
  if (session !== undefined && (typeof session !== 'string' || !SESSION.test(session))) {
    throw new OptionError('invoke.session', session, 'a text of [A-Za-z0-9_-]{1,128}', undefined, 'BAD_NAME');
  }
  return {
    op, timeoutMs: limitMs('invoke.timeoutMs', timeoutMs, TIMEOUT_MS), signal: checkSignal('invoke', signal),
    session: session ?? null, state: checkState('invoke.state', state),
  };
}

/** Asks an agent, in the name of a process or of the outside; what is wrong is a rejection. */
export function invoke(
  kernel: Kernel, hops: Hops, caller: Process | null, ref: unknown, input: unknown, options: InvokeOptions = {},
): Promise<Complete> {
  try {
    const read = readInvoke(options);
    if (!isOfThisCopy(ref) || !(ref instanceof RefBase) || ref.kernel !== kernel) {
      const fix = 'make it with system.ref(Definition, name)';
      throw new OptionError('invoke', ref, 'a ref of an agent of this system', fix);
    }
    const target = addressName(ref.addr);
    const { op } = read;
    if (fenced(caller)) throw callError('ZOMBIE', { target, op });
    read.signal?.throwIfAborted();
    const { addr, definition } = ref.chosen(op, input) ?? ref;
    const to = new AgentRefImpl(addr, definition, kernel, null);
    const known = to.definition.callOp(op);
    if (known === undefined || known.stream) throw to.unknown(op, 'call');
    const payload = known.check === null ? input : known.check(input, caller);
    const p = to.callee(caller, op);
    if (fenced(caller)) throw callError('ZOMBIE', { target, op });
    const ask = new InvokeAsk(kernel, hops, caller, read, target);
    ask.start(p, known, to.addr, payload);
    return ask.outcome as Promise<Complete>;
  } catch (error) {
    const op = fieldOf(options, 'op');
    const told = ref instanceof RefBase ? ref.explain(error, typeof op === 'string' ? op : 'invoke') : error;
    return rejectedWith(kernel, told);
  }
}

/** One invoke under way. */
class InvokeAsk extends PromisedAsk {
  private readonly hop: Hop;
  private hand: InvokeHand | null = null;
  constructor(
    kernel: Kernel,
    private readonly hops: Hops,
    caller: Process | null,
    private readonly asked: ReadInvoke,
    private readonly target: string,
  ) {
    super(kernel, caller);
    this.hop = hops.invoke(hopOf(caller), caller, target, asked.op, asked.session, asked.state);
  }

  start(p: Process, op: Op, addr: Address, payload: unknown): void {
    const { asked: { timeoutMs, signal } } = this;
    const hand = new InvokeHand(this.caller, p, op, addr, this.hop, this);
    this.hand = hand;
    this.callee = p;
    this.wait(timeoutMs, signal);
    if (!accept(p, op, payload, hand)) hand.fail(refusalOf(p, op, payload));
  }

  get title(): string {
    return `invoke '${this.asked.op}' of ${this.target}`;
  }

  override get blocks(): boolean {
    return this.hand !== null;
  }

  has(hand: InvokeHand): boolean {
    return this.hand === hand;
  }

  completed(value: unknown): void {
    const { hop, hops, callee } = this;
    let state: string | undefined;
    let payload = value;
    if (value instanceof Completion) {
      payload = value.payload as unknown;
      try {
        state = checkState('Completion.state', value.state);
      } catch (error) {
        this.end(error);
        return;
      }
    }
    this.hand = null;
    this.close();
    hop.stateAfter = state;
    hops.answered(hop, undefined, callee, 1);
    this.resolve({ ...hops.answerOf(hop), payload });
  }

  end(error: unknown): void {
    if (this.over) return;
    const { hop, hops } = this;
    this.hand = null;
    this.close();
    hops.answered(hop, { code: codeOf(error), message: messageOf(error) }, this.callee, 1);
    this.reject(error);
  }

  expire(): void {
    const { target, asked: { op, timeoutMs } } = this;
    this.giveUp(callError('TIMEOUT', { target, op, timeoutMs }), 'timedOut');
  }

  giveUp(error: unknown, _as: GivenUp): void {
    const { hand } = this;
    this.end(error);
    hand?.cancel(error);
  }
}

class InvokeHand extends Hand {
  constructor(
    caller: Process | null, callee: Process, op: Op, target: Address, hop: Hop, private readonly ask: InvokeAsk,
  ) {
    super(caller, callee, op, target, hop);
  }

  protected get leftMs(): number | undefined {
    return this.ask.has(this) ? this.ask.remainingMs : undefined;
  }

  protected answered(value: unknown): void {
    if (this.ask.has(this)) this.ask.completed(value);
  }

  protected failed(error: CallError): void {
    if (this.ask.has(this)) this.ask.end(error);
  }

  protected late(): void {}
}
