import { expect, test } from 'vitest';
import { workshop } from '../worker.js';

test('trap J: what is not accepted was not sent: a refused deliver leaves no message, no retry and no key behind', async () => {
  const { ref, env, gates, started, done, system } = await workshop({ capacity: 1 });
  await ref.deliver('slow', 'a');
  await env.settle();
  const queued = await ref.deliver('ask', 'b');
  const before = { accepted: system.stats().delivery.accepted, queued: system.stats().queued };
  const keyed = { guarantee: 'exactly-once', key: 'k' } as const;
  for (let n = 0; n < 3; n++) {
    await expect(ref.deliver('ask', 'c', keyed)).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
  }
  expect({ accepted: system.stats().delivery.accepted, queued: system.stats().queued }).toEqual(before);
  gates.get('a')?.();
  await env.advance(60_000);
  expect((await queued.settled).kind).toBe('handled');
  expect([started, done]).toEqual([['a#1', 'b#1'], ['a', 'b']]);
  expect(system.deadLetters.total).toBe(0);
  const again = await ref.deliver('ask', 'c', keyed);
  await env.settle();
  expect(await again.settled).toMatchObject({ kind: 'handled', attempts: 1 });
  expect(done, 'the refused sends have not used up the key').toEqual(['a', 'b', 'c']);
});
