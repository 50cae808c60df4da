import { describe, expect, it } from 'vitest';
import { TaskResult, type Down, type TaskSelf } from '../../../src/index.js';
import { Recorder } from '../../support/system.js';
import { Gate, rejection } from '../help.js';
import { failure, owner } from './owner.js';

describe('many tasks', () => {
  it('TK-08 awaitMany gives the results in input order, typed, and ignores foreign messages', async () => {
    const { env, task, seen, system, a } = await owner();
    const gate = new Gate<number>();
    const slow = task.async(() => gate.promise);
    const fast = task.async(() => 'fast');
    const all = task.awaitMany([slow, fast]);
    system.send(a.pid, 'foreign');
    await env.settle();
    gate.open(1);
    const [n, text] = await all;
    expect([n + 1, text.length]).toEqual([2, 4]);
    expect(seen).toEqual(['foreign']);
    expect(await task.awaitMany([])).toEqual([]);
  });

  it('TK-08 awaitMany rejects as soon as one fails, and then waits for none', async () => {
    const { env, task, seen } = await owner();
    const gate = new Gate<number>();
    const slow = task.async(() => gate.promise);
    const error = await failure(task.awaitMany([slow, task.asyncNolink((self) => self.exit('bad'))]));
    expect(error).toMatchObject({ code: 'EXIT', verb: 'awaitMany', reason: 'bad' });
    gate.open(1);
    await env.settle();
    expect(seen).toEqual([]);
  });

  it('TK-08 awaitMany has one deadline for all', async () => {
    const { env, task, seen } = await owner();
    const gate = new Gate<number>();
    const tasks = [task.async(() => 1), task.async(() => gate.promise)] as const;
    const error = failure(task.awaitMany(tasks, { timeoutMs: 20 }));
    await env.advance(20);
    expect(await error).toMatchObject({ code: 'TIMEOUT', pid: tasks[1].pid, timeoutMs: 20 });
    gate.open(1);
    await env.settle();
    expect(seen).toEqual([]);
  });

  it('TK-09 yieldMany leaves late tasks alone, ignores them, or kills them', async () => {
    for (const onTimeout of ['nothing', 'ignore', 'kill'] as const) {
      const { env, task, system, seen } = await owner();
      const gate = new Gate<string>();
      const tasks = [
        task.async(() => gate.promise), task.async(() => 'done'), task.asyncNolink((self) => self.exit('bad')),
      ] as const;
      const outcomes = task.yieldMany(tasks, { timeoutMs: 10, onTimeout });
      await env.advance(10);
      expect(await outcomes).toEqual([undefined, { ok: true, value: 'done' }, { ok: false, reason: 'bad' }]);
      expect(system.alive(tasks[0].pid), onTimeout).toBe(onTimeout !== 'kill');
      gate.open('late');
      await env.settle();
      expect(
        seen.map(
          (message) => (message instanceof TaskResult ? message.value : (message as Down).reason),
        ), onTimeout,
      ).toEqual(onTimeout === 'nothing' ? ['late', 'normal'] : []);
    }
  });

  it('TK-09 a limit returns early and does not touch the rest', async () => {
    const { task, system, env } = await owner();
    const gate = new Gate<string>();
    const slow = task.async(() => gate.promise);
    const outcomes =
      await task.yieldMany([slow, task.async(() => 1), task.async(() => 2)], { limit: 2, onTimeout: 'kill' });
    expect(outcomes).toEqual([undefined, { ok: true, value: 1 }, { ok: true, value: 2 }]);
    expect(system.alive(slow.pid)).toBe(true);
    gate.open('later');
    expect(await task.await(slow)).toBe('later');
    await env.settle();
    expect(await rejection(task.yieldMany([slow], { limit: 0 }))).toMatchObject({ code: 'BAD_OPTION' });
    expect(await rejection(task.yieldMany([slow], { onTimeout: 'no' as never })))
      .toMatchObject({ code: 'BAD_OPTION' });
    expect(await rejection(task.awaitMany([slow, slow]))).toMatchObject({ code: 'BAD_OPTION' });
  });
});

describe('tracing', () => {
  it('TK-17 callers names the owner and its owners, nearest first', async () => {
    const { a, task, system } = await owner();
    const outer = task.async(async (self) =>
      [self.pid, self.callers, await self.task.await(self.task.async((inner) => inner.callers))] as const);
    const [pid, callers, inner] = await task.await(outer);
    expect(callers).toEqual([a.pid]);
    expect(inner).toEqual([pid, a.pid]);
    expect(await system.task.await(system.task.async((self) => self.callers))).toEqual([]);
  });

  it('TK-18 an abnormal end is logged once, with who started it, the function and its arguments', async () => {
    const logger = new Recorder();
    const { a, system, task } = await owner({ logger, trap: true });
    system.register('boss', a.pid);
    const parse = (
      _self: TaskSelf, text: string, at: { readonly line: number },
    ): never => { throw new TypeError(`${text} ${at.line}`); };
    const one = task.async(parse, 'x', { line: 3 });
    await failure(task.await(one));
    await task.yield(task.async((self) => self.exit('shutdown')));
    await task.yield(task.async((self) => self.exit({ shutdown: 'detail' })));
    await task.yield(task.async((self) => self.exit('normal')));
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({
      level: 'error', text: 'task terminated',
      fields: {
        pid: one.pid, startedFrom: 'boss', function: 'parse', args: ['string', 'object'], callers: [a.pid],
        reason: 'TypeError: x 3',
      },
    });
  });
});
