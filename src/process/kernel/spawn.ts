import { Mailbox, Pressure } from '../../mailbox/index.js';
import type { MailboxRules } from '../../mailbox/index.js';
import { Process } from '../record/index.js';
import type { Behaviour, Kernel, Rarity, WaterReport } from '../record/index.js';
import { link } from '../signal/index.js';

/**
 * Makes a process in phase Starting. Nothing of it has run: the caller links, names and queues it
 * first (PR-01). A parent that is given is linked before the child can die (PR-08), unless `linked`
 * is false.
 */
export function spawnProcess(
  kernel: Kernel, behaviour: Behaviour, parent: Process | null, linked: boolean,
  rules: MailboxRules | null = null,
): Process {
  const n = kernel.nextNumber();
  const p = new Process(
    kernel, n, behaviour, rules === null ? Mailbox.unopened : ruled(rules, behaviour), parent,
  );
  if (rules !== null && rules.highWater > 0) tellOf(p, rules);
  kernel.live.add(p, n);
  kernel.counts.spawned++;
  if (linked && parent !== null) link(parent, p);
  if (parent !== null && parent.ext !== null && parent.ext.rarity !== null) inherit(p, parent.ext.rarity);
  if (kernel.watchdog !== null) kernel.watchdog.join(p);
  if (kernel.tap !== null) kernel.tap.spawned(p.pid);
  return p;
}

function ruled(rules: MailboxRules, behaviour: Behaviour): Mailbox {
  const box = new Mailbox(-1);
  box.cold().pressure = new Pressure(rules, behaviour.returns === true);
  box.refit();
  return box;
}

/** Alarms of its mailbox are reports. */
function tellOf(p: Process, { highWater, lowWater }: MailboxRules): void {
  p.mailbox.pressure().tell = (high, queued) => {
    const report: WaterReport = {
      label: high ? 'mailbox above high water' : 'mailbox at low water',
      level: high ? 'warn' : 'info', pid: p.pid, name: p.name?.name, queued, highWater, lowWater,
    };
    p.kernel.report(report);
  };
}

/** The group leader is the spawner's (PR-14); nothing else is inherited (PR-13). */
function inherit(p: Process, { leader }: Rarity): void {
  if (leader !== null) p.rare().leader = leader;
}
