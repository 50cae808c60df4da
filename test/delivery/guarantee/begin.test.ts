import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, type DeliveryContext, type DeliverOptions, type ErrorVerdict, type SystemOptions,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

interface World {
  readonly delivery?: DeliverOptions;
  readonly system?: SystemOptions;
  /** what its state is made of */
  readonly state?: () => object;
  readonly intensity?: number;
}

/** An agent `w` under a supervisor; its concurrent handlers cannot begin with some states. */
async function world({ delivery = {}, system: options = {}, state = () => ({}), intensity = 100 }: World = {}) {
  const env = new VirtualEnv();
  const system = testSystem({ env, ...options });
  const begun: string[] = [];
  const Agent = defineAgent({
    delivery: { backoff: { baseMs: 10, jitter: 0 }, attemptsMax: 3, ...delivery },
    init: state,
    calls: {
      aside: { concurrent: true, handle: (_self, job: string) => { begun.push(job); return `did ${job}`; } },
      here: (_self, job: string) => { begun.push(job); return `did ${job}`; },
    },
    casts: { asideToo: { concurrent: true, handle: (_self, job: string) => { begun.push(job); } } },
  });
  await system.supervise({ intensity, periodMs: 1, children: [child('w', Agent)] });
  return { env, system, begun, Agent, ref: system.ref(Agent, 'w') };
}

const throwing = (thrown: unknown) => (): object => ({ get bad(): never { throw thrown; } });

/** States that a concurrent handler cannot be given a copy of. */
const UNCOPIED: readonly (readonly [string, () => object])[] = [
  ['a function', () => ({ f() {} })],
  ['a getter that throws an Error', throwing(new Error('no'))],
  ['a getter that throws nothing', throwing(undefined)],
  ['a getter that throws what cannot be printed', throwing(
    new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); }, get() { throw new Error('hostile'); } }),
  )],
];

describe('a delivery whose concurrent handler cannot begin', () => {
  describe.each(UNCOPIED)('because of %s in the state', (_, state) => {
    test.each(
      ['aside', 'asideToo'] as const,
    )('P2 P22 fails its attempts, is a dead letter after the last one, and the agent lives on: %s', async (
      op,
    ) => {
      const { env, system, ref, begun } = await world({ state });
      const receipt = await ref.deliver(op, 'a');
      await env.advance(1_000);
      const outcome = await receipt.settled;
      expect(outcome).toMatchObject({
        kind: 'dead-lettered', attempts: 3, reason: { code: 'STATE_NOT_CLONABLE' },
      });
      expect(outcome.failures.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(begun).toEqual([]);
      expect(system.deadLetters.list()).toMatchObject([{ payload: 'a', attempts: 3 }]);
      expect(await ref.call('here', 'b')).toBe('did b');
      expect(ref.stats().delivery)
        .toMatchObject({ accepted: 1, failed: 1, pending: 0, inTransit: 0, running: 0 });
    });

    test('P18 at-most-once is a dead letter at once', async () => {
      const { env, ref } = await world({ state });
      const receipt = await ref.deliver('aside', 'a', { guarantee: 'at-most-once' });
      await env.settle();
      expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 1 });
    });

    test('P6 a call with a guarantee is told the reason', async () => {
      const { env, ref } = await world({ state });
      const said = ref.call('aside', 'a', { guarantee: 'at-least-once' }).catch((error: unknown) => error);
      await env.advance(1_000);
      expect(await said).toMatchObject({ code: 'EXIT', reason: { code: 'STATE_NOT_CLONABLE' } });
    });

    test('P15 a stop in the middle of its back-off settles it', async () => {
      const { env, system, ref } = await world({ state, delivery: { backoff: { baseMs: 60_000 } } });
      const receipt = await ref.deliver('aside', 'a');
      await env.settle();
      expect(receipt.state).toBe('pending');
      await Promise.all([system.stop(), env.advance(1_000)]);
      expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'shutdown', attempts: 1 });
    });

    test.each(
      [['retry', 'dead-lettered', 3], ['dead-letter', 'dead-lettered', 1], ['refuse', 'refused', 1]] as const,
    )('onError says %s of it', async (verdict, kind, attempts) => {
      const { env, system, ref } = await world({ state, delivery: { onError: () => verdict } });
      const before = system.stats().crashes;
      const receipt = await ref.deliver('aside', 'a');
      await env.advance(1_000);
      expect(await receipt.settled).toMatchObject({ kind, attempts });
      expect(system.stats().crashes, 'the agent lives on').toBe(before);
    });
  });

  test('P2 for want of room for a process: it is retried when there is some', async () => {
    const { env, system, ref, begun } = await world({ system: { processesMax: 3 } });
    const other = system.spawn(async (self) => { await self.receive(); });
    const receipt = await ref.deliver('aside', 'a');
    await env.settle();
    expect(receipt).toMatchObject({ state: 'pending', attempts: 1 });
    system.exit(other, 'kill');
    await env.advance(100);
    expect(await receipt.settled).toMatchObject(
      { kind: 'handled', reply: 'did a', attempts: 2, failures: [
        { attempt: 1, reason: { code: 'PROCESS_LIMIT' } },
      ] },
    );
    expect(begun).toEqual(['a']);
  });

  test(
    'a poison message of that kind is charged to itself, not to the intensity of the supervisor',
    async () => {
      const { env, ref } =
        await world({
          state: () => ({ f() {} }), intensity: 1,
          delivery: { attemptsMax: 5, backoff: { baseMs: 0 } },
        });
      const receipt = await ref.deliver('aside', 'a');
      await env.advance(100);
      expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 5 });
      expect(ref.stats().alive).toBe(true);
    },
  );

  test('P24 the next of its order key goes', async () => {
    let lives = 0;
    const { env, ref, begun } = await world({ state: () => (lives++ < 3 ? { f() {} } : {}) });
    const first = await ref.deliver('aside', 'a', { order: 'o' });
    const second = await ref.deliver('aside', 'b', { order: 'o' });
    await env.advance(1_000);
    expect([(await first.settled).kind, (await second.settled).kind]).toEqual(['dead-lettered', 'handled']);
    expect(begun).toEqual(['b']);
  });

  test('P16 a getter in the state that ends the agent: nothing begins, it was no attempt, the next incarnation gets it', async () => {
    let ends = true;
    const { env, system, ref, begun } = await world({
      state: () => ({ get n() { if (ends) { ends = false; system.exit('w', 'kill'); } return 1; } }),
    });
    const receipt = await ref.deliver('aside', 'a');
    await env.advance(100);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1, failures: [] });
    expect(begun).toEqual(['a']);
    expect(system.stats().delivery.delivered).toBe(1);
  });
});

test('P12 a concurrent handler whose process has its first turn too late does not begin: the message has expired, counted once', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const begun: string[] = [];
  const Agent = defineAgent({
    calls: { aside: { concurrent: true, handle: (_self, job: string) => { begun.push(job); return job; } } },
    casts: { burn: (_self, ms: number) => { env.now += ms; } },
  });
  const agent = system.start(Agent);
  system.suspend(agent);
  const late = agent.deliver('aside', 'late', { expiresInMs: 50, order: 'o' });
  agent.cast('burn', 100);
  const next = agent.deliver('aside', 'next', { order: 'o' });
  await env.settle();
  system.resume(agent);
  await env.settle();
  expect(await (await late).settled).toMatchObject({ kind: 'expired', attempts: 0, failures: [] });
  expect(await (await next).settled).toMatchObject({ kind: 'handled' });
  expect(begun).toEqual(['next']);
  expect(system.stats()).toMatchObject({ expired: 1, delivery: { delivered: 1, expired: 1, acknowledged: 1 } });
});

describe('casts and calls of a concurrent handler that cannot begin', () => {
  test.each(UNCOPIED)('P6 P17 crash the agent and have one outcome: %s in the state', async (_, state) => {
    const { env, system, ref, begun } = await world({ state });
    ref.cast('asideToo', 'a');
    await env.settle();
    expect(await ref.call('aside', 'b').catch((error: unknown) => error)).toMatchObject(
      { code: 'EXIT', reason: { code: 'STATE_NOT_CLONABLE' } },
    );
    await ref.put('asideToo', 'c');
    await env.settle();
    expect(begun).toEqual([]);
    expect(system.stats()).toMatchObject({ crashed: 3, queued: 0, running: 0, held: 0 });
  });

  test('P16 a getter in the state that ends the agent: the call is told, nothing begins', async () => {
    const { env, system, ref, begun } =
      await world({ state: () => ({ get n() { system.exit('w', 'kill'); return 1; } }) });
    const said = ref.call('aside', 'a').catch((error: unknown) => error);
    await env.settle();
    expect(await said).toMatchObject({ code: 'EXIT', reason: 'killed' });
    expect(begun).toEqual([]);
    expect(system.stats().processes).toBe(2);
  });
});

describe('what is the user\'s code between acceptance and settlement', () => {
  test.each(
    ['deliver', 'call'] as const,
  )('P2 P6 P16 a debug function that ends the agent: nothing of a %s begins', async (verb) => {
    const { env, system, ref, begun } = await world();
    let ends = true;
    const installed = system.sys('w').install((state: number, event) => {
      if (ends && event.kind === 'in') { ends = false; system.exit('w', 'kill'); }
      return state;
    }, { state: 0 });
    await env.settle();
    await installed;
    if (verb === 'call') {
      expect(
        await ref.call('here', 'a', { expiresInMs: 1_000, timeoutMs: 'infinity' })
          .catch((error: unknown) => error),
      ).toMatchObject({ code: 'EXIT', reason: 'killed' });
      expect(begun).toEqual([]);
      return;
    }
    const receipt = await ref.deliver('here', 'a');
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1, failures: [] });
    expect(begun).toEqual(['a']);
  });

  test.each(
    ['kill', 'stop'] as const,
  )('P2 a message that waits again while the handler of its earlier attempt still runs: a %s of the agent counts it once', async (
    end,
  ) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let starts = 0;
    const Agent = defineAgent({
      calls: {
        async work(self) {
          if (++starts > 1) return 'done';
          self.delivery?.nack(5);
          await new Promise<void>((resolve) => env.timer(20, resolve));
          return end === 'stop' ? self.stop('away') : 'ignored';
        },
      },
    });
    await system.supervise({ intensity: 100, children: [child('w', Agent)] });
    const receipt = await system.ref(Agent, 'w').deliver('work');
    await env.advance(10);
    expect(receipt.state).toBe('in-transit');
    if (end === 'kill') system.exit('w', 'kill');
    await env.advance(30);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(system.stats().delivery).toMatchObject({ inTransit: 0, pending: 0, running: 0, delivered: 2 });
  });

  const DEEDS: readonly (readonly [ErrorVerdict, string])[] = [
    ['retry', 'handled'], ['dead-letter', 'handled'], ['refuse', 'handled'], ['restart', 'handled'],
    ['escalate', 'handled'],
  ];
  test.each(DEEDS)('P2 onError ends the agent and says %s: an end from outside, no attempt', async (
    verdict, kind,
  ) => {
    let ends = true;
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Agent = defineAgent({
      delivery: { onError: () => { ends = false; system.exit('w', 'kill'); return verdict; } },
      calls: { work() { if (ends) throw new Error('no'); return 'done'; } },
    });
    await system.supervise({ intensity: 100, children: [child('w', Agent)] });
    const receipt = await system.ref(Agent, 'w').deliver('work');
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind, attempts: 1, failures: [] });
  });

  test.each(
    [['retry', true], ['dead-letter', true], ['refuse', true], ['restart', false]] as const,
  )('P20 onError acknowledges by hand and says %s: it is acknowledged, and the agent lives on: %s', async (
    verdict, lives,
  ) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let delivery: DeliveryContext | undefined;
    const Agent = defineAgent({
      delivery: { onError: () => { delivery?.ack('by hand'); return verdict; } },
      calls: { work(self): string { ({ delivery } = self); throw new Error('no'); } },
    });
    const agent = system.start(Agent);
    const receipt = await agent.deliver('work');
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'by hand', attempts: 1 });
    expect(agent.stats().alive).toBe(lives);
  });

  test('P17 the code of a refused error is read with care', async () => {
    const hostile = Object.defineProperty(new Error('no'), 'code', { get() { throw new Error('hostile'); } });
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Agent = defineAgent({
      delivery: { onError: () => 'refuse' }, calls: { work(): string { throw hostile; } },
    });
    const agent = system.start(Agent);
    const receipt = await agent.deliver('work');
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind: 'refused', reason: 'ERROR' });
    expect(agent.stats().alive).toBe(true);
  });

  test('P10 P17 a payload whose traps throw cannot be measured: it is refused, its order key and its sequence are free', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Agent = defineAgent({ calls: { work: (_self, payload: unknown) => typeof payload } });
    await system.supervise({ children: [child('w', Agent, { mailbox: { capacityBytes: 100 } })] });
    const ref = system.ref(Agent, 'w');
    const hostile: unknown = new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); } });
    ref.cast('work' as never, hostile as never);
    await expect(ref.deliver('work', hostile, { guarantee: 'exactly-once', order: 'o' })).rejects.toMatchObject(
      { code: 'UNSIZABLE_PAYLOAD' },
    );
    const receipt = await ref.deliver('work', 'fine', { guarantee: 'exactly-once', order: 'o' });
    await env.settle();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'string' });
  });

  test('a concurrent handler that returns what cannot be looked at crashes its agent, as any other does', async () => {
    const hostile: unknown = new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); } });
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Agent = defineAgent({ calls: { aside: { concurrent: true, handle: () => hostile } } });
    const agent = system.start(Agent);
    const said = agent.call('aside').catch((error: unknown) => error);
    await env.settle();
    expect(await said).toMatchObject({ code: 'EXIT' });
    expect(agent.stats().alive).toBe(false);
  });
});
