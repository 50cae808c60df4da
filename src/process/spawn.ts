import { Mailbox, UNBOUNDED } from '../mailbox/index.js';
import type { Kernel } from './kernel.js';
import { link } from './link.js';
import { Process, type Behaviour, type Rarity } from './process.js';

/**
 * Makes a process in phase Starting. Nothing of it has run: the caller links, names and queues it first (PR-01).
 * A parent that is given is linked before the child can die (PR-08), unless `linked` is false.
 */
export function spawnProcess(kernel: Kernel, behaviour: Behaviour, parent: Process | null, linked: boolean, capacity: number): Process {
  const n = kernel.nextNumber();
  const p = new Process(kernel, n, behaviour, capacity === UNBOUNDED ? Mailbox.unopened : new Mailbox(capacity), parent);
  kernel.live.add(p, n);
  kernel.counts.spawned++;
  if (linked && parent !== null) link(parent, p);
  if (parent !== null && parent.ext !== null && parent.ext.rarity !== null) inherit(p, parent.ext.rarity);
  if (kernel.watchdog !== null) kernel.watchdog.join(p);
  if (kernel.tap !== null) kernel.tap.spawned(p.pid);
  return p;
}

/** The group leader is the spawner's (PR-14); nothing else is inherited (PR-13). */
function inherit(p: Process, { leader }: Rarity): void {
  if (leader !== null) p.rare().leader = leader;
}
