import { delayMs, OptionError, parseOptions, timeoutMs, z } from '../../base/index.js';
import type { BreakerOptions } from '../../api/guards.js';
import { isCalleeFailure } from './breaker-error.js';

export interface ReadBreaker {
  readonly name: string;
  /** null: the rate never opens it */
  readonly errorRate: number | null;
  readonly volume: number;
  readonly windowMs: number;
  /** Infinity: failures in a row never open it */
  readonly failures: number;
  readonly openMs: number;
  readonly probes: number;
  /** -1: for ever */
  readonly probeTimeoutMs: number;
  readonly isFailure: (error: unknown, signal: AbortSignal) => boolean;
}

const PROBE_TIMEOUT_MS = 60_000;
const RATE = 'a share above 0, at most 1';
const COUNT = 'a whole number from 1';
const count = z.number({ error: COUNT }).int({ error: COUNT }).min(1, { error: COUNT });

/** looked at where it is read */
const ms = z.custom<number>();

const schema: z.ZodType<BreakerOptions> = z.strictObject({
  errorRate: z.number({ error: RATE }).positive({ error: RATE }).max(1, { error: RATE }).optional(),
  volume: count.optional(),
  windowMs: ms.optional(),
  failures: count.optional(),
  openMs: ms.optional(),
  probes: count.optional(),
  probeTimeoutMs: z.custom<number | 'infinity'>().optional(),
  isFailure: z.custom<NonNullable<BreakerOptions['isFailure']>>(
    (value) => typeof value === 'function', { error: 'a function of error and signal to boolean' },
  ).optional(),
}, { error: 'an object' });

export function readBreaker(name: string, given: BreakerOptions): ReadBreaker {
  const read = parseOptions('breaker', schema, given);
  return {
    name,
    errorRate: read.errorRate ?? (read.failures === undefined ? 0.5 : null),
    volume: read.volume ?? 10,
    windowMs: msFrom1('breaker.windowMs', read.windowMs === undefined ? 10_000 : read.windowMs),
    failures: read.failures ?? Infinity,
    openMs: msFrom1('breaker.openMs', read.openMs === undefined ? 30_000 : read.openMs),
    probes: read.probes ?? 1,
    probeTimeoutMs: probeTimeout(read.probeTimeoutMs),
    isFailure: read.isFailure ?? isCalleeFailure,
  };
}

function probeTimeout(given: unknown): number {
  const ms = timeoutMs('breaker.probeTimeoutMs', given, PROBE_TIMEOUT_MS);
  return ms < 0 ? ms : msFrom1('breaker.probeTimeoutMs', ms);
}

function msFrom1(where: string, given: unknown): number {
  const ms = delayMs(where, given);
  if (ms === 0) throw new OptionError(where, ms, 'a whole number of milliseconds from 1');
  return ms;
}
