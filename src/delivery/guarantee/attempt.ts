import { adopt, backoffMs, isOrderly, isThenable } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { NO_REPLY } from '../../behaviour/gen/index.js';
import { inTurn } from '../../behaviour/gen/server/index.js';
import { ended, handedOver, refused, skipped } from '../../mailbox/index.js';
import { Kind, Op } from '../../mailbox/message/index.js';
import { Phase } from '../../process/record/index.js';
import { Failure } from '../../router/dead-letter/index.js';
import type { Context } from './context.js';
import type { Destination } from './destination.js';
import { awaitBackOff, awaitOwner, countQueued, hold, leaveMailbox } from './hold.js';
import type { Message } from './message.js';
import { drained } from './pending/chunks.js';
import { endsInterrupted, INTERRUPTED } from './pending/interrupt.js';
import { collectNext, joinedBy, takeJoined } from './pending/join.js';
import { comesAgain } from './pending/postpone.js';
import { leaveSlot } from './pending/slot.js';
import { AckLimit, type Rare } from './rare.js';
import { codeOf, isDelivery, livesOn, outlasts, verdictOf } from './rules.js';
import { answered, deadLetter, expire, expiredHeld, expiredQueued, lapsedQueued, leaveLine } from './settle.js';
import { GUILTY, LAPSED, ONE_ATTEMPT, State, STATE } from './states.js';

/* The turn of a message: an attempt begins, and ends otherwise than by an answer. */

const isMessage = (from: unknown): from is Message => isDelivery(from);

/* ---- it begins ---- */

type Handler = (self: { readonly p: { readonly from: unknown } }, payload: unknown) => unknown;

/**
 * The operation as deliveries carry it: a request, whose reply is the acknowledgement, and whose
 * handler starts only for a message that is to be handled. Made once per operation.
 */
export function deliveredOp(op: Op): Op {
  const run = op.stream ? inTurn(draining(op.run as Handler)) as Handler : op.run as Handler;
  const guarded: Handler = (self, payload) => (begin(self.p.from as Message) ? run(self, payload) : NO_REPLY);
  const { many } = op;
  const made = new Op(
    Kind.Call, op.name,
    op.concurrent ? aside(run) : many === null ? guarded : together(many as Handler, op.collect),
    op.check, op.concurrent, op.isAsync || op.stream,
  );
  return op.delivered = made.delivered = made;
}

/** A stream handler, whose chunks go to who reads them. */
function draining(run: Handler): Handler {
  return (self, payload) => drained(run(self, payload) as Iterator<unknown>, self.p.from as Message);
}

/** The handler takes what waits next as well, up to so many. */
function together(run: Handler, max: number): Handler {
  return (self, _payload) => {
    const lead = self.p.from as Message;
    return begin(lead) ? run(self, collectNext(lead, max, isMessage)) : NO_REPLY;
  };
}

/**
 * The handler is about to start, here or in a process of its own: the attempt is counted, before it
 * runs (P22), and whatever fails from now on is its failure. False when the message must not be
 * handled: it has been, or it is a copy of one that waits elsewhere.
 */
export function begin(d: Message): boolean {
  const { bits, expiry, rare, route: { to, op, terms } } = d;
  if ((bits & (STATE | LAPSED)) !== State.Queued) return false;
  const due = expiry === null || expiry.entry === null ? -1 : expiry.entry.due;
  if (due >= 0 && to.kernel.env.mono() >= due) {
    late(to, d);
    return false;
  }
  d.bits = ((bits & ~(STATE | GUILTY)) | State.Running) + ONE_ATTEMPT;
  const { counters, all } = to;
  counters.inTransit--;
  all.inTransit--;
  counters.running++;
  all.running++;
  counters.delivered++;
  all.delivered++;
  if (rare !== null) beginRarely(to, d, rare);
  if (op.concurrent) d.rarely().ahead = true;
  else if (terms.ackTimeoutMs >= 0) startLimit(to, d);
  if (rare !== null) rare.tell('delivered');
  return true;
}

/** The same for a message that carries something rare: only such a one has been started before. */
function beginRarely(to: Destination, d: Message, rare: Rare): void {
  const { extra, slot, stored } = rare;
  const { counters, all } = to;
  if (rare.postponed) return comesAgain(to, d);
  rare.begunAt = -1;
  rare.quiet = false; // what has begun is a delivery like any other
  if (slot !== null) leaveSlot(to, d, slot);
  if (extra !== null) {
    extra.controller = null; // the signal of an earlier attempt has fired with its agent
    extra.cancelled = false;
  }
  if (stored !== null) stored.begins(d.attempts);
  if (d.attempts === 1) return;
  counters.retried++;
  all.retried++;
}

/** The process of its own has its first turn; false when that has come too late (P12). */
function beginAside(to: Destination, d: Message): boolean {
  if (d.lapsed || (d.due >= 0 && to.kernel.env.mono() >= d.due)) {
    late(to, d);
    return false;
  }
  d.rarely().ahead = false;
  if (d.terms.ackTimeoutMs >= 0) startLimit(to, d);
  return true;
}

/** The handler may take so long from now on. */
export function startLimit({ kernel: { deadlines } }: Destination, d: Message): void {
  const limit = (d.rarely().limit ??= new AckLimit(d));
  deadlines.remove(limit);
  deadlines.add(limit, d.terms.ackTimeoutMs);
}

/**
 * In a process of its own, which may go on after its attempt has failed (`nack`): what it says then
 * is of no later one.
 */
function aside(run: Handler): Handler {
  return (self, payload) => {
    const message = self.p.from as Message;
    if (!beginAside(message.to, message)) return NO_REPLY;
    const { context } = message;
    Object.defineProperty(self, 'delivery', { value: context });
    const result = run(self, payload);
    return isThenable(result) ? unlessLate(context, result) : result;
  };
}

async function unlessLate(context: Context, result: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await adopt(result);
    return context.superseded ? NO_REPLY : value;
  } catch (error) {
    if (context.superseded) return NO_REPLY;
    throw error;
  }
}

/**
 * Its turn has come too late, before its deadline could say so: expired instead of handled, also
 * for its mailbox.
 */
function late(to: Destination, d: Message): void {
  if (d.running) unclaim(to, d);
  skipped(d.callee.box(), 'expired');
  expiredQueued(to, d);
}

/**
 * The time of a message is up: no attempt may begin any more. What waits is over, what runs has had
 * its last one.
 */
export function lapse(to: Destination, d: Message): void {
  d.lapsed = true;
  if (d.waiter !== null) return leaveLine(to, d, 'expired');
  if (d.state === State.Held) expiredHeld(to, d);
  else if (d.state === State.Queued) lapsedQueued(to, d);
}

/* ---- its handler has failed ---- */

/** Its handler threw: what the policy says becomes of it. True when the agent lives on. */
export function threw(to: Destination, d: Message, error: unknown): boolean {
  const { starts } = d;
  if (endsInterrupted(d, error)) {
    refused(d.callee.box());
    answered(to, d, INTERRUPTED, undefined);
    return true;
  }
  const verdict = verdictOf(d.terms.onError, error);
  const code = verdict === 'refuse' ? codeOf(error) : '';
  // Both are the user's code: it may have ended the agent, or said by hand what becomes of the message.
  if (!d.running || d.starts !== starts) return d.callee.phase === Phase.Dead || livesOn(verdict);
  switch (verdict) {
    case 'retry': attemptFailed(to, d, error); return true;
    case 'dead-letter':
      // a turn of several judges nobody
      if (joinedBy(d) > 0) attemptFailed(to, d, error);
      else terminated(to, d, error);
      return true;
    case 'refuse': {
      refused(d.callee.box());
      answered(to, d, code, error);
      return true;
    }
    default:
      d.guilty = true;
      if (verdict === 'escalate') d.callee.cold().verdict = 'escalate';
      return false;
  }
}

/** The attempt failed, and its agent lives on. */
export function attemptFailed(to: Destination, d: Message, reason: unknown, delay: number = -1): void {
  d.guilty = true;
  withdraw(to, d, false);
  const others = takeJoined(d);
  decide(to, d, reason, delay);
  for (const other of others) attemptFailed(to, other as Message, reason, delay);
}

export function nacked(to: Destination, d: Message, delay: number): void {
  attemptFailed(to, d, 'nack', delay);
}

export function terminated(to: Destination, d: Message, reason: unknown): void {
  withdraw(to, d, false);
  const others = takeJoined(d);
  d.rarely().failures = [...d.failures, new Failure(d.attempts, reason)];
  deadLetter(to, d, reason);
  for (const other of others) terminated(to, other as Message, reason);
}

/** The handler takes longer than it may. */
export function overran(to: Destination, d: Message): void {
  if (d.state !== State.Running) return;
  d.guilty = true;
  d.extra?.controller?.abort('ack_timeout');
  if ((d.state as State) === State.Running) to.kernel.end(d.callee, 'ack_timeout');
}

/**
 * Its run is given up until something outside is decided: no attempt is counted, and it has time
 * until then. It is held, and goes on by `again`.
 */
export function parked(to: Destination, d: Message): void {
  for (const other of takeJoined(d)) {
    attemptUndone(to, other as Message);
    hold(to, other as Message);
    awaitOwner(to, other as Message);
  }
  const controller = d.extra?.controller;
  if (controller !== null && controller !== undefined) {
    controller.abort('parked');
    d.callee.ext?.controllers?.delete(controller);
  }
  attemptUndone(to, d);
  if (d.expiry !== null) d.expiry.remove(d);
  hold(to, d);
}

/** Its attempt is over, and does not count. */
function attemptUndone(to: Destination, d: Message): void {
  withdraw(to, d, false);
  uncount(d);
}

function uncount(d: Message): void {
  d.attempts--;
  const rare = d.rarely();
  rare.undone++;
  if (rare.stored !== null) rare.stored.undone(d.attempts);
}

/** It is decided: the handler runs again. */
export function unparked(to: Destination, d: Message): void {
  if (d.state !== State.Held) return;
  to.shared.expiries.add(d, d.terms.expiresInMs);
  to.again(d);
}

/* ---- its agent has ended ---- */

/** The agent that handled it has ended. Ends that the message did not cause are no attempts of it. */
export function attemptEnded(to: Destination, d: Message, reason: ExitReason): void {
  withdraw(to, d, d.crashedCallee && !isOrderly(reason));
  const others = takeJoined(d);
  const { guilty } = d;
  if (!guilty) {
    if (d.ahead) unbegun(to, d);
    uncount(d);
  } else charge(d);
  decide(to, d, reason, -1);
  for (const other of others) joinedEnded(to, other as Message, reason, guilty);
  // Its own process outlives an agent that ends in order; the next attempt must be the only one.
  const { extra } = d;
  if (extra === null || extra.worker === null) return;
  to.kernel.end(extra.worker, 'shutdown');
  extra.worker = null;
}

/** The same of one that had joined it: whoever of them has ended it, each has its next attempt alone. */
function joinedEnded(to: Destination, d: Message, reason: ExitReason, guilty: boolean): void {
  withdraw(to, d, false);
  d.guilty = guilty;
  if (!guilty) uncount(d);
  decide(to, d, reason, -1);
}

/**
 * A message has ended its agent: the supervisor counts the first time, later ones are charged to
 * the message.
 */
function charge(d: Message): void {
  const rare = d.rarely();
  const ext = d.callee.cold();
  if (rare.crashed && ext.verdict === null) ext.verdict = 'charged';
  rare.crashed = true;
}

/** The turn of a message had come, and its process has ended before anything of it began. */
export function unclaimed(to: Destination, d: Message, reason: ExitReason): void {
  untake(d, !isOrderly(reason));
  takenBack(to, d, reason);
}

/** The process of a queued message has ended before the message was started. */
export function takenBack(to: Destination, d: Message, reason: ExitReason): void {
  if (d.state === State.Over && d.lapsed) ended(to.kernel.outside, d.skippedAs);
  if (d.state !== State.Queued) return;
  leaveMailbox(to);
  if (d.rare !== null && d.rare.postponed) brokenOff(to, d, reason);
  else if (d.terms.guarantee === 'at-most-once' || to.shared.closed
    || !outlasts(d.target)) deadLetter(to, d, reason);
  else {
    hold(to, d);
    awaitOwner(to, d);
  }
}

/** A machine that had postponed it has ended. A crash is an attempt: what it left there may be the cause. */
function brokenOff(to: Destination, d: Message, reason: ExitReason): void {
  d.rarely().postponed = false;
  d.guilty = !isOrderly(reason) && reason !== 'killed';
  if (!d.guilty) uncount(d);
  decide(to, d, reason, -1);
}

/* ---- and then ---- */

/** What becomes of a message that is in no account now, and whose attempt is over. */
function decide(to: Destination, d: Message, reason: unknown, delay: number): void {
  const { terms, guilty } = d;
  if (guilty) d.rarely().failures = [...d.failures, new Failure(d.attempts, reason)];
  if (terms.guarantee === 'at-most-once' || to.shared.closed || (guilty && d.attempts >= terms.attemptsMax)
    || (d.target.owner === null && !outlasts(d.target))) deadLetter(to, d, reason);
  else if (d.lapsed) expire(to, d);
  else {
    hold(to, d);
    if (guilty && d.rare !== null && d.rare.stored !== null) d.rare.stored.failed();
    if (!guilty) awaitOwner(to, d);
    else {
      const random = to.kernel.env.u32() / 0x1_0000_0000;
      awaitBackOff(to, d, delay >= 0 ? delay : backoffMs(terms.backoff, d.attempts, random));
    }
  }
}

/* ---- the account ---- */

/** Takes a message that has run out of the account of its mailbox. */
function withdraw(to: Destination, d: Message, crashed: boolean): void {
  untake(d, crashed);
  if (d.rare !== null && d.rare.limit !== null) to.kernel.deadlines.remove(d.rare.limit);
  to.counters.running--;
  to.all.running--;
}

/** The same for one whose turn has come: it has been, or is about to be, counted there as handled. */
function untake(d: Message, crashed: boolean): void {
  const { callee } = d;
  const { ext } = callee;
  const inHand = callee.running && callee.from === d;
  handedOver(callee.box(), inHand ? 'inHand' : crashed ? 'crashed' : 'handled');
  if (inHand) callee.letGo();
  if (ext !== null && ext.deferred !== null) ext.deferred.delete(d);
}

/** Its agent has ended before the process of its own had its first turn: its handler has not been started. */
function unbegun({ counters, all }: Destination, d: Message): void {
  counters.delivered--;
  all.delivered--;
  if (d.attempts === 1) return;
  counters.retried--;
  all.retried--;
}

/** The same while its agent lives: as if its turn had not come. */
function unclaim(to: Destination, d: Message): void {
  unbegun(to, d);
  uncount(d);
  d.state = State.Queued;
  to.counters.running--;
  to.all.running--;
  countQueued(to);
}
