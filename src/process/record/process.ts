import type { Deadline, ExitReason } from '../../base/index.js';
import { shownAs } from '../../base/text/index.js';
import type { Mailbox } from '../../mailbox/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Pid } from '../../api/address.js';
import type { HealthInfo } from '../../api/inspect.js';
import type { Backlog } from './backlog.js';
import type { Kernel } from './kernel.js';
import type { CrashDetails, Turn } from './ports.js';
import type { ReplySlot, Tracked } from './slot.js';

/**
 * Where a send goes: a process is its own address while it lives, a registered name's cell points
 * to its owner.
 */
export interface Address {
  owner: Process | null;
}

/** The cell of a registered name; names are resolved at every use by one field read (RG-04). */
export interface NameCell extends Address {
  readonly name: string;
}

/** Port of delivery guarantees: what waits for the next owner of a name, and what is remembered of it. */
export interface Mail {
  /** nothing waits there, is on its way, or is remembered: only numbers would be lost with it */
  readonly idle: boolean;
  /** a process has just taken the name; its init has not run */
  arrived(p: Process): void;
  /** nobody owns the name any more */
  left(): void;
}

/** Forward only. `Starting` until init has returned, `Terminating` while the behaviour's terminate runs. */
export const Phase = { Starting: 0, Alive: 1, Terminating: 2, Dead: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** What the scheduler may do with a process: only `Idle` may be queued. */
export const Run = { Idle: 0, Queued: 1, Running: 2, Parked: 3, Dead: 4 } as const;
export type Run = (typeof Run)[keyof typeof Run];

/**
 * Scheduling level of a process (PF-02): a higher one starves those below, but low runs seldom and
 * always beside normal.
 */
export const Level = { Low: 0, Normal: 1, High: 2, Max: 3 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** Returned by a behaviour's `handle` when the message stays queued with the behaviour (selective receive). */
export const KEPT: unique symbol = Symbol('kept');
/**
 * Returned by a behaviour's `handle` that has counted the outcome of the message itself, and of
 * others after it.
 */
export const COUNTED: unique symbol = Symbol('counted');

/**
 * How a behaviour answers system messages (SY-12). The kernel itself does suspend, resume and the
 * debug functions; what concerns state is asked of the behaviour. A throw of any of them reaches
 * the asker and changes nothing (SY-04).
 */
export interface SysHooks {
  /** the state as users know it */
  state(p: Process): unknown;
  /**
   * replaces the state by what `change` makes of it and returns the new one; a throw of `change`
   * leaves it as it is
   */
  replace(p: Process, change: (state: unknown) => unknown): unknown;
  /** the state as it may be shown to others: what the behaviour's own formatting makes of it (GS-42) */
  show(p: Process): unknown;
  /** the same of the log of events; left out, they are shown as they are */
  showLog?(p: Process, log: readonly unknown[]): readonly unknown[];
  /**
   * what a crash report says more, and in place of the raw reason, once the behaviour has formatted
   * it (GS-42); never throws
   */
  crash?(p: Process, reason: ExitReason, sensitive: boolean): CrashDetails | undefined;
  /** converts the state after new code was loaded; asked only while suspended (SY-10) */
  codeChange(p: Process, from: unknown, extra: unknown): unknown;
  /** ends the process through its terminate, as a shutdown by its parent would (SY-09); a thenable parks it */
  terminate(p: Process, reason: ExitReason): unknown;
  /** a system message was handled and the process lives; `p.mailbox.held` tells whether it is suspended now */
  handled?(p: Process): void;
}

/**
 * What a system message carries: run while nothing else of the process runs. A thenable parks it
 * (only at its end).
 */
export type SystemCommand = (p: Process, request: ReplySlot) => unknown;

/** How often it has changed who takes messages as a process of one behaviour. */
export interface Turnover {
  changes: number;
}

/**
 * A callback module. The kernel knows no other behaviour than through these. `handle` is copied
 * into the process record at spawn, because a slot there is twice as cheap to call as a method
 * found through the behaviour.
 */
export interface Behaviour {
  readonly name: string;
  /** handles one message; a thenable parks the process until it settles; KEPT, COUNTED: see there */
  handle(p: Process, op: Op, payload: unknown, from: unknown): unknown;
  /** the parked handler of `p.op` fulfilled; a thenable parks again */
  settled(p: Process, value: unknown): unknown;
  /** the handler of `p.op` threw or rejected; a thenable parks, and the process ends when it settles */
  failed(p: Process, error: unknown): unknown;
  /** runs the first step of a process that was spawned in phase Starting and queued; a thenable parks it */
  begin(p: Process): unknown;
  /** null for processes that do not take part in the sys protocol */
  readonly sys: SysHooks | null;
  /** its processes wait in code of their own when they are idle: their status is `waiting` then (PF-08) */
  readonly waits?: true;
  /**
   * for processes that are not parked while their code awaits: whether it awaits something else
   * than a message
   */
  busy?(p: Process): boolean;
  /** its processes hear of what they have sent and did not arrive */
  readonly undeliverable?: boolean;
  /**
   * counted where its processes may be members of a balancer: when one ends, gets or loses a name,
   * closes its mailbox
   */
  readonly turnover?: Turnover;
  /**
   * a message that it has taken may be queued again (postponed): until it is over, a bounded
   * mailbox keeps its place
   */
  readonly returns?: true;
}

/** What keeps something in a process's name for as long as it lives: a registry, a process group, a lock. */
export interface Holding {
  /** `p` has just ended: whatever was held for it goes, before anybody hears of the death */
  release(p: Process, reason: ExitReason): void;
}

/** What is known of the health of a process that somebody checks. */
export interface Health {
  /** groups that share messages out pass it over */
  readonly unbalanced: boolean;
  readonly info: HealthInfo;
  /** whoever lends it out hears that it has become unhealthy, or healthy again */
  changed: (() => void) | null;
}

/** A monitor, in the list of the process that it watches and in that of the process that holds it. */
export interface Watch {
  readonly holder: Process | null;
  readonly target: Process | null;
  readonly name: string | undefined;
  readonly targetPid: Pid | undefined;
  /** the one before it; of the oldest the newest, so that both ends are at hand; null when it is in no list */
  targetPrior: Watch | null;
  targetNext: Watch | null;
  holderPrior: Watch | null;
  holderNext: Watch | null;
}

/** A timer that dies with its process, in that one's list. */
export interface Owned {
  prior: Owned | null;
  next: Owned | null;
  /** Takes it off the clock; it never happens again. */
  stop(): void;
}

/** Hibernation of one process, when it has been idle for long (GS-31) or its callback asks for it. */
export interface Hibernation extends Deadline {
  /** it hibernates: no message since */
  readonly asleep: boolean;
  /** idle for so long; -1 when it was never asked for by time */
  ms: number;
  sleep(): void;
  /** A message came. */
  wake(): void;
  /** A handler that awaited has returned: the time counts from now on. What it asked for stays. */
  returned(): void;
  /** A system message was handled: one that hibernates goes on to, as in OTP. */
  looked(): void;
}

/** What next to no process has, allocated on first use. */
export class Rarity {
  dictionary: Map<unknown, unknown> | null = null;
  leader: Pid | null = null;
  sensitive = false;
  /** peers whose exit through the link is to be a priority message (PM-05) */
  urgentLinks: Set<Process> | null = null;
  /** who has suspended this process, and how often; null stands for outside of every process */
  suspended: Map<Process | null, number> | null = null;
  /** whom this process has suspended */
  suspending: Map<Process, number> | null = null;
  /** what waits for the end of the suspension */
  onResume: (() => void) | null = null;
}

/** The rarely used part of a process record, such as monitors it holds, allocated on first use. */
export class ProcessExt {
  onValue: ((value: unknown) => void) | null = null;
  onError: ((error: unknown) => void) | null = null;
  /** whose outcome these two take; others come too late */
  parkedIn: object | null = null;
  /** whose signal fires when the process dies, or its parent's shutdown arrives */
  life: AbortController | null = null;
  /** the same of the calls that are being handled or were deferred */
  controllers: Set<AbortController> | null = null;
  /** its parent's shutdown has arrived and waits in the mailbox: new signals are born aborted */
  shutdown: { readonly reason: ExitReason } | null = null;
  deferred: Set<ReplySlot> | null = null;
  timers: Owned | null = null;
  idle: Deadline | null = null;
  kept: Backlog | null = null;
  /** it hibernates when it is idle for long (GS-31) */
  hibernation: Hibernation | null = null;
  /** monitors that this process holds, newest first */
  watching: Watch | null = null;
  /** children whose init this process waits for: edges of the cycle check (SU-47) */
  starting: Set<Process> | null = null;
  label: string | null = null;
  /** how this one process answers system messages, when its behaviour does not say */
  sys: SysHooks | null = null;
  /** the debug functions that are on; the behaviour layer knows its type */
  debug: unknown = null;
  /** registries, groups and locks that hold something for this process; they let go of it in the exit hook */
  holdings: Set<Holding> | null = null;
  /** how the behaviour is ending the process while its terminate runs */
  ending: unknown = null;
  /** when the sampled message that is being handled was taken, or -1 */
  sampleFrom = -1;
  rarity: Rarity | null = null;
  /** of a child whose supervisor checks it */
  health: Health | null = null;
  /** of a durable agent */
  turn: Turn | null = null;
  /** what is remembered of deliveries to a process without a name */
  mail: Mail | null = null;
  /**
   * how its end counts for its supervisor: not at all (a delivered message has crashed its agent
   * before), or for all of it
   */
  verdict: 'charged' | 'escalate' | null = null;
}

/** One process. Fixed shape, all fields set here; rarely used ones live in `ext`. */
export class Process implements Address {
  owner: Process | null = this;
  run: Run = Run.Idle;
  phase: Phase = Phase.Starting;
  level: Level = Level.Normal;
  trap = false;
  /** the message that is running or parked, null between messages */
  op: Op | null = null;
  from: unknown = null;
  /** the behaviour's, or a wrapper of it: the watchdog's, or that of debug functions (sys) */
  handle: Behaviour['handle'];
  /** the behaviour's own instance: an agent's self, a plain process's body */
  self: unknown = null;
  name: NameCell | null = null;
  links: Process | Set<Process> | null = null;
  /** monitors on this process, oldest first: their DOWNs are sent in this order */
  watchers: Watch | null = null;
  /** requests that this process has sent and that are not settled */
  calls: Tracked | null = null;
  ext: ProcessExt | null = null;
  /** what the parent knows it by: a supervisor's record of its child */
  role: unknown = null;
  constructor(
    readonly kernel: Kernel,
    /** the number until somebody asks for the pid, the pid from then on */
    private id: number | Pid,
    readonly behaviour: Behaviour,
    public mailbox: Mailbox,
    readonly parent: Process | null,
  ) {
    this.handle = behaviour.handle;
  }

  get pid(): Pid {
    if (typeof this.id === 'number') this.id = `${this.kernel.prefix}${this.id}` as Pid;
    return this.id;
  }

  get n(): number {
    return typeof this.id === 'number' ? this.id : Number(this.id.slice(this.kernel.prefix.length));
  }

  /** Why it ended: after the end the `from` slot holds the exit reason. */
  get reason(): ExitReason {
    return this.phase === Phase.Dead ? this.from : undefined;
  }

  /** The registered name, else the pid: how people and OTP's ancestors lists call a process (PL-07). */
  get title(): string {
    return this.name === null ? this.pid : this.name.name;
  }

  /**
   * Its own mailbox, opened on the first use (see `Mailbox.unopened`), for whoever puts something
   * in or counts it there.
   */
  box(): Mailbox {
    const { mailbox } = this;
    return mailbox.place < 0 ? this.kernel.accounts.enter(this) : mailbox;
  }

  /** The rarest part of its record; `ext.rarity` reads it without making it. */
  rare(): Rarity {
    const ext = this.cold();
    return (ext.rarity ??= new Rarity());
  }

  /** Somebody reaches another one by now, or nobody, where this process was or is the owner. */
  turnedOver(): void {
    const { turnover } = this.behaviour;
    if (turnover !== undefined) turnover.changes++;
  }

  cold(): ProcessExt {
    return (this.ext ??= new ProcessExt());
  }

  /** A user message is being handled, or its handler is parked. */
  get running(): boolean {
    return this.op !== null && !this.op.signal && this.run !== Run.Dead;
  }

  /** What an abandoned run of a handler acts for from then on: this process as if it had ended (P16). */
  asEnded(): Process {
    const ended = new Process(this.kernel, this.pid, this.behaviour, this.mailbox, this.parent);
    ended.owner = null;
    ended.phase = Phase.Dead;
    ended.run = Run.Dead;
    ended.from = 'abandoned';
    return ended;
  }

  /** The message in hand is another's from now on: its handler goes on, and its end is not counted here. */
  letGo(): void {
    if (this.op !== null) this.op = this.op.remainder;
  }
}

shownAs(Process, (it) => `Process(${it.title})`);
