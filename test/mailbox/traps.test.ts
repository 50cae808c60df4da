import { describe, expect, it } from 'vitest';
import {
  defineAgent, type AgentRef, type MailboxOptions, type System, type SystemOptions,
} from '../../src/index.js';
import { expectConserved, settleTurn, testSystem } from '../support/system.js';

const Agent = defineAgent({
  name: 'Agent',
  calls: { ask: (_self, _n: unknown) => 'answer', async *items(_self, _n: unknown) { yield 1; } },
  casts: { note(_self, _n: unknown) { /* takes all */ } },
});

type Ref = AgentRef<typeof Agent>;
type How = (ref: Ref, payload: object) => unknown;
const EVER = { timeoutMs: 'infinity' } as const;
const outcome =
  (promise: Promise<unknown>): Promise<unknown> => promise.then(
    () => 'done', (error: { code: string }) => error.code,
  );
const delivered = (ref: Ref, payload: object, options: object): Promise<unknown> =>
  ref.deliver('note', payload, options).then(({ settled }) => settled)
    .then(({ kind, reason }) => [kind, reason]);

/** Every way in, and what its sender hears when the process has ended meanwhile. */
const ways: readonly (readonly [string, How, unknown])[] = [
  ['cast', (ref, payload) => ref.cast('note', payload), undefined],
  ['cast with a priority', (ref, payload) => ref.cast('note', payload, { lane: 'high' }), undefined],
  ['cast by key', (ref, payload) => ref.cast('note', payload, { coalesce: 'k' }), undefined],
  ['cast that expires', (ref, payload) => ref.cast('note', payload, { expiresInMs: 1_000 }), undefined],
  ['tryCast', (ref, payload) => ref.tryCast('note', payload), 'ok'],
  ['send', (ref, payload) => ref.send(payload), undefined],
  ['call', (ref, payload) => outcome(ref.call('ask', payload, EVER)), 'EXIT'],
  ['call with a priority', (ref, payload) =>
    outcome(ref.call('ask', payload, { ...EVER, lane: 'high', signal: new AbortController().signal })), 'EXIT'],
  ['put', (ref, payload) => outcome(ref.put('note', payload, EVER)), 'EXIT'],
  ['stream', (ref, payload) => outcome(ref.stream('items', payload).next()), 'EXIT'],
  ['guaranteed call', (ref, payload) =>
    outcome(ref.call('ask', payload, { ...EVER, guarantee: 'at-least-once' })), 'EXIT'],
  ['at most once', (ref, payload) => delivered(ref, payload, { guarantee: 'at-most-once' }), [
    'dead-lettered', 'gone',
  ]],
  ['at least once', (ref, payload) =>
    delivered(ref, payload, { guarantee: 'at-least-once' }), ['dead-lettered', 'gone']],
  ['exactly once', (ref, payload) => delivered(ref, payload, { guarantee: 'exactly-once' }), [
    'dead-lettered', 'gone',
  ]],
  ['by key and order', (ref, payload) =>
    delivered(ref, payload, { guarantee: 'exactly-once', key: 'k', order: 'o' }), ['dead-lettered', 'gone']],
];

/** One agent that ends when the trap is asked for the `nth` time. */
function trapped(
  mailbox: Omit<MailboxOptions, 'sizeOf'> | undefined, nth: number, options: SystemOptions = {},
): { system: System; ref: Ref; spring: () => number } {
  const system = testSystem(options);
  let asked = 0;
  const spring = (): number => {
    if (++asked === nth) system.exit(ref, 'gone');
    return 1;
  };
  const ref: Ref = system.start(
    Agent, mailbox === undefined ? {} : { mailbox: { ...mailbox, sizeOf: spring } },
  );
  return { system, ref, spring };
}

async function expectTold(system: System, got: unknown, expected: unknown): Promise<void> {
  expect(await got).toEqual(expected);
  await settleTurn();
  const stats = system.stats();
  expectConserved(stats);
  expect(stats).toMatchObject(
    { sent: 1, deadLettered: 1, queued: 0, held: 0, delivery: { pending: 0, inTransit: 0, running: 0 } },
  );
  expect(system.deadLetters.list()).toMatchObject([{ reason: 'gone' }]);
}

describe('P2 P3 code of the user that ends the receiver of a message on its way in', () => {
  for (const overflow of ['reject', 'drop-newest', 'drop-oldest', 'suspend'] as const) {
    for (const [way, send, told] of ways) {
      it(`sizeOf, ${overflow}: a ${way} has one outcome`, async () => {
        const { system, ref } = trapped({ capacityBytes: 10, overflow }, 1);
        await expectTold(system, send(ref, {}), told);
      });
    }
  }

  for (const [way, send, told] of ways) {
    it(`a getter of what is frozen: a ${way} has one outcome`, async () => {
      const { system, ref, spring } = trapped(undefined, 1, { payloads: 'frozen' });
      const payload = new Proxy({}, { ownKeys: () => { spring(); return []; } });
      const got = send(ref, payload);
      if (system.stats().rejected === 0) return expectTold(system, got, told);
      // A message with a guarantee is frozen before anybody looks for its receiver.
      expect(await Promise.resolve(got).catch(({ code }: { code: string }) => code)).toBe('NOPROC');
      expect(system.stats()).toMatchObject({ sent: 1, rejected: 1, delivery: { accepted: 0 } });
    });

    it(`sizeOf before a frozen ${way}, at every time that it is asked`, async () => {
      for (const nth of [1, 2, 3]) {
        const { system, ref } = trapped({ capacityBytes: 10 }, nth, { payloads: 'frozen' });
        const got = send(ref, {});
        if (ref.pid === undefined) await expectTold(system, got, told);
        else await got;
        await settleTurn();
      }
    });

    it(`sizeOf of a ${way} that is too large, or that nobody can tell: one outcome`, async () => {
      for (const bytes of [100, -1]) {
        const system = testSystem();
        let asked = 0;
        for (const nth of [1, 2, 3]) {
          asked = 0;
          const ref: Ref = system.start(Agent, { mailbox: {
            capacityBytes: 10, overflow: 'drop-oldest',
            sizeOf: () => { if (++asked === nth) system.exit(ref, 'gone'); return bytes; },
          } });
          try {
            await send(ref, {});
          } catch { /* refused to its sender */ }
        }
        const stats = system.stats();
        expectConserved(stats);
        expect(stats.deadLettered + stats.rejected).toBe(3);
      }
    });
  }

  it('a named agent: the next owner of its name gets what was accepted', async () => {
    for (const overflow of ['reject', 'suspend'] as const) {
      const system = testSystem();
      let fatal = true;
      const sizeOf = (): number => { if (fatal) system.exit('a', 'gone'); return 1; };
      system.start(Agent, { name: 'a', mailbox: { capacityBytes: 10, overflow, sizeOf } });
      const ref = system.ref(Agent, 'a');
      const receipt = await ref.deliver('note', {}, { guarantee: 'exactly-once', key: 'k' });
      expect(receipt.state).toBe('pending');
      fatal = false;
      system.start(Agent, { name: 'a', mailbox: { capacityBytes: 10, overflow, sizeOf } });
      expect((await receipt.settled).kind).toBe('handled');
      expect(system.stats().delivery).toMatchObject({ accepted: 1, acknowledged: 1, pending: 0, inTransit: 0 });
      await system.stop();
    }
  });

  it('a receipt that was in transit settles when the system stops', async () => {
    const { system, ref } = trapped({ capacityBytes: 10 }, 1);
    const receipt = await ref.deliver('note', {}, { guarantee: 'at-least-once' });
    await system.stop();
    expect((await receipt.settled).kind).toBe('dead-lettered');
  });
});

describe('P2 P3 code of the user that does something else while a message is on its way in', () => {
  it('ends its sender: the call is over, a cast goes on', async () => {
    const system = testSystem();
    const busy = system.start(
      Agent, { mailbox: { capacityBytes: 100, sizeOf: () => { system.exit('sender', 'gone'); return 1; } } },
    );
    system.suspend(busy);
    const heard: unknown[] = [];
    const hear =
      (promise: Promise<unknown>): unknown =>
        promise.catch((error: { code: string }) => heard.push(error.code));
    const sends: readonly ((self: { bindTo: Ref }) => unknown)[] = [
      ({ bindTo }) =>
        hear(
          bindTo.call('ask', {}, EVER),
        ), ({ bindTo }) => hear(bindTo.call('ask', {}, { ...EVER, lane: 'high' })),
      ({ bindTo }) => hear(bindTo.stream('items', {}).next()), ({ bindTo }) => bindTo.cast('note', {}),
    ];
    for (const send of sends) {
      const Sender = defineAgent({ casts: { go(self) { send({ bindTo: self.bind(busy) }); } } });
      system.start(Sender, { name: 'sender' }).cast('go');
      await settleTurn();
    }
    expect(heard).toEqual(['ZOMBIE', 'ZOMBIE', 'ZOMBIE']);
    expect(system.stats().queued).toBe(4);
    system.resume(busy);
  });

  it('sends to the same mailbox, without end: what is too deep is refused', async () => {
    const system =
      testSystem({ deadLetters: {
        capacityBytes: 1_000, sizeOf: () => { system.send('nobody', {}); return 1; },
      } });
    const ref: Ref = system.start(
      Agent,
      { mailbox: {
        capacityBytes: 5, overflow: 'drop-oldest',
        sizeOf: () => { ref.cast('note', {}); return 1; },
      } },
    );
    ref.cast('note', {});
    system.send('nobody', {});
    expectConserved(system.stats());
    expect(system.stats()).toMatchObject({ queued: 5 });
    const { total, size, evicted } = system.deadLetters;
    expect(total).toBe(size + evicted);
    expect(total).toBeLessThan(100);
    await settleTurn();
  });

  it('P21 sends the same key: it is one message', async () => {
    for (const overflow of ['reject', 'suspend'] as const) {
      for (const bytes of [1, 100]) {
        const system = testSystem();
        let asked = 0;
        const receipts: Promise<unknown>[] = [];
        const payload = {};
        const send = (): Promise<
          unknown
        > => ref.deliver('note', payload, { guarantee: 'exactly-once', key: 'k' }).then(
          ({ settled }) => settled,
        ).then(({ kind }) => kind, (error: { code: string }) => error.code);
        const sizeOf = (): number => { if (++asked === 1) receipts.push(send()); return bytes; };
        const ref = system.start(Agent, { name: 'a', mailbox: { capacityBytes: 10, overflow, sizeOf } });
        receipts.push(send());
        expect(await Promise.all(receipts)).toEqual(bytes === 1
          ? ['handled', 'handled']
          : [overflow === 'suspend' ? 'PAYLOAD_TOO_LARGE' : 'rejected', 'PAYLOAD_TOO_LARGE']);
        expect(system.stats().delivery)
          .toMatchObject({ accepted: bytes === 1 ? 1 : 0, duplicatesSuppressed: 1 });
        expect(await send()).toBe(bytes === 1 ? 'handled' : 'PAYLOAD_TOO_LARGE');
        await system.stop();
      }
    }
  });

  it('stops the system: every receipt settles', async () => {
    const system = testSystem();
    let stopped: Promise<unknown> | undefined;
    const ref = system.start(
      Agent, {
        name: 'a',
        mailbox: { capacityBytes: 10, sizeOf: () => { stopped ??= system.stop(); return 1; } },
      },
    );
    const receipt = await ref.deliver('note', {}, { guarantee: 'at-least-once' });
    const call = outcome(ref.call('ask', {}, EVER));
    await stopped;
    expect(['handled', 'dead-lettered']).toContain((await receipt.settled).kind);
    expect(['done', 'EXIT', 'NOPROC']).toContain(await call);
  });
});
