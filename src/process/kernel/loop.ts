import { reasonOf, settle } from '../../base/index.js';
import { credit, handled, inHand, kept, outOfBalance, recordMs } from '../../mailbox/index.js';
import type { Columns, Lane, Segment, SignalColumns } from '../../mailbox/index.js';
import { Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import { COUNTED, KEPT, Phase, Run } from '../record/index.js';
import type { Process, ProcessExt, ReplySlot, SystemCommand } from '../record/index.js';
import { exitProcess } from './exit.js';

/*
 * V8 rules of this folder: classes with all fields set in the constructor, no optional properties
 * on hot records, no delete, spread, rest or async functions; try/catch around the handler only;
 * cold code in functions of its own.
 */

/**
 * `step` in development and in simulations: a process whose account does not balance after it ends,
 * with what is wrong as its reason.
 */
export function auditedStep(p: Process): number {
  const taken = step(p);
  const expected = p.running ? 1 : 0;
  if (p.run !== Run.Dead
    && inHand(p.mailbox) !== expected) exitProcess(p, outOfBalance(p.mailbox, String(expected)));
  return taken;
}

/** Lets one process handle messages while there is credit; returns how many it took. Never throws. */
export function step(p: Process): number {
  if (p.phase === Phase.Starting) return begin(p);
  const { kernel, mailbox: box, handle } = p;
  const { tap } = kernel;
  const columns: Columns = box; // `taken` and `handled` of the account are inlined here, and nowhere else
  const outer = kernel.current;
  kernel.current = p;
  p.run = Run.Running;
  let taken = 0;
  try {
    while (credit.left > 0) {
      const lane: Lane | null = box.ready === 0 ? box : box.pick();
      if (lane === null || lane.n === 0) break;
      if (lane.hi === lane.hend) lane.nextSegment();
      const segment = lane.head as Segment;
      const at = lane.hi;
      const op = segment[at] as Op;
      const payload = segment[at + 1];
      const from = segment[at + 2];
      segment[at + 1] = null;
      segment[at + 2] = null;
      lane.hi = at + 3;
      lane.n--;
      taken++;
      credit.left--;
      if (op.signal) {
        (kernel.signals as SignalColumns).handled++;
        if (op.kind === Kind.System) {
          system(p, op, payload, from, lane);
          break; // the hold, the handle or the process itself may be another now
        }
      } else columns.size--;
      // compared first: a burst repeats its operation, and a load is cheaper than a store with its barrier
      if (p.op !== op) p.op = op;
      if (p.from !== from) p.from = from;
      const result = box.sampleLeft !== 0 && lane === box && --box.sampleLeft === 0
        ? timed(p, op, payload, from)
        : handle(p, op, payload, from);
      if (result !== undefined) {
        if (result === KEPT) {
          kept(box, kernel.signals, op);
          continue;
        }
        if (result === COUNTED) continue;
        park(p, result as PromiseLike<unknown>);
        kernel.current = outer;
        return taken;
      }
      if ((p.run as Run) !== Run.Running) break;
      if (!p.op.signal) columns.handled++; // its handler may have given it back
      if (tap !== null) tap.handled(p.pid, op.name);
    }
  } catch (error) {
    fail(p, error);
  }
  kernel.current = outer;
  if ((p.run as Run) === Run.Running) rest(p);
  return taken;
}

/**
 * A request of the sys protocol: asked of the kernel's own code and the behaviour's hooks, never of
 * `handle`.
 */
function system(p: Process, op: Op, payload: unknown, from: unknown, lane: Lane): void {
  const { mailbox: box, kernel } = p;
  if (lane === box && box.sampleLeft !== 0) box.sampleLeft--;
  p.op = op;
  p.from = null;
  const ending = (payload as SystemCommand)(p, from as ReplySlot);
  if (ending !== undefined) park(p, ending as PromiseLike<unknown>);
  else if ((p.run) === Run.Running) {
    if (p.ext !== null && p.ext.hibernation !== null) p.ext.hibernation.looked();
    (p.ext?.sys ?? p.behaviour.sys)?.handled?.(p);
  }
  if (kernel.tap !== null) kernel.tap.handled(p.pid, op.name);
}

/** Between messages: idle, or back to the end of the run queue. */
function rest(p: Process): void {
  p.op = null;
  p.from = null;
  p.run = Run.Idle;
  if (p.mailbox.busy()) p.kernel.scheduler.enqueue(p);
}

/** First step of a process that was spawned to run a body. */
function begin(p: Process): number {
  const { kernel } = p;
  const outer = kernel.current;
  kernel.current = p;
  p.phase = Phase.Alive;
  p.run = Run.Running;
  try {
    const result = p.behaviour.begin(p);
    if (result !== undefined && (p.run as Run) === Run.Running) park(p, result as PromiseLike<unknown>);
  } catch (error) {
    fail(p, error);
  }
  kernel.current = outer;
  if ((p.run as Run) === Run.Running) rest(p);
  credit.left--;
  return 1;
}

/** The handler returned a thenable: the process takes no message until it settles (P7). */
export function park(p: Process, thenable: PromiseLike<unknown>): void {
  if (p.run === Run.Dead) {
    settle(thenable, ignore, ignore); // it ended in the synchronous part of its own handler
    return;
  }
  p.run = Run.Parked;
  p.kernel.parked++;
  const ext = resumers(p);
  settle(thenable, ext.onValue as (value: unknown) => void, ext.onError as (error: unknown) => void);
}

/** The two functions that wake a parked process, made once. */
export function resumers(p: Process): ProcessExt {
  const ext = p.cold();
  if (ext.onValue === null) {
    const run = (ext.parkedIn = {});
    ext.onValue = (value) => {
      if (ext.parkedIn === run) resume(p, value, false);
    };
    ext.onError = (error) => {
      if (ext.parkedIn === run) resume(p, error, true);
    };
  }
  return ext;
}

/**
 * What a process is parked in is given up: whatever it settles with is ignored, and the next message
 * has its turn. The message in hand has been handed over before.
 */
export function abandon(p: Process): void {
  if (p.run !== Run.Parked) return;
  const ext = p.cold();
  ext.onValue = ext.onError = ext.parkedIn = null;
  ext.sampleFrom = -1;
  p.kernel.parked--;
  p.run = Run.Running;
  finish(p);
}

const ignore = (): void => undefined;

/** What a handler awaited has settled; ignored when the process has ended meanwhile (P16). */
function resume(p: Process, outcome: unknown, threw: boolean): void {
  if (p.run !== Run.Parked) return;
  const { kernel } = p;
  const { scheduler } = kernel;
  const outer = kernel.current;
  kernel.current = p;
  kernel.parked--;
  p.run = Run.Running;
  scheduler.resuming();
  const ext = p.ext as ProcessExt;
  if (ext.sampleFrom >= 0) recordHandled(p);
  if (ext.hibernation !== null) ext.hibernation.returned();
  try {
    const again = threw ? p.behaviour.failed(p, outcome) : p.behaviour.settled(p, outcome);
    if (again !== undefined && (p.run as Run) === Run.Running) park(p, again as PromiseLike<unknown>);
  } catch (error) {
    fail(p, error);
  }
  finish(p);
  kernel.current = outer;
  scheduler.resumed();
}

/**
 * Lets the behaviour end a process whose code threw; its own failure to do so ends the process all
 * the same.
 */
function fail(p: Process, error: unknown): void {
  if (p.run === Run.Dead) return;
  try {
    const ending = p.behaviour.failed(p, error);
    if (ending !== undefined && (p.run as Run) !== Run.Dead) park(p, ending as PromiseLike<unknown>);
    else finish(p);
  } catch (second) {
    exitProcess(p, reasonOf(second));
  }
}

function finish(p: Process): void {
  if (p.run !== Run.Running) return;
  if (p.op !== null && !p.op.signal) handled(p.mailbox);
  if (p.kernel.tap !== null && p.op !== null) p.kernel.tap.handled(p.pid, p.op.name);
  p.kernel.rested();
  rest(p);
}

/** Handles the sampled message with two clock reads around it. */
function timed(p: Process, op: Op, payload: unknown, from: unknown): unknown {
  const { kernel } = p;
  const extra = p.mailbox.cold();
  const began = kernel.env.mono();
  extra.handledAt = began;
  const meter = extra.meter;
  if (meter !== null) recordMs(meter.wait, began - extra.sampledAt);
  const result = p.handle(p, op, payload, from);
  if (result === undefined) {
    if (meter !== null) recordMs(meter.handle, kernel.env.mono() - began);
  } else if (result !== KEPT && result !== COUNTED) {
    p.cold().sampleFrom = began;
  }
  return result;
}

function recordHandled(p: Process): void {
  const ext = p.cold();
  const meter = p.mailbox.extra?.meter;
  if (meter !== null && meter !== undefined) recordMs(meter.handle, p.kernel.env.mono() - ext.sampleFrom);
  ext.sampleFrom = -1;
}
