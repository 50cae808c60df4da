import { describe, expect, test } from 'vitest';
import { child, defineAgent, type DeliveryContext } from '../../../src/index.js';
import { simulate } from '../../../src/testing/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { workshop } from '../worker.js';

/** An agent named `w` under a supervisor, whose handlers tell of themselves. */
async function bench() {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const contexts: DeliveryContext[] = [];
  const signals: AbortSignal[] = [];
  const started: string[] = [];
  const gates: (() => void)[] = [];
  const wait = (): Promise<string> => new Promise((resolve) => gates.push(() => resolve('late')));
  const Agent = defineAgent({
    calls: {
      wait(self) {
        started.push('wait');
        if (self.delivery !== undefined) contexts.push(self.delivery);
        signals.push(self.signal);
        return wait();
      },
      aside: { concurrent: true, handle: (_self, job: string) => { started.push(job); return wait(); } },
      stopAside: {
        concurrent: true, handle: (self, reason: string) => { started.push(reason); return self.stop(reason); },
      },
    },
    casts: { quit: (self) => self.stop() },
  });
  await system.supervise({ intensity: 100, children: [child('w', Agent)] });
  return { env, system, contexts, signals, started, gates, ref: system.ref(Agent, 'w') };
}

describe('the attempts of a message are told apart', () => {
  test('P16 what a dead incarnation says of its delivery does not reach the next attempt, whatever its number', async () => {
    const { env, system, contexts, ref, gates } = await bench();
    const receipt = await ref.deliver('wait');
    await env.settle();
    system.exit('w', 'kill');
    await env.settle();
    expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect([
      contexts[0]?.ack('zombie'), contexts[0]?.nack(), contexts[0]?.inProgress(),
      contexts[0]?.terminate(),
    ])
      .toEqual([false, false, false, false]);
    expect(receipt.state).toBe('delivered');
    gates[1]?.();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'late' });
  });

  test('P16 the next attempt has a signal of its own, which has not fired', async () => {
    const { env, system, signals, ref, gates } = await bench();
    const receipt = await ref.deliver('wait');
    await env.settle();
    system.exit('w', 'kill');
    await env.settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    gates[1]?.();
    await receipt.settled;
  });
});

describe('a concurrent handler', () => {
  test('P21 ends with its agent, also when that stops in order: the next attempt is the only one', async () => {
    const { env, ref, started, gates, system } = await bench();
    const receipt = await ref.deliver('aside', 'a');
    await env.settle();
    ref.cast('quit');
    await env.settle();
    expect(started).toEqual(['a', 'a']);
    gates[0]?.();
    await env.settle();
    expect([receipt.state, system.stats().running]).toEqual(['delivered', 0]);
    gates[1]?.();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1 });
  });

  test('P2 one that has not begun when its agent ends is delivered to the next incarnation', async () => {
    const run = await simulate(1, async (sim) => {
      const started: string[] = [];
      const Agent = defineAgent(
        { calls: { aside: { concurrent: true, handle: () => { started.push('aside'); return 'done'; } } } },
      );
      await sim.system.supervise({ children: [child('w', Agent)] });
      sim.faults.crash('w', { after: 1, reason: 'kill' });
      const receipt = await sim.system.ref(Agent, 'w').deliver('aside');
      const outcome = await receipt.settled;
      sim.equal(`${outcome.kind} ${outcome.attempts} ${started.join()}`, 'handled 1 aside', 'handled once');
    }, { policy: 'fifo' });
    expect(run.elapsedMs).toBeLessThan(1_000);
  });

  test('a stop is an acknowledgement when it is orderly, an attempt when it is not', async () => {
    const { env, ref } = await bench();
    expect(await (await ref.deliver('stopAside', 'shutdown')).settled)
      .toMatchObject({ kind: 'handled', attempts: 1 });
    const receipt = await ref.deliver('stopAside', 'broken', { attemptsMax: 1 });
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'broken', attempts: 1 });
  });
});

describe('what comes back', () => {
  test('P9 stands before what was accepted after it, through several deaths and a bounded mailbox', async () => {
    const { env, system, ref, started, gates } = await workshop({ capacity: 2 });
    await ref.deliver('slow', 'a');
    await env.settle();
    for (const job of ['b', 'c']) await ref.deliver('ask', job);
    system.exit('w', 'kill');
    const later = await ref.deliver('ask', 'd');
    await env.settle();
    system.exit('w', 'kill');
    await env.settle();
    for (let turn = 0; turn < 3; turn++) {
      gates.get('a')?.();
      await env.advance(20);
    }
    await later.settled;
    expect(started.filter((one) => !one.startsWith('a'))).toEqual(['b#1', 'c#1', 'd#1']);
  });

  test('P10 into a mailbox that drops the oldest and holds higher lanes only, it is dropped, and its receipt says so', async () => {
    const { Worker, system, env, failing, gates } = await workshop();
    system.start(Worker, { name: 'narrow', mailbox: { capacity: 1, overflow: 'drop-oldest' } });
    const narrow = system.ref(Worker, 'narrow');
    failing('x', 9);
    const receipt =
      await narrow.deliver('ask', 'x', {
        lane: 'low', onError: () => 'retry', backoff: { baseMs: 10, jitter: 0 },
      });
    await env.settle();
    const running = await narrow.deliver('slow', 'y');
    await env.settle();
    const high = await narrow.deliver('ask', 'z', { lane: 'high' });
    await env.advance(10);
    expect(await receipt.settled).toMatchObject({ kind: 'dropped', attempts: 1 });
    gates.get('y')?.();
    expect([await running.settled, await high.settled])
      .toMatchObject([{ kind: 'handled' }, { kind: 'handled' }]);
    expect(narrow.stats().delivery).toMatchObject({ accepted: 3, acknowledged: 2, dropped: 1, inTransit: 0 });
  });

  test('P3 of one order key to a process that has ended, a stop makes one dead letter each', async () => {
    const { Worker, system, env, failing } = await workshop();
    const alone = system.start(Worker);
    failing('x', 9);
    const receipts = [];
    for (const job of ['x', 'y']) {
      receipts.push(
        await alone.deliver('ask', job, { order: 'o', onError: () => 'retry', backoff: { baseMs: 1_000 } }),
      );
    }
    await env.settle();
    system.exit(alone, 'kill');
    await system.stop();
    expect(await Promise.all(receipts.map(({ settled }) => settled))).toMatchObject(
      [{ kind: 'dead-lettered' }, { kind: 'dead-lettered' }],
    );
    expect(system.stats()).toMatchObject({ held: 0, deadLettered: 2, delivery: { pending: 0, failed: 2 } });
  });
});

test('P12 one that expires while the loop is blocked is not handled, though its deadline has not been told', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const seen: string[] = [];
  let release = (): void => undefined;
  const Blocking = defineAgent({
    calls: { hold: () => new Promise<void>((resolve) => (release = resolve)) },
    casts: { work(_self, job: string) { seen.push(job); if (job === 'first') env.now += 500; } },
  });
  const ref = system.start(Blocking);
  void ref.call('hold');
  const first = ref.deliver('work', 'first');
  const second = ref.deliver('work', 'second', { expiresInMs: 100 });
  await env.settle();
  release();
  await env.settle();
  expect(await (await first).settled).toMatchObject({ kind: 'handled' });
  expect(await (await second).settled).toMatchObject({ kind: 'expired', attempts: 0 });
  expect(seen).toEqual(['first']);
  expect(ref.stats())
    .toMatchObject({ mailbox: { handled: 2, expired: 1 }, delivery: { expired: 1, inTransit: 0 } });
});

test('P6 a call that waits behind its order key has the outcome of its message', async () => {
  const { Worker, system, env, gates } = await workshop();
  const alone = system.start(Worker);
  await alone.deliver('slow', 'x', { order: 'o' });
  const call = alone.call('ask', 'y', { guarantee: 'at-least-once', order: 'o' });
  await env.settle();
  gates.get('x')?.();
  expect(await call).toBe('did y');
});

describe('simulated faults', () => {
  test('at-most-once that is lost on its way has ended as dropped; others are sent again', async () => {
    await simulate(1, async (sim) => {
      const Agent = defineAgent({ calls: { ask: () => 'done' } });
      const ref = sim.system.start(Agent, { name: 'w' });
      sim.faults.drop({ times: 2 });
      const lost = await (await ref.deliver('ask', undefined, { guarantee: 'at-most-once' })).settled;
      const again = await (await ref.deliver('ask')).settled;
      sim.equal(`${lost.kind} ${again.kind}`, 'dropped handled', 'outcomes');
      sim.equal(sim.system.stats().delivery.dropped, 1, 'counted');
    });
  });

  test('one that is late and meets a dead agent goes to the next incarnation', async () => {
    await simulate(1, async (sim) => {
      const Agent = defineAgent({ calls: { ask: () => 'done' } });
      await sim.system.supervise({ children: [child('w', Agent)] });
      sim.faults.delay(50, { op: 'ask' });
      const receipt = await sim.system.ref(Agent, 'w').deliver('ask');
      sim.system.exit('w', 'kill');
      sim.equal((await receipt.settled).kind, 'handled', 'outcome');
    });
  });
});
