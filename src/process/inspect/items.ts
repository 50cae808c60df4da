import { isUrgent, Kind, Rank, type Lane, type Mailbox, type Op, type Segment } from '../../mailbox/index.js';
import { withdrawn } from '../signal/monitor.js';
import type { Down } from '../signal/signal.js';
import { inspectProcess, type ProcessInfo } from './inspect.js';
import type { Pid, Process } from '../record/process.js';

/** A queued message as `inspect` shows it: a plain message as it is, a request to an agent with its operation. */
export type QueuedMessage = unknown;

/**
 * The items that `system.inspect(target, items)` knows (PF-07): those of a whole ProcessInfo, and some that cost more.
 */
export interface ProcessItems extends ProcessInfo {
  /** what waits, in the order in which it will be looked at; hidden by `sensitive` (PF-04) */
  readonly messages: readonly QueuedMessage[];
  /** a copy of the process dictionary; hidden by `sensitive` */
  readonly dictionary: ReadonlyMap<unknown, unknown>;
  /** everything that is not yet received, signals too (RE-08) */
  readonly messageQueueLength: number;
  /** bytes of the runtime's own records for it, an estimate; V8 does not tell what its state takes (J4) */
  readonly memory: number;
  /** whom it has suspended, and how often (PR-20) */
  readonly suspending: readonly { readonly pid: Pid; readonly count: number }[];
}

/** Reads items of one process, in the order asked for (PF-05). */
export function readItems(p: Process, items: readonly (keyof ProcessItems)[]): unknown[] {
  let info: ProcessInfo | null = null;
  return items.map((item) => {
    switch (item) {
      case 'messages': return hidden(p) ? [] : queuedIn(p).map(shown);
      case 'dictionary': return new Map(hidden(p) ? [] : (p.ext?.rarity?.dictionary ?? []));
      case 'messageQueueLength': return queuedIn(p).length;
      case 'memory': return memoryOf(p);
      case 'suspending': return [...(p.ext?.rarity?.suspending ?? [])].map(
        ([target, count]) => ({ pid: target.pid, count }),
      );
      default: return (info ??= inspectProcess(p))[item];
    }
  });
}

/** Every item there is, for the check of what is asked for. */
export const PROCESS_ITEMS: readonly (keyof ProcessItems)[] = [
  'pid', 'name', 'label', 'behaviour', 'initialCall', 'status', 'op', 'parent', 'groupLeader', 'ancestors', 'links', 'monitors', 'monitoredBy', 'trapExit',
  'priority', 'sensitive', 'reductions', 'mailbox', 'messages', 'dictionary', 'messageQueueLength', 'memory', 'suspending',
];

interface Queued {
  readonly op: Op;
  readonly payload: unknown;
}

const hidden = (p: Process): boolean => p.ext?.rarity?.sensitive ?? false;

/** The operations of the first messages that wait, never what they carry. */
export function operationsIn(p: Process, limit: number): string[] {
  return queuedIn(p, limit).slice(0, limit).map(({ op }) => op.name);
}

/** User messages, exits, downs and timer messages; the runtime's notes to itself are nobody's business. */
function queuedIn(p: Process, limit: number = Infinity): Queued[] {
  const kept = p.ext?.kept?.list() ?? [];
  const found: Queued[] = kept.filter((one) => isUrgent(one.op));
  const ordinary = kept.filter((one) => !isUrgent(one.op));
  for (const rank of [Rank.Critical, Rank.High]) collect(laneOf(p.mailbox, rank), found, limit);
  for (const one of ordinary) found.push(one);
  for (const rank of [Rank.Normal, Rank.Low]) collect(laneOf(p.mailbox, rank), found, limit);
  return found.filter(
    ({ op, payload }) => op.kind <= Kind.Timer && !(op.kind === Kind.Down && withdrawn(payload as Down)),
  );
}

function laneOf(box: Mailbox, rank: Rank): Lane | null {
  return rank === Rank.Normal ? box : (box.extra?.lanes[rank] ?? null);
}

function collect(lane: Lane | null, into: Queued[], limit: number): void {
  if (lane === null) return;
  let { head, hi, hend } = lane;
  for (let left = Math.min(lane.n, limit); left > 0 && head !== null; left--) {
    if (hi === hend) {
      head = head[hend] as Segment;
      hi = 0;
      hend = head.length - 1;
    }
    into.push({ op: head[hi] as Op, payload: head[hi + 1] });
    hi += 3;
  }
}

function shown({ op, payload }: Queued): QueuedMessage {
  return op.kind <= Kind.Stream || op.kind === Kind.Extra ? { op: op.name, payload } : payload;
}

const RECORD_BYTES = 200;
const MAILBOX_BYTES = 144;
const EXTRA_BYTES = 240;
const KEPT_BYTES = 48;
const ENTRY_BYTES = 64;

function memoryOf(p: Process): number {
  const { ext, mailbox: box } = p;
  let bytes = RECORD_BYTES + MAILBOX_BYTES + (ext === null ? 0 : EXTRA_BYTES) + (box.extra === null ? 0 : EXTRA_BYTES);
  for (const rank of [Rank.Low, Rank.Normal, Rank.High, Rank.Critical, Rank.Front]) bytes += storage(laneOf(box, rank));
  bytes += (ext?.kept?.size ?? 0) * KEPT_BYTES + (ext?.rarity?.dictionary?.size ?? 0) * ENTRY_BYTES;
  return bytes;
}

function storage(lane: Lane | null): number {
  let bytes = 0;
  for (let segment = lane?.head ?? null; segment !== null; segment = segment[segment.length - 1] as Segment | null) {
    bytes += segment.length * 8;
  }
  return bytes;
}
