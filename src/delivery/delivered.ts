import { callError, Deadline, delayMs, isOrderly, isThenable, type CallError, type CallErrorCode, type CallErrorFields, type ExitReason } from '../base/index.js';
import type { DeliveryContext, DeliveryOutcome, FailedAttempt, OutcomeKind, ReceiptState, Terms } from '../behaviour/index.js';
import { Kind, Op, type Waiter } from '../mailbox/index.js';
import { Phase, untrackCall, type Address, type Behaviour, type Kernel, type LostCode, type Process } from '../process/index.js';
import { Request, titleOf, type DeadLetter } from '../router/index.js';
import { NO_REPLY } from '../behaviour/index.js';

/** Where a message is. Forward to `Over`, except that a failed attempt goes back from `Running` to `Held`. */
export const State = { Held: 0, Queued: 1, Running: 2, Over: 3 } as const;
export type State = (typeof State)[keyof typeof State];

const NO_FAILURES: readonly FailedAttempt[] = [];
const NOBODY: Promise<unknown> = Promise.resolve();
const nothing = (): void => undefined;

/** Who waits for a message to be accepted. */
export interface Acceptance {
  resolve(): void;
  reject(error: unknown): void;
}

/** What a message tells of its way: the destination that it belongs to. */
export interface Keeper {
  readonly kernel: Kernel;
  begun(d: Delivered): void;
  queued(): void;
  accepted(d: Delivered): void;
  acknowledged(d: Delivered): void;
  answered(d: Delivered, code: string | undefined, details: unknown): void;
  expiredQueued(d: Delivered): void;
  lapsedQueued(d: Delivered): void;
  expiredHeld(d: Delivered): void;
  deadLetterHeld(d: Delivered, reason: unknown): void;
  takenBack(d: Delivered, reason: ExitReason): void;
  refused(d: Delivered, code: string, reason: ExitReason): void;
  unstarted(d: Delivered, reason: ExitReason): void;
  late(d: Delivered): void;
  attemptFailed(d: Delivered, reason: unknown): void;
  attemptEnded(d: Delivered, reason: ExitReason): void;
  threw(d: Delivered, error: unknown): boolean;
  nacked(d: Delivered, delayMs: number): void;
  terminated(d: Delivered, reason: unknown): void;
  overran(d: Delivered): void;
  again(d: Delivered): void;
  over(d: Delivered): void;
  lost(d: Delivered, kind: OutcomeKind): void;
  leaveLine(d: Delivered, outcome: 'dropped' | 'expired'): void;
  vanished(d: Delivered): boolean;
}

/**
 * One message with a guarantee. To the agent that handles it it is a request, whose reply is the acknowledgement: the handler
 * succeeded. It outlives the incarnations that it is given to.
 *
 * As a deadline it is its own expiry; its other times are deadlines of their own, made when they are needed.
 */
export class Delivered extends Request {
  state: State = State.Held;
  /** place among the messages of its destination, in the order of their acceptance */
  number = 0;
  /** starts of the handler that count */
  attempts = 0;
  /** all starts, to tell what is said of an earlier one */
  starts = 0;
  failures: readonly FailedAttempt[] = NO_FAILURES;
  outcome: DeliveryOutcome | null = null;
  /** no attempt may begin any more */
  lapsed = false;
  /** the attempt that runs has failed by its own doing, so its end counts as one */
  guilty = false;
  /** the back-off that it waits in */
  wait: Deadline | null = null;
  /** limits the attempt that runs */
  limit: AckLimit | null = null;
  /** monotonic ms of the acceptance when it is a sampled one, else -1 */
  sampled = -1;
  /** who waits for it to be accepted */
  acceptance: Acceptance | null = null;
  /** its place in line before a full mailbox */
  entrance: Waiter | null = null;
  /** the process of its own that handles it, when its operation is concurrent */
  runner: Process | null = null;
  /** who waits for the outcome */
  private onOutcome: ((outcome: DeliveryOutcome) => void) | null = null;
  private promised: Promise<DeliveryOutcome> | null = null;
  private watchers: Set<(state: ReceiptState) => void> | null = null;
  constructor(
    sender: Process | null,
    op: Op,
    target: Address,
    readonly to: Keeper,
    /** of the definition that its destination must have */
    readonly behaviour: Behaviour,
    readonly terms: Terms,
    public payload: unknown,
    readonly key: string | null,
    readonly order: string | null,
    /** of its sender's messages to that destination, or 0 when it is known by its key or need not be known */
    readonly sequence: number,
  ) {
    super(sender, null as never, op, target, -1, NOBODY, nothing, nothing);
  }

  /** the dead letter that it was before */
  get past(): DeadLetter | null {
    return null;
  }

  /** A sender goes on; who waits for a call with a guarantee is told by the outcome. */
  override get blocks(): boolean {
    return false;
  }

  /** It may have met no process yet. */
  override get title(): string {
    return titleOf(this.target);
  }

  override get context(): Context {
    return new Context(this);
  }

  /**
   * The handler is about to start: the attempt is counted, before it runs (P22). False when the message must not be handled:
   * it has been, or it is a copy of one that waits elsewhere.
   */
  begin(): boolean {
    if (this.state !== State.Queued || this.lapsed) return false;
    if (this.due >= 0 && this.to.kernel.env.mono() >= this.due) {
      this.to.late(this);
      return false;
    }
    this.state = State.Running;
    this.starts++;
    this.attempts++;
    this.guilty = false;
    // The signal of an earlier attempt has fired with its agent.
    if (this.extra !== null) this.extra.controller = null;
    this.to.begun(this);
    if (this.terms.ackTimeoutMs >= 0) this.startLimit();
    if (this.watchers !== null) this.tell('delivered');
    return true;
  }

  startLimit(): void {
    const { deadlines } = this.callee.kernel;
    this.limit ??= new AckLimit(this);
    deadlines.remove(this.limit);
    deadlines.add(this.limit, this.terms.ackTimeoutMs);
  }

  /* ---- what the handler says ---- */

  /** The handler succeeded: the acknowledgement, and the duplicate mark, in one step. */
  override reply(value: unknown): boolean {
    if (this.state !== State.Running) return false;
    const { gate } = this.callee.kernel;
    if (gate !== null && gate.holds(this.callee, this.op, () => void this.handled(value))) return true;
    return this.handled(value);
  }

  private handled(value: unknown): boolean {
    if (this.state !== State.Running) return false;
    this.to.acknowledged(this);
    this.conclude('handled', value, undefined, undefined);
    return true;
  }

  override fail(code: CallErrorCode, fields: Partial<CallErrorFields> = {}): CallError | undefined {
    if (this.state === State.Over) return undefined;
    if (code === 'REFUSED') this.to.answered(this, fields.refusal, fields.details);
    else if (code === 'EXPIRED') this.to.expiredQueued(this);
    else this.to.attemptFailed(this, fields.reason ?? code);
    return undefined;
  }

  /** The mailbox has counted it as that. */
  override lost(code: LostCode): void {
    if (this.state !== State.Queued) return;
    if (code === 'EXPIRED') this.to.expiredQueued(this);
    else this.to.lost(this, code === 'EVICTED' ? 'dropped' : 'rejected');
  }

  override vanished(): boolean {
    return this.to.vanished(this);
  }

  override threw(error: unknown): boolean {
    return this.state === State.Running && this.to.threw(this, error);
  }

  /** The handler ended its agent: by decision, so it succeeded, unless the reason says that it did not. */
  override stopped(reason: ExitReason): void {
    if (isOrderly(reason)) this.reply(undefined);
    else this.guilty = true;
  }

  override calleeEnded(reason: ExitReason): void {
    if (this.state === State.Running) this.to.attemptEnded(this, reason);
    else if (this.state === State.Queued && this.callee.ext?.deferred?.has(this) === true) this.to.unstarted(this, reason);
  }

  /** Who waits for its acceptance has ended: it is not accepted. */
  override callerEnded(): void {
    if (this.caller !== null) untrackCall(this.caller, this);
    this.to.leaveLine(this, 'dropped');
  }

  /** No attempt may begin any more: what waits is over now, what runs has had its last one. */
  override expire(): void {
    this.lapsed = true;
    if (this.entrance !== null) return this.to.leaveLine(this, 'expired');
    if (this.state === State.Held) this.to.expiredHeld(this);
    else if (this.state === State.Queued) this.to.lapsedQueued(this);
  }

  /** It will not be accepted. */
  unaccepted(code: CallErrorCode, reason: ExitReason): void {
    const { acceptance, caller } = this;
    if (acceptance === null) return;
    this.acceptance = null;
    if (caller !== null) untrackCall(caller, this);
    acceptance.reject(callError(code, { target: this.title, op: this.op.name, reason }));
  }

  /* ---- the end ---- */

  /** Whether the crash that ends its callee is counted there as one of a running message. */
  get crashedCallee(): boolean {
    return this.callee.phase === Phase.Dead && this.callee.from === this;
  }

  conclude(kind: OutcomeKind, reply: unknown, reason: unknown, details: unknown): void {
    const { to } = this;
    this.state = State.Over;
    const { env, deadlines } = to.kernel;
    const outcome: DeliveryOutcome = { kind, reply, reason, details, attempts: this.attempts, failures: this.failures, at: env.wall() };
    this.outcome = outcome;
    if (this.wait !== null) deadlines.remove(this.wait);
    if (this.limit !== null) deadlines.remove(this.limit);
    this.wait = null;
    this.limit = null;
    if (this.list !== null) deadlines.remove(this);
    this.settled = true;
    if (this.callee !== null) {
      const deferred = this.callee.ext === null ? null : this.callee.ext.deferred;
      if (deferred !== null) deferred.delete(this);
      if (this.extra !== null) this.dropController();
    }
    if (this.key === null) this.payload = undefined;
    to.over(this);
    if (this.watchers !== null) this.tell(kind);
    if (this.onOutcome !== null) this.onOutcome(outcome);
    this.onOutcome = null;
  }

  get settling(): Promise<DeliveryOutcome> {
    if (this.promised !== null) return this.promised;
    this.promised = this.outcome !== null ? Promise.resolve(this.outcome) : new Promise((resolve) => {
      this.onOutcome = resolve;
    });
    return this.promised;
  }

  get receiptState(): ReceiptState {
    if (this.outcome !== null) return this.outcome.kind;
    if (this.state === State.Held) return 'pending';
    return this.state === State.Queued ? 'in-transit' : 'delivered';
  }

  watch(fn: (state: ReceiptState) => void): () => void {
    const watchers = (this.watchers ??= new Set());
    watchers.add(fn);
    return () => void watchers.delete(fn);
  }

  moved(): void {
    if (this.watchers !== null && this.outcome === null) this.tell(this.receiptState);
  }

  private tell(state: ReceiptState): void {
    for (const fn of this.watchers ?? []) fn(state);
  }
}

/** Ends the agent whose handler takes longer than `ackTimeoutMs`; its signal fires first. */
export class AckLimit extends Deadline {
  constructor(private readonly message: Delivered) {
    super();
  }
  expire(): void {
    this.message.to.overran(this.message);
  }
}

/** Waits out a back-off. */
export class BackOff extends Deadline {
  constructor(private readonly message: Delivered) {
    super();
  }
  expire(): void {
    this.message.wait = null;
    this.message.to.again(this.message);
  }
}

/** What a handler may say about the delivery that it handles. Of one attempt: later ones have their own. */
export class Context implements DeliveryContext {
  readonly #message: Delivered;
  readonly #start: number;
  readonly key: string | undefined;
  readonly attempt: number;

  /** @internal Use `self.delivery`. */
  constructor(message: Delivered) {
    this.#message = message;
    this.#start = message.starts;
    this.key = message.key ?? undefined;
    this.attempt = message.attempts;
  }

  get redelivered(): boolean {
    return this.attempt > 1;
  }

  ack(reply?: unknown): boolean {
    return this.#current && this.#message.reply(reply);
  }

  nack(delay?: number): boolean {
    const ms = delay === undefined ? -1 : delayMs('nack.delayMs', delay);
    if (!this.#current) return false;
    this.#message.to.nacked(this.#message, ms);
    return true;
  }

  inProgress(): boolean {
    if (!this.#current) return false;
    if (this.#message.limit !== null) this.#message.startLimit();
    return true;
  }

  terminate(reason: unknown = 'terminated'): boolean {
    if (!this.#current) return false;
    this.#message.to.terminated(this.#message, reason);
    return true;
  }

  /** @internal A later attempt has begun. */
  get superseded(): boolean {
    return this.#message.starts !== this.#start;
  }

  get #current(): boolean {
    return this.#message.state === State.Running && !this.superseded;
  }
}

/**
 * The operation as deliveries carry it: a request, whose reply is the acknowledgement, and whose handler starts only for a
 * message that is to be handled. Made once per operation.
 */
export function deliveredOp(op: Op): Op {
  const run = op.run as Handler;
  const guarded: Handler = (self, payload) => ((self.p.from as Delivered).begin() ? run(self, payload) : NO_REPLY);
  op.delivered = new Op(Kind.Call, op.name, op.concurrent ? aside(run) : guarded, op.check, op.concurrent, op.isAsync);
  return op.delivered;
}

type Handler = (self: { readonly p: Process }, payload: unknown) => unknown;

/** In a process of its own, which may go on after its attempt has failed (`nack`): what it says then is of no later one. */
function aside(run: Handler): Handler {
  return (self, payload) => {
    const message = self.p.from as Delivered;
    if (!message.begin()) return NO_REPLY;
    const { context } = message;
    message.runner = self.p;
    Object.defineProperty(self, 'delivery', { value: context });
    const result = run(self, payload);
    return isThenable(result) ? unlessLate(context, result) : result;
  };
}

async function unlessLate(context: Context, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await result;
    return context.superseded ? NO_REPLY : value;
  } catch (error) {
    if (context.superseded) return NO_REPLY;
    throw error;
  }
}
