import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, type AgentRef, type MailboxOptions, type ProcessSelf } from '../../src/index.js';
import { imbalance } from '../../src/mailbox/stats.js';
import { kernelOf } from '../../src/system/create.js';
import { testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

/** Looks at the account from within: in handlers, in the measuring of payloads, at the end. */
interface Shared { readonly look: () => void; readonly held: (() => void)[] }

const Worker = defineAgent({
  name: 'Worker',
  init: (shared: Shared) => shared,
  calls: { ask(self, refuse: boolean) { self.state.look(); return refuse ? self.refuse('no') : 'yes'; } },
  casts: {
    take(self, _text: string) { self.state.look(); },
    wait(
      self, _text: string,
    ) { self.state.look(); return new Promise<void>((resolve) => { self.state.held.push(resolve); }); },
    fail(self, _text: string) { self.state.look(); throw new Error('as asked'); },
  },
  terminate(self) { self.state.look(); },
});

const MAILBOXES: readonly (MailboxOptions | undefined)[] = [
  undefined,
  undefined,
  { capacity: 2, overflow: 'reject', reserve: 1 },
  { capacity: 2, overflow: 'drop-newest' },
  { capacity: 2, overflow: 'drop-oldest' },
  { capacity: 2, overflow: 'suspend' },
  { capacity: 4, capacityBytes: 30, overflow: 'drop-oldest' },
];
const SIZE = MAILBOXES.length;

const at = fc.nat(SIZE - 1);
const priority = fc.constantFrom('normal' as const, 'normal' as const, 'low' as const, 'critical' as const);
const step = fc.oneof(
  { weight: 14, arbitrary: fc.record({
    kind: fc.constant('cast' as const), at,
    op: fc.constantFrom('take' as const, 'take' as const, 'wait' as const),
    priority, expires: fc.constantFrom(-1, -1, 2), key: fc.constantFrom('', '', 'a'),
  }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('call' as const), at, refuse: fc.boolean(), kept: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), at }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver' as const), at, fails: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('rest' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const) }) },
  { weight: 3, arbitrary: fc.record({
    kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 2_000 }),
  }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom(
    'suspend' as const, 'resume' as const, 'crash' as const, 'kill' as const, 'close' as const,
    'start' as const,
  ), at }) },
  { weight: 3, arbitrary: fc.record({
    kind: fc.constantFrom('tell' as const, 'take' as const), number: fc.nat(3),
  }) },
);

describe('the account of a system', () => {
  it('P3 what is kept is what adding up all mailboxes tells, at any moment, whoever is at rest', async () => {
    let looks = 0;
    let rested = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 70, size: 'max' }), async (steps) => {
      const env = new VirtualEnv();
      const system = testSystem({ env, development: false });
      const kernel = kernelOf(system);
      const { accounts } = kernel;
      const suspended = (n: number): boolean => {
        const pid = system.whereis(`w${n}`);
        return pid !== undefined && system.inspect(pid)?.status === 'suspended';
      };
      const balanced = (): void => {
        expect(imbalance(system.stats())).toBe(0);
      };
      const look = (): void => {
        looks++;
        expect(accounts.totals()).toEqual(accounts.recount());
      };
      const rest = (): void => {
        const before = accounts.inUse;
        accounts.settle();
        rested += before - accounts.inUse;
        look();
      };
      const shared: Shared = { held: [], look: () => { look(); balanced(); if (looks % 3 === 0) rest(); } };
      const sizeOf = (payload: unknown): number => { look(); return String(payload).length; };
      const start = (n: number): void => {
        const mailbox = MAILBOXES[n];
        system.start(Worker, shared, { name: `w${n}`, ...(mailbox === undefined
          ? {}
          : { mailbox: mailbox.capacityBytes === undefined ? mailbox : { ...mailbox, sizeOf } }) });
      };
      const refs: AgentRef<typeof Worker>[] = MAILBOXES.map((_, n) => system.ref(Worker, `w${n}`));
      for (let n = 0; n < SIZE; n++) start(n);
      let plain: ProcessSelf | undefined;
      const reader = system.spawn((self) => { plain = self; return new Promise<void>(() => undefined); });
      await env.settle();
      for (const [number, one] of steps.entries()) {
        const text = `message ${number}`;
        const ref = refs['at' in one ? one.at : 0] as AgentRef<typeof Worker>;
        switch (one.kind) {
          case 'cast': ref.cast(one.op, text, {
            lane: one.priority, ...(one.expires < 0 ? {} : { expiresInMs: one.expires }),
            ...(one.key === '' ? {} : { coalesce: { key: one.key } }),
          }); break;
          case 'call': ref.call(
            'ask', one.refuse, one.kept ? { guarantee: 'at-least-once' } : { timeoutMs: 50 },
          ).catch(
            () => undefined,
          ); break;
          case 'put': ref.put('take', text, { timeoutMs: 500 }).catch(() => undefined); break;
          case 'deliver': ref.deliver(one.fails
            ? 'fail'
            : 'take', text, { guarantee: 'at-least-once', attemptsMax: 2 })
            .then((receipt) => receipt.settled).catch(() => undefined); break;
          case 'settle': await env.settle(); break;
          case 'rest': rest(); break;
          case 'release': for (const release of shared.held.splice(0)) release(); break;
          case 'time': await env.advance(one.ms); break;
          case 'suspend': if (system.whereis(`w${one.at}`) !== undefined) system.suspend(ref); break;
          case 'resume': if (suspended(one.at)) system.resume(ref); break;
          case 'crash': ref.cast('fail', text); break;
          case 'kill': system.exit(ref, 'kill'); break;
          case 'close': ref.close(); break;
          case 'start': if (system.whereis(`w${one.at}`) === undefined) start(one.at); break;
          case 'tell': reader.send(one.number); break;
          default:
            await env.settle();
            if (plain !== undefined) {
              await Promise.all([plain.receive((m) => m === one.number, { timeoutMs: 1 }), env.advance(1)]);
            }
        }
        look();
        balanced();
      }
      await Promise.all([system.stop({ drain: false }), env.advance(60_000)]);
      look();
      balanced();
    }), { numRuns: 150 });
    expect(looks).toBeGreaterThan(5_000);
    expect(rested).toBeGreaterThan(200);
  }, 60_000);
});

const calm = async (env: VirtualEnv): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await env.settle();
};

describe('a look at the account', () => {
  const Once = defineAgent({ name: 'Once', init: () => ({ n: 0 }), casts: { add(self) { self.state.n++; } } });

  it('P3 is not dearer for those who are at rest: many mailboxes go there in turns, and come back', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env, development: false });
    const { accounts } = kernelOf(system);
    const refs = Array.from({ length: 5_000 }, () => system.start(Once));
    expect(accounts.inUse, 'who has had no message has no mailbox').toBe(0);
    for (const ref of refs) ref.cast('add');
    expect(accounts.inUse).toBe(5_000);
    expect(system.stats()).toMatchObject({ sent: 5_000, queued: 5_000 });
    await calm(env);
    expect(accounts.inUse).toBeLessThanOrEqual(1_024);
    expect(system.stats()).toMatchObject({ sent: 5_000, handled: 5_000, queued: 0, running: 0 });
    for (const ref of refs.slice(0, 3_000)) ref.cast('add');
    expect(system.stats()).toMatchObject({ sent: 8_000, handled: 5_000, queued: 3_000 });
    for (const ref of refs.slice(2_000)) system.exit(ref, 'kill');
    await calm(env);
    expect(accounts.totals()).toEqual(accounts.recount());
    expect(system.stats()).toMatchObject({ sent: 8_000, handled: 7_000, deadLettered: 1_000, queued: 0 });
    expect(accounts.inUse).toBeLessThanOrEqual(1_024);
    await system.stop();
  });

  it('P3 leaves in use what has messages all the time', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env, development: false });
    const { accounts } = kernelOf(system);
    const parked =
      defineAgent({
        name: 'Parked', init: () => ({}), casts: { wait: () => new Promise<void>(() => undefined) },
      });
    const refs = Array.from({ length: 2_000 }, () => system.start(parked));
    for (const ref of refs) ref.cast('wait');
    await env.settle();
    expect(accounts.inUse).toBe(2_000);
    expect(system.stats()).toMatchObject({ running: 2_000 });
    await system.stop({ drain: false });
    expect(accounts.inUse).toBe(0);
  });
});
