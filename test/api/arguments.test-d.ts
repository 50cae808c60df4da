import { test } from 'vitest';
import { child, createSystem, defineAgent } from '../../src/index.js';
import { pool } from '../../src/delivery/group/public.js';

const Worker = defineAgent({ init: (start: number) => ({ start }) });
const Lazy = defineAgent({ init: (start?: number) => ({ start }) });
const system = createSystem({ logger: false });

test('an error stands at the argument or option that is wrong', () => {
  system.start(Worker, 1);
  system.start(Worker, 1, { name: 'w' });
  child('a', Lazy);
  child('a', Lazy, 1, { name: 'w' });
  child('a', Worker, 1, {
    // @ts-expect-error an option that nobody knows
    nam: 'w',
  });
  system.start(
    Worker,
    // @ts-expect-error an argument of another type
    '1',
  );
  pool(
    'p', Worker,
    // @ts-expect-error options where an argument is missing
    { min: 1 },
  );
});
