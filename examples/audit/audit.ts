import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createSystem, formatReason, type System, type SystemStats } from '../../src/index.js';
import type { Manuscript } from './agents/writer.js';
import { Asker } from './asker.js';
import { imbalance } from './check/balance.js';
import { compareFindings } from './check/comparison.js';
import { disturbedPaths, withoutPaths } from './check/disturbance.js';
import { Recount } from './check/recount.js';
import type { Tally } from './check/tally.js';
import { Foreman } from './foreman.js';
import type { AuditOptions } from './options.js';
import type { Display } from './output/display.js';
import { renderReport } from './output/report.js';
import { renderSbom } from './output/sbom.js';
import type { RunResult } from './output/summary.js';
import { startSwarm, type Swarm } from './tree.js';

/** Time stamps of files may be as old as the last tick of the kernel's clock. */
const FILE_CLOCK_LAG_MS = 20;

/**
 * One run from start to verdict: the swarm works and is stopped, then the recount checks it. When `interrupt` fires,
 * the swarm finishes what it has begun and reports that, and nothing is recounted.
 */
export async function runAudit(options: AuditOptions, display: Display, interrupt: AbortSignal): Promise<RunResult> {
  const startedAt = performance.now();
  const clockAtStart = Date.now() - FILE_CLOCK_LAG_MS;
  const { manuscript, tally, asker, stats, complaints } = await runSwarm(options, display, interrupt);
  const swarmMs = performance.now() - startedAt;
  if (!interrupt.aborted) display.note('counting again without agents …');
  const { differences, changed } = await verify(options, manuscript, interrupt, clockAtStart);
  const { files, packages, unreadable } = manuscript.findings;
  return {
    options,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    packages: packages.length,
    unreadable: unreadable.length,
    messages: stats.sent,
    crashes: stats.crashes,
    restarts: stats.restarts,
    repeats: asker.repeats,
    callP50Ms: asker.callMs(50),
    callP99Ms: asker.callMs(99),
    lost: tally.lost.length,
    duplicated: tally.duplicated.length,
    changed,
    differences: [...complaints, ...differences],
    interrupted: interrupt.aborted,
    swarmMs,
    recountMs: performance.now() - startedAt - swarmMs,
  };
}

interface SwarmRun {
  readonly manuscript: Manuscript;
  readonly tally: Tally;
  readonly asker: Asker;
  readonly stats: SystemStats;
  readonly complaints: readonly string[];
}

async function runSwarm(options: AuditOptions, display: Display, interrupt: AbortSignal): Promise<SwarmRun> {
  // The crashes are staged and the summary counts them: no report of each on stderr.
  const system = createSystem({ name: 'audit', logger: false });
  try {
    const swarm = await startSwarm(system, options, display);
    const asker = new Asker(fallOf(swarm));
    const { findings, tally } = await new Foreman(options.directory, swarm, asker, interrupt).run();
    const manuscript = {
      subject: { name: basename(options.directory), node: process.versions.node, complete: !interrupt.aborted },
      stamp: { serialNumber: `urn:uuid:${randomUUID()}`, timestamp: new Date().toISOString() },
      findings,
    };
    await asker.ask(() => swarm.writer.call('write', manuscript, { timeoutMs: 'infinity' }));
    const complaints = checkAccounts(system, 'before the stop');
    await system.stop({ drain: true });
    complaints.push(...checkAccounts(system, 'after the stop'));
    return { manuscript, tally, asker, stats: system.stats(), complaints };
  } finally {
    display.close();
    await system.stop({ drain: false });
  }
}

/** Fires when the top supervisor has ended: more agents crashed than it takes for bad luck. */
function fallOf({ top }: Swarm): AbortSignal {
  const fall = new AbortController();
  // Every request that waits to be repeated listens to it, and there may be hundreds.
  setMaxListeners(0, fall.signal);
  void top.down.then((reason) => { fall.abort(new Error(`the supervisors gave up: ${formatReason(reason)}`)); });
  return fall.signal;
}

function checkAccounts(system: System, when: string): string[] {
  const messages = imbalance(system.stats());
  return messages === 0 ? [] : [`${messages} messages without an outcome ${when}`];
}

interface Verdict {
  readonly differences: readonly string[];
  /** Paths that others changed while they were audited: left out of the comparison. */
  readonly changed: number;
}

/** Compares the findings with a recount, and the written files with what they should hold. */
async function verify(options: AuditOptions, manuscript: Manuscript, interrupt: AbortSignal, sinceMs: number): Promise<Verdict> {
  const { subject, stamp, findings } = manuscript;
  const { directory: root, out } = options;
  try {
    const again = await new Recount({ root, excluded: out, node: subject.node, signal: interrupt }).run();
    const changed = await disturbedPaths(root, findings, again, sinceMs);
    const differences = compareFindings(withoutPaths(findings, changed), withoutPaths(again, changed));
    const truth = changed.size === 0 ? again : findings;
    if (await readFile(join(out, 'report.md'), 'utf8') !== renderReport(subject, truth)) differences.push('report.md');
    if (await readFile(join(out, 'sbom.json'), 'utf8') !== renderSbom(subject, stamp, truth)) differences.push('sbom.json');
    return { differences, changed: changed.size };
  } catch (error) {
    if (interrupt.aborted) return { differences: [], changed: 0 };
    throw error;
  }
}
