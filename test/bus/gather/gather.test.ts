import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BusError, GatherError, type GatherOptions, type GatherResult } from '../../../src/bus/public.js';
import { type AgentRef, defineAgent, OptionError, type System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Replica } from './help.js';

type Ref = AgentRef<typeof Replica>;

function world(count: number): { env: VirtualEnv; system: System; refs: Ref[] } {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  return { env, system, refs: Array.from({ length: count }, (_, n) => system.start(Replica, n + 1)) };
}

function gather(
  system: System, refs: unknown, op: string, payload?: unknown, options?: GatherOptions,
): Promise<GatherResult<typeof Replica, unknown>> {
  return system.gather(refs as Ref[], op as 'slow', payload as number, options);
}

type Told = { ok: true; value: unknown } | { ok: false; error: { code: string } };

/** `value 3` or a code for each branch. */
function told(branches: readonly Told[]): string[] {
  return branches.map((one) => (one.ok ? `value ${String(one.value)}` : one.error.code));
}

async function failure(asked: Promise<unknown>): Promise<GatherError> {
  const error: unknown = await asked.then(() => undefined, (rejected: unknown) => rejected);
  expect(error).toBeInstanceOf(GatherError);
  expect((error as GatherError).code).toBe('GATHER_FAILED');
  return error as GatherError;
}

describe('gather', () => {
  it('asks all and resolves with all replies, in the order of the refs', async () => {
    const { system, refs } = world(3);
    const { values, branches } = await gather(system, refs, 'read');
    expect(values).toEqual([1, 2, 3]);
    expect(branches).toEqual(refs.map((ref, n) => ({ ref, ok: true, value: n + 1 })));
  });

  it('resolves with the quorum; the signals of the rest fire, their replies vanish', async () => {
    const { env, system, refs } = world(4);
    const asked = gather(system, [...refs].reverse(), 'slow', 10, { quorum: 2 });
    await env.advance(25);
    const { values, branches } = await asked;
    expect(values, 'in the order of the refs').toEqual([2, 1]);
    expect(told(branches)).toEqual(['ABORTED', 'ABORTED', 'value 2', 'value 1']);
    expect(await refs[3]?.call('aborted')).toEqual(["gather 'slow': enough others have replied"]);
    expect(await refs[0]?.call('aborted')).toEqual([]);
    await env.advance(100);
    expect(system.stats()).toMatchObject({ lateReplies: 2 });
  });

  it('takes one, more than half, or all for an answer', async () => {
    const { env, system, refs } = world(5);
    for (const [quorum, replies] of [['any', 1], ['majority', 3], ['all', 5], [4, 4]] as const) {
      const asked = gather(system, refs, 'slow', 10, { quorum });
      await env.advance(60);
      expect((await asked).values.length, String(quorum)).toBe(replies);
    }
    expect((await gather(system, refs.slice(0, 4), 'read', undefined, { quorum: 'majority' })).values.length).toBe(3);
  });

  it('rejects as soon as the quorum cannot be reached, with what became of each branch', async () => {
    const { env, system, refs } = world(2);
    const asked = gather(system, [refs[0], system.ref(Replica, 'nobody'), refs[1]], 'slow', 10, { quorum: 3 });
    const error = await failure(asked);
    expect(told(error.branches)).toEqual(['ABORTED', 'NOPROC', 'ABORTED']);
    expect(error.message).toMatch(/^gather 'slow': 1 of 3 branches failed, 3 replies are asked for; the first: /);
    expect((error.cause as Error).message).toContain('nobody');
    expect(await refs[0]?.call('aborted')).toEqual(["gather 'slow': too many others have failed"]);
    await env.advance(100);
  });

  it('goes on past failures as long as the quorum can be reached', async () => {
    const { system, refs } = world(3);
    const broken = refs[1] as Ref;
    await broken.call('crash').catch(() => undefined);
    const { values, branches } = await gather(system, refs, 'read', undefined, { quorum: 2 });
    expect(values).toEqual([1, 3]);
    expect(branches.length).toBe(3);
    const refused = await failure(gather(system, refs, 'refuse', undefined, { quorum: 'any' }));
    expect(told(refused.branches)).toEqual(['REFUSED', 'NOPROC', 'REFUSED']);
  });

  it('rejects when its time is up', async () => {
    const { env, system, refs } = world(3);
    const asked = gather(system, refs, 'slow', 10, { timeoutMs: 15 });
    const error = failure(asked);
    await env.advance(16);
    expect(told((await error).branches)).toEqual(['value 1', 'TIMEOUT', 'ABORTED']);
    await env.advance(100);
  });

  it('rejects with the reason of its signal, and takes all branches back', async () => {
    const { env, system, refs } = world(2);
    const controller = new AbortController();
    const asked = gather(system, refs, 'slow', 10, { signal: controller.signal });
    await env.settle();
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(await refs[0]?.call('aborted')).toEqual(['enough']);
    await expect(gather(system, refs, 'slow', 10, { signal: controller.signal })).rejects.toThrow('enough');
    await env.advance(100);
  });

  it('takes a ref twice for two branches, and none for nothing', async () => {
    const { system, refs } = world(1);
    expect((await gather(system, [refs[0], refs[0]], 'read')).values).toEqual([1, 1]);
    expect(await gather(system, [], 'read')).toEqual({ values: [], branches: [] });
  });

  it('asks through a balancer', async () => {
    const { system, refs } = world(2);
    const both = system.balance(Replica, { members: refs });
    expect((await gather(system, [both, both], 'read')).values).toEqual([1, 2]);
  });
});

describe('a gather by a process', () => {
  it('ends with it: its branches are taken back', async () => {
    const { env, system, refs } = world(2);
    const Asker = defineAgent({
      name: 'Asker',
      casts: { go(self) { void self.gather(refs, 'slow', 1_000); } },
    });
    const asker = system.start(Asker);
    asker.cast('go');
    await env.settle();
    await asker.stop('kill').catch(() => undefined);
    await env.settle();
    expect((await refs[0]?.call('aborted'))?.length).toBe(1);
    await env.advance(5_000);
  });

  it('does not ask itself', async () => {
    const { system } = world(0);
    const Asker = defineAgent({
      name: 'Asker',
      calls: {
        go: (self, refs: unknown) => self.gather(refs as Ref[], 'go' as 'read', undefined, { quorum: 'any' })
          .then(() => [], (error: GatherError) => told(error.branches)),
      },
    });
    const asker = system.start(Asker, { name: 'a' });
    const refs = [system.ref(Replica, 'nobody'), asker];
    expect(await asker.call('go', refs)).toEqual(['UNKNOWN_OPERATION', 'CALLING_SELF']);
  });
});

describe('what breaks its rule', () => {
  it('is a rejection with an OptionError', async () => {
    const { system, refs } = world(2);
    const bad: readonly [unknown, GatherOptions | null][] = [
      ['refs', {}], [undefined, {}], [[undefined], {}], [['name'], {}], [[{}], {}],
      [refs, { quorum: 0 }], [refs, { quorum: 3 }], [refs, { quorum: 1.5 }], [refs, { quorum: 'most' as never }],
      [[], { quorum: 'any' }], [[], { quorum: 1 }], [refs, { timeoutMs: 0 }], [refs, { timeoutMs: -1 }],
      [refs, { timeoutMs: Infinity }], [refs, { signal: {} as never }], [refs, null], [refs, { qourum: 1 } as never],
    ];
    for (const [given, options] of bad) {
      await expect(gather(system, given, 'read', undefined, options as GatherOptions), String(options))
        .rejects.toBeInstanceOf(OptionError);
    }
    expect(system.stats().sent).toBe(0);
  });

  it('an unknown operation fails each branch', async () => {
    const { system, refs } = world(2);
    expect(told((await failure(gather(system, refs, 'raed'))).branches)).toEqual(['UNKNOWN_OPERATION', 'ABORTED']);
  });

  it('is told to nobody who does not look', async () => {
    const { system, refs } = world(1);
    void gather(system, refs, 'refuse');
    void gather(system, 'refs', 'read');
    await new Promise((resolve) => setImmediate(resolve));
  });
});

it('whatever fails, a gather resolves exactly when the quorum of its branches can reply', async () => {
  const system = testSystem();
  await fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom('reply', 'refuse', 'gone'), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 1, max: 8 }),
    async (kinds, asked) => {
      const Node = defineAgent({
        init: (kind: string) => kind, calls: { ask: (self) => (self.state === 'reply' ? 'yes' : self.refuse('NO')) },
      });
      const refs = kinds.map((kind) => (kind === 'gone' ? system.ref(Node, 'gone') : system.start(Node, kind)));
      const quorum = Math.min(asked, kinds.length);
      const outcome = await gather(system, refs, 'ask', undefined, { quorum }).then(
        ({ values, branches }) => [values.length, branches.length],
        (error: BusError) => [error.code],
      );
      const replies = kinds.filter((kind) => kind === 'reply').length;
      expect(outcome).toEqual(replies >= quorum ? [quorum, kinds.length] : ['GATHER_FAILED']);
    },
  ), { numRuns: 60 });
});
