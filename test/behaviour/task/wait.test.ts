import { describe, expect, it } from 'vitest';
import { Gate } from '../help.js';
import { failure, forever, owner } from './owner.js';

describe('a wait of an owner for its task', () => {
  it('TK-02 a timeout rejects, removes the monitor, and no late message arrives', async () => {
    const { env, task, seen, system } = await owner();
    const gate = new Gate<number>();
    const one = task.async(() => gate.promise);
    const error = failure(task.await(one, { timeoutMs: 50 }));
    await env.advance(50);
    expect(await error).toMatchObject({ code: 'TIMEOUT', verb: 'await', timeoutMs: 50, pid: one.pid });
    expect(system.alive(one.pid), 'the task is not killed').toBe(true);
    gate.open(1);
    await env.settle();
    expect(system.alive(one.pid)).toBe(false);
    expect(seen).toEqual([]);
    expect(await failure(task.await(one))).toMatchObject({ code: 'NOPROC' });
  });

  it('an owner that ends while it waits leaves no deadline behind', async () => {
    const { a, env, task, system } = await owner();
    void task.await(task.asyncNolink(forever), { timeoutMs: 1_000 });
    void task.awaitMany([task.asyncNolink(forever)], { timeoutMs: 1_000 });
    await env.settle();
    system.exit(a.pid, 'kill');
    await env.settle();
    expect(env.pending.held).toBe(0);
    expect(() => task.async(forever)).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
  });

  it('two waits at once are refused', async () => {
    const { task } = await owner();
    const one = task.async(forever);
    void task.await(one, { timeoutMs: 'infinity' });
    expect(await failure(task.yield(one))).toMatchObject({ code: 'BUSY' });
  });
});
