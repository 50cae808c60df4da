import { callError, isError, isOrderly, type CallError, type CallErrorCode, type CallErrorFields, type Deadline, type ExitReason } from '../base/index.js';
import type { DeliveryOutcome, FailedAttempt, OutcomeKind, ReceiptState, Terms } from '../behaviour/index.js';
import type { Op, Waiter } from '../mailbox/index.js';
import { Phase, type Address, type Behaviour, type Kernel, type LostCode, type Process } from '../process/index.js';
import { Request, titleOf, type DeadLetter } from '../router/index.js';
import type { Acceptance } from './acceptance.js';
import { Context } from './context.js';
import type { KeyRecord } from './ledger.js';
import { Outcome } from './outcome.js';
import type { Followed } from './receipt.js';
import { AckLimit, NO_FAILURES, Rare } from './rare.js';

/** Where a message is. Forward to `Over`, except that a failed attempt goes back from `Running` to `Held`. */
export const State = { Held: 0, Queued: 1, Running: 2, Over: 3 } as const;
export type State = (typeof State)[keyof typeof State];

const STATE = 3;
const LAPSED = 4;
const GUILTY = 8;
const MARKS = 15;
/** attempts begin at that bit */
const ATTEMPTS = 4;

/** What messages of one operation to one destination have in common; they share it. */
export class Route {
  constructor(
    readonly to: Keeper,
    readonly op: Op,
    readonly target: Address,
    readonly behaviour: Behaviour,
    readonly terms: Terms,
  ) {}
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
  unclaimed(d: Delivered, reason: ExitReason): void;
  late(d: Delivered): void;
  attemptFailed(d: Delivered, reason: unknown): void;
  attemptEnded(d: Delivered, reason: ExitReason): void;
  threw(d: Delivered, error: unknown): boolean;
  nacked(d: Delivered, delayMs: number): void;
  terminated(d: Delivered, reason: unknown): void;
  overran(d: Delivered): void;
  again(d: Delivered): void;
  over(d: Delivered, outcome: DeliveryOutcome): void;
  lost(d: Delivered, kind: OutcomeKind): void;
  leaveLine(d: Delivered, outcome: 'dropped' | 'expired'): void;
  inLine(change: 1 | -1): void;
  vanished(d: Delivered): boolean;
}

/**
 * One message with a guarantee. To the agent that handles it it is a request, whose reply is the acknowledgement: the handler
 * succeeded. It outlives the incarnations that it is given to.
 *
 * As a deadline it is its own expiry; its other times are deadlines of their own, made when they are needed.
 */
export class Delivered extends Request implements Followed {
  /** who has it now; null until it has met a process */
  callee: Process = null as never;
  /** place among the messages of its destination, in the order of their sends */
  number = 0;
  outcome: DeliveryOutcome | null = null;
  /** state, marks and attempts: see the accessors */
  private bits = 0;
  private rare: Rare | null = null;
  constructor(
    readonly caller: Process | null,
    readonly route: Route,
    public payload: unknown,
    /** what is kept of its key, or its number of its sender's messages to that destination, or 0 when it need not be known */
    private readonly identity: KeyRecord | number,
  ) {
    super();
  }

  get state(): State {
    return (this.bits & STATE) as State;
  }
  set state(state: State) {
    this.bits = (this.bits & ~STATE) | state;
  }

  /** no attempt may begin any more */
  get lapsed(): boolean {
    return (this.bits & LAPSED) !== 0;
  }
  set lapsed(lapsed: true) {
    this.bits |= LAPSED;
  }

  /** the attempt that runs has failed by its own doing, so its end counts as one */
  get guilty(): boolean {
    return (this.bits & GUILTY) !== 0;
  }
  set guilty(guilty: boolean) {
    this.bits = guilty ? this.bits | GUILTY : this.bits & ~GUILTY;
  }

  /** starts of the handler that count */
  get attempts(): number {
    return this.bits >> ATTEMPTS;
  }
  set attempts(attempts: number) {
    this.bits = (attempts << ATTEMPTS) | (this.bits & MARKS);
  }

  /** all starts, to tell what is said of an earlier one */
  get starts(): number {
    return this.attempts + (this.rare === null ? 0 : this.rare.undone);
  }

  get to(): Keeper {
    return this.route.to;
  }
  get op(): Op {
    return this.route.op;
  }
  get target(): Address {
    return this.route.target;
  }
  /** of the definition that its destination must have */
  get behaviour(): Behaviour {
    return this.route.behaviour;
  }
  get terms(): Terms {
    return this.route.terms;
  }

  get record(): KeyRecord | null {
    return typeof this.identity === 'number' ? null : this.identity;
  }
  get key(): string | null {
    return typeof this.identity === 'number' ? null : this.identity.key;
  }
  get sequence(): number {
    return typeof this.identity === 'number' ? this.identity : 0;
  }

  get order(): string | null {
    return this.rare === null ? null : this.rare.order;
  }
  get failures(): readonly FailedAttempt[] {
    return this.rare === null ? NO_FAILURES : this.rare.failures;
  }
  get sampled(): number {
    return this.rare === null ? -1 : this.rare.sampled;
  }
  get wait(): Deadline | null {
    return this.rare === null ? null : this.rare.wait;
  }
  get acceptance(): Acceptance | null {
    return this.rare === null ? null : this.rare.acceptance;
  }
  get entrance(): Waiter | null {
    return this.rare === null ? null : this.rare.entrance;
  }
  get ahead(): boolean {
    return this.rare !== null && this.rare.ahead;
  }
  get past(): DeadLetter | null {
    return this.rare === null ? null : this.rare.past;
  }

  rarely(): Rare {
    return (this.rare ??= new Rare());
  }

  get settled(): boolean {
    return (this.bits & STATE) === State.Over;
  }
  get running(): boolean {
    return (this.bits & STATE) === State.Running;
  }

  /** Its sender does not wait for its end. */
  get remainingMs(): undefined {
    return undefined;
  }

  /** A sender goes on; who waits for a call with a guarantee is told by the outcome. */
  override get blocks(): boolean {
    return false;
  }

  /** It may have met no process yet. */
  get title(): string {
    return titleOf(this.target);
  }

  override get context(): Context {
    return new Context(this);
  }

  /**
   * The handler is about to start, here or in a process of its own: the attempt is counted, before it runs (P22), and whatever
   * fails from now on is its failure. False when the message must not be handled: it has been, or it is a copy of one that waits elsewhere.
   */
  override claimed(): boolean {
    if (this.state !== State.Queued || this.lapsed) return false;
    if (this.due >= 0 && this.to.kernel.env.mono() >= this.due) {
      this.to.late(this);
      return false;
    }
    this.state = State.Running;
    this.attempts++;
    this.guilty = false;
    // The signal of an earlier attempt has fired with its agent.
    if (this.extra !== null) this.extra.controller = null;
    this.to.begun(this);
    if (this.op.concurrent) this.rarely().ahead = true;
    else if (this.terms.ackTimeoutMs >= 0) this.startLimit();
    if (this.rare !== null) this.rare.tell('delivered');
    return true;
  }

  /** The process of its own has its first turn; false when that has come too late (P12). */
  beginAside(): boolean {
    if (this.lapsed || (this.due >= 0 && this.to.kernel.env.mono() >= this.due)) {
      this.to.late(this);
      return false;
    }
    this.rarely().ahead = false;
    if (this.terms.ackTimeoutMs >= 0) this.startLimit();
    return true;
  }

  startLimit(): void {
    const { deadlines } = this.callee.kernel;
    const limit = (this.rarely().limit ??= new AckLimit(this));
    deadlines.remove(limit);
    deadlines.add(limit, this.terms.ackTimeoutMs);
  }

  restartLimit(): void {
    if (this.rare !== null && this.rare.limit !== null) this.startLimit();
  }

  dropLimit(): void {
    if (this.rare !== null && this.rare.limit !== null) this.to.kernel.deadlines.remove(this.rare.limit);
  }

  /* ---- what the handler says ---- */

  /** The handler succeeded: the acknowledgement, and the duplicate mark, in one step. */
  reply(value: unknown): boolean {
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

  fail(code: CallErrorCode, fields: Partial<CallErrorFields> = {}): CallError | undefined {
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
    if (isOrderly(reason) && !isError(reason)) this.reply(undefined);
    else this.guilty = true;
  }

  calleeEnded(reason: ExitReason): void {
    if (this.state === State.Running) this.to.attemptEnded(this, reason);
  }

  override unhandled(reason: ExitReason): void {
    if (this.state === State.Queued) this.to.unclaimed(this, reason);
  }

  /** No attempt may begin any more: what waits is over now, what runs has had its last one. */
  expire(): void {
    this.lapsed = true;
    if (this.entrance !== null) return this.to.leaveLine(this, 'expired');
    if (this.state === State.Held) this.to.expiredHeld(this);
    else if (this.state === State.Queued) this.to.lapsedQueued(this);
  }

  /** It will not be accepted. */
  unaccepted(code: CallErrorCode, reason: ExitReason): void {
    const { rare } = this;
    if (rare === null || rare.acceptance === null) return;
    const { acceptance } = rare;
    rare.acceptance = null;
    acceptance.refuse(callError(code, { target: this.title, op: this.op.name, verb: 'deliver', reason }));
  }

  /* ---- the end ---- */

  /** Whether the crash that ends its callee is counted there as one of a running message. */
  get crashedCallee(): boolean {
    return this.callee.phase === Phase.Dead && this.callee.from === this;
  }

  conclude(kind: OutcomeKind, reply: unknown, reason: unknown, details: unknown): void {
    const { rare, to } = this;
    this.state = State.Over;
    const { env, deadlines } = to.kernel;
    const outcome = new Outcome(kind, reply, reason, details, this.attempts, this.failures, env.wall()) as DeliveryOutcome;
    this.outcome = outcome;
    if (rare !== null) rare.dropTimers(deadlines);
    if (this.list !== null) deadlines.remove(this);
    if (this.callee !== null) {
      const deferred = this.callee.ext === null ? null : this.callee.ext.deferred;
      if (deferred !== null) deferred.delete(this);
      if (this.extra !== null) this.dropController();
    }
    this.payload = undefined;
    to.over(this, outcome);
    if (this.rare !== null) this.rare.tellEnd(outcome);
  }

  get settling(): Promise<DeliveryOutcome> {
    const rare = this.rarely();
    rare.promised ??= this.outcome !== null ? Promise.resolve(this.outcome) : new Promise((resolve) => {
      rare.onOutcome = resolve;
    });
    return rare.promised;
  }

  get receiptState(): ReceiptState {
    if (this.outcome !== null) return this.outcome.kind;
    if (this.state === State.Held) return 'pending';
    return this.state === State.Queued ? 'in-transit' : 'delivered';
  }

  watch(fn: (state: ReceiptState) => void): () => void {
    const watchers = (this.rarely().watchers ??= new Set());
    watchers.add(fn);
    return () => void watchers.delete(fn);
  }

  moved(): void {
    if (this.rare !== null && this.outcome === null) this.rare.tell(this.receiptState);
  }
}
