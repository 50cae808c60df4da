import { expect, test } from 'vitest';
import { defineAgent, type CallError } from '../../../src/index.js';
import { pool, poolOf, type PoolOptions } from '../../../src/delivery/group/public.js';
import { testSystem } from '../../support/system.js';
import { SeededEnv } from '../seeded.js';

const gates: (() => void)[] = [];

/** A pool whose workers say who has begun what, and may hang or crash in it. */
async function world(options: PoolOptions) {
  const env = new SeededEnv();
  const system = testSystem({ env });
  const begun: { readonly job: string; readonly pid: string }[] = [];
  const Worker = defineAgent({
    name: 'worker',
    calls: {
      async work(self, job: string): Promise<string> {
        begun.push({ job, pid: self.pid });
        const times = begun.filter((one) => one.job === job).length;
        if (job.startsWith('crash') && times === 1) throw new Error('boom');
        if (job.startsWith('hang')
          && times === 1) await new Promise<void>((resolve) => { gates.push(resolve); });
        return job;
      },
    },
  });
  await system.supervise({ intensity: 10, children: [pool('workers', Worker, options)] });
  const pids = (job: string): string[] => begun.filter((one) => one.job === job).map(({ pid }) => pid);
  return { env, system, Worker, begun, pids, workers: system.ref(poolOf(Worker), 'workers') };
}

const code =
  (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'ok', (error: CallError) => error.code);

test('P18 what a worker dies of, or dies before, goes to another worker', async () => {
  const { env, system, workers, pids } = await world({ min: 2, max: 2 });
  const receipts = await Promise.all(
    ['hang', 'one', 'two', 'three'].map((job) => workers.deliver('work', job, { guarantee: 'at-least-once' })),
  );
  await env.settle();
  const [first] = pids('hang');
  system.exit(first as never, 'kill');
  await env.advance(50);
  for (const receipt of receipts) expect((await receipt.settled).kind).toBe('handled');
  expect(pids('hang')).toHaveLength(2);
  expect(pids('hang')[1]).not.toBe(first);
  expect(system.deadLetters.size).toBe(0);
});

test('P21 a key is known to the whole pool: handled once, by whomever', async () => {
  const { env, workers, begun } = await world({ min: 3, max: 3 });
  const options = { guarantee: 'exactly-once', key: 'k' } as const;
  const sent = await Promise.all(Array.from({ length: 5 }, () => workers.deliver('work', 'crash', options)));
  await env.advance(2_000);
  for (const receipt of sent) expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'crash' });
  expect(await workers.call('work', 'crash', options)).toBe('crash');
  expect(begun).toHaveLength(2);
  expect(await code(workers.deliver('work', 'other', options))).toBe('KEY_CONFLICT');
});

test('P9 an order key holds for the whole pool', async () => {
  const { env, workers, begun } = await world({ min: 3, max: 3 });
  const options = { guarantee: 'at-least-once', order: 'o' } as const;
  const sent = await Promise.all(['crash', 'b', 'c'].map((job) => workers.deliver('work', job, options)));
  await env.advance(2_000);
  for (const receipt of sent) expect((await receipt.settled).kind).toBe('handled');
  expect(begun.map(({ job }) => job)).toEqual(['crash', 'crash', 'b', 'c']);
});

test('what was delivered outlives the pool, and is handled once it is back', async () => {
  const { env, system, workers, pids } = await world({ min: 1, max: 1 });
  const hanging = await workers.deliver('work', 'hang', { guarantee: 'exactly-once' });
  const behind = workers.call('work', 'behind', { guarantee: 'exactly-once', timeoutMs: 'infinity' });
  await env.settle();
  system.exit('workers', 'kill');
  const early = await workers.deliver('work', 'early', { guarantee: 'at-least-once' });
  await env.advance(100);
  expect((await hanging.settled).kind).toBe('handled');
  expect(await behind).toBe('behind');
  expect((await early.settled).kind).toBe('handled');
  expect(pids('hang')).toHaveLength(2);
});

test('P18 at-most-once ends with its worker, as does all that was delivered to a pool by pid with that pool', async () => {
  const { env, system, Worker, workers } = await world({ min: 2, max: 2 });
  const once = await workers.deliver('work', 'hang once', { guarantee: 'at-most-once' });
  const byPid = await system.ref(
    poolOf(Worker), workers.pid as never
  ).deliver('work', 'hang', { guarantee: 'at-least-once' });
  await env.settle();
  for (const pid of system.processes().filter((one) => system.inspect(one)?.behaviour === 'worker')) {
    system.exit(pid, 'kill');
  }
  await env.advance(100);
  expect((await once.settled).kind).toBe('dead-lettered');
  expect((await byPid.settled).kind).toBe('handled');
  const { pid } = workers;
  const doomed = await system.ref(
    poolOf(Worker), pid as never
  ).deliver('work', 'hang 2', { guarantee: 'at-least-once' });
  await env.settle();
  system.exit('workers', 'kill');
  await env.advance(100);
  expect((await doomed.settled).kind).toBe('dead-lettered');
  expect(system.deadLetters.list().map(({ to }) => to)).toEqual(['workers', pid]);
});

test('full mailboxes whose senders wait: all is handled once through crashes', async () => {
  const { env, system, workers, begun } =
    await world({ min: 2, max: 2, mailbox: { capacity: 2, overflow: 'suspend' } });
  const jobs = Array.from({ length: 20 }, (_, n) => (n < 2 ? `hang ${n}` : `job ${n}`));
  const sent = jobs.map((job) => workers.deliver('work', job, { guarantee: 'exactly-once', key: job }));
  await env.settle();
  for (const { pid } of [...begun]) system.exit(pid, 'kill');
  await env.advance(1_000);
  for (const receipt of sent) expect((await (await receipt).settled).kind).toBe('handled');
  expect(begun).toHaveLength(22);
});
