import { describe, expect, it } from 'vitest';
import type { Task, TaskSelf, TaskVerbs } from '../../../src/index.js';
import { Gate } from '../help.js';
import { boom, failure, forever, owner, type Owner } from './owner.js';

const LETTING_GO: Readonly<Record<string, (it: Owner, task: Task<unknown>) => Promise<unknown>>> = {
  'an await that timed out': ({ env, task }, one) => late(env, task.await(one, { timeoutMs: 5 })),
  'an awaitMany that timed out': ({ env, task }, one) => late(env, task.awaitMany([one], { timeoutMs: 5 })),
  'an awaitMany of which another failed': ({ task }, one) =>
    task.awaitMany([one, task.asyncNolink(() => { throw boom; })]).catch(() => undefined),
  ignore: async ({ task }, one) => task.ignore(one),
  'a yieldMany that ignores': ({ env, task }, one) =>
    late(env, task.yieldMany([one], { timeoutMs: 5, onTimeout: 'ignore' })),
  'a demonitor of its ref': async ({ a }, one) => a.demonitor(one.ref),
};

async function late(env: Owner['env'], waiting: Promise<unknown>): Promise<void> {
  const caught = waiting.catch(() => undefined);
  await env.advance(5);
  await caught;
}

function stubborn(done: Promise<unknown>) {
  return async (self: TaskSelf): Promise<string> => {
    self.trapExit(true);
    await done;
    return 'finished';
  };
}

describe.each(Object.entries(LETTING_GO))('a task that lives after %s', (_how, letGo) => {
  it('TK-02 TK-07 TK-10 is ended by shutdown, and the owner does not hear of it', async () => {
    for (const patience of [100, 'infinity', 'brutal_kill'] as const) {
      const it = await owner();
      const one = it.task.async(forever);
      await letGo(it, one);
      expect(it.system.alive(one.pid)).toBe(true);
      expect(await it.task.shutdown(one, patience)).toBeUndefined();
      await it.env.settle();
      expect(it.system.alive(one.pid)).toBe(false);
      expect(it.system.alive(it.a.pid)).toBe(true);
      expect(it.seen).toEqual([]);
    }
  });

  it('TK-07 one that traps exits is killed in time; one that returns has ended with normal, as its value was given up', async () => {
    const it = await owner();
    const gate = new Gate();
    const [slow, quick] = [it.task.async(stubborn(forever())), it.task.async(stubborn(gate.promise))];
    await it.env.settle();
    await letGo(it, slow);
    await letGo(it, quick);
    const [first, second] = [it.task.shutdown(slow, 50), it.task.shutdown(quick)];
    expect(await failure(it.task.shutdown(slow))).toMatchObject({ code: 'BUSY' });
    gate.open();
    expect(await second).toEqual({ ok: false, reason: 'normal' });
    await it.env.advance(50);
    expect(await first).toEqual({ ok: false, reason: 'killed' });
    expect(it.seen).toEqual([]);
    expect(it.env.pending.held, 'no deadline is left').toBe(0);
  });

  it('TK-10 ignore then takes the link away: its crash ends nobody', async () => {
    const it = await owner();
    const gate = new Gate();
    const one = it.task.async(async () => {
      await gate.promise;
      throw boom;
    });
    await letGo(it, one);
    expect(it.task.ignore(one)).toBeUndefined();
    expect(it.system.inspect(one.pid)).toMatchObject({ links: [] });
    gate.open();
    await it.env.settle();
    expect(it.system.alive(one.pid)).toBe(false);
    expect(it.system.alive(it.a.pid)).toBe(true);
    expect(it.seen).toEqual([]);
  });

  it('TK-07 one that has ended meanwhile is noproc', async () => {
    const it = await owner();
    const gate = new Gate();
    const one = it.task.asyncNolink(() => gate.promise);
    await letGo(it, one);
    gate.open();
    await it.env.settle();
    expect(await it.task.shutdown(one)).toEqual({ ok: false, reason: 'noproc' });
    expect(await it.task.yield(one)).toEqual({ ok: false, reason: 'noproc' });
    expect(it.seen).toEqual([]);
  });

  it('an owner that ends during the shutdown leaves nothing behind', async () => {
    const it = await owner();
    const one = it.task.asyncNolink(stubborn(forever()));
    await it.env.settle();
    await letGo(it, one);
    void it.task.shutdown(one, 1_000);
    it.system.exit(it.a.pid, 'kill');
    await it.env.settle();
    expect(it.env.pending.held).toBe(0);
    it.system.exit(one.pid, 'kill');
    await it.env.settle();
    expect(it.system.alive(one.pid)).toBe(false);
  });
});

describe('the link of a task whose await timed out', () => {
  it.each(
    [false, true],
  )('TK-02 TK-04 stays: the crash of the task reaches its owner (trapping: %s)', async (trap) => {
    const { a, env, task, system, seen } = await owner({ trap });
    const gate = new Gate();
    await late(env, task.await(task.async(async () => {
      await gate.promise;
      throw boom;
    }), { timeoutMs: 5 }));
    const { down } = system.monitor(a.pid);
    gate.open();
    await env.settle();
    expect(system.alive(a.pid)).toBe(trap);
    if (trap) expect(seen).toMatchObject([{ tag: 'EXIT', reason: boom }]);
    else expect((await down).reason).toBe(boom);
  });

  it('TK-02 outside every process a task whose await timed out can be ended, too', async () => {
    const { env, system } = await owner();
    const verbs: TaskVerbs = system.task;
    const one = verbs.async(forever);
    await late(env, verbs.await(one, { timeoutMs: 5 }));
    expect(await verbs.shutdown(one)).toBeUndefined();
    expect(system.alive(one.pid)).toBe(false);
  });
});

describe('a yield that found nothing in time', () => {
  it('TK-06 gives nothing up: the task can be awaited, yielded, shut down and ignored afterwards', async () => {
    const { env, task, seen } = await owner();
    const gate = new Gate<string>();
    const some = [1, 2, 3, 4].map(
      () => task.async(() => gate.promise),
    ) as [Task<string>, Task<string>, Task<string>, Task<string>];
    for (const one of some) await late(env, task.yield(one, { timeoutMs: 5 }));
    expect(await task.shutdown(some[2])).toBeUndefined();
    expect(task.ignore(some[3])).toBeUndefined();
    const both = Promise.all([task.await(some[0]), task.yield(some[1])]);
    gate.open('value');
    expect(await both).toEqual(['value', { ok: true, value: 'value' }]);
    await env.settle();
    expect(seen).toEqual([]);
  });
});
