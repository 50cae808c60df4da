import { CastcallError, delayMs, ExitSignal, OptionError, type ExitReason } from '../base/index.js';
import {
  cancelTimer, demonitor, exitSignal, link, linksOf, Monitor, monitor, Phase, ProcessTimer, startTimer, unlink,
  type MonitorRef, type Pid, type Process, type TimerRef, type Address,
} from '../process/index.js';
import { titleOf, type Via } from '../router/index.js';
import { guardedController } from './guard.js';
import { checkKeys } from './options.js';
import { addressOf, hostOf, rejected, type Host } from './host.js';
import type { AgentRefImpl } from './ref.js';
import type { TaskVerbs } from './task-types.js';
import { Sys } from './sys.js';
import type { AnyDefinition, ProcessRef, ProcessSelf, Target } from './types.js';

/**
 * The process verbs of every self. Each looks first whether its incarnation still lives: what a dead one does has no
 * effect and is counted as `zombie` (P16).
 */
export class Verbs {
  constructor(readonly p: Process) {}

  get pid(): Pid {
    return this.p.pid;
  }

  protected get host(): Host {
    return hostOf(this.p.kernel);
  }

  /** False, and counted, when this incarnation has ended. */
  protected lives(): boolean {
    if (this.p.phase !== Phase.Dead) return true;
    this.p.kernel.counts.zombies++;
    return false;
  }

  private need(verb: string): void {
    if (!this.lives()) throw new CastcallError('ZOMBIE', `${verb}: the process ${this.p.pid} has ended`);
  }

  call(ref: AgentRefImpl, op: string, payload?: unknown, options?: object): Promise<unknown> {
    if (typeof ref?.callAs !== 'function') throw badRef('call', ref);
    if (!this.lives()) return rejected('ZOMBIE', titleOf(ref.addr), op);
    return ref.callAs(this.p, op, payload, options);
  }

  cast(ref: AgentRefImpl, op: string, payload?: unknown, options?: object): void {
    if (typeof ref?.castAs !== 'function') throw badRef('cast', ref);
    if (this.lives()) ref.castAs(this.p, op, payload, options);
  }

  bind(ref: { bind(self: Verbs): unknown }): unknown {
    if (typeof ref?.bind !== 'function') throw badRef('bind', ref);
    return ref.bind(this);
  }

  send(to: Target, message: unknown): void {
    if (this.lives()) this.host.router.send(addressOf(this.host, to), message, this.p);
  }

  sendAfter(ms: number, message: unknown, to?: Target): TimerRef {
    this.need('sendAfter');
    return startTimer(this.p.kernel, delayMs('sendAfter.ms', ms), to === undefined ? this.p : addressOf(this.host, to), message);
  }

  cancelTimer(timer: TimerRef): number | false {
    if (!(timer instanceof ProcessTimer)) throw new OptionError('cancelTimer', timer, 'what sendAfter returned');
    return cancelTimer(timer);
  }

  link(to: Target): void {
    if (!this.lives()) return;
    const addr = addressOf(this.host, to);
    const peer = addr.owner;
    if (peer !== null) link(this.p, peer);
    else if (this.p.trap) exitSignal(this.p, asProcess(addr), 'noproc', true);
    else throw new OptionError('link', titleOf(addr), 'a living process', 'trap exits to get an Exit message instead (EX-03)', 'NOPROC');
  }

  unlink(to: Target): void {
    const addr = addressOf(this.host, to);
    // Also from one that has just ended: its exit may still be on its way (EX-04, EX-21).
    const peer = addr.owner ?? asProcess(addr) ?? linksOf(this.p).find((one) => one.pid === titleOf(addr)) ?? null;
    if (peer !== null && this.lives()) unlink(this.p, peer);
  }

  monitor(to: Target): MonitorRef {
    this.need('monitor');
    const addr = addressOf(this.host, to);
    return monitor(this.p, addr.owner ?? asProcess(addr), nameOf(addr));
  }

  demonitor(ref: MonitorRef, options: { readonly flush?: boolean } = {}): boolean {
    if (!(ref instanceof Monitor)) throw new OptionError('demonitor', ref, 'what monitor returned');
    return demonitor(ref, options.flush ?? false);
  }

  trapExit(on: boolean): boolean {
    if (typeof on !== 'boolean') throw new OptionError('trapExit', on, 'true or false');
    const before = this.p.trap;
    if (this.lives()) this.p.trap = on;
    return before;
  }

  exit(reason: ExitReason): never {
    throw new ExitSignal(reason);
  }

  exitOther(to: Target, reason: ExitReason): void {
    const peer = addressOf(this.host, to).owner;
    if (this.lives() && peer !== null) exitSignal(peer, this.p, reason, false);
  }

  spawn(body: (self: ProcessSelf) => unknown, options: { readonly link?: boolean; readonly name?: string | Via } = {}): ProcessRef {
    this.need('spawn');
    checkKeys('spawn', options, ['link', 'name']);
    return this.host.spawn(this.p, body, { link: options.link ?? true, name: options.name });
  }

  start(definition: AnyDefinition, ...args: unknown[]): unknown {
    this.need('start');
    return this.host.start(this.p, definition, args);
  }

  get task(): TaskVerbs {
    return this.host.tasks(this.p);
  }

  sys(to: Target): Sys {
    return new Sys(addressOf(this.host, to), this.host, this.p);
  }

  /** What a layer above offers this process under that name. */
  extension(name: string): unknown {
    const make = this.host.extensions.get(name);
    if (make === undefined) throw new CastcallError('PORT_UNFILLED', `self has no '${name}': the layer that offers it is not part of this system`);
    return make(this.p);
  }

  /** One controller for the life of the process; a call's own is made by the agent's self. */
  get signal(): AbortSignal {
    return lifeSignal(this.p);
  }
}

function badRef(verb: string, given: unknown): OptionError {
  return new OptionError(`self.${verb}`, given, 'a ref of an agent', 'make one with system.ref(Definition, nameOrPid)');
}

/** Born aborted when the shutdown of the process has already arrived. */
export function newController(p: Process): AbortController {
  const made = guardedController(p.kernel);
  const shutdown = p.ext?.shutdown;
  if (shutdown !== null && shutdown !== undefined) made.abort(shutdown.reason);
  return made;
}

function lifeSignal(p: Process): AbortSignal {
  if (p.phase === Phase.Dead) return AbortSignal.abort(p.reason);
  const ext = p.cold();
  ext.life ??= newController(p);
  return ext.life.signal;
}

function nameOf(addr: Address): string | undefined {
  return 'mailbox' in addr ? undefined : titleOf(addr);
}

function asProcess(addr: Address): Process | null {
  return 'mailbox' in addr ? (addr as Process) : null;
}
