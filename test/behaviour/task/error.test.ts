import { describe, expect, it } from 'vitest';
import { TaskError } from '../../../src/behaviour/task/error.js';
import { isOrderly } from '../../../src/index.js';
import { idler } from '../../process/peers.js';
import { testSystem } from '../../support/system.js';
import { rejection } from '../help.js';
import type { TaskErrorCode } from '../../../src/api/tasks.js';

const PID = 'castcall.x.1' as TaskError['pid'];

describe('the error of a task', () => {
  it.each<[TaskErrorCode, RegExp]>([
    ['EXIT', /^task\.await of castcall\.x\.1: the task ended: why$/],
    ['TIMEOUT', /: no result within 250 ms; it is not waited for any more$/],
    ['NOPROC', /: its end was told before, .*, or it was let go$/],
    ['NOT_OWNER', /: only its owner, the process whose verb started it, may ask$/],
    ['BUSY', /: its owner already waits for it; await the first verb$/],
    ['ZOMBIE', /: the asking process has ended$/],
  ])('%s says what happened to which task, and under which verb', (code, message) => {
    const error = new TaskError(code, 'await', PID, code === 'EXIT' ? 'why' : undefined, 250);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ name: 'TaskError', code, verb: 'await', pid: PID, timeoutMs: 250 });
  });

  it('has what the task ended with as its cause when that is an error, and as its reason in any case', () => {
    const boom = new Error('boom');
    expect(new TaskError('EXIT', 'yield', PID, boom)).toMatchObject({ reason: boom, cause: boom });
    const text = new TaskError('EXIT', 'yield', PID, 'text');
    expect([text.reason, text.cause]).toEqual(['text', undefined]);
  });

  it('GS-14 is orderly to let out only when the task was shut down', async () => {
    const orderly = (code: TaskErrorCode, reason: unknown): boolean => {
      const error = new TaskError(code, 'await', PID, reason);
      return isOrderly({ shutdown: error }) && (error as unknown as { orderly: boolean }).orderly;
    };
    expect(orderly('EXIT', 'shutdown')).toBe(true);
    for (const reason of [
      'normal', { shutdown: 'x' }, 'killed', new Error('shutdown'),
    ]) expect(orderly('EXIT', reason)).toBe(false);
    expect(orderly('NOPROC', 'shutdown')).toBe(false);
  });

  it('P36 in a log shows the fields of what was thrown by their names only', () => {
    const error = new TaskError('EXIT', 'await', PID, { nocatch: { password: 'hunter2' } });
    expect(error.logged()).toContain('task.await of castcall.x.1');
    expect(error.message).toContain('hunter2');
    expect(error.logged()).not.toContain('hunter2');
    expect(error.logged()).toContain('password');
  });

  it('names the verb that the owner used', async () => {
    const system = testSystem();
    const { self } = await idler(system);
    const task = self.task.asyncNolink(() => 1);
    expect(await rejection(system.task.await(task)))
      .toMatchObject({ code: 'NOT_OWNER', verb: 'await', pid: task.pid });
    expect(await rejection(system.task.shutdown(task))).toMatchObject({ code: 'NOT_OWNER', verb: 'shutdown' });
  });
});
