import { callError, isOrderly } from '../../base/index.js';
import type {
  CallError, CallErrorCode, CallErrorFields, Deadline, ExitReason,
} from '../../base/index.js';
import { HIDDEN, isError } from '../../base/text/index.js';
import type { Terms } from '../../behaviour/gen/outward/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import type {
  Address, Behaviour, DeliveryReport, LostCode, Process, ProcessExt,
} from '../../process/record/index.js';
import { Request, RequestExtra, addressName, type Stopping } from '../../router/request/index.js';
import type { DeliveryOutcome, FailedAttempt, ReceiptState } from '../../api/delivery.js';
import type { PastLetter } from '../../router/dead-letter/index.js';
import { enteredAgain, enteredFirst, refusedAgain, refusedFirst, vanished } from './accept.js';
import type { AcceptanceWait } from './wait/acceptance-wait.js';
import {
  attemptEnded, attemptFailed, begin, lapse, nacked, overran, startLimit, terminated, threw, unclaimed,
} from './attempt.js';
import { Context } from './context.js';
import type { KeyRecord } from './dedupe/ledger.js';
import { Route, routeOf, type Destination } from './destination.js';
import type { Expiry } from './expiry.js';
import { NO_FAILURES, Rare } from './rare.js';
import { steering } from './pending/join.js';
import { endsWithTurn, postponed } from './pending/postpone.js';
import type { Followed } from './receipt.js';
import { answered, cancel, columnOf, conclude, expiredQueued, leaveLine, lost, unanswered } from './settle.js';
import { ATTEMPTS, GUILTY, LAPSED, MARKS, State, STATE } from './states.js';
import type { DeliveryWaiter } from './wait/waiter.js';

/**
 * One message with a guarantee: what is known of it, and what others tell it. To the agent that
 * handles it it is a request, whose reply is the acknowledgement: the handler succeeded. It
 * outlives the incarnations that it is given to.
 *
 * Millions of them may wait: what is shared is in its route, what is rare in `Rare`, what excludes
 * each other in one field. The phases (states.ts) use the fields; what is read off them elsewhere
 * has an accessor.
 */
export class Message extends Request implements Followed {
  /** see `Exit.kept` */
  static readonly kept: Message = new Message(null, Route.kept, undefined, null);
  /** when its time is up; null before it is accepted and once it is over */
  expiry: Expiry | null = null;
  /** what is kept of its key, else its number */
  identity: KeyRecord | number;
  /** state, marks, slot in its expiry, and attempts: see states.ts */
  bits = 0;
  rare: Rare | null = null;
  constructor(
    readonly caller: Process | null,
    public route: Route,
    /** the payload, then the outcome */
    public content: unknown,
    record: KeyRecord | null,
  ) {
    super();
    this.identity = record ?? 0;
  }

  get payload(): unknown {
    return this.state === State.Over ? undefined : this.content;
  }
  /** As its sender may know it: of a stored one once that is committed. */
  get outcome(): DeliveryOutcome | null {
    return this.state === State.Over && !this.untold ? (this.content as DeliveryOutcome) : null;
  }
  private get untold(): boolean {
    return this.rare !== null && this.rare.stored !== null && !this.rare.stored.told;
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
  get to(): Destination {
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
  get waiter(): DeliveryWaiter | null {
    return this.rare === null ? null : this.rare.waiter;
  }
  get ahead(): boolean {
    return this.rare !== null && this.rare.ahead;
  }
  get past(): PastLetter | null {
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
    return addressName(this.target);
  }

  override told(details: boolean): DeliveryReport {
    const key = this.key === null || details ? (this.key ?? undefined) : HIDDEN;
    return { guarantee: this.terms.guarantee, key, attempt: this.attempts };
  }

  override get guaranteed(): true {
    return true;
  }
  override steered(): readonly unknown[] {
    return steering<Message>(this, (from): from is Message => from instanceof Message);
  }
  override get context(): Context {
    return new Context(this);
  }

  /* ---- what the agent that handles it says ---- */

  override claimed(): boolean {
    return begin(this);
  }
  override postpones(): boolean {
    return postponed(this.to, this);
  }
  restartLimit(): void {
    if (this.rare !== null && this.rare.limit !== null) startLimit(this.to, this);
  }

  reply(value: unknown): boolean {
    if ((this.bits & STATE) !== State.Running) return false;
    const { gate } = this.route.to.kernel;
    if (gate !== null && endsWithTurn(gate, this, () => this.answer(value), true)) return true;
    conclude(this, 'handled', value, undefined, undefined);
    return true;
  }

  private get inHand(): boolean {
    return this.callee.running && this.callee.from === this;
  }

  /** Given before the end of the handler of a durable agent: it counts from that end on. */
  private answer(value: unknown): void {
    if (this.running) conclude(this, 'handled', value, undefined, undefined);
  }
  fail(code: CallErrorCode, fields: Partial<CallErrorFields> = {}): CallError | undefined {
    const { to } = this;
    if (this.state === State.Over) return undefined;
    if (code === 'REFUSED') answered(to, this, fields.refusal, fields.details);
    else if (code === 'EXPIRED') expiredQueued(to, this);
    else attemptFailed(to, this, fields.reason ?? code);
    return undefined;
  }

  nacked(delayMs: number): void {
    if (this.inHand) this.to.kernel.gate?.fails(this.callee);
    nacked(this.to, this, delayMs);
  }

  terminated(reason: unknown): void {
    const { gate } = this.to.kernel;
    const end = (): void => {
      if (this.running) terminated(this.to, this, reason);
    };
    if (gate === null || !endsWithTurn(gate, this, end, false)) end();
  }

  override threw(error: unknown): boolean {
    return this.state === State.Running && threw(this.to, this, error);
  }

  /** The handler ended its agent: by decision, so it succeeded, unless the reason says that it did not. */
  override stopped(reason: ExitReason): void {
    if (isOrderly(reason) && !isError(reason)) this.reply(undefined);
    else this.guilty = true;
  }

  override stopping({ reason, replyTo, reply }: Stopping, answered: boolean): void {
    if (replyTo === this) this.reply(reply);
    else if (!answered && (!isOrderly(reason) || isError(reason))) this.to.kernel.gate?.fails(this.callee);
  }

  calleeEnded(reason: ExitReason): void {
    if (this.state === State.Running) attemptEnded(this.to, this, reason);
  }

  override unhandled(reason: ExitReason): void {
    if (this.state === State.Queued) unclaimed(this.to, this, reason);
  }

  /* ---- what its mailbox says ---- */

  /** The mailbox has counted it as that. */
  override lost(code: LostCode): void {
    if (this.state !== State.Queued) return;
    if (code === 'EXPIRED') expiredQueued(this.to, this);
    else lost(this.to, this, code === 'EVICTED' ? 'dropped' : 'rejected');
  }

  override vanished(): boolean {
    return vanished(this.to, this);
  }

  override get skippedAs(): 'expired' | 'dropped' | 'superseded' {
    return this.state === State.Over ? columnOf((this.content as DeliveryOutcome).kind) : 'expired';
  }

  /** It has left the line before it; it was accepted already when it stood there again. */
  entered(again: boolean): void {
    if (again) enteredAgain(this.to, this);
    else enteredFirst(this.to, this);
  }

  refused(code: string, reason: ExitReason, again: boolean): void {
    if (again) refusedAgain(this.to, this, code, reason);
    else refusedFirst(this.to, this, code, reason);
  }

  /* ---- what its deadlines say ---- */

  expire(): void {
    lapse(this.to, this);
  }
  overran(): void {
    overran(this.to, this);
  }
  backedOff(): void {
    this.rarely().wait = null;
    this.to.again(this);
  }

  /* ---- what its sender says ---- */

  cancel(): boolean {
    const waits = !this.settled && !this.running;
    if (waits) cancel(this.to, this);
    return waits;
  }

  /** The first of those who wait for its acceptance has ended. */
  senderEnded(): void {
    leaveLine(this.to, this, 'dropped');
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

  /** It is over: its callee has nothing of it any more. */
  leaveCallee({ deferred }: ProcessExt): void {
    if (deferred !== null) deferred.delete(this);
    if (this.extra !== null) this.dropController();
  }

  get settling(): Promise<DeliveryOutcome> {
    const rare = (this.rare ??= new Rare());
    rare.promised ??= (this.bits & STATE) === State.Over && (rare.stored === null || rare.stored.told)
      ? Promise.resolve(this.content as DeliveryOutcome)
      : new Promise((resolve) => {
        rare.onOutcome = resolve;
      });
    return rare.promised;
  }
  get receiptState(): ReceiptState {
    if (this.outcome !== null) return this.outcome.kind;
    if (this.state === State.Held || unanswered(this)) return 'pending';
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
