import {
  Deadline, handled, isThenable, OptionError, reasonOf, settle, StartError,
} from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { printable } from '../../base/text/index.js';
import type { MailboxRules } from '../../mailbox/index.js';
import { exitProcess, hibernateAfter, spawnProcess } from '../../process/kernel/index.js';
import { Phase, Run } from '../../process/record/index.js';
import type { Kernel, Level, Process } from '../../process/record/index.js';
import { demonitor, monitor, unlink } from '../../process/signal/index.js';
import type { Taken } from '../../router/index.js';
import { checkStartName } from '../../router/names/index.js';
import type { AnyDefinition } from '../../api/protocol.js';
import type { MonitorRef, Via } from '../../api/address.js';
import type { StartOptions } from '../../api/agent.js';
import { Control, Ignore, InitFailure, Stop } from '../../api/returns.js';
import { badReturn, isControl } from './control.js';
import { lastReason } from './ending.js';
import type { Host } from './host.js';
import { mailboxRules } from './mailbox-options.js';
import { AgentRefImpl } from './ref.js';
import { levelOf, readStart, splitArgs } from './options.js';
import { runtimeOf, type Instance, type RuntimeDefinition } from './runtime.js';
import { debugFromStart } from './sys/sys.js';
import { checkReturned } from './unreturned.js';

/** Everything a start needs, checked and split; what a supervisor keeps of a child. */
export interface StartPlan {
  readonly definition: RuntimeDefinition;
  readonly init: readonly unknown[];
  /** null when nothing was asked for: most starts are plain ones */
  readonly settings: StartSettings | null;
  /** who watches it from the moment it runs, in the step in which its start succeeds (GS-08) */
  readonly watch: WatchedStart | null;
  /** what its init waits for, and takes its arguments from, in place of `init`; null for nothing */
  readonly before: Promise<readonly unknown[]> | null;
  /** why it was not started the last time, where init did not decide that by itself */
  because?: Error | undefined;
}

/** A start by `startMonitored`: what it is to make. */
interface WatchedStart {
  monitor: MonitorRef | null;
}

interface StartSettings {
  readonly name: string | Via | undefined;
  readonly mailbox: MailboxRules | null;
  readonly fullStats: boolean;
  readonly label: string | undefined;
  readonly level: Level;
  readonly debug: unknown;
  /** ms that init may take, undefined for no limit (GS-07) */
  readonly timeoutMs: number | undefined;
  /** ms without a message after which it hibernates, undefined for never (GS-31) */
  readonly hibernateAfterMs: number | undefined;
}

/** The started process, or `null` when init ignored. */
export type StartedProcess = Process | null;

export function planOf(
  definition: RuntimeDefinition, init: readonly unknown[], options: StartOptions | undefined,
): StartPlan {
  return { definition, init, settings: options === undefined ? null : settingsOf(options), watch: null, before: null };
}

/** The same start under another name, or none, with other arguments. */
export function planAs(plan: StartPlan, name: string | Via | undefined, init: readonly unknown[]): StartPlan {
  const { definition, settings, watch, before } = plan;
  return {
    definition, init,
    settings: name === settings?.name ? settings : { ...(settings ?? settingsOf({})), name }, watch, before,
  };
}

function settingsOf(
  { name, mailbox, stats, label, level, debug, timeoutMs, hibernateAfterMs }: StartOptions,
): StartSettings {
  return {
    name: name === undefined ? undefined : checkStartName('name', name),
    mailbox: mailboxRules(mailbox),
    fullStats: stats === 'full',
    label,
    level: levelOf('start', level),
    debug,
    timeoutMs,
    hibernateAfterMs,
  };
}

/** `system.start` and `self.start`: not supervised; linked to the parent when a process starts it. */
export function startFrom(
  host: Host, parent: Process | null, given: AnyDefinition, args: readonly unknown[],
): AgentRefImpl | Promise<AgentRefImpl> {
  const definition = runtimeOf(given);
  const plan = planFrom('start', definition, args);
  const started = startAgent(host, plan, parent);
  if (started instanceof Promise) return host.kernel.answer(
    handled(started.then((p) => refOf(host, p, plan))),
  );
  return refOf(host, started, plan);
}

/**
 * `self.startMonitored`: not linked, watched from the moment it runs; of a start that fails there
 * is no Down (GS-08).
 */
export function startWatched(
  host: Host, parent: Process, given: AnyDefinition, args: readonly unknown[],
): unknown {
  const definition = runtimeOf(given);
  const watch: WatchedStart = { monitor: null };
  const plan: StartPlan = { ...planFrom('startMonitored', definition, args), watch };
  const made = (p: StartedProcess): unknown => ({ ref: refOf(host, p, plan), monitor: watch.monitor });
  const started = startAgent(host, plan, parent, false);
  return started instanceof Promise ? host.kernel.answer(handled(started.then(made))) : made(started);
}

function planFrom(verb: string, definition: RuntimeDefinition, args: readonly unknown[]): StartPlan {
  const declared = definition.init === null ? 0 : definition.init.length;
  const { init, options } = args.length === declared
    ? { init: args, options: undefined }
    : splitArgs(args, declared);
  return planOf(definition, init, options === undefined ? undefined : readStart(verb, options));
}

function refOf(host: Host, p: StartedProcess, { definition, because }: StartPlan): AgentRefImpl {
  if (p === null) throw new StartError(definition.name, because ?? 'ignore');
  return new AgentRefImpl(p, definition, host.kernel, null);
}

/**
 * Starts an agent the OTP way: the name is taken before init runs (GS-06), init runs to its end
 * before the starter goes on (PL-01), and a failed start leaves nothing behind: the process is gone
 * and its name free before the starter hears of it (PL-03, GS-09). Synchronous when init is.
 */
export function startAgent(
  host: Host, plan: StartPlan, parent: Process | null, linked: boolean = true,
): StartedProcess | Promise<StartedProcess> {
  const { kernel } = host;
  const { definition, settings } = plan;
  const p = spawnProcess(
    kernel, definition.behaviour, parent, linked, settings === null ? null : settings.mailbox,
  );
  p.trap = definition.trapExit;
  if (kernel.development && linked && parent !== null && definition.terminate !== null
    && !definition.trapExit) {
    warnTerminate(kernel, definition);
  }
  p.run = Run.Parked;
  kernel.parked++;
  if (settings !== null) equip(host, p, definition.name, settings);
  if (p.phase === Phase.Dead) throw deadInInit(p, plan); // the provider of its name has ended it
  const self = definition.instance(p);
  p.self = self;
  if (plan.before !== null) return runInit(p, self, initAfter(p, plan.before, definition.init), plan);
  if (definition.init === null) return ready(p, self, undefined, plan);
  return runInit(p, self, definition.init, plan);
}

/** An init that has to wait: the process is alive and named meanwhile. What it waits for may fail the start. */
function initAfter(
  p: Process, before: Promise<readonly unknown[]>, init: RuntimeDefinition['init'],
): NonNullable<RuntimeDefinition['init']> {
  return async function (this: unknown) {
    const args = await before;
    if (init === null || p.phase === Phase.Dead) return undefined;
    const { kernel } = p;
    const outer = kernel.current;
    kernel.current = p;
    try {
      return init.apply(this, args as unknown[]);
    } finally {
      kernel.current = outer;
    }
  };
}

/** What was asked for beyond a plain start; a name that is taken fails it. */
export function equip(
  host: Host, p: Process, what: string, { name, label, level, fullStats, debug }: StartSettings,
): void {
  if (name !== undefined) {
    const owner = claimName(host, name, p, what);
    if (owner !== null) failStart(p, what, { alreadyStarted: owner.pid }, 'normal');
  }
  p.level = level;
  if (label !== undefined) p.cold().label = label;
  if (fullStats) p.box().cold().meter = host.kernel.newMeter();
  if (debug !== undefined) debugFromStart(p, debug);
}

/** A provider that throws fails the start (RG-06). */
function claimName({ router }: Host, name: string | Via, p: Process, what: string): Taken | null {
  if (typeof name === 'string') return router.names.register(name, p);
  try {
    return router.claim(name, p);
  } catch (error) {
    return failStart(p, what, reasonOf(error), 'normal');
  }
}

const ignored = (): void => undefined;

function runInit(
  p: Process, self: Instance, init: NonNullable<RuntimeDefinition['init']>, plan: StartPlan,
): StartedProcess | Promise<StartedProcess> {
  const { kernel } = p;
  const outer = kernel.current;
  const { parent } = p;
  kernel.current = p;
  // The parent waits for this init: a call back to it would wait for itself (SU-47).
  const waiting = parent === null || parent.phase === Phase.Dead ? null : parent.cold();
  if (waiting !== null) (waiting.starting ??= new Set()).add(p);
  let state: unknown;
  try {
    state = init.apply(self, plan.init as unknown[]);
    if (isThenable(state)) return initLater(p, self, state, plan);
    if (waiting !== null) waiting.starting?.delete(p);
  } catch (error) {
    if (waiting !== null) waiting.starting?.delete(p);
    return initThrew(p, self, error, plan);
  } finally {
    kernel.current = outer;
  }
  return initDone(p, self, state, plan);
}

/**
 * A control value that is thrown counts as returned (GS-23), everything else is the reason (GS-04),
 * unless it had ended for another before.
 */
function initThrew(p: Process, self: Instance, error: unknown, plan: StartPlan): StartedProcess {
  if (p.phase === Phase.Dead) throw deadInInit(p, plan);
  if (isControl(error)) return initDone(p, self, error, plan);
  const reason = lastReason(p, error);
  return failStart(p, plan.definition.name, reason, reason);
}

/** An init that takes too long: killed, with no trace but the error (GS-07, PL-05). */
class InitDeadline extends Deadline {
  constructor(
    private readonly p: Process,
    private readonly expired: () => void,
  ) {
    super();
  }
  expire(): void {
    const { p } = this;
    this.expired();
    if (p.parent !== null) unlink(p.parent, p);
    exitProcess(p, 'killed', true);
  }
}

/** Ended before init was over: by itself, by a signal, or by code that ran in it. */
function deadInInit(p: Process, plan: StartPlan): StartError {
  return new StartError(plan.definition.name, p.reason);
}

/** An asynchronous init: the process is alive and named meanwhile, its messages wait (GS-06). */
function initLater(
  p: Process, self: Instance, pending: PromiseLike<unknown>, plan: StartPlan,
): Promise<StartedProcess> {
  const { parent } = p;
  if (p.phase === Phase.Dead) {
    parent?.ext?.starting?.delete(p);
    settle(pending, ignored, ignored);
    return Promise.reject(deadInInit(p, plan));
  }
  return new Promise((resolve, reject) => {
    // Death before init returns is a failed start, never a hang (PL-02).
    let late = false;
    const timeoutMs = plan.settings?.timeoutMs;
    const limit = timeoutMs === undefined ? null : new InitDeadline(p, () => { late = true; });
    const ref = monitor(null, p, undefined, (down) => {
      parent?.ext?.starting?.delete(p);
      if (limit !== null) p.kernel.deadlines.remove(limit);
      reject(new StartError(plan.definition.name, late ? 'timeout' : down.reason));
    });
    if (limit !== null) p.kernel.deadlines.add(limit, timeoutMs as number);
    const done = (finish: () => StartedProcess | Promise<StartedProcess>): void => {
      parent?.ext?.starting?.delete(p);
      if (p.phase === Phase.Dead) return;
      demonitor(ref, true);
      if (limit !== null) p.kernel.deadlines.remove(limit);
      try {
        resolve(finish());
      } catch (error) {
        reject(error);
      }
    };
    settle(pending, (state) =>
      done(() => initDone(p, self, state, plan)), (error) => done(() => initThrew(p, self, error, plan)));
  });
}

function initDone(p: Process, self: Instance, state: unknown, plan: StartPlan): StartedProcess {
  if (p.phase === Phase.Dead) throw deadInInit(p, plan);
  if (p.kernel.development) checkReturned(p, self, 'init', state);
  return state instanceof Control ? initRefused(p, state, plan) : ready(p, self, state, plan);
}

/** What init said in place of a state (GS-02 to GS-05). */
function initRefused(p: Process, said: Control, plan: StartPlan): null {
  const what = plan.definition.name;
  if (said instanceof Stop) return failStart(p, what, said.reason, said.reason);
  if (said instanceof InitFailure) return failStart(p, what, said.reason, 'normal');
  if (!(said instanceof Ignore)) {
    const bad = badReturn('init', said);
    return failStart(p, what, bad, bad);
  }
  plan.because = said.because;
  if (p.parent !== null) unlink(p.parent, p);
  exitProcess(p, 'normal');
  return null;
}

function ready(p: Process, self: Instance, state: unknown, plan: StartPlan): Process {
  try {
    self.begin(state);
  } catch (error) {
    return failStart(p, p.behaviour.name, error, error);
  }
  p.phase = Phase.Alive;
  p.kernel.parked--;
  p.run = Run.Idle;
  if (p.mailbox.busy()) p.kernel.scheduler.enqueue(p);
  p.kernel.rested();
  if (plan.settings !== null && plan.settings.hibernateAfterMs !== undefined) {
    hibernateAfter(p, plan.settings.hibernateAfterMs);
  }
  if (plan.watch !== null) plan.watch.monitor = monitor(p.parent, p);
  return p;
}

/** The starter is told by the thrown error; the link is taken down first, so that no Exit follows (PL-04). */
function failStart(p: Process, what: string, reason: ExitReason, exit: ExitReason): never {
  if (p.parent !== null) unlink(p.parent, p);
  exitProcess(p, exit);
  throw new StartError(what, reason);
}

/** Development: OTP's most common surprise (GS-37). */
function warnTerminate(kernel: Kernel, definition: RuntimeDefinition): void {
  kernel.warnOnce(
    `terminate ${definition.name}`,
    `'${definition.name}' has a terminate but does not trap exits: it will not run when a supervisor shuts the agent down; set trapExit: true`,
    { definition: definition.name },
  );
}

/** Refuses arguments that no init declared, before anything is started. */
export function checkArgs(where: string, init: readonly unknown[], definition: RuntimeDefinition): void {
  if (definition.init === null && init.length > 0) {
    throw new OptionError(
      where, printable(init[0]), `no init argument: '${definition.name}' has no init`, 'remove it',
    );
  }
}
