import fc from 'fast-check';
import { expect, test } from 'vitest';
import { child, defineAgent, type CallError, type DeliveryOutcome, type Receipt } from '../../../src/index.js';
import { expectConserved, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

interface Job { readonly value: number; readonly fails: number }
interface Entry { readonly id: number; readonly job: Job; due: number; handledAt: number }

const BACK_OFF = 100;
const ATTEMPTS = 2;

/** What a destination knows of keys: plain lists, looked through from the start each time. */
class Model {
  now = 0;
  handled = 0;
  suppressed = 0;
  conflicts = 0;
  private accepted = 0;
  private readonly open = new Map<string, Entry>();
  private past: { key: string; entry: Entry }[] = [];
  constructor(private readonly keysMax: number, private readonly ageMs: number) {}

  deliver(key: string, job: Job): number | 'conflict' {
    const known = this.open.get(key)
      ?? this.past.find((one) => one.key === key && this.now - one.entry.handledAt < this.ageMs)?.entry;
    if (known === undefined) return this.begin(key, job);
    if (known.job.value === job.value && known.job.fails === job.fails) {
      this.suppressed++;
      return known.id;
    }
    this.conflicts++;
    return 'conflict';
  }

  advance(ms: number): void {
    const until = this.now + ms;
    for (const [key, entry] of [...this.open].sort((a, b) => a[1].due - b[1].due)) {
      if (entry.due > until) continue;
      this.now = entry.due;
      this.open.delete(key);
      if (entry.job.fails < ATTEMPTS) this.end(key, entry);
    }
    this.now = until;
  }

  private begin(key: string, job: Job): number {
    const entry: Entry = { id: this.accepted++, job, due: this.now + BACK_OFF, handledAt: -1 };
    if (job.fails === 0) this.end(key, entry);
    else this.open.set(key, entry);
    return entry.id;
  }

  private end(key: string, entry: Entry): void {
    this.handled++;
    entry.handledAt = this.now;
    this.past = [...this.past.filter((one) => one.key !== key), { key, entry }].filter(
      (one) => this.now - one.entry.handledAt < this.ageMs,
    ).slice(-this.keysMax);
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record(
    { key: fc.constantFrom(
      'a', 'b', 'c', 'd', 'e', 'f',
    ), value: fc.nat(1), fails: fc.constantFrom(0, 0, 0, 1, 2) },
  ) },
  { weight: 2, arbitrary: fc.record({ ms: fc.constantFrom(1, 30, 99, 100, 150, 400) }) },
);

const Worker = defineAgent({
  name: 'worker',
  init: () => ({}),
  calls: {
    work(self, { value, fails }: Job) {
      if ((self.delivery?.attempt ?? 0) <= fails) throw new Error('not yet');
      return value;
    },
  },
});

test('P21 P25 keys against their model: any history of keys, payloads, failures and time suppresses, refuses and forgets what the model does', async () => {
  const seen = { suppressed: 0, conflicts: 0 };
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.constantFrom(
    60, 250, 10_000,
  ), fc.array(step, { maxLength: 60, size: 'max' }), async (keysMax, ageMs, steps) => {
    const env = new VirtualEnv();
    const system = testSystem({
      env, development: false,
      delivery: { dedupe: { keysMax, ageMs }, attemptsMax: ATTEMPTS, backoff: { baseMs: BACK_OFF, jitter: 0 } },
    });
    await system.supervise({ intensity: 10_000, children: [child('w', Worker)] });
    const ref = system.ref(Worker, 'w');
    const model = new Model(keysMax, ageMs);
    const promised = new Map<number, Promise<DeliveryOutcome>>();
    const again: [Promise<DeliveryOutcome>, Promise<DeliveryOutcome>][] = [];
    for (const one of steps) {
      if ('ms' in one) {
        model.advance(one.ms);
        await env.advance(one.ms);
        continue;
      }
      const { key, ...job } = one;
      const wanted = model.deliver(key, job);
      const got = await ref.deliver('work', { ...job }, { guarantee: 'exactly-once', key }).then(
        ({ settled }: Receipt) => ({ settled }), ({ code }: CallError) => code,
      );
      if (typeof got === 'string'
        || wanted === 'conflict') expect([wanted, got]).toEqual(['conflict', 'KEY_CONFLICT']);
      else if (promised.has(
        wanted,
      )) again.push([got.settled, promised.get(wanted) as Promise<DeliveryOutcome>]);
      else promised.set(wanted, got.settled);
      await env.settle();
      expect(ref.stats().delivery).toMatchObject({
        accepted: promised.size, acknowledged: model.handled, duplicatesSuppressed: model.suppressed,
        conflicts: model.conflicts,
      });
    }
    expectConserved(system.stats());
    seen.suppressed += model.suppressed;
    seen.conflicts += model.conflicts;
    await system.stop();
    for (const [duplicate, first] of again) expect(await duplicate).toBe(await first);
  }), { numRuns: 150 });
  expect(seen.suppressed).toBeGreaterThan(100);
  expect(seen.conflicts).toBeGreaterThan(100);
});
