import { Deadline, delayMs, isThenable, OptionError, reasonOf } from '../base/index.js';
import { INFO, Kind, type Op } from '../mailbox/index.js';
import { accept, Exit, exitProcess, exitSignal, isSuspended, KEPT, KeptList, keepUrgent, LEVELS, Phase, spawnProcess, takeDown, withdrawn, type Behaviour, type Down, type Kept, type Kernel, type Pid, type Process } from '../process/index.js';
import { checkStartName, type Taken, type Via } from '../router/index.js';
import { hostOf, rejected, type SpawnOptions } from './host.js';
import { checkKeys } from './options.js';
import { ended, statsOf } from './ref.js';
import { joinSys, type SysCallbacks, type SysLink } from './special.js';
import type { AgentStats, ProcessSelf } from './types.js';
import { Verbs } from './verbs.js';

type Body = (self: ProcessSelf) => unknown;
type Match = ((message: unknown) => boolean) | undefined;

/** The address of a plain process. */
export class ProcessRefImpl {
  constructor(
    readonly addr: Process,
    readonly sender: Process | null,
  ) {}
  get pid(): Pid {
    return this.addr.pid;
  }
  get alive(): boolean {
    return this.addr.owner !== null;
  }
  send(message: unknown): void {
    const { addr } = this;
    const sender = this.sender ?? addr.kernel.current;
    if (sender !== null && sender.phase === Phase.Dead) addr.kernel.counts.zombies++;
    else if (addr.owner === null) hostOf(addr.kernel).router.dead(addr, INFO.name, message, sender);
    else accept(addr, INFO, message, sender);
  }
  stats(): AgentStats {
    return statsOf(this.addr, this.addr.kernel);
  }
  stop(reason: unknown = 'shutdown', options: { readonly timeoutMs?: number | 'infinity' | undefined } = {}): Promise<void> {
    checkKeys('stop', options, ['timeoutMs']);
    const { addr } = this;
    if (addr.owner === null) return rejected('NOPROC', addr.pid, 'stop', { reason: 'noproc' });
    if (addr === addr.kernel.current) return rejected('CALLING_SELF', addr.pid, 'stop');
    const limit = options.timeoutMs === undefined || options.timeoutMs === 'infinity' ? -1 : delayMs('stop.timeoutMs', options.timeoutMs);
    const done = ended(addr, addr.pid, reason, limit);
    if (addr.trap) exitSignal(addr, null, reason, false);
    else exitProcess(addr, reason);
    return done;
  }
  bind(self: { readonly p: Process }): ProcessRefImpl {
    return new ProcessRefImpl(this.addr, self.p);
  }
}

/** A `receive` that waits. */
class Receiver extends Deadline {
  constructor(
    readonly self: PlainSelf,
    readonly match: Match,
    readonly resolve: (message: unknown) => void,
  ) {
    super();
  }
  expire(): void {
    this.self.receiver = null;
    this.resolve(undefined);
  }
}

/** The self of a plain process. */
export class PlainSelf extends Verbs {
  receiver: Receiver | null = null;
  /** wakes a hibernating body */
  wake: (() => void) | null = null;
  constructor(
    p: Process,
    readonly body: Body,
  ) {
    super(p);
  }

  get ref(): ProcessRefImpl {
    return new ProcessRefImpl(this.p, null);
  }

  receive(match?: Match, options: { readonly timeoutMs?: number } = {}): Promise<unknown> {
    checkKeys('receive', options, ['timeoutMs']);
    if (!this.lives()) return new Promise(() => undefined);
    if (match !== undefined && typeof match !== 'function') throw new OptionError('receive.match', match, 'a function from message to boolean');
    if (this.receiver !== null) throw new OptionError('receive', 'a second receive', 'one receive at a time per process', 'await the first');
    const limit = options.timeoutMs === undefined ? -1 : delayMs('receive.timeoutMs', options.timeoutMs);
    const stopped = isSuspended(this.p);
    if (stopped) this.p.rare().onResume = () => this.served();
    if (!stopped && !this.p.mailbox.held) keepUrgent(this.p);
    const kept = stopped || this.p.mailbox.held ? undefined : (this.p.ext?.kept as KeptList | null | undefined)?.take((one) => fits(match, one));
    if (kept !== undefined) {
      const message = this.received(kept);
      const { scheduler, env } = this.p.kernel;
      return scheduler.charge() ? new Promise((resolve) => env.macrotask(() => resolve(message))) : Promise.resolve(message);
    }
    return new Promise((resolve) => {
      this.receiver = new Receiver(this, match, resolve);
      // 0 as well: what is queued now is ahead in the run queue, so the whole queue is looked through first (RE-02)
      if (limit >= 0) {
        this.p.kernel.deadlines.add(this.receiver, limit);
        this.p.cold().idle = this.receiver; // removed with the process
      }
    });
  }

  joinSys(callbacks: SysCallbacks): SysLink {
    return joinSys(this.p, callbacks, () => this.served());
  }

  /** After a suspension: what was passed over before may now be received. */
  private served(): void {
    const { receiver } = this;
    if (receiver === null || this.p.mailbox.held) return;
    if (isSuspended(this.p)) {
      this.p.rare().onResume = () => this.served();
      return;
    }
    keepUrgent(this.p);
    const kept = (this.p.ext?.kept as KeptList | null | undefined)?.take((one) => fits(receiver.match, one));
    if (kept === undefined) return;
    this.receiver = null;
    this.p.kernel.deadlines.remove(receiver);
    receiver.resolve(this.received(kept));
  }

  hibernate(): Promise<void> {
    if (!this.lives()) return new Promise(() => undefined);
    const { p } = this;
    p.mailbox.shrink();
    if (p.mailbox.size > 0 || (p.ext?.kept?.size ?? 0) > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** Only now has a kept message been received. */
  private received(one: Kept): unknown {
    if (one.op.kind === Kind.Down) takeDown(one.payload as Down);
    if (one.op.signal) this.p.kernel.signals.handled++;
    else {
      this.p.mailbox.size--;
      this.p.mailbox.handled++;
    }
    const { watchdog } = this.p.kernel;
    if (watchdog !== null) watchdog.taken(this.p, this.p.mailbox.size);
    return one.payload;
  }
}

function fits(match: Match, one: Kept): boolean {
  if (one.op.kind === Kind.Down && withdrawn(one.payload as Down)) return false;
  if (match === undefined) return true;
  try {
    return match(one.payload);
  } catch {
    return false; // RE-06: an exception in a predicate is no match; the message stays
  }
}

/** The callback module of plain processes: a body that runs once, and selective receive (RE-01 to RE-08). */
export const PLAIN: Behaviour = {
  name: 'process',
  sys: null,
  waits: true,
  begin(p: Process): unknown {
    const self = p.self as PlainSelf;
    const result = self.body(self as unknown as ProcessSelf);
    if (result !== undefined && isThenable(result)) follow(p, result);
    else exitProcess(p, 'normal');
    return undefined;
  },
  handle(p: Process, op: Op, given: unknown, from: unknown): unknown {
    // only a stop and the parent's exit get here while it is suspended (SY-03)
    if (p.mailbox.held && p.ext?.sys) return p.ext.sys.terminate(p, op.kind === Kind.Exit ? (given as Exit).reason : given);
    // an orderly stop of the whole system reaches a plain process as an exit signal does
    const payload = op.kind === Kind.Stop ? new Exit(undefined, given) : given;
    if (op.kind === Kind.Down && withdrawn(payload as Down)) return undefined;
    const self = p.self as PlainSelf;
    const { receiver } = self;
    const message: Kept = { op, payload, from };
    if (receiver !== null && fits(receiver.match, message)) {
      self.receiver = null;
      p.kernel.deadlines.remove(receiver);
      if (op.kind === Kind.Down) takeDown(payload as Down);
      receiver.resolve(payload);
      return undefined;
    }
    const kept = (p.cold().kept ??= new KeptList()) as KeptList;
    kept.push(message);
    const { wake } = self;
    self.wake = null;
    if (wake !== null) wake();
    return KEPT;
  },
  settled: () => undefined,
  failed(p: Process, error: unknown): unknown {
    exitProcess(p, reasonOf(error));
    return undefined;
  },
};

// The body does not park its process: messages must still come through to its receive.
function follow(p: Process, result: PromiseLike<unknown>): void {
  Promise.resolve(result).then(
    () => exitProcess(p, 'normal'),
    (error: unknown) => exitProcess(p, reasonOf(error)),
  );
}

const NO_OPTIONS: SpawnOptions = {};

/** Spawns a plain process; its body runs later, never inside this call (PR-01). */
export function spawnPlain(kernel: Kernel, parent: Process | null, body: Body, linked: boolean, options: SpawnOptions = NO_OPTIONS): ProcessRefImpl {
  if (typeof body !== 'function') throw new OptionError('spawn', body, 'a function that takes self', 'to start an agent use start(Definition, …)');
  const name = options.name === undefined ? undefined : checkStartName('spawn.name', options.name);
  const p = spawnProcess(kernel, PLAIN, parent, linked);
  p.self = new PlainSelf(p, body);
  if (options.label !== undefined) p.cold().label = options.label;
  if (options.priority !== undefined) p.level = LEVELS[options.priority];
  if (name !== undefined) claim(kernel, p, name);
  kernel.scheduler.enqueue(p);
  return new ProcessRefImpl(p, null);
}

function claim(kernel: Kernel, p: Process, name: string | Via): void {
  let owner: Taken | null;
  try {
    owner = hostOf(kernel).router.claim(name, p);
  } catch (error) {
    exitProcess(p, 'normal');
    throw error;
  }
  if (owner === null) return;
  exitProcess(p, 'normal');
  throw new OptionError('spawn.name', typeof name === 'string' ? name : name.title, 'a free name', `it belongs to ${String(owner.pid)}`, 'ALREADY_REGISTERED');
}

