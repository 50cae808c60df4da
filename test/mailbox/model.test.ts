import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, type MailboxOptions } from '../../src/index.js';
import { imbalance } from '../../src/mailbox/stats.js';
import { PRIORITIES } from '../support/mailbox.js';
import { testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { Model, type Message } from './model.js';

/** A worker that handles one message for each step of the test. */
const Stepper = defineAgent({
  name: 'Stepper',
  init: (shared: { seen: string[]; next: () => void }) => shared,
  casts: { work(
    self, text: string,
  ) { self.state.seen.push(text); return new Promise<void>((resolve) => { self.state.next = resolve; }); } },
});

const send = fc.record({
  kind: fc.constantFrom('cast', 'cast', 'put'), rank: fc.nat(3), bytes: fc.integer({ min: 3, max: 6 }),
  ttl: fc.option(
    fc.integer({ min: 0, max: 4 }), { nil: -1, freq: 3 },
  ), key: fc.constantFrom('', '', 'a', 'b'), keep: fc.constantFrom<'first' | 'last'>('first', 'last'),
});
const step = fc.oneof(
  { weight: 40, arbitrary: send },
  { weight: 20, arbitrary: fc.constant({ kind: 'step' as const }) },
  { weight: 8, arbitrary: fc.record({
    kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 4 }),
  }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'sys' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'close' as const }) },
);
const rules = fc.record({
  capacity: fc.integer({ min: 1, max: 5 }), reserve: fc.nat(3), capacityBytes: fc.constantFrom(
    1_000, 6, 12,
  ), overflow: fc.constantFrom(
    'reject' as const, 'drop-newest' as const, 'drop-oldest' as const, 'suspend' as const,
  ),
  ageEvery: fc.nat(3),
});

describe('a mailbox against its model', () => {
  it('P3 P9 P10 P12 lanes, bounds, policies, expiry, keys, put, close: any history does what the model does, and the account balances', async () => {
    let waited = 0;
    await fc.assert(fc.asyncProperty(rules, fc.array(step, {
      maxLength: 80, size: 'max',
    }), async (given, steps) => {
      const { capacity, reserve, overflow, ageEvery } = given;
      const capacityBytes = given.capacityBytes === 1_000 ? Infinity : given.capacityBytes;
      const options: MailboxOptions = {
        capacity, reserve, overflow, ...(capacityBytes === Infinity
          ? {}
          : { capacityBytes }), ...(ageEvery === 0 ? {} : { lanes: { ageEvery } }),
      };
      const env = new VirtualEnv();
      const system = testSystem({ env, development: false });
      const shared = { seen: [] as string[], next: (): void => undefined };
      const ref = system.start(Stepper, shared, { mailbox: options });
      const model = new Model({ capacity, reserve, capacityBytes, overflow, ageEvery });
      const wanted: string[] = [];
      let idle = true;
      const waiters: { readonly id: string; readonly controller: AbortController }[] = [];
      for (const [at, one] of steps.entries()) {
        if (one.kind === 'cast' || one.kind === 'put') {
          const { rank, bytes, ttl } = one;
          const keep = one.key === '' || one.kind === 'put' ? '' : one.keep;
          const text = String(at).padStart(3, '0').padEnd(bytes, '.');
          const message: Message = {
            id: text, text, rank, expires: one.kind === 'cast' && ttl >= 0 ? model.now + ttl : -1,
            key: keep === '' ? '' : one.key, bytes,
          };
          const outcome = model.send(message, keep, one.kind === 'put');
          const priority = PRIORITIES[rank];
          if (one.kind === 'cast') {
            const told = ref.tryCast('work', text, {
              lane: priority, ...(ttl >= 0 ? { expiresInMs: ttl } : {}),
              ...(keep === '' ? {} : { coalesce: { key: one.key, keep } }),
            });
            expect(told).toBe(outcome);
          } else {
            const controller = new AbortController();
            ref.put('work', text, { lane: priority, signal: controller.signal, timeoutMs: 'infinity' }).catch(
              () => undefined,
            );
            if (outcome === 'waiting') {
              waited++;
              waiters.push({ id: text, controller });
            }
          }
        } else if (one.kind === 'step') {
          shared.next();
          idle = true;
        } else if (one.kind === 'time') {
          env.jump(one.ms);
          model.now += one.ms;
        } else if (one.kind === 'abort') {
          const place = model.waiting[one.which];
          if (place !== undefined) {
            waiters.find(({ id }) => id === place.id)?.controller.abort();
            model.waiting.splice(one.which, 1);
            model.counts.rejected++;
            model.letIn();
          }
        } else if (one.kind === 'close') {
          ref.close();
          model.closed = true;
          model.counts.rejected += model.waiting.splice(0).length;
        } else if (ageEvery === 0) { // its signals would count as takes
          const sys = system.sys(ref);
          void sys.suspend(); // moves every queued message, and back
          void sys.resume();
        }
        await env.settle();
        if (idle) {
          const next = model.take();
          if (next !== undefined) {
            wanted.push(next.text);
            idle = false;
          }
        }
        const { mailbox } = ref.stats();
        expect(shared.seen).toEqual(wanted);
        expect(mailbox).toMatchObject({
          ...model.counts, size: model.queued.length, waiting: model.waiting.length, held: model.waiting.length,
          closed: model.closed,
        });
        if (capacityBytes !== Infinity) expect(mailbox.bytes?.now).toBe(model.bytes);
        expect(mailbox.size - mailbox.depth.critical, 'P9').toBeLessThanOrEqual(capacity);
        expect(mailbox.peak, 'P9').toBeLessThanOrEqual(capacity + reserve);
        expect(imbalance(mailbox)).toBe(0);
        expect(imbalance(system.stats())).toBe(0);
      }
      system.exit(ref, 'kill');
      expect(imbalance(system.stats())).toBe(0);
      await system.stop();
    }), { numRuns: 250 });
    expect(waited).toBeGreaterThan(20);
  }, 60_000);
});
