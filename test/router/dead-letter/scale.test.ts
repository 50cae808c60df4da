import { expect, test } from 'vitest';
import { testSystem } from '../../support/system.js';

test('a letter is found by its id however many there are: 30,000 are edited and sent again one by one', () => {
  const system = testSystem({ development: false, deadLetters: { capacity: 100_000 } });
  const { deadLetters } = system;
  for (let n = 0; n < 30_000; n++) system.send('later', n);
  system.spawn(async (self) => { for (;;) await self.receive(); }, { name: 'later' });
  const before = process.cpuUsage();
  for (const { id } of deadLetters.list()) {
    expect(deadLetters.edit(id, 'edited')?.payload).toBe('edited');
    expect(deadLetters.retry(id).retried).toEqual([id]);
  }
  // 0.2 s; it was 10 s when each looked through all.
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2.5);
  expect(deadLetters).toMatchObject({ size: 0, retried: 30_000 });
  expect(deadLetters.peek(1)).toBeUndefined();
});
