export type Unit = 'ops/s' | 'us' | 'ms' | 'MB' | 'bytes' | '%' | '×';

/**
 * `ratio`: at least that many times better than the BEAM. `absolute`: the figure itself, at least
 * or at most by what is better.
 */
export interface Target {
  readonly kind: 'ratio' | 'absolute';
  readonly bound: number;
}

/** What `--suite` takes: metrics that belong together. */
export const suites = ['durable', 'activation'] as const;
export type Suite = (typeof suites)[number];

export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  readonly target: Target;
  readonly beam: boolean;
  /** Operations (or what the case calls size) per run. */
  readonly size: number;
  readonly quickSize: number;
  readonly warmups: number;
  readonly warmupsQuick: number;
  readonly runs: number;
  readonly nodeFlags: readonly string[];
  readonly suite?: Suite;
  /** in the suite `durable`: measured beside this other metric of castcall, too */
  readonly beside?: string;
}

const ratio = (bound: number): Target => ({ kind: 'ratio', bound });
const absolute = (bound: number): Target => ({ kind: 'absolute', bound });

const usual =
  { unit: 'ops/s', better: 'higher', beam: true, warmups: 2, warmupsQuick: 1, runs: 7, nodeFlags: [] } as const;
const million = { ...usual, size: 1_000_000, quickSize: 500_000 } as const;
const everything = {
  ...usual, unit: '×', better: 'lower', beam: false, size: 300_000, quickSize: 150_000, warmups: 0,
  warmupsQuick: 0,
  runs: 5,
} as const;
const streamed = { ...usual, beam: false, size: 300_000, quickSize: 100_000 } as const;
const balanced = {
  ...usual, beam: false, size: 300_000, quickSize: 100_000, target: absolute(250_000), runs: 5,
} as const;
const balancedMany = { size: 20_000, quickSize: 20_000, warmups: 1, runs: 3 } as const;
const flooded = { ...usual, beam: false, size: 1_000, quickSize: 300, warmups: 1, runs: 5 } as const;
/** On the disk: measured beside the bare thread and other queues, by `--suite durable`. */
const stored = { ...usual, beam: false, warmups: 1, runs: 5, suite: 'durable' } as const;
const recovered = {
  ...stored, better: 'lower', size: 1_000_000, quickSize: 50_000, runs: 3,
} as const;
/** Addresses: each beside what people write by hand, in one program. */
const addressed = {
  ...usual, unit: '×', better: 'lower', beam: false, warmups: 1, runs: 5, suite: 'activation',
} as const;
const large = {
  unit: 'bytes', better: 'lower', beam: false, size: 10_000_000, quickSize: 200_000, warmups: 0,
  warmupsQuick: 0, runs: 1, nodeFlags: [
    '--max-old-space-size=4096',
  ],
} as const;

export const metrics: readonly Metric[] = [
  { ...million, name: 'cast_stream', target: ratio(3) },
  { ...million, name: 'cast_backlog', target: ratio(1.5), quickSize: 1_000_000 },
  { ...usual, name: 'call_seq', target: ratio(4), size: 300_000, quickSize: 100_000 },
  { ...million, name: 'call_1000', target: ratio(5) },
  { ...million, name: 'ring_1k', target: ratio(5) },
  { ...million, name: 'fan_in', target: ratio(1.3) },
  { ...million, name: 'fan_out', target: ratio(2) },
  { ...million, name: 'pingpong', target: ratio(5) },
  { ...million, name: 'pg_broadcast', target: ratio(2.5) },
  { ...million, name: 'registered_send', target: ratio(1.5) },
  { ...million, name: 'statem_event', target: ratio(3) },
  { ...million, name: 'timer_create_cancel', target: ratio(2) },
  { ...million, name: 'monitor_demonitor', target: ratio(1) },
  { ...usual, name: 'task_async_await', target: ratio(3), size: 300_000, quickSize: 100_000 },
  { ...million, name: 'spawn_exit', target: ratio(3) },
  { ...usual, name: 'agent_start', target: ratio(4), size: 100_000, quickSize: 100_000 },
  // Short runs, because an OTP supervisor walks the list of all restarts of the last second at each
  // of them: with 2,000 a run its median is three times that with 500. Short runs need more
  // warm-ups until the compiler has seen enough.
  {
    ...usual, name: 'restart_p50', unit: 'us', better: 'lower',
    target: ratio(5), size: 500, quickSize: 500, warmups: 20, warmupsQuick: 20,
  },
  {
    ...usual, name: 'restart_storm', unit: 'ms', better: 'lower', target: ratio(20), size: 10_000,
    quickSize: 10_000, warmups: 1, runs: 5,
  },
  {
    ...usual, name: 'bytes_per_agent', unit: 'bytes', better: 'lower',
    target: absolute(500), size: 100_000, quickSize: 20_000, warmups: 1, runs: 5,
  },
  { ...million, name: 'deliver_at_most_once', target: absolute(1_500_000), beam: false },
  { ...million, name: 'deliver_at_least_once', target: absolute(1_500_000), beam: false },
  { ...million, name: 'deliver_exactly_once', target: absolute(1_000_000), beam: false },
  {
    ...usual, name: 'deliver_keyed_512', target: absolute(250_000), beam: false, size: 300_000,
    quickSize: 100_000,
  },
  {
    ...usual, name: 'deliver_keyed_object', target: absolute(200_000), beam: false, size: 300_000,
    quickSize: 100_000,
  },
  { ...million, name: 'priority_cast', target: absolute(5_000_000), beam: false },
  { ...million, name: 'balance_cast', unit: '%', better: 'lower', target: absolute(50), beam: false },
  ...['turn', 'least', 'two', 'random', 'fastest', 'hash', 'weight'].flatMap((strategy) => [
    { ...balanced, name: `balance_${strategy}_10` },
    {
      ...balanced, ...balancedMany, name: `balance_${strategy}_10k`,
      target: absolute(50_000),
    },
  ]),
  { ...million, name: 'bounded_cast', unit: '%', better: 'lower', target: absolute(15), beam: false },
  { ...million, name: 'lane_cast', unit: '%', better: 'lower', target: absolute(25), beam: false },
  ...[1, 10, 100].map((readers) => ({
    ...million, name: `topic_${readers}`, target: absolute(2_000_000), beam: false,
  })),
  { ...million, name: 'topic_agents', unit: '×', better: 'lower', target: absolute(1.25), beam: false },
  { ...million, name: 'topic_match_100k', target: absolute(200_000), beam: false },
  { ...million, name: 'queue_push_pull', target: absolute(600_000), beam: false },
  { ...million, name: 'queue_lease_8', target: absolute(200_000), beam: false },
  { ...streamed, name: 'stream_credit_1', target: absolute(300_000) },
  { ...streamed, name: 'stream_credit_64', target: absolute(1_000_000) },
  { ...streamed, name: 'stream_plain_64', target: absolute(2_000_000) },
  { ...streamed, name: 'stream_shared_10', target: absolute(1_000_000) },
  { ...streamed, name: 'stream_credit', unit: '×', better: 'lower', target: absolute(1) },
  { ...streamed, name: 'stream_push', unit: '×', better: 'lower', target: absolute(2) },
  { ...streamed, name: 'stream_from', unit: '×', better: 'lower', target: absolute(0.5) },
  ...([['service_request', 4], ['service_guarded', 9]] as const).map(([name, times]) => ({
    ...usual, name, unit: '×' as const, better: 'lower' as const, target: absolute(times), beam: false,
    size: 50_000, quickSize: 20_000,
  })),
  ...[1, 2, 4, 8].map((workers) => ({
    ...usual, name: `service_workers_${workers}`, unit: '%' as const, target: absolute(95), beam: false,
    size: 400 * workers, quickSize: 200 * workers,
  })),
  {
    ...usual, name: 'call_deadline_signal', unit: '×', better: 'lower', target: absolute(2),
    beam: false, size: 100_000,
    quickSize: 50_000,
  },
  {
    ...usual, name: 'call_fresh_signal', unit: '×', better: 'lower', target: absolute(10),
    beam: false, size: 100_000,
    quickSize: 50_000,
  },
  {
    ...usual, name: 'gather_1000', unit: '×', better: 'lower', target: absolute(3), beam: false, size: 200_000,
    quickSize: 100_000,
  },
  {
    ...usual, name: 'call_development', unit: '×', better: 'lower', target: absolute(1.5),
    beam: false, size: 200_000,
    quickSize: 100_000,
  },
  {
    ...usual, name: 'concurrent_call', unit: '×', better: 'lower', target: absolute(4), beam: false,
    size: 100_000,
    quickSize: 50_000,
  },
  {
    ...usual, name: 'limit_run', unit: '×', better: 'lower', target: absolute(1.2), beam: false, size: 100_000,
    quickSize: 50_000,
  },
  {
    ...usual, name: 'breaker_run', unit: '×', better: 'lower', target: absolute(3.5), beam: false,
    size: 100_000,
    quickSize: 50_000,
  },
  {
    ...usual, name: 'limit_queue', unit: '×', better: 'lower', target: absolute(1.2), beam: false,
    size: 300_000,
    quickSize: 300_000,
  },
  {
    ...usual, name: 'pool_queue', unit: '×', better: 'lower', target: absolute(1.2), beam: false, size: 300_000,
    quickSize: 300_000,
  },
  { ...large, name: 'bytes_per_queued_cast', target: absolute(100) },
  { ...large, name: 'bytes_per_queued_delivery', target: absolute(120), size: 1_000_000 },
  { ...large, name: 'bytes_per_settled_delivery', target: absolute(0.5) },
  { ...usual, name: 'async_cast', target: absolute(2_000_000), beam: false, size: 500_000, quickSize: 100_000 },
  {
    ...usual, name: 'async_cast_development', target: absolute(1_000_000), beam: false, size: 500_000,
    quickSize: 100_000,
  },
  {
    name: 'million_agents', unit: '%', better: 'lower', target: absolute(1), beam: false,
    size: 1_000_000, quickSize: 100_000, warmups: 0, warmupsQuick: 0, runs: 3,
    nodeFlags: ['--max-old-space-size=4096'],
  },
  {
    name: 'system_stats_1m', unit: 'ms', better: 'lower', target: absolute(1), beam: false,
    size: 1_000_000, quickSize: 1_000_000, warmups: 1, warmupsQuick: 1, runs: 3, nodeFlags: [
      '--max-old-space-size=8192',
    ],
  },
  {
    ...usual, name: 'timer_delay', unit: 'ms', better: 'lower',
    target: absolute(10), beam: false, size: 1_000, quickSize: 300, warmups: 1, runs: 5,
  },
  { ...everything, name: 'after_everything', target: absolute(1.2), size: 1_000_000, quickSize: 300_000 },
  { ...everything, name: 'after_everything_deliver', target: absolute(1.1) },
  { ...everything, name: 'after_everything_call', target: absolute(1.1) },
  { ...stored, name: 'journal_append', target: absolute(50_000), size: 100_000, quickSize: 20_000 },
  { ...stored, name: 'journal_append_alone', target: absolute(1_000), size: 3_000, quickSize: 1_000 },
  { ...stored, name: 'durable_deliver', target: absolute(15_000), size: 20_000, quickSize: 10_000 },
  {
    ...stored, name: 'durable_deliver_alone', unit: 'us', better: 'lower', target: absolute(1_500), size: 1_000,
    quickSize: 300,
  },
  {
    ...stored, name: 'durable_effect', target: absolute(6_000), size: 20_000, quickSize: 5_000,
    beside: 'durable_deliver',
  },
  {
    ...stored, name: 'durable_loop_delay', unit: 'ms', better: 'lower', target: absolute(10), size: 50_000,
    quickSize: 20_000,
  },
  { ...recovered, name: 'durable_recovery', unit: 'ms', target: absolute(4_000) },
  { ...recovered, name: 'durable_recovery_rss', unit: 'MB', target: absolute(200) },
  { ...addressed, name: 'address_call', target: absolute(1.3), size: 200_000, quickSize: 50_000 },
  { ...addressed, name: 'address_first', target: absolute(3), size: 20_000, quickSize: 5_000 },
  {
    ...addressed, name: 'passivated_100k', unit: 'MB', target: absolute(50), size: 100_000, quickSize: 10_000,
    warmups: 0, warmupsQuick: 0, runs: 3,
  },
  { ...addressed, name: 'passivated_return', target: absolute(4), size: 2_000, quickSize: 500 },
  { ...addressed, name: 'enqueue_alone', target: absolute(1.5), size: 1_000, quickSize: 300 },
  { ...addressed, name: 'deliver_all', target: absolute(2), size: 10_000, quickSize: 2_000 },
  { ...flooded, name: 'flood', unit: '%', better: 'higher', target: absolute(90) },
  { ...flooded, name: 'flood_turn', unit: 'ms', better: 'lower', target: absolute(10) },
];

/** How one metric is measured in this invocation. */
export interface Plan {
  readonly size: number;
  readonly warmups: number;
  readonly runs: number;
}

export function planOf(metric: Metric, quick: boolean, runs: number | undefined): Plan {
  return {
    size: quick ? metric.quickSize : metric.size,
    warmups: quick ? metric.warmupsQuick : metric.warmups,
    runs: runs ?? (quick ? Math.min(3, metric.runs) : metric.runs),
  };
}
