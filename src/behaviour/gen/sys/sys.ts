import { OptionError, timeoutMs } from '../../../base/index.js';
import type { ExitReason } from '../../../base/index.js';
import { isA, printable } from '../../../base/text/index.js';
import { Kind, Op } from '../../../mailbox/message/index.js';
import { readItems } from '../../../process/inspect/index.js';
import { fenced, resume, suspend } from '../../../process/record/index.js';
import type { Address, Process, SysHooks } from '../../../process/record/index.js';
import { findCycle, systemRequest, addressName } from '../../../router/request/index.js';
import type { Request } from '../../../router/request/index.js';
import type { Pid } from '../../../api/address.js';
import type { DebugEvent, DebugFunction, Sys, SysOptions, SysStatistics, SysStatus } from '../../../api/sys.js';
import { debugging, debugOf, formatEvent, LOG_LENGTH, settleDebug, type Debug } from './debug.js';
import { rejected, type Host } from '../host.js';
import { checkKeys } from '../options.js';
import type { Report } from '../../../api/reports.js';

/** Default timeout of a system message, ms (SY-11). */
export const SYS_TIMEOUT_MS = 5_000;

type Work = (p: Process, hooks: SysHooks) => unknown;

class Refused extends Error {}

/** What it asks travels as a system message. */
export class SysImpl<S = unknown> implements Sys<S> {
  readonly #to: Address;
  readonly #host: Host;
  readonly #caller: Process | null;
  /** @internal Use `system.sys(target)` or `self.sys(target)`. */
  constructor(to: Address, host: Host, caller: Process | null) {
    this.#to = to;
    this.#host = host;
    this.#caller = caller;
  }

  suspend(options?: SysOptions): Promise<void> {
    return this.#ask(VERBS.suspend, options, suspend) as Promise<void>;
  }

  resume(options?: SysOptions): Promise<void> {
    return this.#ask(VERBS.resume, options, resume) as Promise<void>;
  }

  getState(options?: SysOptions): Promise<S> {
    return this.#ask(VERBS.getState, options, (p, hooks) => hooks.state(p)) as Promise<S>;
  }

  replaceState(change: (state: S) => S, options?: SysOptions): Promise<S> {
    checkFunction('replaceState', change);
    return this.#ask(
      VERBS.replaceState, options, (p, hooks) => hooks.replace(p, (state) => change(state as S)),
    ) as Promise<S>;
  }

  getStatus(options?: SysOptions): Promise<SysStatus<S>> {
    return this.#ask(VERBS.getStatus, options, statusFor) as Promise<SysStatus<S>>;
  }

  statistics(what: 'on' | 'off', options?: SysOptions): Promise<void>;
  statistics(what: 'get', options?: SysOptions): Promise<SysStatistics | 'no_statistics'>;
  statistics(
    what: 'on' | 'off' | 'get', options?: SysOptions,
  ): Promise<void | SysStatistics | 'no_statistics'> {
    if (what === 'get') {
      return this.#ask(VERBS.statistics, options, statisticsOf) as Promise<SysStatistics | 'no_statistics'>;
    }
    if (what !== 'on' && what !== 'off') throw new OptionError('statistics', what, "'on', 'off' or 'get'");
    return this.#debug(VERBS.statistics, options, (debug, p) => {
      debug.stats =
        what === 'on' ? { startedAt: p.kernel.env.wall(), reductions: 0, messagesIn: 0, messagesOut: 0 } : null;
    });
  }

  log(what: true | number | false | 'print', options?: SysOptions): Promise<void>;
  log(what: 'get', options?: SysOptions): Promise<readonly DebugEvent[]>;
  log(what: boolean | number | 'get' | 'print', options?: SysOptions): Promise<void | readonly DebugEvent[]> {
    if (what === 'get') {
      return this.#ask(
        VERBS.log, options, (p) => [...(debugOf(p)?.log ?? [])],
      ) as Promise<readonly DebugEvent[]>;
    }
    if (what === 'print') return this.#ask(VERBS.log, options, printLog) as Promise<void>;
    const length = what === true ? LOG_LENGTH : what;
    if (length !== false && !(Number.isInteger(length) && length >= 1)) {
      throw new OptionError('log', what, "true, a whole number of events from 1, false, 'get' or 'print'");
    }
    return this.#debug(VERBS.log, options, (debug) => setLog(debug, length));
  }

  trace(to: boolean | ((line: string, event: DebugEvent) => void), options?: SysOptions): Promise<void> {
    if (typeof to !== 'boolean') checkFunction('trace', to);
    return this.#debug(VERBS.trace, options, (debug, p) => setTrace(p, debug, to));
  }

  install<T>(
    fn: DebugFunction<T>, given: { readonly state: T; readonly id?: string }, options?: SysOptions,
  ): Promise<void> {
    checkFunction('install', fn);
    checkKeys('install', given, ['state', 'id']);
    return this.#debug(
      VERBS.install, options,
      (debug) => debug.add({ id: given.id ?? fn, run: fn, state: given.state }),
    );
  }

  remove(fnOrId: string | DebugFunction<never>, options?: SysOptions): Promise<void> {
    return this.#debug(VERBS.remove, options, (debug) => debug.remove(fnOrId));
  }

  noDebug(options?: SysOptions): Promise<void> {
    return this.#debug(VERBS.noDebug, options, clear);
  }

  terminate(reason: ExitReason, options?: SysOptions): Promise<void> {
    return this.#send(VERBS.terminate, options, (p, hooks, request) => {
      request.reply(undefined);
      return hooks.terminate(p, reason);
    }) as Promise<void>;
  }

  codeChange(
    given: { readonly from?: unknown; readonly extra?: unknown } = {}, options?: SysOptions,
  ): Promise<void> {
    checkKeys('codeChange', given, ['from', 'extra']);
    return this.#ask(VERBS.codeChange, options, (p, hooks) => {
      if (!p.mailbox.held) throw new Refused('codeChange is understood only while suspended');
      hooks.codeChange(p, given.from, given.extra);
    }) as Promise<void>;
  }

  #debug(op: Op, options: SysOptions | undefined, change: (debug: Debug, p: Process) => void): Promise<void> {
    return this.#ask(op, options, (p) => {
      change(debugging(p), p);
      settleDebug(p);
    }) as Promise<void>;
  }

  #ask(op: Op, options: SysOptions | undefined, work: Work): Promise<unknown> {
    return this.#send(op, options, (p, hooks, request) => void answer(p, hooks, request, work));
  }

  #send(
    op: Op, options: SysOptions = {}, command: (p: Process, hooks: SysHooks, request: Request) => unknown,
  ): Promise<unknown> {
    checkKeys(op.name, options, ['timeoutMs']);
    const limit = timeoutMs(`${op.name}.timeoutMs`, options.timeoutMs, SYS_TIMEOUT_MS);
    const { kernel } = this.#host;
    const caller = this.#caller ?? kernel.current;
    const target = addressName(this.#to);
    const p = this.#to.owner;
    if (fenced(caller)) return rejected(kernel, 'ZOMBIE', target, op.name);
    if (p === null) return rejected(kernel, 'NOPROC', target, op.name, { reason: 'noproc' });
    if (p === caller) return rejected(kernel, 'CALLING_SELF', target, op.name, { reason: 'calling_self' });
    const path = caller === null ? null : findCycle(caller, p);
    if (path !== null) return rejected(kernel, 'CALL_CYCLE', target, op.name, { path });
    return systemRequest(p, op, (one, slot) => {
      const hooks = one.ext?.sys ?? one.behaviour.sys;
      if (hooks !== null) return command(one, hooks, slot as Request);
      (slot as Request).fail('NO_SYS');
      return undefined;
    }, caller, this.#to, limit).promise;
  }
}

const verb = (name: string): Op => new Op(Kind.System, `sys.${name}`, null, null, false);
const VERBS = {
  suspend: verb('suspend'), resume: verb('resume'), getState: verb(
    'getState',
  ), replaceState: verb('replaceState'), getStatus: verb('getStatus'), statistics: verb('statistics'),
  log: verb('log'), trace: verb('trace'), install: verb(
    'install',
  ), remove: verb(
    'remove',
  ), noDebug: verb('noDebug'), terminate: verb('terminate'), codeChange: verb('codeChange'),
} as const;

function answer(p: Process, hooks: SysHooks, request: Request, work: Work): void {
  let value: unknown;
  try {
    value = work(p, hooks);
  } catch (error) {
    if (isA(error, Refused)) request.fail('UNKNOWN_SYSTEM_MSG', { details: error.message });
    else request.fail('CALLBACK_FAILED', { reason: error, cause: error });
    return;
  }
  request.reply(value);
}

function statusFor(p: Process, hooks: SysHooks): SysStatus {
  const debug = debugOf(p);
  const log = debug?.log ?? [];
  return {
    pid: p.pid,
    name: p.name?.name,
    module: p.behaviour.name,
    status: p.mailbox.held ? 'suspended' : 'running',
    parent: p.parent?.pid,
    dictionary: readItems(p, ['dictionary'])[0] as ReadonlyMap<unknown, unknown>,
    debug: debug?.names ?? [],
    state: hooks.show(p),
    log: hooks.showLog === undefined ? [...log] : hooks.showLog(p, [...log]),
  };
}

function statisticsOf(p: Process): SysStatistics | 'no_statistics' {
  const stats = debugOf(p)?.stats ?? null;
  return stats === null ? 'no_statistics' : { ...stats, now: p.kernel.env.wall() };
}

function setLog(debug: Debug, length: number | false): void {
  if (length === false) {
    debug.log = null;
    return;
  }
  debug.logLength = length;
  debug.log = (debug.log ?? []).slice(-length);
}

function setTrace(p: Process, debug: Debug, to: boolean | ((line: string, event: DebugEvent) => void)): void {
  if (typeof to === 'function') debug.trace = to;
  else debug.trace = to ? (line) => report(p, 'sys trace', line) : null;
}

function printLog(p: Process): void {
  for (const event of debugOf(p)?.log ?? []) report(p, 'sys log', formatEvent(p, event));
}

interface SysReport extends Report {
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly event: string;
}

/** Somebody has asked for it: the default logger shows it. */
function report(p: Process, label: string, event: string): void {
  const told: SysReport = { label, level: 'warn', pid: p.pid, name: p.name?.name, event };
  p.kernel.report(told);
}

function clear(debug: Debug): void {
  debug.stats = null;
  debug.log = null;
  debug.trace = null;
  debug.installed = [];
}

function checkFunction(where: string, fn: unknown): void {
  if (typeof fn !== 'function') throw new OptionError(where, fn, 'a function');
}

/** Turns debug functions on before the first event; what is no debug option is logged and ignored (SY-13). */
export function debugFromStart(p: Process, given: unknown): void {
  const debug = debugging(p);
  for (const option of Array.isArray(given) ? (given as unknown[]) : [given]) {
    if (!applyOption(p, debug, option)) {
      p.kernel.warn('a debug option was ignored', {
        pid: p.pid, name: p.name?.name, option: printable(option),
      });
    }
  }
  settleDebug(p);
}

function applyOption(p: Process, debug: Debug, option: unknown): boolean {
  if (option === 'statistics') debug.stats =
    { startedAt: p.kernel.env.wall(), reductions: 0, messagesIn: 0, messagesOut: 0 };
  else if (option === 'log') setLog(debug, LOG_LENGTH);
  else if (option === 'trace') setTrace(p, debug, true);
  else if (typeof option !== 'object' || option === null) return false;
  else if ('log' in option && Number.isInteger(option.log) && (option.log as number) >= 1) setLog(
    debug, option.log as number,
  );
  else if ('install' in option && typeof option.install === 'function') {
    const { install, state, id } = option as { install: DebugFunction<never>; state?: unknown; id?: string };
    debug.add({ id: id ?? install, run: install, state });
  } else return false;
  return true;
}
