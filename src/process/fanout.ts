import type { ExitReason } from '../base/index.js';
import { EXIT } from '../mailbox/index.js';
import { pushSignal } from './accept.js';
import type { Kernel } from './kernel.js';
import { fireDown } from './monitor.js';
import { Phase, Run, type Process } from './process.js';
import { Exit } from './signal.js';
import { unlinkOne } from './link.js';

/** Exit signals and DOWNs sent in one go before the event loop gets its turn (EX-20). */
const FAN_BATCH = 2_000;

/** What an ended process still owes: one exit signal per link, one DOWN per monitor. */
export class Farewell {
  /** see `Exit.kept` */
  static readonly kept: Farewell = new Farewell({ links: null } as Process, undefined);
  readonly links: Iterator<Process> | null;
  constructor(
    readonly p: Process,
    readonly reason: ExitReason,
  ) {
    const { links } = p;
    this.links = links === null ? null : links instanceof Set ? links.values() : [links].values();
  }
}

/**
 * Sends the link exits and DOWNs of an ended process. Deaths that follow from it are queued behind it, never nested, so
 * a chain of any length costs no stack; what exceeds a batch goes on in the next turn of the event loop.
 */
export function fanOut(p: Process, reason: ExitReason): void {
  const { kernel } = p;
  kernel.farewells.push(new Farewell(p, reason));
  if (!kernel.fanning) run(kernel);
}

function run(kernel: Kernel): void {
  kernel.fanning = true;
  let left = FAN_BATCH;
  while (kernel.farewells.size > 0 && left > 0) {
    const farewell = kernel.farewells.shift();
    left = bid(farewell, left);
    if (left <= 0) kernel.farewells.push(farewell);
  }
  kernel.fanning = false;
  if (kernel.farewells.size === 0) return;
  kernel.fanning = true;
  kernel.env.macrotask(() => run(kernel));
}

function bid(farewell: Farewell, batch: number): number {
  let left = batch;
  const { p, links, reason } = farewell;
  if (links !== null) {
    for (let next = links.next(); next.done !== true; next = links.next()) {
      linkBroken(next.value, p, reason);
      if (--left <= 0) return 0;
    }
    p.links = null;
  }
  for (let ref = p.watchers; ref !== null; ref = p.watchers) {
    p.watchers = ref.targetNext;
    if (ref.targetNext !== null) ref.targetNext.targetPrior = null;
    ref.targetNext = null;
    fireDown(ref, reason);
    if (--left <= 0) return 0;
  }
  return left;
}

function linkBroken(peer: Process, dead: Process, reason: ExitReason): void {
  if (!unlinkOne(peer, dead)) return;
  exitSignal(peer, dead, reason, true);
}

/**
 * An exit signal arrives (EX-06 to EX-15). `linked` tells a broken link from an `exit/2`: only the latter's `kill` is
 * untrappable, and only from oneself does `normal` end a process that does not trap (EX-11).
 */
export function exitSignal(to: Process, from: Process | null, reason: ExitReason, linked: boolean): void {
  if (to.phase === Phase.Dead) return;
  const { kernel } = to;
  if (!linked && reason === 'kill') {
    kernel.end(to, 'killed');
    return;
  }
  if (to.trap && !(to === kernel.stopper && to.run === Run.Parked)) {
    if (from !== null && from === to.parent) kernel.warnShutdown(to, reason);
    pushSignal(to, EXIT, new Exit(from?.pid, reason), from);
    return;
  }
  if (reason === 'normal' && from !== to) return;
  kernel.end(to, reason);
}
