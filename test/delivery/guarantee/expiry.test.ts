import { expect, test } from 'vitest';
import { defineAgent, type Receipt } from '../../../src/index.js';
import { kernelOf } from '../../../src/system/create.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Worker = defineAgent({ name: 'Worker', calls: { take: (_self, n: number) => n } });

async function suspended(count: number, env = new VirtualEnv()) {
  const system = testSystem({ development: false, env });
  const ref = system.start(Worker);
  system.suspend(ref);
  const receipts: Promise<Receipt<number>>[] = [];
  for (let n = 0; n < count; n++) receipts.push(
    ref.deliver('take', n, { expiresInMs: n % 3 === 0 ? 50 : 100 }),
  );
  return { env, system, ref, receipts: await Promise.all(receipts) };
}

test('P12 hundreds that are accepted at once end at their own ms each, none before, none twice', async () => {
  const { env, system, ref, receipts } = await suspended(300);
  const over = (): number => receipts.filter(({ state }) => state === 'expired').length;
  await env.advance(49);
  expect(over()).toBe(0);
  await env.advance(2);
  expect(over()).toBe(100);
  await env.advance(48);
  expect(over()).toBe(100);
  await env.advance(2);
  expect(over()).toBe(300);
  system.resume(ref);
  expect(ref.stats().delivery).toMatchObject({ accepted: 300, expired: 300, inTransit: 0, delivered: 0 });
});

test('P12 those that are handled leave the others their time; what follows has its own', async () => {
  const { env, system, ref, receipts } = await suspended(130);
  system.resume(ref);
  expect(await Promise.all(receipts.map(async ({ settled }) => (await settled).reply))).toEqual(
    receipts.map((_, n) => n),
  );
  system.suspend(ref);
  await env.advance(60);
  const later = await ref.deliver('take', 7, { expiresInMs: 100 });
  await env.advance(60);
  expect(later.state).toBe('in-transit');
  await env.advance(41);
  expect(later.state).toBe('expired');
  system.resume(ref);
  expect(ref.stats().delivery).toMatchObject({ accepted: 131, acknowledged: 130, expired: 1 });
});

test('messages read no clock: a thousand deliveries in one turn read the wall clock once per look at the other one', async () => {
  const env = new VirtualEnv();
  let walls = 0;
  env.wall = () => (walls++, 1_700_000_000_000);
  const system = testSystem({ development: false, env });
  const ref = system.start(Worker);
  const receipts = Array.from({ length: 1_000 }, (_, n) => ref.deliver('take', n));
  const outcomes = await Promise.all((await Promise.all(receipts)).map(({ settled }) => settled));
  expect(outcomes.every(({ kind, at }) => kind === 'handled' && at === 1_700_000_000_000)).toBe(true);
  expect(walls).toBeLessThan(20);
});

test('a delivery that waits in a mailbox takes at most 125 bytes', async () => {
  const gc = globalThis.gc as () => void;
  const system = testSystem({ development: false });
  const ref = system.start(Worker);
  const heap = async (): Promise<number> => {
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      gc();
    }
    return process.memoryUsage().heapUsed;
  };
  const fill = (): void => {
    for (let n = 0; n < 50_000; n++) void ref.deliver('take', n);
  };
  fill();
  await ref.call('take', 0, { timeoutMs: 'infinity' });
  system.suspend(ref);
  const before = await heap();
  fill();
  const bytes = (await heap() - before) / 50_000;
  expect(bytes, 'it was 160').toBeLessThan(125);
  system.resume(ref);
  await ref.call('take', 0, { timeoutMs: 'infinity' });
});

test('P1 P12 one that expires before its concurrent handler begins, at an agent at rest: the totals stay exact', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ development: false, env });
  const { accounts } = kernelOf(system);
  const Aside = defineAgent({ casts: { work: { concurrent: true, handle: () => undefined } } });
  const Slow = defineAgent({ casts: { hold() { accounts.settle(); env.jump(10); } } });
  const aside = system.start(Aside);
  const slow = system.start(Slow);
  system.suspend(aside);
  const receipt = await aside.deliver('work', undefined, { expiresInMs: 5 });
  system.resume(aside);
  slow.cast('hold');
  await env.settle();
  expect((await receipt.settled).kind).toBe('expired');
  expect(accounts.totals()).toEqual(accounts.recount());
  expect(system.stats()).toMatchObject({ sent: 2, handled: 1, expired: 1 });
});
