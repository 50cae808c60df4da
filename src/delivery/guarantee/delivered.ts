import { callError, HIDDEN, isError, isOrderly, type CallError, type CallErrorCode, type CallErrorFields, type Deadline, type ExitReason } from '../../base/index.js';
import type { DeliveryOutcome, FailedAttempt, OutcomeKind, ReceiptState } from '../../api/delivery.js';
import type { Terms } from '../../behaviour/index.js';
import type { Op, Waiter } from '../../mailbox/index.js';
import { Phase, type Address, type Behaviour, type DeliveryReport, type LostCode, type Process } from '../../process/index.js';
import { Request, RequestExtra, titleOf, type DeadLetter } from '../../router/index.js';
import type { AcceptanceWait } from './acceptance-wait.js';
import { Context } from './context.js';
import type { Expiry } from './expiry.js';
import type { KeyRecord } from './ledger.js';
import { Outcome } from './outcome.js';
import type { Followed } from './receipt.js';
import { AckLimit, NO_FAILURES, Rare } from './rare.js';
import { Route, routeOf, type Keeper } from './route.js';

/** Where a message is. Forward to `Over`, except that a failed attempt goes back from `Running` to `Held`. */
export const State = { Held: 0, Queued: 1, Running: 2, Over: 3 } as const;
export type State = (typeof State)[keyof typeof State];

const STATE = 3;
const LAPSED = 4;
const GUILTY = 8;
/** its place in its expiry: six bits from there */
const PLACE = 4;
const PLACES = 63;
const MARKS = 1_023;
/** attempts begin at that bit */
const ATTEMPTS = 10;

/**
 * One message with a guarantee: to the agent that handles it a request, whose reply is the acknowledgement. It outlives
 * incarnations. Millions may wait: what is shared is in its route, what is rare in `Rare`, what excludes each other in
 * one field.
 */
export class Delivered extends Request implements Followed {
  /** see `Exit.kept` */
  static readonly kept: Delivered = new Delivered(null, Route.kept, undefined, null);
  /** when its time is up; null before it is accepted and once it is over */
  expiry: Expiry | null = null;
  /** what is kept of its key, else its number: see the accessors */
  private identity: KeyRecord | number;
  /** state, marks, place and attempts: see the accessors */
  private bits = 0;
  private rare: Rare | null = null;
  constructor(
    readonly caller: Process | null,
    private route: Route,
    /** the payload, then the outcome */
    private content: unknown,
    record: KeyRecord | null,
  ) {
    super();
    this.identity = record ?? 0;
  }

  get payload(): unknown {
    return this.state === State.Over ? undefined : this.content;
  }
  get outcome(): DeliveryOutcome | null {
    return this.state === State.Over ? (this.content as DeliveryOutcome) : null;
  }

  /** who has it now; null until it has met a process */
  get callee(): Process {
    return this.route.callee as Process;
  }
  set callee(callee: Process) {
    const { route } = this;
    if (route.callee === callee) return;
    this.route = routeOf(route.to, route.op, route.target, route.behaviour, route.terms, callee);
  }

  /** place among the messages of its destination, in the order of their sends */
  get number(): number {
    return typeof this.identity === 'number' ? this.identity : this.identity.number;
  }
  set number(number: number) {
    if (typeof this.identity === 'number') this.identity = number;
    else this.identity.number = number;
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

  /** place in its expiry */
  get place(): number {
    return (this.bits >> PLACE) & PLACES;
  }
  set place(place: number) {
    this.bits = (this.bits & ~(PLACES << PLACE)) | (place << PLACE);
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
  /** it is known by its number alone: its sender's window has it */
  get numbered(): boolean {
    return typeof this.identity === 'number' && this.route.terms.guarantee === 'exactly-once';
  }
  /** monotonic ms when its time is up; -1 while that is not known */
  get due(): number {
    return this.expiry === null ? -1 : this.expiry.due;
  }

  get extra(): RequestExtra | null {
    return this.rare === null ? null : this.rare.extra;
  }
  cold(): RequestExtra {
    return (this.rarely().extra ??= new RequestExtra(this));
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
  get acceptance(): AcceptanceWait | null {
    return this.rare === null ? null : this.rare.acceptance;
  }
  get waiter(): Waiter | null {
    return this.rare === null ? null : this.rare.waiter;
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
    return this.state === State.Over;
  }
  get running(): boolean {
    return this.state === State.Running;
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

  override told(details: boolean): DeliveryReport {
    return { guarantee: this.terms.guarantee, key: this.key === null || details ? (this.key ?? undefined) : HIDDEN, attempt: this.attempts };
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
    if (this.waiter !== null) return this.to.leaveLine(this, 'expired');
    if (this.state === State.Held) this.to.expiredHeld(this);
    else if (this.state === State.Queued) this.to.lapsedQueued(this);
  }

  cancel(): boolean {
    const waits = !this.settled && !this.running;
    if (waits) this.to.cancel(this);
    return waits;
  }

  override get skippedAs(): 'expired' | 'dropped' {
    return this.outcome?.kind === 'cancelled' ? 'dropped' : 'expired';
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
    const { rare } = this;
    const { to, callee } = this.route;
    const outcome = new Outcome(kind, reply, reason, details, this.attempts, this.failures, to.kernel.wallNow()) as DeliveryOutcome;
    if (typeof this.identity !== 'number' && (kind === 'handled' || kind === 'refused')) this.identity.seal(this.content);
    this.state = State.Over;
    this.content = outcome;
    if (this.expiry !== null) this.expiry.remove(this);
    if (rare !== null) rare.dropTimers(to.kernel.deadlines);
    if (callee !== null && callee.ext !== null) {
      const { deferred } = callee.ext;
      if (deferred !== null) deferred.delete(this);
      if (this.extra !== null) this.dropController();
    }
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
