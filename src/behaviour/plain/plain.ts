import { atOnce, Deadline, delayMs, isThenable, handled, OptionError, settle, shownAs } from '../../base/index.js';
import type { Pid, Via } from '../../api/address.js';
import type { AgentStats, ProcessSelf } from '../../api/agent.js';
import { type Down, Exit } from '../../api/messages.js';
import type { SysCallbacks, SysLink } from '../../api/sys.js';
import { handled as messageHandled, INFO, Kind, taken, type Op } from '../../mailbox/index.js';
import {
  accept, exitProcess, exitSignal, fenced, hibernate, isSuspended, KEPT, KeptList, keepUrgent, LEVELS, Phase,
  spawnProcess, takeDown, withdrawn, type Behaviour, type Holding, type Kept, type Kernel, type Process,
} from '../../process/index.js';
import {
  checkStartName, hold, letGo, unwatch, watchSignal, type Abortable, type Taken, type Watched,
} from '../../router/index.js';
import { lastReason } from '../gen/ending.js';
import { hostOf, rejected, type SpawnOptions } from '../gen/host.js';
import { checkKeys, checkSignal } from '../gen/options.js';
import { statsOf } from '../gen/ref.js';
import { ended } from '../gen/stop.js';
import { joinSys } from '../gen/sys/special.js';
import { Verbs } from '../gen/verbs.js';

type Body = (self: ProcessSelf) => unknown;
type Match = ((message: unknown) => boolean) | undefined;
interface ReceiveOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

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
    if (fenced(sender)) return;
    if (addr.owner === null) hostOf(addr.kernel).router.dead(addr, INFO, null, message, sender);
    else accept(addr, INFO, message, sender);
  }
  stats(): AgentStats {
    return statsOf(this.addr, this.addr.kernel);
  }
  stop(
    reason: unknown = 'shutdown', options: { readonly timeoutMs?: number | 'infinity' | undefined } = {},
  ): Promise<void> {
    checkKeys('stop', options, ['timeoutMs']);
    const { addr } = this;
    const acting = this.sender ?? addr.kernel.current;
    if (fenced(acting)) return rejected(addr.kernel, 'ZOMBIE', addr.pid, 'stop');
    if (addr.owner === null) return rejected(addr.kernel, 'NOPROC', addr.pid, 'stop', { reason: 'noproc' });
    if (addr === acting) return rejected(addr.kernel, 'CALLING_SELF', addr.pid, 'stop');
    const limit = options.timeoutMs === undefined || options.timeoutMs === 'infinity'
      ? -1
      : delayMs('stop.timeoutMs', options.timeoutMs);
    const done = ended(addr, addr.pid, reason, limit);
    if (addr.trap) exitSignal(addr, null, reason, false);
    else exitProcess(addr, reason);
    return addr.kernel.traced(done);
  }
  bind(self: { readonly p: Process }): ProcessRefImpl {
    return new ProcessRefImpl(this.addr, self.p);
  }
}

shownAs(ProcessRefImpl, (it) => `ProcessRef(${it.addr.title})`);

/** A receive that waits, for one message or (`max` above 0) for a batch. */
class Receiver extends Deadline implements Abortable, Holding {
  private readonly watched: Watched | null;
  constructor(
    readonly self: PlainSelf,
    readonly match: Match,
    readonly max: number,
    /** ms to wait, -1 for ever */
    private readonly limitMs: number,
    signal: AbortSignal | undefined,
    private readonly settle: (got: unknown) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    super();
    this.watched = signal === undefined ? null : watchSignal(signal, this);
    if (signal !== undefined) hold(self.p, this);
    if (limitMs < 0) return;
    this.arm();
    self.p.cold().idle = this; // removed with the process
  }
  /** Its time begins, again after each system message, and stands still while one has suspended the process (GS-29). */
  arm(): void {
    const { mailbox, kernel } = this.self.p;
    if (this.limitMs < 0) return;
    kernel.deadlines.remove(this);
    if (!mailbox.held) kernel.deadlines.add(this, this.limitMs);
  }
  aborted(reason: unknown): void {
    this.leave();
    this.reject(reason);
  }
  /** Whether it takes a message; a predicate that is async ends the wait. */
  takes(one: Kept): boolean {
    try {
      return fits(this.match, one);
    } catch (error) {
      this.aborted(error);
      return false;
    }
  }
  /** Its process has ended: the promise stays open. */
  release(): void {
    this.leave();
  }
  resolve(got: unknown): void {
    this.leave();
    this.settle(got);
  }
  /** A suspended process hears of it when it goes on, and then before what has come meanwhile, as on the BEAM. */
  expire(): void {
    const { p } = this.self;
    if (isSuspended(p)) p.rare().onResume = () => this.expire();
    else if (this.self.receiver === this) this.resolve(this.max > 0 ? [] : undefined);
  }
  /** It waits no longer: what comes now stays queued (RE-01). */
  private leave(): void {
    if (this.self.receiver === this) this.self.receiver = null;
    this.self.p.kernel.deadlines.remove(this);
    if (this.watched === null) return;
    unwatch(this.watched, this.self.p.kernel);
    letGo(this.self.p, this);
  }
}

const NONE: unique symbol = Symbol('none');

/** Messages of a batch unless told otherwise. */
const BATCH = 100;

/** The self of a plain process. */
export class PlainSelf extends Verbs {
  receiver: Receiver | null = null;
  private collecting = false;
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

  receive(match?: Match, options: ReceiveOptions = {}): Promise<unknown> {
    checkKeys('receive', options, ['timeoutMs', 'signal']);
    if (match !== undefined && typeof match !== 'function') {
      throw new OptionError('receive.match', match, 'a function from message to boolean');
    }
    return this.wait('receive', match, 0, options);
  }

  receiveBatch(options: ReceiveOptions & { readonly max?: number } = {}): Promise<unknown> {
    checkKeys('receiveBatch', options, ['max', 'timeoutMs', 'signal']);
    const { max = BATCH } = options;
    if (!Number.isInteger(max) || max < 1) {
      throw new OptionError('receiveBatch.max', max, 'a whole number of messages from 1');
    }
    return this.wait('receiveBatch', undefined, max, options);
  }

  private wait(verb: string, match: Match, max: number, { timeoutMs, signal }: ReceiveOptions): Promise<unknown> {
    if (!this.lives()) return new Promise(() => undefined);
    if (this.receiver !== null) {
      throw new OptionError(
        verb, 'a second receive', 'one receive at a time per process', 'await the first, or end it by its signal',
      );
    }
    const limit = timeoutMs === undefined ? -1 : delayMs(`${verb}.timeoutMs`, timeoutMs);
    if (checkSignal(verb, signal)?.aborted === true) return this.told(handled(Promise.reject<never>(signal?.reason)));
    const stopped = isSuspended(this.p);
    if (stopped) this.p.rare().onResume = () => this.served();
    let got: unknown = NONE;
    try {
      if (!stopped) got = this.look(match, max, true);
    } catch (error) {
      return this.told(handled(Promise.reject<never>(error)));
    }
    if (got !== NONE) return this.told(Promise.resolve(got));
    if (signal?.aborted === true) return this.told(handled(Promise.reject<never>(signal.reason))); // by `match`
    return handled(new Promise((resolve, reject) => {
      // 0 as well: what is queued now is ahead in the run queue, so the whole queue is looked through first (RE-02)
      this.receiver = new Receiver(this, match, max, limit, signal, resolve, reject);
      this.p.kernel.rested();
    }));
  }

  private told<T>(answer: Promise<T>): Promise<T> {
    return this.p.kernel.scheduler.paced(answer);
  }

  /**
   * Takes what was passed over before: the oldest that fits, or as many as a batch has (`NONE` when more are on their
   * way to it).
   */
  private look(match: Match, max: number, early: boolean): unknown {
    const { p } = this;
    if (p.mailbox.held) return NONE;
    keepUrgent(p);
    const list = p.ext?.kept as KeptList | null | undefined;
    if (list === null || list === undefined) return NONE;
    if (max > 0 && early && list.size < max && p.mailbox.busy()) return NONE;
    const batch: unknown[] = [];
    for (let left = Math.max(1, max); left > 0; left--) {
      const kept = list.take((one) => fits(match, one));
      if (kept === undefined) break;
      batch.push(this.received(kept));
    }
    return batch.length === 0 ? NONE : max === 0 ? batch[0] : batch;
  }

  joinSys(callbacks: SysCallbacks): SysLink {
    this.need('joinSys');
    return joinSys(this.p, callbacks, () => this.asked());
  }

  /** A system message was handled. */
  private asked(): void {
    this.receiver?.arm();
    this.served();
  }

  /** After a suspension: what was passed over before may now be received. */
  private served(): void {
    const { receiver } = this;
    if (receiver === null || this.p.mailbox.held) return;
    if (isSuspended(this.p)) {
      this.p.rare().onResume = () => this.served();
      return;
    }
    try {
      const got = this.look(receiver.match, receiver.max, false);
      if (got !== NONE) receiver.resolve(got);
    } catch (error) {
      receiver.aborted(error);
    }
  }

  /**
   * The first message of a batch is there: the batch is complete when those behind it have been taken in. Another
   * receive that waits by then looks once more; a process that has ended meanwhile does not, or it would look for ever.
   */
  collect(receiver: Receiver): void {
    if (this.collecting) return;
    this.collecting = true;
    this.p.kernel.env.microtask(() => {
      this.collecting = false;
      const waits = this.receiver;
      if (waits === null || this.p.phase === Phase.Dead) return;
      if (waits === receiver) this.served();
      else if (waits.max > 0) this.collect(waits);
    });
  }

  hibernate(): Promise<void> {
    if (!this.lives()) return new Promise(() => undefined);
    const { p } = this;
    if (p.mailbox.size > 0 || (p.ext?.kept?.size ?? 0) > 0) return this.told(Promise.resolve());
    hibernate(p);
    return new Promise((resolve) => {
      this.wake = resolve;
      p.kernel.rested();
    });
  }

  /** Only now has a kept message been received. */
  private received(one: Kept): unknown {
    if (one.op.kind === Kind.Down) takeDown(one.payload as Down);
    const { mailbox, kernel } = this.p;
    taken(mailbox, kernel.signals, one.op);
    if (!one.op.signal) messageHandled(mailbox);
    const { watchdog } = kernel;
    if (watchdog !== null) watchdog.taken(this.p, this.p.mailbox.size);
    return one.payload;
  }
}

/** Whether a receive takes a message. Errors: `ASYNC_CALLBACK`; the message stays. */
function fits(match: Match, one: Kept): boolean {
  if (one.op.kind === Kind.Down && withdrawn(one.payload as Down)) return false;
  if (match === undefined) return true;
  let said: unknown;
  try {
    said = match(one.payload);
  } catch {
    return false; // RE-06: an exception in a predicate is no match; the message stays
  }
  return Boolean(atOnce('receive.match', said));
}

/** The callback module of plain processes: a body that runs once, and selective receive (RE-01 to RE-08). */
export const PLAIN: Behaviour = {
  name: 'process',
  sys: null,
  waits: true,
  busy: bodyRuns,
  begin(p: Process): unknown {
    const self = p.self as PlainSelf;
    const result = self.body(self as unknown as ProcessSelf);
    if (result !== undefined && isThenable(result)) follow(p, result);
    else exitProcess(p, 'normal');
    return undefined;
  },
  handle(p: Process, op: Op, given: unknown, from: unknown): unknown {
    // only a stop and the parent's exit get here while it is suspended (SY-03)
    if (p.mailbox.held && p.ext?.sys) {
      return p.ext.sys.terminate(p, op.kind === Kind.Exit ? (given as Exit).reason : given);
    }
    // an orderly stop of the whole system reaches a plain process as an exit signal does
    const payload = op.kind === Kind.Stop ? new Exit(undefined, given) : given;
    if (op.kind === Kind.Down && withdrawn(payload as Down)) return undefined;
    const self = p.self as PlainSelf;
    const { receiver } = self;
    const message: Kept = { op, payload, from };
    // `match` may have ended the wait by its signal: then the message stays
    if (receiver !== null && receiver.max === 0 && receiver.takes(message) && self.receiver === receiver) {
      if (op.kind === Kind.Down) takeDown(payload as Down);
      receiver.resolve(payload);
      return undefined;
    }
    const kept = (p.cold().kept ??= new KeptList()) as KeptList;
    kept.push(message);
    if (receiver !== null && receiver.max > 0) self.collect(receiver);
    const { wake } = self;
    self.wake = null;
    if (wake !== null) wake();
    return KEPT;
  },
  settled: () => undefined,
  failed(p: Process, error: unknown): unknown {
    exitProcess(p, lastReason(p, error));
    return undefined;
  },
};

/** A body that has begun and awaits neither a message nor the end of its hibernation. */
export function bodyRuns(p: Process): boolean {
  if (p.phase === Phase.Dead) return false;
  const { receiver, wake } = p.self as PlainSelf;
  return receiver === null && wake === null && p.phase !== Phase.Starting;
}

// The body does not park its process: messages must still come through to its receive.
function follow(p: Process, result: PromiseLike<unknown>): void {
  settle(result, () => exitProcess(p, 'normal'), (error) => exitProcess(p, lastReason(p, error)));
}

const NO_OPTIONS: SpawnOptions = {};

/** Spawns a plain process; its body runs later, never inside this call (PR-01). */
export function spawnPlain(
  kernel: Kernel, parent: Process | null, body: Body, linked: boolean, options: SpawnOptions = NO_OPTIONS,
): ProcessRefImpl {
  if (typeof body !== 'function') {
    throw new OptionError('spawn', body, 'a function that takes self', 'to start an agent use start(Definition, …)');
  }
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
  throw new OptionError('spawn.name', typeof name === 'string'
    ? name
    : name.title, 'a free name', `it belongs to ${String(owner.pid)}`, 'ALREADY_REGISTERED');
}

