import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manuscript } from './agents/writer.js';
import { accountOf, deliveriesOf } from './check/balance.js';
import { compareFindings } from './check/comparison.js';
import { disturbedPaths, withoutPaths } from './check/disturbance.js';
import { Recount } from './check/recount.js';
import type { Findings } from './findings.js';
import { runLives } from './lives/lives.js';
import { openPlace } from './lives/place.js';
import type { AuditOptions } from './options.js';
import type { Display } from './output/display.js';
import { renderReport } from './output/report.js';
import { renderSbom } from './output/sbom.js';
import type { RunResult } from './output/summary.js';
import { runSwarm, type SwarmRun } from './swarm.js';

/** Time stamps of files may be as old as the last tick of the kernel's clock. */
const FILE_CLOCK_LAG_MS = 20;

/**
 * One run from start to verdict: the swarm works and is stopped, then the recount checks it. Where the
 * swarm is killed, what it has to come to is counted first. When `interrupt` fires, the swarm finishes
 * what it has begun and reports that, and nothing is recounted.
 */
export async function runAudit(
  options: AuditOptions, display: Display, interrupt: AbortSignal,
): Promise<RunResult> {
  const startedAt = performance.now();
  const clockAtStart = Date.now() - FILE_CLOCK_LAG_MS;
  const { run, expected, kills, store, swarmMs } = await work(options, display, interrupt);
  const { manuscript, tally, advice, breaker, stats, complaints } = run;
  if (!interrupt.aborted && expected === null) display.note('counting again without agents …');
  const { differences, changed } = await verify(options, manuscript, interrupt, clockAtStart, expected);
  const { files, packages, unreadable } = manuscript.findings;
  const { delivery } = stats;
  return {
    options,
    store,
    kills,
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

interface Worked {
  readonly run: SwarmRun;
  /** What was counted before the work; null where it is counted after it. */
  readonly expected: Findings | null;
  readonly kills: number;
  readonly store: 'disk' | 'memory';
  readonly swarmMs: number;
}

/** The work, here or in programs that are killed. */
async function work(options: AuditOptions, display: Display, interrupt: AbortSignal): Promise<Worked> {
  await using place = openPlace(options.durable);
  if (place.missing !== null) display.note(`${place.missing}; the ledgers are kept in memory, and nothing is killed`);
  const { path } = place;
  const store = path === null ? 'memory' : 'disk';
  if (path === null || !options.kill) {
    const startedAt = performance.now();
    const run = await runSwarm(options, display, interrupt, place.source);
    return { run, expected: null, kills: 0, store, swarmMs: performance.now() - startedAt };
  }
  display.note('counting without agents …');
  const expected = await recount(options, process.versions.node, interrupt);
  const startedAt = performance.now();
  const { run, kills } = await runLives(options, path, expected?.files.length ?? 0, display, interrupt);
  return { run, expected, kills, store, swarmMs: performance.now() - startedAt };
}

/** Null when it was interrupted. */
async function recount(
  { directory: root, out: excluded }: AuditOptions, node: string, signal: AbortSignal,
): Promise<Findings | null> {
  try {
    return await new Recount({ root, excluded, node, signal }).run();
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

interface Verdict {
  readonly differences: readonly string[];
  /** Paths that others changed while they were audited: left out of the comparison. */
  readonly changed: number;
}

/** Compares the findings with a recount, and the written files with what they should hold. */
async function verify(
  options: AuditOptions, manuscript: Manuscript, interrupt: AbortSignal, sinceMs: number, expected: Findings | null,
): Promise<Verdict> {
  const { subject, stamp, findings } = manuscript;
  const { directory: root, out } = options;
  const again = interrupt.aborted ? null : expected ?? await recount(options, subject.node, interrupt);
  if (again === null) return { differences: [], changed: 0 };
  const changed = await disturbedPaths(root, findings, again, sinceMs);
  const differences = compareFindings(withoutPaths(findings, changed), withoutPaths(again, changed));
  const truth = changed.size === 0 ? again : findings;
  const written = (name: string): Promise<string> => readFile(join(out, name), 'utf8');
  if (await written('report.md') !== renderReport(subject, truth)) differences.push('report.md');
  if (await written('sbom.json') !== renderSbom(subject, stamp, truth)) differences.push('sbom.json');
  return { differences, changed: changed.size };
}
