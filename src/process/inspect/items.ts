import type { ProcessInfo, ProcessItems, QueuedMessage } from '../../api/inspect.js';
import type { Down } from '../../api/messages.js';
import { Rank } from '../../mailbox/index.js';
import type { Lane, Mailbox } from '../../mailbox/index.js';
import { isUrgent, Kind } from '../../mailbox/message/index.js';
import type { Op } from '../../mailbox/message/index.js';
import type { Process } from '../record/index.js';
import { withdrawn } from '../signal/index.js';
import { inspectProcess } from './inspect.js';

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
  'pid', 'name', 'label', 'behaviour', 'initialCall', 'status', 'op', 'parent', 'groupLeader',
  'ancestors', 'links', 'monitors', 'monitoredBy', 'trapExit',
  'level', 'sensitive', 'reductions', 'mailbox', 'health', 'messages', 'dictionary', 'messageQueueLength',
  'memory', 'suspending',
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
  if (lane === null || limit <= 0) return;
  let left = limit;
  lane.scan((op, payload) => {
    into.push({ op, payload });
    return --left === 0;
  });
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
  let bytes = RECORD_BYTES + MAILBOX_BYTES + (ext === null ? 0 : EXTRA_BYTES)
    + (box.extra === null ? 0 : EXTRA_BYTES);
  for (const rank of [Rank.Low, Rank.Normal, Rank.High, Rank.Critical, Rank.Front]) {
    bytes += laneOf(box, rank)?.bytes ?? 0;
  }
  bytes += (ext?.kept?.size ?? 0) * KEPT_BYTES + (ext?.rarity?.dictionary?.size ?? 0) * ENTRY_BYTES;
  return bytes;
}
