import { mailboxStats, type MailboxStats } from '../mailbox/index.js';
import { ancestors } from './exit.js';
import { linksOf } from './link.js';
import { Phase, Run, type Pid, type Process } from './process.js';

/** What a process is doing: `waiting` is a handler that awaits, `queued` has its turn coming, `idle` has no message (PF-08). */
export type Status = 'idle' | 'queued' | 'running' | 'waiting' | 'starting' | 'terminating' | 'exited';

/** What `system.inspect(pid)` tells of one process; a copy, taken now. */
export interface ProcessInfo {
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly label: string | undefined;
  readonly behaviour: string;
  readonly status: Status;
  /** the operation that is being handled */
  readonly op: string | undefined;
  readonly parent: Pid | undefined;
  /** names or pids, nearest first (PL-07) */
  readonly ancestors: readonly string[];
  readonly links: readonly Pid[];
  readonly monitors: readonly Pid[];
  readonly monitoredBy: readonly Pid[];
  readonly trapExit: boolean;
  readonly mailbox: MailboxStats;
}

export function statusOf(p: Process): Status {
  if (p.phase === Phase.Dead) return 'exited';
  if (p.phase === Phase.Terminating) return 'terminating';
  if (p.phase === Phase.Starting) return 'starting';
  if (p.run === Run.Running) return 'running';
  if (p.run === Run.Parked) return 'waiting';
  return p.run === Run.Queued ? 'queued' : 'idle';
}

export function inspectProcess(p: Process): ProcessInfo {
  const monitors: Pid[] = [];
  for (let at = p.ext?.watching ?? null; at !== null; at = at.holderNext) if (at.target !== null) monitors.push(at.target.pid);
  const monitoredBy: Pid[] = [];
  for (let at = p.watchers; at !== null; at = at.targetNext) if (at.holder !== null) monitoredBy.push(at.holder.pid);
  return {
    pid: p.pid,
    name: p.name?.name,
    label: p.ext?.label ?? undefined,
    behaviour: p.behaviour.name,
    status: statusOf(p),
    op: p.op?.name,
    parent: p.parent?.pid,
    ancestors: ancestors(p),
    links: linksOf(p).map((peer) => peer.pid),
    monitors,
    monitoredBy,
    trapExit: p.trap,
    mailbox: mailboxStats(p.mailbox, p.running),
  };
}
