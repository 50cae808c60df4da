import { nowMs, sleep } from '../lib/clock.js';
import { LoopDelay } from './delay.js';
import { OVERLOAD, startLoad, type Load } from './load.js';
import { Memory, type Slope } from './memory.js';
import type { Policy } from './options.js';

const WARM_UP_MS = 15_000;
const LOOP_DELAY_MAX_MS = 20;
/**
 * A sample of memory is a full collection, whose threads go on for a while: it is not a delay that
 * the load causes.
 */
const SWEPT_MS = 50;

export interface Outcome {
  readonly policy: Policy;
  readonly seconds: number;
  /** sends for each start of a handler, while the load lasted */
  readonly overload: number;
  readonly offered: number;
  readonly handled: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly expired: number;
  /** sends that waited for room, or for their next attempt, at the end of the load */
  readonly held: number;
  readonly loopDelayP99Ms: number;
  /** the part of it that this program's own work explains */
  readonly ownDelayP99Ms: number;
  readonly heap: Slope;
  readonly rss: Slope;
  /** what does not hold; empty when all does */
  readonly failures: readonly string[];
}

/** One policy under load for `ms`, then until all is over. */
export async function soak(policy: Policy, ms: number): Promise<Outcome> {
  const load = startLoad(policy);
  const failures: string[] = [];
  const began = nowMs();
  const warmUp = Math.min(WARM_UP_MS, ms / 5);
  const every = Math.min(1_000, Math.max(200, ms / 60));
  const memory = new Memory();
  const delay = new LoopDelay();
  await sleep(warmUp);
  while (nowMs() - began < ms) {
    await sleep(SWEPT_MS);
    delay.start();
    await sleep(every);
    delay.stop();
    memory.sample(nowMs() - began);
    failures.push(...unbalanced(load, `after ${((nowMs() - began) / 1_000).toFixed(0)} s`));
  }
  const { held } = load.system.stats();
  const overload = load.tally.offered / load.tally.started;
  await load.stop();
  failures.push(...unbalanced(load, 'at the end'), ...unexplained(load));
  const outcome = outcomeOf(policy, load, {
    seconds: (nowMs() - began) / 1_000, overload, held, loopDelayP99Ms: delay.p99Ms,
    ownDelayP99Ms: delay.ownP99Ms, heap: memory.heap, rss: memory.rss,
  });
  await load.system.stop({ drain: false });
  return { ...outcome, failures: [...failures, ...beyond(outcome)] };
}

type Measured = Pick<Outcome, 'seconds' | 'overload' | 'held' | 'loopDelayP99Ms' | 'ownDelayP99Ms'
  | 'heap' | 'rss'>;

function outcomeOf(policy: Policy, { system, tally }: Load, measured: Measured): Omit<Outcome, 'failures'> {
  const { handled, rejected, dropped, expired } = system.stats();
  return { policy, offered: tally.offered, handled, rejected, dropped, expired, ...measured };
}

/** The account of the system, which must be exact at every moment. */
function unbalanced({ system, tally }: Load, when: string): string[] {
  const s = system.stats();
  const found = s.handled + s.rejected + s.dropped + s.superseded + s.expired + s.deadLettered
    + s.unknown + s.queued
    + s.running + s.held;
  return [
    ...(found === s.sent ? [] : [`conservation ${when}: ${s.sent} sent, ${found} accounted for`]),
    ...(tally.offered === s.sent ? [] : [`conservation ${when}: ${tally.offered} offered, ${s.sent} sent`]),
  ];
}

/** What handlers counted themselves against the account, once all is over. */
function unexplained({ system, tally }: Load): string[] {
  const { handled, deadLettered, unknown } = system.stats();
  return [
    ...(handled + tally.failed === tally.started
      ? []
      : [`handled: ${handled} and ${tally.failed} attempts failed, but ${tally.started} handlers started`]),
    ...(deadLettered + unknown === 0 ? [] : [`lost: ${deadLettered} dead letters, ${unknown} unknown`]),
  ];
}

function beyond({ overload, loopDelayP99Ms, ownDelayP99Ms, heap, rss }: Omit<Outcome, 'failures'>): string[] {
  const delayMs = Math.min(loopDelayP99Ms, ownDelayP99Ms);
  return [
    ...(overload >= OVERLOAD * 0.95 ? [] : [`overload: ${overload.toFixed(1)} times, less than ${OVERLOAD}`]),
    ...(delayMs <= LOOP_DELAY_MAX_MS
      ? []
      : [`event loop delay: p99 ${delayMs.toFixed(1)} ms, more than ${LOOP_DELAY_MAX_MS}`]),
    ...steep('heap', heap),
    ...steep('resident memory', rss),
  ];
}

function steep(what: string, { bytesPerSecond, limit }: Slope): string[] {
  return bytesPerSecond <= limit
    ? []
    : [`${what}: grows by ${bytesPerSecond.toFixed(0)} bytes a second, more than ${limit.toFixed(0)}`];
}
