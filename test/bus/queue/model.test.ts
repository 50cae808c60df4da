import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { System, ProcessRef } from '../../../src/index.js';
import type { Lease, Queue } from '../../../src/bus/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf } from './help.js';
import { Model, type ModelOptions } from './model.js';

const LANES = ['low', 'normal', 'high', 'critical'] as const;
const NEVER_MS = 1_000_000;
const SIZE = { minLength: 20, maxLength: 60, size: 'max' } as const;

const draws = fc.record({
  what: fc.constantFrom(
    'push', 'push', 'push', 'take', 'take', 'ack', 'nack', 'reject', 'extend', 'advance', 'advance', 'kill',
  ),
  lane: fc.constantFrom(0, 1, 1, 1, 2, 3), key: fc.constantFrom('a', 'b', undefined), who: fc.nat(1_000),
  ms: fc.integer({ min: 1, max: 997 }), delays: fc.boolean(), expires: fc.boolean(),
});
type Draw = typeof draws extends fc.Arbitrary<infer T> ? T : never;

const options: fc.Arbitrary<ModelOptions> = fc.record({
  leaseMs: fc.constantFrom(undefined, 401, 809), attemptsMax: fc.integer({ min: 1, max: 3 }),
  capacity: fc.constantFrom(undefined, 2, 4),
  overflow: fc.constantFrom('reject', 'drop-newest', 'drop-oldest'), orderByKey: fc.boolean(),
}).map((one) => (one.capacity === undefined ? { ...one, overflow: undefined } : one));

/** The queue, driven as the model is. Each consumer is a process that takes once, and keeps what it has. */
class Real {
  readonly given = new Map<number, readonly [n: number, attempt: number]>();
  readonly leases = new Map<number, Lease<number>>();
  readonly consumers: ProcessRef[] = [];
  readonly queue: Queue<number>;
  constructor(
    readonly system: System, readonly env: VirtualEnv, name: string, private readonly leased: boolean,
    given: ModelOptions,
  ) {
    this.queue = system.queue<number>(name, given);
  }

  take(): void {
    const consumer = this.consumers.length;
    const { name } = this.queue;
    this.consumers.push(this.system.spawn(async (self) => {
      const own = self.queue<number>(name);
      if (this.leased) {
        const lease = await own.lease();
        this.leases.set(consumer, lease);
        this.given.set(consumer, [lease.item, lease.attempt]);
      } else this.given.set(consumer, [await own.pull(), 1]);
      await self.receive();
    }));
  }
}

async function step(real: Real, model: Model, draw: Draw, n: number): Promise<void> {
  const { what, ms } = draw;
  if (what === 'push') {
    const delayMs = draw.delays && draw.who % 3 === 0 ? ms : 0;
    const expiresInMs = draw.expires && draw.who % 2 === 0 ? (ms * 7) % 991 + 1 : undefined;
    const key = model.isOrdered ? draw.key : undefined;
    const outcome = await real.queue.push(n, { lane: LANES[draw.lane], key, delayMs, expiresInMs }).catch(
      (error: { code: string }) => error.code,
    );
    const expected = model.push(n, draw.lane, key, delayMs, expiresInMs ?? NEVER_MS);
    if (!model.tied) expect(outcome).toBe(expected);
  } else if (what === 'take') {
    model.take(real.consumers.length);
    real.take();
  } else if (what === 'advance') {
    model.advance(ms);
    await real.env.advance(ms);
  } else if (what === 'kill') {
    const at = draw.who % Math.max(1, real.consumers.length);
    const p = real.consumers[at];
    if (p === undefined || !p.alive) return;
    model.kill(at);
    real.system.exit(p, 'kill');
  } else {
    const all = [...real.leases];
    const [at, lease] = all[draw.who % Math.max(1, all.length)] ?? [];
    if (at === undefined || lease === undefined) return;
    const expected = model.settle(at, what, ms) ? 'done' : 'LEASE_LOST';
    const answer = what === 'nack' ? lease.nack({ delayMs: ms }) : what === 'extend' ? lease.extend(ms) : lease[what]();
    expect(await codeOf(answer)).toBe(expected);
  }
  await real.env.settle();
}

const PLACES = ['ready', 'delayed', 'leased', 'acked', 'dropped', 'deadLettered', 'expired'] as const;

test('P work queue: it does what the plainest queue does, whatever happens', { timeout: 60_000 }, async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  let runs = 0;
  await fc.assert(fc.asyncProperty(options, fc.array(draws, SIZE), async (given, all) => {
    const real = new Real(system, env, `jobs${++runs}`, given.leaseMs !== undefined, given);
    const model = new Model(given);
    for (let n = 0; n < all.length && !model.tied; n++) {
      await step(real, model, all[n] as Draw, n);
      if (model.tied) break;
      expect(new Map(real.given)).toEqual(new Map(model.given));
      const stats = real.queue.stats();
      for (const place of PLACES) expect({ n, [place]: stats[place] }).toEqual({ n, [place]: model.count(place) });
    }
    for (const p of real.consumers) system.exit(p, 'kill');
    await env.settle();
  }), { numRuns: 300 });
});
