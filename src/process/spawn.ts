import { Mailbox, UNBOUNDED } from '../mailbox/index.js';
import type { Kernel } from './kernel.js';
import { link } from './link.js';
import { type Behaviour, type Process as ProcessType, Process } from './process.js';

/** What a new process starts with, beyond its behaviour. */
export interface SpawnRecord {
  readonly parent: ProcessType | null;
  readonly link: boolean;
  readonly capacity: number;
  readonly trap: boolean;
}

export const PLAIN_SPAWN: SpawnRecord = { parent: null, link: false, capacity: UNBOUNDED, trap: false };

/** Makes a process in phase Starting. Nothing of it has run: the caller links, names and queues it first (PR-01, PR-08). */
export function spawnProcess(kernel: Kernel, behaviour: Behaviour, record: SpawnRecord): Process {
  const n = kernel.nextNumber();
  const p = new Process(kernel, n, behaviour, new Mailbox(record.capacity), record.parent);
  p.trap = record.trap;
  kernel.live.set(n, p);
  kernel.counts.spawned++;
  if (record.link && record.parent !== null) link(record.parent, p);
  if (kernel.tap !== null) kernel.tap.spawned(p.pid);
  return p;
}
