import { z } from 'zod';
import type { Case } from '../../lib/case.js';
import { nowMs } from '../../lib/clock.js';
import { expectCount, withSystem } from '../../lib/system.js';

const OPERATIONS = { add: { request: z.number(), response: z.number() } };
const WARM = 2_000;

/** How many times a request to a service takes as long as a call to the same agent; blocks of both alternate. */
const againstCall = (guards: object): Case => (library) => {
  const { defineAgent, defineService } = library;
  const Adder = defineAgent({
    init: () => ({ sum: 0 }),
    calls: {
      add: (self, n: number) => (self.state.sum += n),
      plain: { schema: z.number(), handle: (self, n: number) => (self.state.sum += n) },
    },
  });
  const Bench = defineService({ name: 'bench', operations: OPERATIONS, ...guards });
  return (size) => withSystem(library, async (system) => {
    const worker = system.start(Adder);
    const service = system.service(Bench, { workers: [worker] });
    const calls = async (times: number): Promise<number> => {
      const began = nowMs();
      for (let n = 0; n < times; n++) await worker.call('add', 1);
      return nowMs() - began;
    };
    const requests = async (times: number): Promise<number> => {
      const began = nowMs();
      for (let n = 0; n < times; n++) await service.request('add', 1);
      return nowMs() - began;
    };
    await calls(WARM);
    await requests(WARM);
    const block = 500;
    let [plain, asked] = [0, 0];
    for (let done = 0; done < size; done += block) {
      plain += await calls(block);
      asked += await requests(block);
    }
    expectCount('requests answered', service.stats().responded, size + WARM);
    expectCount('sum', await worker.call('plain', 0), 2 * (size + WARM));
    return asked / plain;
  });
};

export const serviceRequest: Case = againstCall({});
export const serviceGuarded: Case = againstCall({
  limit: { perMinute: 600_000_000, burst: 1_000_000, concurrency: 100 }, breaker: { failures: 5 },
});

/**
 * The percent of linear that so many workers reach, which take 1 ms each by a timer, one request at a time: beside
 * one of them with its share of the requests.
 */
export const serviceWorkers = (workers: number): Case => (library) => {
  const { defineAgent, defineService } = library;
  const Sleeper = defineAgent({
    calls: { add: (_self, n: number) => new Promise<number>((resolve) => { setTimeout(() => resolve(n), 1); }) },
  });
  const [One, Many] = ['one', 'many'].map((name) => defineService({ name, operations: OPERATIONS }));
  return (size) => withSystem(library, async (system) => {
    const refs = Array.from({ length: workers }, () => system.start(Sleeper));
    const run = async (definition: typeof One, many: typeof refs, times: number): Promise<number> => {
      const service = system.service(definition as NonNullable<typeof One>, { workers: many });
      const began = nowMs();
      const all = Array.from({ length: times }, (_, n) => service.request('add', n));
      const sum = (await Promise.all(all)).reduce((a, b) => a + b, 0);
      const took = nowMs() - began;
      expectCount('sum of the responses', sum, (times * (times - 1)) / 2);
      expectCount('requests answered', service.stats().responded, times);
      return took;
    };
    const alone = await run(One, refs.slice(0, 1), size / workers);
    return (100 * alone) / (await run(Many, refs, size));
  });
};
