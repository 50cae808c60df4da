import { delayMs, OptionError } from '../base/index.js';
import { told } from '../base/text/index.js';
import { checkKeys, hostOf } from '../behaviour/gen/index.js';
import { STOP } from '../mailbox/message/index.js';
import { exitProcess } from '../process/kernel/index.js';
import { Phase, Run } from '../process/record/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import { pushSignal } from '../process/send/index.js';
import { exitSignal, monitor, resumeFully } from '../process/signal/index.js';
import { belongsTo } from '../supervisor/application/index.js';
import { isSupervised, isSupervisor, isTop } from '../supervisor/index.js';
import type { StopReport, SystemStopOptions } from '../api/system.js';
import { Alarm, quiet } from './drain.js';
import type { Listeners } from './listeners.js';
import { stopWatchdog } from './watchdog.js';

const STOP_TIMEOUT_MS = 30_000;
const SHUTDOWN_SHARE = 0.2;

/** Checked options of a stop. */
interface ReadStop {
  readonly drain: boolean;
  readonly timeoutMs: number;
}

export function readStop(options: SystemStopOptions): ReadStop {
  checkKeys('stop', options, ['drain', 'timeoutMs']);
  if (options.drain !== undefined && typeof options.drain !== 'boolean') {
    throw new OptionError('stop.drain', options.drain, 'true or false');
  }
  return {
    drain: options.drain ?? false,
    timeoutMs: options.timeoutMs === undefined ? STOP_TIMEOUT_MS : delayMs('stop.timeoutMs', options.timeoutMs),
  };
}

/** Stops everything and gives back what the system has of the program. */
export async function stopSystem(kernel: Kernel, listeners: Listeners, options: ReadStop): Promise<StopReport> {
  kernel.stopper = kernel.current;
  // A handler that stops the system is parked on this very promise in a moment: only then can it be
  // ended at once.
  if (kernel.stopper !== null) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
  const report = await stopAll(kernel, options.drain, options.timeoutMs);
  kernel.closed = true;
  for (const hook of kernel.stopHooks) hook();
  await hostOf(kernel).durables?.end();
  stopWatchdog(kernel);
  listeners.remove();
  // The tick that is armed while anything runs has its last turn before the caller goes on.
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => kernel.env.macrotask(resolve));
  kernel.deadlines.close();
  return report;
}

/**
 * Drains if asked, then stops everything in two rounds: the second is for what was started during
 * the first, by a tree that was starting, a terminate or the outside. From then on nothing can be
 * started. What is left is killed.
 */
async function stopAll(kernel: Kernel, drain: boolean, timeoutMs: number): Promise<StopReport> {
  const began = kernel.env.mono();
  const before = kernel.totals().deadLettered;
  const left = (share: number): number => Math.max(
    0, Math.ceil(timeoutMs * share - (kernel.env.mono() - began)),
  );
  const drained = drain ? await quiet(kernel, left(1 - SHUTDOWN_SHARE)) : true;
  // What belongs to no tree is asked all at once, so it may have a ms to end in order also when
  // stuck trees have used up the time.
  let killed = await stopRound(kernel, () => left(1), 1);
  kernel.closed = true;
  killed += await stopRound(kernel, () => left(1), 0);
  const late = kernel.live.list();
  for (const p of late) exitProcess(p, 'killed', true);
  kernel.delivery?.close();
  return told(
    'StopReport',
    { drained, killed: killed + late.length, deadLettered: kernel.totals().deadLettered - before },
  );
}

/**
 * Stops the trees newest first, then what belongs to none, newest first. A tree that is starting is
 * a tree: it ends its own children.
 */
async function stopRound(kernel: Kernel, leftMs: () => number, leastMs: number): Promise<number> {
  let killed = 0;
  for (const top of kernel.live.list().filter(isTop).reverse()) {
    killed += await end(kernel, [top], leftMs());
    // Trees that its processes had started are stopping by now: they belong to it, so what is older
    // waits for them.
    killed += await endInOrder(
      kernel, kernel.live.list().filter((p) => isSupervisor(p) && belongsTo(p, top)), leftMs,
    );
  }
  return killed
    + await endInOrder(
      kernel, kernel.live.list().filter((p) => !belongsToTree(p)),
      () => Math.max(leastMs, leftMs()),
    );
}

/**
 * Newest first and all at once, except that what a supervisor has started is left to it; again for
 * what is left when it has ended.
 */
async function endInOrder(
  kernel: Kernel, processes: readonly Process[], leftMs: () => number,
): Promise<number> {
  let killed = 0;
  for (let open = processes; open.length > 0; open = open.filter((p) => p.phase !== Phase.Dead)) {
    const next = open.filter((p) => !isSupervised(p));
    if (next.length === 0) break;
    killed += await end(kernel, next.reverse(), leftMs());
  }
  return killed;
}

function belongsToTree(p: Process): boolean {
  let at = p;
  while (at.parent !== null && at.parent.owner !== null) at = at.parent;
  return isTop(at);
}

/**
 * Asks processes to shut down and waits; kills those that live when time is up. Returns how many
 * were killed.
 */
function end(kernel: Kernel, processes: readonly Process[], limitMs: number): Promise<number> {
  return new Promise((resolve) => {
    let open = 0;
    let killed = 0;
    let asked = false;
    const kill = (): void => {
      for (const p of processes) {
        if (p.phase === Phase.Dead) continue;
        killed++;
        exitProcess(p, 'killed', true);
      }
    };
    const alarm = new Alarm(kill);
    const done = (): void => {
      kernel.deadlines.remove(alarm);
      resolve(killed);
    };
    for (const p of processes) {
      if (p.phase === Phase.Dead) continue;
      open++;
      monitor(null, p, undefined, () => {
        if (--open === 0 && asked) done();
      });
      shutDown(kernel, p);
    }
    asked = true;
    if (open === 0) done();
    else if (limitMs === 0) kill(); // a timer takes a ms at least, and each tree that is stuck would take one
    else kernel.deadlines.add(alarm, limitMs);
  });
}

function shutDown(kernel: Kernel, p: Process): void {
  resumeFully(p); // a debugging aid must not be in the way
  const busyStopper = p === kernel.stopper && p.run === Run.Parked;
  if (p.trap && !busyStopper) {
    kernel.warnShutdown(p, 'shutdown');
    pushSignal(p, STOP, 'shutdown', null);
  } else exitSignal(p, null, 'shutdown', false);
}
