import { isOrderly, type ExitReason } from '../../base/index.js';
import type { DeliveryOutcome, OutcomeKind } from '../../api/delivery.js';
import { ended, handedOver, Rank, refused, skipped } from '../../mailbox/index.js';
import {
  accept, acceptOrWait, acceptWith, admits, Entry, refusalOf, Phase, withdraw, type Mail, type Process,
} from '../../process/index.js';
import { Cell, Failure } from '../../router/index.js';
import { Account } from './account.js';
import { deliveredOp } from './context.js';
import { State, type Delivered } from './delivered.js';
import { DeliveryWaiter, type Admission } from './waiter.js';
import { Orders } from './order-keys.js';
import { GuaranteedRedelivery } from './redelivery.js';
import { BackOff } from './rare.js';
import type { Keeper, Route } from './route.js';
import { canReturn, charge, codeOf, livesOn, suspends, verdictOf } from './rules.js';
import { backoffMs } from '../guard/schedule.js';
import { Windows, type Window } from './window.js';

/**
 * Where messages go: a registered name through all its owners, or one process. Keeps what waits for it, what has been handled
 * there, and the numbers.
 *
 *   accepted ─▶ in the mailbox ─▶ with the handler ─▶ over
 *      │             │ its process ends    │ failed
 *      └──▶ held ◀───┴─────────────────────┘        held: in a back-off, for an owner, for room, or behind its order key
 *
 * Accounts: what is in the mailbox or with the handler is in the mailbox's account; what is held, and what ends from there,
 * in that of the outside. A step moves a message from one to the other in one go.
 */
export class Destination extends Account implements Keeper, Mail, Admission {
  private readonly orders: Orders = new Orders();
  private windows: Windows | null = null;
  latest: Route | null = null;
  private arrivals = 0;

  /* ---- in ---- */

  windowOf(sender: Process | null): Window {
    return (this.windows ??= new Windows()).of(sender);
  }

  /** A new message. Refused for want of room, it is counted by the mailbox; one that waits among the puts is told later, through `admission`; without one it does not wait. */
  accept(d: Delivered, p: Process | null, admission: Admission | null): Entry {
    d.number = ++this.arrivals;
    if (d.numbered) this.windowOf(d.caller).add(d.number);
    if (d.order !== null && this.orders.behind(d, d.order)) this.hold(d);
    else if (p !== null && admission !== null && suspends(p)) return this.standInLine(d, p, admission);
    else if (p === null) {
      this.hold(d);
      this.await(d);
    } else if (!(!this.waiting.empty && !this.flush() && p.phase !== Phase.Dead ? this.refuse(p) : this.enqueue(d, p))) {
      if (d.order !== null) this.goOn(d, d.order);
      return Entry.Refused;
    }
    this.accepted(d);
    if (d.state !== State.Over) this.delivery.expiries.add(d, d.terms.expiresInMs);
    return Entry.Queued;
  }

  /** To a mailbox whose policy is `suspend`: it is queued, or waits its turn among the puts. */
  private standInLine(d: Delivered, p: Process, admission: Admission): Entry {
    d.callee = p;
    d.state = State.Queued;
    const waiter = new DeliveryWaiter(d, admission);
    d.rarely().waiter = waiter;
    const entry = acceptOrWait(p, waiter);
    if (entry === Entry.Queued) {
      if (!waiter.over) waiter.entered();
    } else if (entry === Entry.Refused) {
      d.rarely().waiter = null;
      d.state = State.Held;
      if (d.order !== null) this.goOn(d, d.order);
      d.unaccepted(refusalOf(p, d.op, d.payload), undefined); // a duplicate, by the user's sizeOf
      return entry;
    }
    if (d.expiry === null && (d.state as State) !== State.Over && !d.lapsed) {
      this.delivery.expiries.add(d, d.terms.expiresInMs);
    }
    return entry;
  }

  /** Out of the line, because nobody waits for its acceptance any more, or its time is up. */
  leaveLine(d: Delivered, outcome: 'dropped' | 'expired', kind: OutcomeKind = outcome): void {
    const { waiter } = d;
    if (waiter === null) return;
    d.rarely().waiter = null;
    withdraw(d.callee, waiter, outcome);
    if (waiter instanceof DeliveryWaiter && waiter.admission === this) {
      this.inLine(-1);
      this.countLost(outcome);
    }
    d.conclude(kind, undefined, kind, undefined);
    d.unaccepted(outcome === 'expired' ? 'EXPIRED' : 'ZOMBIE', undefined);
  }

  /** Whether a new message for that process would be queued now. */
  hasRoom({ op, terms }: Delivered, p: Process, payload: unknown): boolean {
    return (this.waiting.empty || this.flush()) && admits(p, terms.rank, op, payload, false);
  }

  private enqueue(d: Delivered, p: Process): boolean {
    if (p.phase === Phase.Dead) { // by the user's code, while others were looked at
      this.hold(d);
      this.await(d);
      return true;
    }
    d.callee = p;
    const op = d.op.delivered ?? deliveredOp(d.op);
    const { rank } = d.terms;
    if (!(rank === Rank.Normal ? accept(p, op, d.payload, d) : acceptWith(p, rank, op, d.payload, d, -1))) return false;
    // Lost on its way, as simulations have it.
    if (d.state !== State.Held || d.wait !== null) return true;
    d.state = State.Queued;
    this.queued();
    if ((p.phase as Phase) === Phase.Dead) this.takenBack(d, p.reason); // by the user's code that looked at the message
    return true;
  }

  /* ---- held ---- */

  /** Waits until somebody owns its name, or until there is room. */
  private await(d: Delivered): void {
    this.waiting.push(d);
    if (!(d.target instanceof Cell) || d.target.owner !== null) this.waiting.arm(this.delivery);
  }

  arrived(): void {
    this.flush();
  }

  /** Nothing of a process is kept that has ended. */
  left(): void {
    this.latest = null;
  }

  /** Gives what waits to its owners, in order; true when nothing waits any more. */
  flush(): boolean {
    for (const d of this.waiting.take()) if (d.state === State.Held) this.again(d);
    return this.waiting.empty;
  }

  /** The next attempt of a held message, now. */
  again(d: Delivered): void {
    const p = d.target.owner;
    if (p === null) {
      if (canReturn(d)) this.await(d);
      else this.deadLetterHeld(d, 'noproc');
    } else if (p.behaviour !== d.behaviour) this.deadLetterHeld(d, 'protocol_mismatch');
    else if (suspends(p)) {
      this.release(d);
      this.inLine(1);
      if (this.standInLine(d, p, this) === Entry.Refused) {
        this.inLine(-1);
        this.notTaken(d, p);
      }
      d.moved();
    } else if (!admits(p, d.terms.rank, d.op, d.payload, false)) this.await(d);
    else {
      this.release(d);
      if (!this.enqueue(d, p)) this.notTaken(d, p);
      d.moved();
    }
  }

  /** A mailbox has refused what had come back, and counted it: it waits on. */
  private notTaken(d: Delivered, p: Process): void {
    if (p.mailbox.pressure().rules.overflow.startsWith('drop') && refusalOf(p, d.op, d.payload) === 'MAILBOX_FULL') return this.dropped(d, 'dropped');
    handedOver(p.box(), 'rejected');
    this.hold(d);
    this.await(d);
  }

  /** A message that has come back is in the mailbox. */
  entered(d: Delivered): void {
    this.inLine(-1);
    this.queued();
    d.moved();
  }

  /** One that has been accepted cannot enter: it goes on as if its process had ended before it was started. */
  refused(d: Delivered, code: string, reason: ExitReason): void {
    handedOver(d.callee.box(), 'rejected');
    this.inLine(-1);
    this.queued();
    this.takenBack(d, code === 'EXIT' ? reason : code);
  }

  /* ---- with the handler ---- */

  answered(d: Delivered, code: string | undefined, details: unknown): void {
    this.acknowledged(d);
    this.counters.refused++;
    this.all.refused++;
    d.conclude('refused', undefined, code, details);
  }

  /** Its handler threw: what the policy says becomes of it. True when the agent lives on. */
  threw(d: Delivered, error: unknown): boolean {
    const { starts } = d;
    const verdict = verdictOf(d, error);
    const code = verdict === 'refuse' ? codeOf(error) : '';
    // Both are the user's code: it may have ended the agent, or said by hand what becomes of the message.
    if (!d.running || d.starts !== starts) return d.callee.phase === Phase.Dead || livesOn(verdict);
    switch (verdict) {
      case 'retry': this.attemptFailed(d, error); return true;
      case 'dead-letter': this.terminated(d, error); return true;
      case 'refuse': {
        refused(d.callee.box());
        this.answered(d, code, error);
        return true;
      }
      default:
        d.guilty = true;
        if (verdict === 'escalate') d.callee.cold().verdict = 'escalate';
        return false;
    }
  }

  /** The attempt failed, and its agent lives on. */
  attemptFailed(d: Delivered, reason: unknown, delay: number = -1): void {
    d.guilty = true;
    this.withdraw(d, false);
    this.decide(d, reason, delay);
  }

  nacked(d: Delivered, delay: number): void {
    this.attemptFailed(d, 'nack', delay);
  }

  terminated(d: Delivered, reason: unknown): void {
    this.withdraw(d, false);
    d.rarely().failures = [...d.failures, new Failure(d.attempts, reason)];
    this.deadLetter(d, reason);
  }

  /** Its agent has ended. Ends that the message did not cause are no attempts of it. */
  attemptEnded(d: Delivered, reason: ExitReason): void {
    this.withdraw(d, d.crashedCallee && !isOrderly(reason));
    if (!d.guilty) {
      if (d.ahead) this.unbegun(d);
      d.attempts--;
      d.rarely().undone++;
    } else charge(d);
    this.decide(d, reason, -1);
    // Its own process outlives an agent that ends in order; the next attempt must be the only one.
    const { extra } = d;
    if (extra === null || extra.worker === null) return;
    this.kernel.end(extra.worker, 'shutdown');
    extra.worker = null;
  }

  /** The handler takes longer than it may. */
  overran(d: Delivered): void {
    if (d.state !== State.Running) return;
    d.guilty = true;
    d.extra?.controller?.abort('ack_timeout');
    if (d.state === State.Running) this.kernel.end(d.callee, 'ack_timeout');
  }

  /** What becomes of a message that is in no account now. */
  private decide(d: Delivered, reason: unknown, delay: number): void {
    const { terms } = d;
    if (d.guilty) d.rarely().failures = [...d.failures, new Failure(d.attempts, reason)];
    if (terms.guarantee === 'at-most-once' || this.delivery.closed || (d.guilty && d.attempts >= terms.attemptsMax) || (d.target.owner === null && !canReturn(d))) this.deadLetter(d, reason);
    else if (d.lapsed) this.expire(d);
    else {
      this.hold(d);
      if (!d.guilty) this.await(d);
      else {
        const wait = (d.rarely().wait = new BackOff(d));
        this.kernel.deadlines.add(wait, delay >= 0 ? delay : backoffMs(terms.backoff, d.attempts, this.kernel.env.u32() / 0x1_0000_0000));
      }
    }
  }

  /* ---- out ---- */

  /** Its process has ended before it was started. */
  takenBack(d: Delivered, reason: ExitReason): void {
    if (d.state === State.Over && d.lapsed) ended(this.kernel.outside, d.skippedAs);
    if (d.state !== State.Queued) return;
    this.leaveMailbox();
    if (d.terms.guarantee === 'at-most-once' || this.delivery.closed || !canReturn(d)) this.deadLetter(d, reason);
    else {
      this.hold(d);
      this.await(d);
    }
  }

  /** Its turn had come, and its process has ended before anything of it began. */
  unclaimed(d: Delivered, reason: ExitReason): void {
    this.untake(d, !isOrderly(reason));
    this.takenBack(d, reason);
  }

  /** Its turn has come too late, before its deadline could say so: the mailbox counts it as expired instead of handled. */
  late(d: Delivered): void {
    if (d.running) this.unclaim(d);
    skipped(d.callee.box(), 'expired');
    this.expiredQueued(d);
  }

  /** Its time is up while it is queued; the mailbox counts it when its turn comes. */
  lapsedQueued(d: Delivered): void {
    d.cold().skipAbandoned = true;
    this.expiredQueued(d);
  }

  /** The mailbox counts it. */
  expiredQueued(d: Delivered): void {
    this.leaveMailbox();
    this.counters.expired++;
    this.all.expired++;
    d.conclude('expired', undefined, 'expired', undefined);
  }

  /** It gets lost on its way, as simulations have it: it was never started, so it is sent again, or else its mailbox counts it as dropped. */
  vanished(d: Delivered): boolean {
    if (d.terms.guarantee === 'at-most-once') {
      this.dropped(d, 'dropped');
      return false;
    }
    this.hold(d);
    const wait = (d.rarely().wait = new BackOff(d));
    this.kernel.deadlines.add(wait, d.terms.backoff.baseMs);
    return true;
  }

  /** The mailbox has counted it: it found no room, had to make room, or got lost. */
  lost(d: Delivered, kind: OutcomeKind): void {
    this.leaveMailbox();
    this.dropped(d, kind);
  }

  private dropped(d: Delivered, kind: OutcomeKind): void {
    this.countLost('dropped');
    d.conclude(kind, undefined, kind, undefined);
  }

  expiredHeld(d: Delivered): void {
    if (d.wait === null && d.target.owner === null) return this.deadLetterHeld(d, 'noproc');
    this.release(d);
    this.expire(d);
    this.waiting.left();
  }

  private expire(d: Delivered): void {
    ended(this.kernel.outside, 'expired');
    this.counters.expired++;
    this.all.expired++;
    d.conclude('expired', undefined, 'expired', undefined);
  }

  deadLetterHeld(d: Delivered, reason: unknown): void {
    this.release(d);
    this.deadLetter(d, reason);
    this.waiting.left();
  }

  /** It is in no account now. */
  private deadLetter(d: Delivered, reason: unknown): void {
    ended(this.kernel.outside, 'deadLettered');
    this.counters.failed++;
    this.all.failed++;
    // Over first: who hears of the letter may send it again at once.
    const { payload } = d;
    d.conclude('dead-lettered', undefined, reason, undefined);
    this.delivery.router.deadLetters.add(new GuaranteedRedelivery(d, this.delivery, payload), payload, reason);
  }

  /** A message is over: its sequence and key are settled, and the next one of its order key may go. */
  over(d: Delivered, outcome: DeliveryOutcome): void {
    if (this.delivery.recent !== null) this.delivery.recent.add(d);
    if (d.numbered) this.windowOf(d.caller).mark(d.number);
    const { record } = d;
    if (record !== null) {
      if (outcome.kind === 'handled' || outcome.kind === 'refused') this.keys.remember(record, outcome, this.kernel.env.mono());
      else this.keys.free(record);
    }
    if (d.order !== null) this.goOn(d, d.order);
  }

  private goOn(d: Delivered, order: string): void {
    const next = this.orders.next(d, order);
    if (next !== null) this.again(next);
  }
}
