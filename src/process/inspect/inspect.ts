import { mailboxStats, type MailboxStats } from '../../mailbox/index.js';
import { linksOf } from '../signal/link.js';
import { Level, Phase, Run, type Pid, type Process } from '../record/process.js';
import { isSuspended } from '../signal/suspend.js';

/**
 * What a process is doing: `waiting` is a handler that awaits or a plain process whose body does, in `receive` too
 * (PF-08);
 * `queued` has its turn coming, `idle` is an agent without a message, `suspended` takes none (PR-20),
 * `hibernated` is one that has been idle for `hibernateAfterMs` or has asked for it, and has given its spare storage back (GS-31).
 */
export type Status =
  | 'suspended' | 'idle' | 'hibernated' | 'queued' | 'running' | 'waiting' | 'starting' | 'terminating' | 'exited';

/** Scheduling levels by name (PF-02). */
export type ProcessPriority = 'low' | 'normal' | 'high' | 'max';
export const LEVELS: Readonly<Record<ProcessPriority, Level>> =
  { low: Level.Low, normal: Level.Normal, high: Level.High, max: Level.Max };
const NAMES: readonly ProcessPriority[] = ['low', 'normal', 'high', 'max'];

export function priorityOf(p: Process): ProcessPriority {
  return NAMES[p.level] ?? 'normal';
}

/** What `system.inspect(pid)` tells of one process; a copy, taken now. */
export interface ProcessInfo {
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly label: string | undefined;
  readonly behaviour: string;
  /** what it was started with: the definition of an agent, the name of a plain process's body */
  readonly initialCall: string;
  readonly status: Status;
  /** the operation that is being handled */
  readonly op: string | undefined;
  readonly parent: Pid | undefined;
  /** inherited from the spawner, undefined unless somebody has set one (PR-14) */
  readonly groupLeader: Pid | undefined;
  /** names or pids, nearest first (PL-07) */
  readonly ancestors: readonly string[];
  readonly links: readonly Pid[];
  readonly monitors: readonly Pid[];
  readonly monitoredBy: readonly Pid[];
  readonly trapExit: boolean;
  readonly priority: ProcessPriority;
  readonly sensitive: boolean;
  /** messages handled so far; only grows (PF-09) */
  readonly reductions: number;
  readonly mailbox: MailboxStats;
}

export function statusOf(p: Process): Status {
  if (p.phase === Phase.Dead) return 'exited';
  if (isSuspended(p)) return 'suspended';
  if (p.phase === Phase.Terminating) return 'terminating';
  if (p.phase === Phase.Starting) return 'starting';
  if (p.run === Run.Running) return 'running';
  if (p.run === Run.Parked) return 'waiting';
  if (p.run === Run.Queued) return 'queued';
  if (p.ext?.hibernation?.asleep === true) return 'hibernated';
  return p.behaviour.waits === undefined ? 'idle' : 'waiting';
}

export function inspectProcess(p: Process): ProcessInfo {
  const monitors: Pid[] = [];
  for (let at = p.ext?.watching ?? null; at !== null; at = at.holderNext) {
    if (at.target !== null) monitors.push(at.target.pid);
  }
  const monitoredBy: Pid[] = [];
  for (let at = p.watchers; at !== null; at = at.targetNext) {
    if (at.holder !== null && at.holder.phase !== Phase.Dead) monitoredBy.push(at.holder.pid);
  }
  return {
    pid: p.pid,
    name: p.name?.name,
    label: p.ext?.label ?? undefined,
    behaviour: p.behaviour.name,
    initialCall: initialCall(p),
    status: statusOf(p),
    op: p.op?.name,
    parent: p.parent?.pid,
    groupLeader: p.ext?.rarity?.leader ?? undefined,
    ancestors: ancestors(p),
    links: linksOf(p).map((peer) => peer.pid),
    monitors,
    monitoredBy,
    trapExit: p.trap,
    priority: priorityOf(p),
    sensitive: p.ext?.rarity?.sensitive ?? false,
    reductions: p.mailbox.handled,
    mailbox: mailboxStats(p.mailbox, p.running, p.kernel.env.mono()),
  };
}

export function initialCall(p: Process): string {
  const body = (p.self as { readonly body?: unknown } | null)?.body;
  if (typeof body !== 'function') return p.behaviour.name;
  return body.name === '' ? 'anonymous body' : body.name;
}

/** Registered names where there are any, else pids; nearest first (PL-07). */
export function ancestors(p: Process): string[] {
  const found: string[] = [];
  for (let at = p.parent; at !== null && found.length < 32; at = at.parent) found.push(at.title);
  return found;
}
