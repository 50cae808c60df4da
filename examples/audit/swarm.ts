import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { createSystem, formatReason, type System, type SystemStats } from '../../src/index.js';
import type { StoreSource } from '../../src/journal/public.js';
import type { Manuscript } from './agents/writer.js';
import { Outages } from './advisory/outage.js';
import { startAdvisoryServer } from './advisory/server.js';
import { BREAKER, BREAKER_OPTIONS, BreakerWatch, type BreakerFigures } from './advisory/watch.js';
import { accountOf, deliveriesOf, imbalance, undelivered } from './check/balance.js';
import { Foreman, type Outcome } from './foreman.js';
import type { AuditOptions } from './options.js';
import type { Display } from './output/display.js';
import { Random } from './random.js';
import { startSwarm, type Swarm } from './tree.js';
import { done, WORK } from './work.js';

interface Work extends Outcome {
  readonly manuscript: Manuscript;
}

/** What the swarm came to: plain data, which a program can send to another. */
export interface SwarmRun extends Work {
  readonly breaker: BreakerFigures;
  readonly stats: SystemStats;
  readonly complaints: readonly string[];
}

/**
 * The swarm works, and is stopped. What its ledgers hold is in the store; when they held something
 * before, it goes on from there. `report` hears how many files are done, first of all 0.
 */
export async function runSwarm(
  options: AuditOptions, display: Display, interrupt: AbortSignal, store: StoreSource,
  report: (filesDone: number) => void = () => undefined,
): Promise<SwarmRun> {
  // The crashes are staged and the summary counts them: no report of each on stderr.
  const system = createSystem({ name: 'audit', logger: false, delivery: WORK, store });
  const breaker = new BreakerWatch(system.breaker(BREAKER, BREAKER_OPTIONS));
  const server = await startAdvisoryServer(new Outages(new Random(options.seed)));
  try {
    const swarm = await startSwarm(system, options, server.url, display);
    const foreman = new Foreman(options.directory, swarm, breaker, interrupt, report);
    const finished = await Promise.race([doWork(options, swarm, foreman, interrupt), fallOf(swarm)]);
    const complaints = checkAccounts(system, 'before the stop');
    await system.stop({ drain: true });
    complaints.push(...checkAccounts(system, 'after the stop'));
    if (!breaker.complete && !interrupt.aborted) complaints.push('the breaker did not open and close again');
    return { ...finished, breaker: breaker.figures(), stats: system.stats(), complaints };
  } finally {
    display.close();
    await system.stop({ drain: false });
    await server.close();
  }
}

async function doWork(
  options: AuditOptions, swarm: Swarm, foreman: Foreman, interrupt: AbortSignal,
): Promise<Work> {
  const outcome = await foreman.run();
  const manuscript = manuscriptOf(options, outcome, interrupt);
  await done(swarm.writer.deliver('write', manuscript));
  return { ...outcome, manuscript };
}

function manuscriptOf({ directory }: AuditOptions, { findings }: Outcome, interrupt: AbortSignal): Manuscript {
  return {
    subject: { name: basename(directory), node: process.versions.node, complete: !interrupt.aborted },
    stamp: { serialNumber: `urn:uuid:${randomUUID()}`, timestamp: new Date().toISOString() },
    findings,
  };
}

/**
 * Rejects when the top supervisor has ended: more agents crashed than it takes for bad luck, and
 * nobody brings them back.
 */
async function fallOf({ top }: Swarm): Promise<never> {
  throw new Error(`the supervisors gave up: ${formatReason(await top.down)}`);
}

function checkAccounts(system: System, when: string): string[] {
  const stats = system.stats();
  const complaints: string[] = [];
  const messages = imbalance(accountOf(stats));
  if (messages !== 0) complaints.push(`${messages} messages without an outcome ${when}`);
  const deliveries = undelivered(deliveriesOf(stats));
  if (deliveries !== 0) complaints.push(`${deliveries} deliveries without an outcome ${when}`);
  return complaints;
}
