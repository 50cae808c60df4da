import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, type DeliverOptions, type DeliveryContext, type ErrorVerdict,
  type MailboxLane, type System,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

interface Handler {
  readonly delivery: DeliveryContext | undefined;
  readonly pid: string;
  stop(reason: unknown): unknown;
}
type Act = (self: Handler, job: string) => unknown;

/** An agent `w` under a supervisor that does with each start what the test says, and keeps a list of them. */
async function desk(act: Act, delivery: DeliverOptions = {}) {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const starts: string[] = [];
  const run = (self: Handler, job: string): unknown => {
    starts.push(`${job}#${self.delivery?.attempt ?? 0}`);
    return act(self, job);
  };
  const Desk = defineAgent({
    delivery: { attemptsMax: 3, backoff: { baseMs: 10, jitter: 0 }, ...delivery },
    calls: {
      here: (self, job: string) => run(self, job),
      aside: { concurrent: true, handle: (self, job: string) => run(self, job) },
    },
    casts: { here2: (self, job: string) => void run(self, job) },
  });
  await system.supervise({ intensity: 100, children: [child('w', Desk)] });
  return { env, system, starts, ref: system.ref(Desk, 'w') };
}

const hang = (): Promise<never> => new Promise(() => undefined);

/** How a start may end without a success. */
const ENDS: Readonly<
  Record<string, {
    readonly act: Act; readonly options?: DeliverOptions; readonly later?: (system: System) => void;
  }>
> = {
  'a throw': { act: () => { throw new Error('no'); } },
  'a rejection': { act: () => Promise.reject(new Error('no')) },
  'a nack': { act: ({ delivery }) => { delivery?.nack(); } },
  'a nack with a delay': { act: ({ delivery }) => { delivery?.nack(5); } },
  'a nack after an await': { act: async ({ delivery }) => { await Promise.resolve(); delivery?.nack(0); } },
  'a nack, then a throw': { act: ({ delivery }) => { delivery?.nack(0); throw new Error('no'); } },
  'a throw that onError says to retry': {
    act: () => { throw new Error('no'); }, options: { onError: (): ErrorVerdict => 'retry' },
  },
  'a rejection that onError says to retry': {
    act: () => Promise.reject(new Error('no')), options: { onError: (): ErrorVerdict => 'retry' },
  },
  'terminate': { act: ({ delivery }) => { delivery?.terminate('poison'); } },
  'a stop with a reason': { act: (self) => self.stop('broken') },
  'its ackTimeoutMs': { act: hang, options: { ackTimeoutMs: 20 } },
  'a kill of its agent': { act: hang, later: (system) => system.exit('w', 'kill') },
  'a shutdown of its agent': { act: hang, later: (system) => system.exit('w', 'shutdown') },
};

describe('at-most-once', () => {
  describe.each(
    Object.entries(ENDS),
  )('is started once when its start ends by %s', (_, { act, options = {}, later }) => {
    test.each(['here', 'aside'] as const)('P18 with a handler that is %s', async (op) => {
      const { env, system, starts, ref } = await desk(act, options);
      const receipt = await ref.deliver(op, 'a', { guarantee: 'at-most-once' });
      await env.advance(5);
      later?.(system);
      await env.advance(10_000);
      expect(starts).toEqual(['a#1']);
      expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered' });
      expect(system.stats().delivery).toMatchObject({ delivered: 1, retried: 0, failed: 1 });
    });
  });

  test.each(
    [['normal'], ['high'], ['low'], ['critical']] as const,
  )('P2 P18 queued in lane %s behind another: it ends with its agent and never meets the next incarnation', async (
    priority: MailboxLane,
  ) => {
    const { env, system, starts, ref } = await desk(hang);
    const first = await ref.deliver('here', 'a');
    await env.settle();
    const queued = [
      await ref.deliver('here', 'b', { guarantee: 'at-most-once', lane: priority }),
      await ref.deliver('aside', 'c', { guarantee: 'at-most-once', lane: priority }),
      await ref.deliver('here2', 'd', { guarantee: 'at-most-once', lane: priority }),
    ];
    system.exit('w', 'kill');
    await env.advance(10_000);
    expect(starts, 'at-least-once does').toEqual(['a#1', 'a#1']);
    expect(first.state).toBe('delivered');
    for (const receipt of queued) {
      expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 0, reason: 'killed' });
    }
    expect(system.deadLetters.list().map(({ payload }) => payload)).toEqual(['b', 'c', 'd']);
  });
});

describe('an order key', () => {
  test('P24 is held by a message that expires while it is handled, until that has ended', async () => {
    const { env, starts, ref } = await desk(
      (_self, job) => (job === 'a' ? new Promise((resolve) => env.timer(200, () => resolve('late'))) : 'done'),
    );
    const first = await ref.deliver('here', 'a', { order: 'o', expiresInMs: 50 });
    const second = await ref.deliver('aside', 'b', { order: 'o' });
    const other = await ref.deliver('aside', 'c', { order: 'p' });
    await env.advance(150);
    expect([starts, first.state, second.state]).toEqual([['a#1'], 'delivered', 'pending']);
    await env.advance(100);
    expect(starts).toEqual(['a#1', 'c#1', 'b#1']);
    expect([(await first.settled).kind, (await second.settled).kind, (await other.settled).kind]).toEqual(
      ['handled', 'handled', 'handled'],
    );
  });

  test('P24 is held by a concurrent message that expires while it is handled', async () => {
    const { env, starts, ref } = await desk(
      (_self, job) => (job === 'a' ? new Promise((resolve) => env.timer(200, () => resolve('late'))) : 'done'),
    );
    await ref.deliver('aside', 'a', { order: 'o', expiresInMs: 50 });
    const second = await ref.deliver('aside', 'b', { order: 'o' });
    await env.advance(199);
    expect(starts).toEqual(['a#1']);
    await env.advance(10);
    expect(starts).toEqual(['a#1', 'b#1']);
    expect((await second.settled).kind).toBe('handled');
  });

  test('P24 is held through a back-off, and free at the very ms at which that message expires in it', async () => {
    const { env, starts, ref } = await desk(
      (_self, job) => { if (job === 'a') throw new Error('no'); return 'done'; },
      { backoff: { baseMs: 1_000, jitter: 0 } },
    );
    const first = await ref.deliver('here', 'a', { order: 'o', expiresInMs: 500 });
    const second = await ref.deliver('here', 'b', { order: 'o' });
    await env.advance(499);
    expect(starts).toEqual(['a#1']);
    await env.advance(1);
    expect(starts).toEqual(['a#1', 'b#1']);
    expect([(await first.settled).kind, (await second.settled).kind]).toEqual(['expired', 'handled']);
  });

  test('P24 one that expires behind another lets nobody overtake: the rest follow in the order of their sends', async () => {
    const { env, starts, ref } = await desk(
      (_self, job) => (job === 'a' ? new Promise((resolve) => env.timer(100, () => resolve('late'))) : 'done'),
    );
    await ref.deliver('aside', 'a', { order: 'o' });
    const expiring = await ref.deliver('aside', 'b', { order: 'o', expiresInMs: 40 });
    for (const job of ['c', 'd', 'e']) await ref.deliver('aside', job, { order: 'o' });
    await env.advance(99);
    expect([starts, expiring.state]).toEqual([['a#1'], 'expired']);
    await env.advance(50);
    expect(starts).toEqual(['a#1', 'c#1', 'd#1', 'e#1']);
  });

  test('P24 one that expires in the queue of its agent is over: the next one goes, and it never starts', async () => {
    const { env, starts, ref } = await desk(
      (_self, job) => (job === 'x' ? new Promise((resolve) => env.timer(100, () => resolve('late'))) : 'done'),
    );
    await ref.deliver('here', 'x');
    const expiring = await ref.deliver('here', 'a', { order: 'o', expiresInMs: 40 });
    await ref.deliver('here', 'b', { order: 'o' });
    await env.advance(200);
    expect([starts, expiring.state]).toEqual([['x#1', 'b#1'], 'expired']);
  });
});

describe('what is remembered', () => {
  test('P25 is bounded for each destination, not for all of them: its keys and its numbers are its own', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env, delivery: { dedupe: { keysMax: 2 } } });
    const handled: string[] = [];
    const Desk =
      defineAgent({ calls: {
        work: (self, job: string) => { handled.push(`${job} at ${self.pid}`); return job; },
      } });
    const names = ['a', 'b', 'c'];
    await system.supervise({ children: names.map((name) => child(name, Desk)) });
    const send = async (name: string, key: string): Promise<void> => {
      await system.ref(Desk, name).deliver('work', key, { guarantee: 'exactly-once', key });
      await env.settle();
    };
    for (const name of names) for (const key of ['k1', 'k2']) await send(name, key);
    for (const name of names) for (const key of ['k1', 'k2']) await send(name, key);
    expect(
      [handled.length, system.stats().delivery.duplicatesSuppressed],
      'two keys at each of three destinations',
    )
      .toEqual([6, 6]);
    await send('a', 'k3');
    for (const name of names) await send(name, 'k1');
    expect(handled.slice(6), 'a third key is one too many where it was sent, nowhere else').toHaveLength(2);
    expect(system.stats().delivery.duplicatesSuppressed).toBe(8);
  });
});
