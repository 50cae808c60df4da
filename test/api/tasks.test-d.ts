import { expectTypeOf, test } from 'vitest';
import {
  createSystem, type ExitReason, type StreamOutcome, type Task, type TaskOutcome, type TaskSelf,
} from '../../src/index.js';

const { task } = createSystem({ logger: false });

test('the value of a task is what its function returns, promises taken off', () => {
  const text = task.async(() => 'x');
  expectTypeOf(text).toEqualTypeOf<Task<string>>();
  expectTypeOf(task.async(async () => 7)).toEqualTypeOf<Task<number>>();
  expectTypeOf(task.asyncNolink((self: TaskSelf, a: number, b: string) => [self.pid, a, b] as const, 1, 'b').pid)
    .toEqualTypeOf<typeof text.pid>();
  expectTypeOf(task.await(text)).toEqualTypeOf<Promise<string>>();
  expectTypeOf(task.yield(text)).toEqualTypeOf<Promise<TaskOutcome<string> | undefined>>();
  expectTypeOf(task.shutdown(text, 'brutal_kill')).toEqualTypeOf<Promise<TaskOutcome<string> | undefined>>();
  expectTypeOf(task.ignore(text)).toEqualTypeOf<TaskOutcome<string> | undefined>();
});

test('the arguments are those of the function', () => {
  task.async((_self: TaskSelf, _n: number) => 1, 1);
  // @ts-expect-error the argument is missing
  task.async((_self: TaskSelf, _n: number) => 1);
  // @ts-expect-error of another type
  task.async((_self: TaskSelf, _n: number) => 1, 'one');
  // @ts-expect-error one too many
  task.async((_self: TaskSelf) => 1, 1);
});

test('many tasks keep their places', () => {
  const both = [task.async(() => 1), task.async(() => 'x')] as const;
  expectTypeOf(task.awaitMany(both)).toEqualTypeOf<Promise<[number, string]>>();
  expectTypeOf(task.yieldMany(both)).toEqualTypeOf<
    Promise<[TaskOutcome<number> | undefined, TaskOutcome<string> | undefined]>
  >();
  // @ts-expect-error what happens to those that are late is one of three words
  void task.yieldMany(both, { onTimeout: 'forget' });
});

test('an outcome is narrowed by ok; a stream tells the input of what failed', async () => {
  const outcome = await task.yield(task.async(() => 1));
  if (outcome !== undefined && outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<number>();
  if (outcome !== undefined && !outcome.ok) expectTypeOf(outcome.reason).toEqualTypeOf<ExitReason>();
  for await (const one of task.stream(['a', 'b'], async (_self, item) => item.length, { concurrency: 2 })) {
    expectTypeOf(one).toEqualTypeOf<StreamOutcome<string, number>>();
    if (!one.ok) expectTypeOf(one.input).toEqualTypeOf<string | undefined>();
  }
});
