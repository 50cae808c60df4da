import type { ExitReason } from '../../base/index.js';
import { Rank } from '../../mailbox/index.js';
import { EXIT, URGENT_EXIT } from '../../mailbox/message/index.js';
import { Phase, Run } from '../record/index.js';
import type { DeadAddress, Kernel, Owed, Process } from '../record/index.js';
import { pushSignal } from '../send/index.js';
import { Exit } from '../../api/messages.js';
import { dropHeld, fireDown, takeWatcher } from './monitor.js';
import { unlinkOne } from './link.js';

/** Exit signals and DOWNs sent in one turn of the event loop, at most (EX-20) … */
const FAN_BATCH = 2_000;
/** … and after how many of them the clock is looked at, … */
const FAN_LOOK = 128;
/** … because they may take so long at most, ms: a death that follows may be worth a crash report. */
const FAN_MS = 3;

/** What is left to be told of an end. */
export class ExitPropagation implements Owed {
  /** see `Exit.kept` */
  static readonly kept: ExitPropagation = new ExitPropagation({ links: null } as Process, undefined);
  readonly links: Iterator<Process> | null;
  constructor(
    readonly p: Process,
    readonly reason: ExitReason,
  ) {
    const { links } = p;
    this.links = links instanceof Set ? links.values() : null;
  }
}

/**
 * Sends the link exits and DOWNs of an ended process. Deaths that follow from it are queued behind
 * it, never nested, so a chain of any length costs no stack; what exceeds a batch goes on in the
 * next turn of the event loop.
 */
export function fanOut(p: Process, reason: ExitReason): void {
  const { kernel } = p;
  if (kernel.fanning || !brief(p)) {
    kernel.exits.push(new ExitPropagation(p, reason));
    if (!kernel.fanning) run(kernel);
    return;
  }
  kernel.fanning = true;
  notify(p, null, reason, 2);
  if (kernel.exits.size > 0) run(kernel);
  else kernel.fanning = false;
}

/** Most processes owe one exit signal and one DOWN at most: nothing is allocated for them. */
function brief({ links, watchers, ext }: Process): boolean {
  return !(links instanceof Set) && (watchers === null || watchers.targetNext === null)
    && (ext === null || ext.watching === null);
}

function run(kernel: Kernel): void {
  const { exits, env } = kernel;
  kernel.fanning = true;
  let left = FAN_BATCH;
  let unlooked = FAN_LOOK;
  let began = -1;
  while (exits.size > 0 && left > 0) {
    const exit = exits.shift();
    const limit = Math.min(left, unlooked);
    const done = notify(exit.p, exit.links, exit.reason, limit);
    if (done === limit) exits.push(exit);
    left -= done;
    unlooked -= done;
    if (unlooked > 0) continue;
    unlooked = FAN_LOOK;
    const now = env.mono();
    if (began < 0) began = now;
    else if (now - began >= FAN_MS) break;
  }
  kernel.fanning = exits.size > 0;
  if (kernel.fanning) env.macrotask(() => run(kernel));
}

/** Sends what is owed, at most `limit`; it returns less when nothing is left. */
function notify(p: Process, links: Iterator<Process> | null, reason: ExitReason, limit: number): number {
  let done = 0;
  if (links !== null) {
    for (; done < limit; done++) {
      const next = links.next();
      if (next.done === true) break;
      linkBroken(next.value, p, reason);
    }
    if (done < limit) p.links = null;
  } else if (p.links !== null) {
    linkBroken(p.links as Process, p, reason);
    p.links = null;
    done++;
  }
  while (done < limit) {
    const ref = takeWatcher(p);
    if (ref === null) break;
    fireDown(ref, reason);
    done++;
  }
  return done + dropHeld(p, limit - done);
}

function linkBroken(peer: Process, dead: Process, reason: ExitReason): void {
  if (!unlinkOne(peer, dead)) return;
  // A trapping starter hears of a death in init by the failed start, not by a message as well (PL-04).
  if (peer.trap && peer.ext !== null && peer.ext.starting !== null && peer.ext.starting.delete(dead)) return;
  const marked = peer.ext === null ? null : peer.ext.rarity;
  exitSignal(
    peer, dead, reason, true, marked !== null && marked.urgentLinks !== null && marked.urgentLinks.delete(dead),
  );
}

/**
 * An exit signal arrives (EX-06 to EX-15). `linked` tells a broken link from an `exit/2`: only the
 * latter's `kill` is untrappable, and only from oneself does `normal` end a process that does not
 * trap (EX-11). `urgent` matters only to a process that traps: its message is a priority message
 * then (PM-05, PM-06).
 */
export function exitSignal(
  to: Process, from: Process | null, reason: ExitReason, linked: boolean, urgent: boolean = false,
): void {
  if (to.phase === Phase.Dead) return;
  const { kernel } = to;
  if (!linked && reason === 'kill') {
    kernel.end(to, 'killed');
    return;
  }
  if (to.trap && !(to === kernel.stopper && to.run === Run.Parked)) {
    if (from !== null && from === to.parent) kernel.warnShutdown(to, reason);
    if (urgent) pushSignal(to, URGENT_EXIT, new Exit(from?.pid, reason), from, Rank.Critical);
    else pushSignal(to, EXIT, new Exit(from?.pid, reason), from);
    return;
  }
  if (reason === 'normal' && from !== to) return;
  kernel.end(to, reason);
}

/** A process that traps has linked to one that is gone (EX-03). */
export function exitOfGone(to: Process, gone: DeadAddress, urgent: boolean): void {
  const exit = new Exit(gone.pid, 'noproc');
  if (urgent) pushSignal(to, URGENT_EXIT, exit, null, Rank.Critical);
  else pushSignal(to, EXIT, exit, null);
}
