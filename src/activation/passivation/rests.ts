import { managerRuntime } from '../../delivery/group/index.js';
import { Destination } from '../../delivery/guarantee/index.js';
import { Phase, Run } from '../../process/record/index.js';
import type { Holding, Process, ProcessExt } from '../../process/record/index.js';
import { Cell } from '../../router/names/index.js';

/**
 * Whether nothing is open in the name of an agent, so that nobody loses anything when it ends in this
 * step: no message queued or handled, no request of its own, reply, timer, monitor, task, link, lease,
 * subscription, checkout, commit or delivery on its way.
 *
 * @param ours what is kept in its name by whoever asks
 */
export function rests(p: Process, ours: Holding): boolean {
  const { ext, mailbox: box, name } = p;
  return p.phase === Phase.Alive && p.run === Run.Idle && p.op === null && p.calls === null
    && box.size === 0 && box.n === 0 && box.ready === 0 && isAlone(p) && !hasCheckout(p)
    && (ext === null || nothingIn(ext, ours))
    && !(name instanceof Cell && name.mail instanceof Destination && isOpen(name.mail));
}

/** Linked to nobody but its supervisor. */
function isAlone({ links, parent }: Process): boolean {
  if (links === null || links === parent) return true;
  return links instanceof Set && [...links].every((peer) => peer === parent);
}

function nothingIn(ext: ProcessExt, ours: Holding): boolean {
  return isEmpty(ext.deferred) && isEmpty(ext.controllers) && isEmpty(ext.starting)
    && ext.timers === null && ext.idle === null && ext.watching === null && ext.shutdown === null
    && (ext.holdings === null || [...ext.holdings].every((one) => one === ours))
    && (ext.turn === null || ext.turn.idle)
    && (ext.rarity === null || (isEmpty(ext.rarity.suspended) && isEmpty(ext.rarity.suspending)));
}

function isEmpty(some: { readonly size: number } | null): boolean {
  return some === null || some.size === 0;
}

/** The manager of a pool watches who has one of its workers. */
function hasCheckout(p: Process): boolean {
  const { behaviour } = managerRuntime();
  for (let at = p.watchers; at !== null; at = at.targetNext) if (at.holder?.behaviour === behaviour) return true;
  return false;
}

function isOpen({ counters, recovered }: Destination): boolean {
  return counters.pending + counters.inTransit + counters.running > 0 || recovered !== null;
}
