import type { ProcessInfo, ProcessLevel, Status } from '../../api/inspect.js';
import type { Pid } from '../../api/address.js';
import { mailboxStats } from '../../mailbox/index.js';
import { Level, Phase, Run } from '../record/index.js';
import type { Process } from '../record/index.js';
import { isSuspended, linksOf } from '../signal/index.js';

export const LEVELS: Readonly<Record<ProcessLevel, Level>> =
  { low: Level.Low, normal: Level.Normal, high: Level.High, max: Level.Max };
const NAMES: readonly ProcessLevel[] = ['low', 'normal', 'high', 'max'];

export function levelNameOf(p: Process): ProcessLevel {
  return NAMES[p.level] ?? 'normal';
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
    level: levelNameOf(p),
    sensitive: p.ext?.rarity?.sensitive ?? false,
    reductions: p.mailbox.handled,
    mailbox: mailboxStats(p.mailbox, p.running, p.kernel.env.mono()),
    health: p.ext?.health?.info,
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
