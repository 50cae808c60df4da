import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createSystem, formatReason, type System, type SystemStats } from '../../src/index.js';
import type { Manuscript } from './agents/writer.js';
import { Outages } from './advisory/outage.js';
import { startAdvisoryServer } from './advisory/server.js';
import { BREAKER, BREAKER_OPTIONS, BreakerWatch, type BreakerFigures } from './advisory/watch.js';
import { accountOf, deliveriesOf, imbalance, undelivered } from './check/balance.js';
import { compareFindings } from './check/comparison.js';
import { disturbedPaths, withoutPaths } from './check/disturbance.js';
import { Recount } from './check/recount.js';
import { Foreman, type Outcome } from './foreman.js';
import type { AuditOptions } from './options.js';
import type { Display } from './output/display.js';
import { renderReport } from './output/report.js';
import { renderSbom } from './output/sbom.js';
import type { RunResult } from './output/summary.js';
import { Random } from './random.js';
import { startSwarm, type Swarm } from './tree.js';
import { done, WORK } from './work.js';

/** Time stamps of files may be as old as the last tick of the kernel's clock. */
const FILE_CLOCK_LAG_MS = 20;

/**
 * One run from start to verdict: the swarm works and is stopped, then the recount checks it. When
 * `interrupt` fires, the swarm finishes what it has begun and reports that, and nothing is
 * recounted.
 */
export async function runAudit(
  options: AuditOptions, display: Display, interrupt: AbortSignal,
): Promise<RunResult> {
  const startedAt = performance.now();
  const clockAtStart = Date.now() - FILE_CLOCK_LAG_MS;
  const { manuscript, tally, advice, breaker, stats, complaints } = await runSwarm(options, display, interrupt);
  const swarmMs = performance.now() - startedAt;
  if (!interrupt.aborted) display.note('counting again without agents …');
  const { differences, changed } = await verify(options, manuscript, interrupt, clockAtStart);
  const { files, packages, unreadable } = manuscript.findings;
  const { delivery } = stats;
  return {
    options,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    packages: packages.length,
    unreadable: unreadable.length,
    messages: stats.sent,
    crashes: stats.crashes,
    restarts: stats.restarts,
    delivered: delivery.delivered,
    retried: delivery.retried,
    duplicatesSuppressed: delivery.duplicatesSuppressed,
    deadLettered: stats.deadLettered,
    ackP50Ms: delivery.ackMs.p50,
    ackP99Ms: delivery.ackMs.p99,
    advice,
    breaker,
    lost: tally.lost.length,
    duplicated: tally.duplicated.length,
    changed,
    differences: [...complaints, ...differences],
    interrupted: interrupt.aborted,
    swarmMs,
    recountMs: performance.now() - startedAt - swarmMs,
    account: accountOf(stats),
    deliveries: deliveriesOf(stats),
  };
}

interface Work extends Outcome {
  readonly manuscript: Manuscript;
}

interface SwarmRun extends Work {
  readonly breaker: BreakerFigures;
  readonly stats: SystemStats;
  readonly complaints: readonly string[];
}

async function runSwarm(options: AuditOptions, display: Display, interrupt: AbortSignal): Promise<SwarmRun> {
  // The crashes are staged and the summary counts them: no report of each on stderr.
  const system = createSystem({ name: 'audit', logger: false, delivery: WORK });
  const breaker = new BreakerWatch(system.breaker(BREAKER, BREAKER_OPTIONS));
  const server = await startAdvisoryServer(new Outages(new Random(options.seed)));
  try {
    const swarm = await startSwarm(system, options, server.url, display);
    const finished = await Promise.race([doWork(options, swarm, breaker, interrupt), fallOf(swarm)]);
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
  options: AuditOptions, swarm: Swarm, breaker: BreakerWatch, interrupt: AbortSignal,
): Promise<Work> {
  const outcome = await new Foreman(options.directory, swarm, breaker, interrupt).run();
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

interface Verdict {
  readonly differences: readonly string[];
  /** Paths that others changed while they were audited: left out of the comparison. */
  readonly changed: number;
}

/** Compares the findings with a recount, and the written files with what they should hold. */
async function verify(
  options: AuditOptions, manuscript: Manuscript, interrupt: AbortSignal, sinceMs: number,
): Promise<Verdict> {
  const { subject, stamp, findings } = manuscript;
  const { directory: root, out } = options;
  try {
    const again = await new Recount({ root, excluded: out, node: subject.node, signal: interrupt }).run();
    const changed = await disturbedPaths(root, findings, again, sinceMs);
    const differences = compareFindings(withoutPaths(findings, changed), withoutPaths(again, changed));
    const truth = changed.size === 0 ? again : findings;
    if (await readFile(
      join(out, 'report.md'), 'utf8',
    ) !== renderReport(subject, truth)) differences.push('report.md');
    if (await readFile(join(out, 'sbom.json'), 'utf8') !== renderSbom(subject, stamp, truth)) {
      differences.push('sbom.json');
    }
    return { differences, changed: changed.size };
  } catch (error) {
    if (interrupt.aborted) return { differences: [], changed: 0 };
    throw error;
  }
}
