import { delayMs, OptionError } from '../base/index.js';
import type { ExitReason } from '../base/index.js';
import { addressOf, hostOf } from '../behaviour/gen/index.js';
import type { Op } from '../mailbox/message/index.js';
import { exitProcess } from '../process/kernel/index.js';
import { Process, ReplySlot } from '../process/record/index.js';
import type { Faults, Kernel } from '../process/record/index.js';
import type { Target } from '../api/address.js';
import type { SimEnv } from './env.js';

/** Which sends a fault meets; what is left out matches everything. */
export interface FaultMatch {
  /** receiver: a ref, a pid or a registered name */
  readonly to?: Target | undefined;
  /** sending process; sends from outside every process have none */
  readonly from?: Target | undefined;
  /** operation; `info` for a plain message */
  readonly op?: string | undefined;
  /** the first `after` matching sends are spared, default 0 */
  readonly after?: number | undefined;
  /** so many sends are met, default 1; `Infinity` for all */
  readonly times?: number | undefined;
}

/** When an agent is crashed from outside. */
export interface CrashOptions {
  /** after how many handled messages of this process, from 1 */
  readonly after: number;
  /** the exit reason, default `injected crash` */
  readonly reason?: ExitReason;
}

type Fate = (deliver: () => void) => 'pass' | 'drop' | 'kept';

interface Rule {
  readonly match: FaultMatch;
  readonly fate: Fate;
  spared: number;
  left: number;
}

/**
 * The faults of one simulation. A dropped send is counted as `dropped`, a delayed one is not sent
 * until its time has come, a duplicate counts twice: the account stays exact. Local sends cannot be
 * lost in production: this is how agents are shown to survive what can happen to them across
 * machines, or when a peer misbehaves.
 *
 * @example
 * const Counter = defineAgent({ init: () => ({ n: 0 }), calls: { value: (self) => self.state.n }, casts: { add(self, by: number) { self.state.n += by; } } });
 * let value = 0;
 * await simulate(1, async (sim) => {
 *   const counter = sim.system.start(Counter);
 *   sim.faults.drop({ to: counter, op: 'add' });
 *   sim.faults.duplicate({ to: counter, op: 'add', after: 1 });
 *   for (const by of [1, 10, 100]) counter.cast('add', by);
 *   value = await counter.call('value');
 * });
 * value // => 210
 * @since 0.2.0
 */
export class FaultPlan implements Faults {
  /** sends that were met so far */
  struck = 0;
  private readonly rules: Rule[] = [];
  private readonly crashes =
    new Map<string, { left: number; readonly p: Process; readonly reason: ExitReason }>();
  constructor(
    private readonly kernel: Kernel,
    private readonly env: SimEnv,
  ) {}

  /** Loses a send. A call then fails by its timeout. */
  drop(match: FaultMatch = {}): void {
    this.add(match, () => 'drop');
  }

  /** Holds a send back for `ms`; later ones may overtake it. */
  delay(ms: number, match: FaultMatch = {}): void {
    const wait = delayMs('faults.delay', ms);
    this.add(match, (deliver) => {
      this.env.foreignTimer(wait, deliver);
      return 'kept';
    });
  }

  /** Sends it twice. */
  duplicate(match: FaultMatch = {}): void {
    this.add(match, (deliver) => {
      deliver();
      return 'pass';
    });
  }

  /** Ends a process after its n-th message, between two messages or in the middle of a handler that awaits. */
  crash(target: Target, options: CrashOptions): void {
    const p = addressOf(hostOf(this.kernel), target).owner;
    if (p === null) throw new OptionError(
      'faults.crash', target, 'a living process', 'start it first', 'NOPROC',
    );
    if (!Number.isInteger(options.after) || options.after < 1) {
      throw new OptionError('faults.crash.after', options.after, 'a whole number of messages from 1');
    }
    this.crashes.set(
      p.pid, { left: options.after, p, reason: 'reason' in options ? options.reason : 'injected crash' },
    );
    this.env.chooser.single = true;
  }

  /** Forgets all faults that have not struck. */
  heal(): void {
    this.rules.length = 0;
    this.crashes.clear();
    this.env.chooser.single = false;
  }

  /** @internal */
  strike(to: Process, op: Op, _payload: unknown, from: unknown, deliver: () => void): 'pass' | 'drop' | 'kept' {
    for (const rule of this.rules) {
      if (rule.left <= 0 || !fits(rule.match, to, op, from) || rule.spared-- > 0) continue;
      rule.left--;
      this.struck++;
      return rule.fate(deliver);
    }
    return 'pass';
  }

  /** @internal A process has handled a message. */
  handled(pid: string): void {
    const crash = this.crashes.get(pid);
    if (crash === undefined || --crash.left > 0) return;
    this.crashes.delete(pid);
    this.env.chooser.single = this.crashes.size > 0;
    this.env.urgent(() => exitProcess(crash.p, crash.reason));
  }

  private add(match: FaultMatch, fate: Fate): void {
    this.rules.push({ match, fate, spared: match.after ?? 0, left: match.times ?? 1 });
    this.kernel.setFaults(this);
  }
}

function fits(match: FaultMatch, to: Process, op: Op, from: unknown): boolean {
  if (match.op !== undefined && match.op !== op.name) return false;
  if (match.to !== undefined && !names(match.to, to)) return false;
  if (match.from === undefined) return true;
  const sender = from instanceof Process ? from : from instanceof ReplySlot ? from.caller : null;
  return sender !== null && names(match.from, sender);
}

function names(target: Target, p: Process): boolean {
  return addressOf(hostOf(p.kernel), target).owner === p;
}
