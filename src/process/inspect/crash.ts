import { frozenHint } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { Rank } from '../../mailbox/index.js';
import { ReplySlot } from '../record/index.js';
import type { CrashReport, Process } from '../record/index.js';
import { ancestors, initialCall, statusOf } from './inspect.js';
import { operationsIn } from './items.js';

const MESSAGES_MAX = 10;
const LINKS_MAX = 50;
const KEYS_MAX = 10;
const KEY_LENGTH = 100;
const NEIGHBOURS_MAX = 15;
/** links looked at for neighbours: a crash beside a process with very many links stays cheap */
const LOOKS_MAX = 500;

/**
 * Tells the logger of an abnormal end (PL-08, PL-09), while the process still has its links and its
 * messages.
 */
export function reportCrash(p: Process, reason: ExitReason): void {
  const sensitive = p.ext?.rarity?.sensitive ?? false;
  const shown = (p.ext?.sys ?? p.behaviour.sys)?.crash?.(p, reason, sensitive);
  const hint = p.kernel.frozen ? frozenHint(reason) : undefined;
  const crash: CrashReport = {
    label: 'process crashed',
    level: 'error',
    pid: p.pid,
    name: p.name?.name,
    processLabel: p.ext?.label ?? undefined,
    behaviour: p.behaviour.name,
    initialCall: initialCall(p),
    reason,
    ...(hint === undefined ? {} : { hint }),
    status: statusOf(p),
    op: p.op?.name,
    client: p.from instanceof ReplySlot ? whose(p.from.caller) : undefined,
    delivery: p.from instanceof ReplySlot ? p.from.told(p.kernel.details) : undefined,
    queued: p.mailbox.size,
    depth: p.mailbox.depth(Rank.Normal),
    messages: sensitive ? [] : operationsIn(p, MESSAGES_MAX),
    ancestors: ancestors(p),
    links: someLinks(p, LINKS_MAX).map((peer) => peer.pid),
    dictionaryKeys: sensitive ? [] : keysOf(p),
    trapExit: p.trap,
    sensitive,
    reductions: p.mailbox.handled,
    neighbours: neighboursOf(p),
    ...shown,
  };
  p.kernel.report(crash);
}

/** Who that is to people: a pid alone tells nobody. */
function whose(p: Process | null): string {
  if (p === null) return 'outside';
  return p.name === null ? `${p.pid} (${p.ext?.label ?? p.behaviour.name})` : p.name.name;
}

function someLinks({ links }: Process, limit: number): Process[] {
  if (links === null) return [];
  if (!(links instanceof Set)) return [links];
  const found: Process[] = [];
  for (const peer of links) {
    if (found.length === limit) break;
    found.push(peer);
  }
  return found;
}

/** Keys only: what they stand for is the process's own business. */
function keysOf(p: Process): string[] {
  const found: string[] = [];
  for (const key of p.ext?.rarity?.dictionary?.keys() ?? []) {
    if (found.length === KEYS_MAX) break;
    found.push(typeof key === 'string'
      ? key.slice(0, KEY_LENGTH)
      : typeof key === 'symbol' || typeof key === 'number' ? String(key) : `[${typeof key}]`);
  }
  return found;
}

/** Whom this crash takes along through links: breadth first over processes that do not trap exits (PL-10). */
type Neighbour = CrashReport['neighbours'][number];

function neighboursOf(p: Process): Neighbour[] {
  const seen = new Set<Process>([p]);
  const found: Process[] = [];
  let looks = LOOKS_MAX;
  for (let at = -1; at < found.length && looks > 0; at++) {
    for (const peer of someLinks(at < 0 ? p : (found[at] as Process), looks)) {
      looks--;
      if (peer.trap || seen.has(peer)) continue;
      seen.add(peer);
      found.push(peer);
      if (found.length === NEIGHBOURS_MAX) return found.map(describe);
    }
  }
  return found.map(describe);
}

function describe(p: Process): Neighbour {
  return {
    pid: p.pid, name: p.name?.name, processLabel: p.ext?.label ?? undefined, behaviour: p.behaviour.name,
    initialCall: initialCall(p), status: statusOf(p), op: p.op?.name, queued: p.mailbox.size,
    ancestors: ancestors(p),
  };
}
