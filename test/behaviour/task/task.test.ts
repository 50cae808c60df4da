import { describe, expect, it } from 'vitest';
import { defineAgent, Down, Exit, TaskResult, type TaskSelf } from '../../../src/index.js';
import { listener } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Gate, rejection } from '../help.js';
import { boom, failure, forever, owner } from './owner.js';

describe('async and await', () => {
  it('TK-01 async links and monitors: without a verb the result arrives, then a Down with normal', async () => {
    const { env, system, a, task, seen } = await owner({ trap: true });
    const gate = new Gate<number>();
    const one = task.async(() => gate.promise);
    await env.settle();
    expect(system.inspect(one.pid)).toMatchObject({ links: [a.pid] });
    expect(one.owner).toBe(a.pid);
    gate.open(7);
    await env.settle();
    const [result, ...rest] = seen;
    expect(result).toBeInstanceOf(TaskResult);
    expect(result).toMatchObject({ tag: 'TASK', value: 7 });
    expect((result as TaskResult).ref).toBe(one.ref);
    const down = rest.find((message) => message instanceof Down);
    expect(down).toMatchObject({ reason: 'normal', pid: one.pid });
    expect(down?.ref).toBe(one.ref);
    expect(rest.find((message) => message instanceof Exit), 'the link is a link').toMatchObject(
      { pid: one.pid, reason: 'normal' },
    );
    expect(seen).toHaveLength(3);
  });

  it('TK-01 await removes the result and the Down, whether it comes before or after the end', async () => {
    const { env, task, seen } = await owner();
    const early = task.async((_self, n: number) => n * 2, 21);
    expect(await task.await(early)).toBe(42);
    const gate = new Gate<string>();
    const late = task.async(async () => gate.promise);
    const waiting = task.await(late);
    await env.settle();
    gate.open('late');
    expect(await waiting).toBe('late');
    await env.settle();
    expect(seen).toEqual([]);
  });

  it('TK-01 a result that is queued when the verb comes is withdrawn from the mailbox of an agent', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const told: unknown[] = [];
    const gate = new Gate();
    const Owner = defineAgent({
      casts: {
        async work(self) {
          const taken = self.task.async(() => 'taken');
          self.task.async(() => 'left');
          await gate.promise; // both are done and queued behind this handler
          told.push(await self.task.await(taken));
        },
      },
      info(_self, message) {
        told.push(message instanceof TaskResult
          ? message.value
          : message instanceof Down ? message.reason : message);
      },
    });
    system.start(Owner).cast('work');
    await env.settle();
    gate.open();
    await env.settle();
    expect(told).toEqual(['taken', 'left', 'normal']);
  });

  it('TK-02 the default timeout is 5,000 ms, and an agent that lets it out ends with it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Owner =
      defineAgent({ casts: { async work(self) { await self.task.await(self.task.asyncNolink(forever)); } } });
    const ref = system.start(Owner);
    const { down } = system.monitor(ref);
    ref.cast('work');
    await env.advance(4_999);
    expect(ref.pid).toBeDefined();
    await env.advance(1);
    expect((await down).reason).toMatchObject({ code: 'TIMEOUT', timeoutMs: 5_000 });
  });

  it('TK-03 only the owner may await, yield, shut down or ignore', async () => {
    const { a, task, system, env } = await owner();
    const other = await listener(system);
    const one = task.async(forever);
    const many = [one] as const;
    for (const verbs of [other.self.task, system.task]) {
      expect(await failure(verbs.await(one))).toMatchObject({ code: 'NOT_OWNER', verb: 'await' });
      expect(await failure(verbs.awaitMany(many))).toMatchObject({ code: 'NOT_OWNER', verb: 'awaitMany' });
      expect(await failure(verbs.yield(one))).toMatchObject({ code: 'NOT_OWNER', verb: 'yield' });
      expect(await failure(verbs.yieldMany(many))).toMatchObject({ code: 'NOT_OWNER', verb: 'yieldMany' });
      expect(await failure(verbs.shutdown(one))).toMatchObject({ code: 'NOT_OWNER', verb: 'shutdown' });
      expect(() => verbs.ignore(one)).toThrow(expect.objectContaining({ code: 'NOT_OWNER', verb: 'ignore' }));
    }
    await env.settle();
    expect(system.alive(one.pid)).toBe(true);
    expect(system.alive(a.pid)).toBe(true);
    const outside = system.task.async(() => 1);
    expect(await failure(task.await(outside))).toMatchObject({ code: 'NOT_OWNER' });
    expect(await system.task.await(outside)).toBe(1);
    expect(await rejection(task.await({} as never))).toMatchObject({ code: 'BAD_OPTION' });
    expect(() => task.async(1 as never)).toThrow(/task.async: got 1/);
  });

  it('TK-04 the crash of a linked task ends an owner that does not trap', async () => {
    const { a, task, system } = await owner();
    const { down } = system.monitor(a.pid);
    task.async(() => { throw boom; });
    expect((await down).reason).toBe(boom);
  });

  it('TK-04 in an owner that traps, await rejects with the reason of the task', async () => {
    const { a, env, task, system, seen } = await owner({ trap: true });
    const error = await failure(task.await(task.async(async () => Promise.reject(boom))));
    expect(error).toMatchObject({ code: 'EXIT', reason: boom, cause: boom });
    expect(await failure(task.await(task.async((self) => self.exit('why'))))).toMatchObject({ reason: 'why' });
    await env.settle();
    expect(system.alive(a.pid)).toBe(true);
    expect(seen.map((message) => (message as Exit).reason), 'the links, and no Down').toEqual([boom, 'why']);
  });

  it('TK-05 the crash of asyncNolink arrives as a Down alone; its result in info', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const told: unknown[] = [];
    const Owner = defineAgent({
      init: () => ({ refs: [] as unknown[] }),
      casts: {
        ask(self, what: 'work' | 'crash') {
          const task =
            self.task.asyncNolink(
              (_task, word: string) => { if (word === 'crash') throw boom; return word; }, what,
            );
          self.state.refs.push(task.ref);
        },
      },
      info(self, message) {
        if (message instanceof TaskResult) {
          told.push(['result', self.state.refs.indexOf(message.ref), message.value]);
          self.demonitor(message.ref, { flush: true });
        } else if (message instanceof Down) told.push(
          ['down', self.state.refs.indexOf(message.ref), message.reason],
        );
      },
    });
    const ref = system.start(Owner);
    ref.cast('ask', 'crash');
    ref.cast('ask', 'work');
    await env.settle();
    expect(told).toEqual([['down', 0, boom], ['result', 1, 'work']]);
    expect(ref.pid).toBeDefined();
  });

  it('a task has a self of its own: pid, signal, mailbox and the process verbs', async () => {
    const { task, a, system, env, seen: told } = await owner();
    const seen: unknown[] = [];
    const one = task.async(async (self) => {
      self.signal.addEventListener('abort', () => seen.push('aborted'));
      self.send(a.pid, 'hello');
      seen.push(await self.receive());
      return self.pid;
    });
    await env.settle();
    system.send(one.pid, 'word');
    expect(await task.await(one)).toBe(one.pid);
    expect(seen).toEqual(['word', 'aborted']);
    expect(told).toEqual(['hello']);
  });

  it('a task that calls the agent which awaits it is told at once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Owner = defineAgent({
      calls: {
        async work(self): Promise<unknown> {
          return self.task.await(self.task.async(async (task) => {
            try {
              return await task.call(system.ref(Owner, 'owner'), 'work');
            } catch (error) {
              return (error as { code: string }).code;
            }
          }));
        },
      },
    });
    expect(await system.start(Owner, { name: 'owner' }).call('work')).toBe('CALL_CYCLE');
  });
});

describe('yield, shutdown, ignore', () => {
  it('TK-06 yield gives the value, the reason, or undefined, and may be repeated', async () => {
    const { env, task, seen } = await owner();
    const gate = new Gate<string>();
    const one = task.async(() => gate.promise);
    for (let turn = 0; turn < 2; turn++) {
      const waiting = task.yield(one, { timeoutMs: 10 });
      await env.advance(10);
      expect(await waiting).toBeUndefined();
    }
    const now = task.yield(one, { timeoutMs: 0 });
    await env.advance(1);
    expect(await now).toBeUndefined();
    gate.open('done');
    expect(await task.yield(one)).toEqual({ ok: true, value: 'done' });
    const bad = task.asyncNolink((self) => self.exit('bad'));
    expect(await task.yield(bad)).toEqual({ ok: false, reason: 'bad' });
    const queued = task.asyncNolink((self) => self.exit('queued'));
    await env.settle();
    expect(seen.length, 'the Down is in the mailbox of a process that receives: it was handled').toBe(1);
    expect(await task.yield(queued)).toEqual({ ok: false, reason: 'noproc' });
  });

  it('TK-06 a queued result is preferred to a queued Down, and both are withdrawn', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const told: unknown[] = [];
    const gate = new Gate();
    const Owner = defineAgent({
      casts: {
        async work(self) {
          const good = self.task.async(() => 'value');
          const bad = self.task.asyncNolink((task) => task.exit('bad'));
          await gate.promise;
          told.push(await self.task.yield(good), await self.task.yield(bad), await self.task.yield(good));
        },
      },
      info(_self, message) { told.push(message); },
    });
    system.start(Owner).cast('work');
    await env.settle();
    gate.open();
    await env.settle();
    expect(told).toEqual(
      [{ ok: true, value: 'value' }, { ok: false, reason: 'bad' }, { ok: false, reason: 'noproc' }],
    );
  });

  it('TK-07 shutdown: undefined when it ended on request, and the owner is not touched', async () => {
    const { a, task, system, seen, env } = await owner();
    const one = task.async(forever);
    await env.settle();
    expect(await task.shutdown(one)).toBeUndefined();
    const two = task.async(forever);
    expect(await task.shutdown(two, 'brutal_kill')).toBeUndefined();
    await env.settle();
    expect([one, two].map((t) => system.alive(t.pid))).toEqual([false, false]);
    expect(system.alive(a.pid), 'it was unlinked first').toBe(true);
    expect(seen).toEqual([]);
  });

  it('TK-07 shutdown: the value when it was there, the reason when it died otherwise, noproc when it was told before', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const gate = new Gate();
    const told: unknown[] = [];
    const Owner = defineAgent({
      casts: {
        async work(self) {
          const done = self.task.async(() => 'there');
          const other = self.task.asyncNolink((task) => task.exit('otherwise'));
          await gate.promise;
          for (const one of [done, other, done]) told.push(await self.task.shutdown(one));
          told.push(await self.task.shutdown(
            self.task.asyncNolink(stubborn(new Gate().promise)), 'brutal_kill',
          ));
        },
      },
      info(_self, message) { told.push(message); },
    });
    system.start(Owner).cast('work');
    await env.settle();
    gate.open();
    await env.settle();
    expect(told).toEqual(
      [{ ok: true, value: 'there' }, {
        ok: false, reason: 'otherwise',
      }, { ok: false, reason: 'noproc' }, undefined],
    );
  });

  it('TK-07 a task that traps exits may finish, or is killed when its time is up', async () => {
    const { env, task } = await owner();
    const gate = new Gate();
    const one = task.async(stubborn(gate.promise));
    const two = task.async(stubborn(forever()));
    await env.settle();
    const first = task.shutdown(one, 'infinity');
    const second = task.shutdown(two, 100);
    await env.settle();
    gate.open();
    expect(await first).toEqual({ ok: true, value: 'finished' });
    await env.advance(100);
    expect(await second).toEqual({ ok: false, reason: 'killed' });
  });

  it('TK-10 ignore: neither a result nor a crash arrives later; what is there already is returned', async () => {
    const { a, env, task, system, seen } = await owner();
    const gate = new Gate<string>();
    const good = task.async(() => gate.promise);
    const bad = task.async(async () => { await gate.promise; throw boom; });
    await env.settle();
    expect(task.ignore(good)).toBeUndefined();
    expect(task.ignore(bad)).toBeUndefined();
    gate.open('x');
    await env.settle();
    expect(system.alive(good.pid) || system.alive(bad.pid)).toBe(false);
    expect(system.alive(a.pid)).toBe(true);
    expect(seen).toEqual([]);
    const outside = system.task.async(() => 'there');
    await env.settle();
    expect(system.task.ignore(outside)).toEqual({ ok: true, value: 'there' });
    expect(system.task.ignore(outside)).toBeUndefined();
  });
});

/** Traps exits and goes on until `done`. */
function stubborn(done: Promise<unknown>) {
  return async (self: TaskSelf): Promise<string> => {
    self.trapExit(true);
    await done;
    return 'finished';
  };
}
