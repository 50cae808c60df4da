import { describe, expect, it } from 'vitest';
import { TaskDefinition } from '../../../src/behaviour/task/definition.js';
import { taskSupervisor, type TaskSelf } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { settle } from '../../process/peers.js';

function fetchPage(): void { /* only its name matters */ }

describe('the definition of a task that is a child', () => {
  it('is named after its function; one without a name is a task', () => {
    expect(new TaskDefinition(fetchPage).name).toBe('fetchPage');
    expect(new TaskDefinition(() => undefined).name).toBe('task');
    expect(new TaskDefinition(function () { /* no name either */ }).name).toBe('task');
  });

  it('has no operations, no init and no terminate, and does not trap', () => {
    const definition = new TaskDefinition(fetchPage);
    expect(definition).toMatchObject({ init: null, terminate: null, trapExit: false });
    expect([definition.callOp('anything'), definition.castOp('anything')]).toEqual([undefined, undefined]);
  });

  it('is no agent: what would make its self says so', () => {
    expect(() => new TaskDefinition(fetchPage).instance()).toThrow(
      expect.objectContaining({
        code: 'INTERNAL', message: expect.stringContaining('a task is no agent') as string,
      }),
    );
  });

  it('starts with the arguments that the child was given, and nobody waits for what it returns', async () => {
    const system = testSystem();
    const got: unknown[] = [];
    const tasks = await system.supervise(taskSupervisor('tasks'));
    await tasks.startChild(
      (_self: TaskSelf, a: number, b: string) => { got.push([a, b]); return 'ignored'; }, [1, 'x'],
    );
    await settle();
    expect(got).toEqual([[1, 'x']]);
    expect(system.deadLetters.total).toBe(0);
  });
});
