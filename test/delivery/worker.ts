import {
  child, createSystem, defineAgent, type AgentRef, type DeliverOptions, type DeliveryOutcome,
  type MailboxOptions, type System, type SystemOptions,
} from '../../src/index.js';
import { testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

/** What a worker does with a job: by its text. */
export type Job = string;

export interface Bench {
  readonly env: VirtualEnv;
  readonly system: System;
  /** jobs whose handler has started, in order; `job#attempt` */
  readonly started: string[];
  /** jobs whose effect has happened, in order */
  readonly done: string[];
  /** jobs that fail: how many more times, and how */
  readonly fail: Map<Job, { times: number; how: (self: { exit(reason: unknown): never }) => unknown }>;
  /** parked jobs, to be released by name */
  readonly gates: Map<Job, () => void>;
}

export function workerOf(bench: Bench, delivery?: DeliverOptions) {
  const run = (
    self: {
      readonly delivery: { readonly attempt: number } | undefined; exit(reason: unknown): never;
    }, job: Job,
  ): unknown => {
    bench.started.push(`${job}#${self.delivery?.attempt ?? 0}`);
    const failing = bench.fail.get(job);
    if (failing !== undefined && failing.times > 0) {
      failing.times--;
      return failing.how(self);
    }
    bench.done.push(job);
    return `did ${job}`;
  };
  return defineAgent({
    name: 'worker',
    ...(delivery === undefined ? {} : { delivery }),
    init: () => ({ jobs: 0 }),
    calls: {
      ask: (self, job: Job) => run(self, job),
      async slow(self, job: Job) {
        bench.started.push(`${job}#${self.delivery?.attempt ?? 0}`);
        await new Promise<void>((resolve) => bench.gates.set(job, resolve));
        bench.done.push(job);
        return `did ${job}`;
      },
      no: (self, why: string) => self.refuse(why, { why }),
      hand(self, how: 'ack' | 'nack' | 'terminate' | 'later') {
        const { delivery } = self;
        if (delivery === undefined) return 'plain';
        bench.started.push(`${how}#${delivery.attempt}`);
        if (how === 'ack') delivery.ack('by hand');
        if (how === 'nack' && delivery.attempt === 1) delivery.nack(7);
        if (how === 'terminate') delivery.terminate('poisoned');
        if (how === 'later') {
          bench.gates.set('later', () => void delivery.ack('later'));
          return self.noreply();
        }
        return 'returned';
      },
    },
    casts: {
      work: (self, job: Job) => void run(self, job),
      quit: (self, reason: unknown) => self.stop(reason),
    },
  });
}

/** A worker named `w`, restarted by its supervisor, on virtual time. */
export async function workshop(options: {
  readonly system?: SystemOptions;
  readonly delivery?: DeliverOptions;
  readonly capacity?: number;
  readonly mailbox?: MailboxOptions;
  readonly intensity?: number
} = {}) {
  const env = new VirtualEnv();
  const bench: Bench =
    {
      env, system: testSystem({ env, ...options.system }), started: [], done: [], fail: new Map(),
      gates: new Map(),
    };
  const Worker = workerOf(bench, options.delivery);
  const { system } = bench;
  const sup = await system.supervise({ intensity: options.intensity
    ?? 100, children: [child('w', Worker, options.mailbox !== undefined
    ? { mailbox: options.mailbox }
    : options.capacity === undefined ? {} : { mailbox: { capacity: options.capacity } })] });
  const ref: AgentRef<typeof Worker> = system.ref(Worker, 'w');
  const failing = (job: Job, times: number, how: (self: {
    exit(reason: unknown): never;
  }) => unknown = boom): void =>
    void bench.fail.set(job, { times, how });
  return { ...bench, Worker, ref, sup, failing };
}

export function boom(): never {
  throw new Error('boom');
}

/** What has settled by now, else undefined. */
export async function peek(settled: Promise<DeliveryOutcome>): Promise<DeliveryOutcome | undefined> {
  return Promise.race([settled, Promise.resolve(undefined)]);
}

export { createSystem };
