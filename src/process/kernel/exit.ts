import { CastcallError, isOrderly } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { fieldOf, isA } from '../../base/text/index.js';
import {
  crashed, discarded, handedOver, handled, Mailbox, putBack, signalDropped,
} from '../../mailbox/index.js';
import { Extra } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { reportCrash } from '../inspect/index.js';
import { Phase, ReplySlot, Run, untrackCall } from '../record/index.js';
import type { Process, ProcessExt, Rarity } from '../record/index.js';
import { rejectWaiters } from '../send/index.js';
import { dropHeld, dropSuspensions, dropTimers, fanOut } from '../signal/index.js';

/**
 * The one exit pipeline. `terminate` has run before, in the behaviour, while the process was alive and named.
 * Order: no more user code → its timers, requests and monitors → names and groups (EX: PR-16,
 * RG-03) → links and DOWNs → callers → unstarted messages → signal of the dead incarnation. A
 * second call is ignored: the first fatal reason wins (EX-16).
 *
 * @param quiet no crash report: its supervisor asked for this end
 */
export function exitProcess(p: Process, reason: ExitReason, quiet: boolean = false): void {
  if (p.phase === Phase.Dead) return;
  const { kernel } = p;
  const orderly = isOrderly(reason);
  if (!orderly && !quiet && kernel.reporting) reportCrash(p, reason);
  if ((p.phase as Phase) === Phase.Dead) return; // user code that formats a report has ended it
  if (!orderly) kernel.counts.crashes++;
  const running = p.running;
  if (p.run === Run.Parked) kernel.parked--;
  p.phase = Phase.Dead;
  p.run = Run.Dead;
  p.owner = null;
  kernel.live.remove(p.n);
  kernel.accounts.leave(p);
  kernel.counts.exited++;
  if (p.ext !== null) {
    p.turnedOver();
    dropOwn(p);
  }
  dropRequests(p);
  if (p.name !== null || p.ext !== null) for (const hook of kernel.exitHooks) hook(p, reason);
  if (p.links !== null || p.watchers !== null || (p.ext !== null && p.ext.watching !== null)) fanOut(p, reason);
  settleRunning(p, running, orderly, reason);
  const pressure = p.mailbox.extra === null ? null : p.mailbox.extra.pressure;
  if (pressure !== null) rejectWaiters(p, pressure, 'EXIT', reason);
  if (p.mailbox.ready !== 0) p.mailbox.open();
  if (p.mailbox.busy() || p.ext !== null) giveBack(p, reason);
  if (p.mailbox.sent > 0) kernel.past.add(p.mailbox, false);
  if (p.ext !== null) abortAll(p.ext, reason);
  forget(p);
  if (kernel.tap !== null) kernel.tap.exited(p.pid, reason);
  kernel.rested();
}

/**
 * A record of the dead holds no state (P35), whoever holds the record: a ref by pid, a receipt, a
 * monitor, an error with its stack. What is still asked of it stays: who it was, why it ended, its
 * counters, and how its end counts for its supervisor.
 */
function forget(p: Process): void {
  const { mailbox: box, ext } = p;
  p.self = null;
  // An error of ours holds `self` until its stack is asked for: V8 keeps what each frame was called on.
  if (isA(p.reason, CastcallError)) void fieldOf(p.reason, 'stack');
  if (box.extra !== null && box.extra.meter !== null) {
    p.kernel.leaveMeter(p.behaviour, box.extra.meter);
    box.extra.meter = null;
  }
  if (box !== Mailbox.unopened) box.shrink();
  if (ext === null) return;
  ext.onValue = ext.onError = null;
  ext.life = ext.controllers = ext.shutdown = null;
  ext.deferred = ext.idle = ext.kept = ext.hibernation = null;
  ext.starting = ext.sys = null;
  ext.debug = ext.ending = ext.health = ext.turn = null;
}

/**
 * Monitors that an ending process held and that are removed at once; the rest goes with its exit
 * propagation (EX-20).
 */
const HELD_AT_ONCE = 256;

function dropOwn(p: Process): void {
  dropTimers(p);
  dropHeld(p, HELD_AT_ONCE);
  if (p.ext !== null && p.ext.rarity !== null) dropRare(p, p.ext.rarity);
}

/** The dictionary vanishes (PR-13), and whom it has suspended goes on. */
function dropRare(p: Process, rarity: Rarity): void {
  rarity.dictionary = null;
  rarity.urgentLinks = null;
  dropSuspensions(p, rarity);
}

/** Each of them leaves the list, also one that was over before it got there. */
function dropRequests(p: Process): void {
  for (let at = p.calls; at !== null; at = p.calls) {
    at.callerEnded();
    if (p.calls === at) untrackCall(p, at);
  }
}

/**
 * The message that was being handled has had its one outcome; whoever waits for a reply hears why
 * there is none.
 */
function settleRunning(p: Process, running: boolean, orderly: boolean, reason: ExitReason): void {
  if (running) {
    if (orderly) handled(p.mailbox);
    else crashed(p.mailbox);
  }
  if (p.from instanceof ReplySlot && !p.from.settled) p.from.calleeEnded(reason);
  p.op = null;
  p.from = reason;
  const deferred = p.ext?.deferred;
  if (deferred === null || deferred === undefined) return;
  for (const slot of deferred) slot.calleeEnded(reason);
  deferred.clear();
}

/**
 * What was never started is not lost in silence: callers hear the reason, everything else becomes a
 * dead letter (P2).
 */
function giveBack(p: Process, reason: ExitReason): void {
  const { mailbox: box } = p;
  const give = (op: Op, payload: unknown, from: unknown): void => giveBackOne(p, op, payload, from, reason);
  const kept = p.ext?.kept;
  if (kept !== null && kept !== undefined) {
    for (const { op, payload, from } of kept.drain()) give(op, payload, from);
  }
  for (let lane = box.pick(); lane !== null; lane = box.pick()) {
    lane.take(give);
  }
  if (box.size < 0) putBack(box); // it ended while the message that was to be taken next was out of the queue
  if (box.extra !== null && box.extra.pressure !== null) box.extra.pressure.bytes = 0;
}

function giveBackOne(p: Process, op: Op, payload: unknown, from: unknown, reason: ExitReason): void {
  const { kernel } = p;
  if (op.signal) {
    signalDropped(kernel.signals);
    if (from instanceof ReplySlot) from.calleeEnded(reason);
    return;
  }
  if (kernel.delivery !== null && kernel.delivery.takeBack(p, op, payload, from, reason)) {
    handedOver(p.mailbox, 'queued');
    return;
  }
  discarded(p.mailbox, 'deadLettered');
  const real = from instanceof Extra ? from.op : op;
  const sender = from instanceof Extra ? from.from : from;
  if (sender instanceof ReplySlot) sender.calleeEnded(reason);
  kernel.deadLetter(p, real, payload, sender, reason);
}

/** Fires every signal that this incarnation has given out. */
export function abortAll(ext: ProcessExt, reason: ExitReason): void {
  if (ext.life !== null) ext.life.abort(reason);
  if (ext.controllers === null) return;
  for (const controller of ext.controllers) controller.abort(reason);
}
