import { describe, expect, test } from 'vitest';
import { boom, workshop } from '../worker.js';

describe('errors by kind', () => {
  class Transient extends Error {}
  const onError = (error: unknown) => (error instanceof Transient ? 'retry' : (error as Error).message === 'bad'
    ? 'refuse'
    : (error as Error).message === 'poison'
      ? 'dead-letter'
      : (error as Error).message === 'escalate' ? 'escalate' : 'restart');

  test('a policy maps errors to retry, refuse, dead-letter, restart and escalate', async () => {
    const { ref, env, failing, system, sup } = await workshop({ delivery: { onError } });
    const thrower = (error: Error) => () => { throw error; };
    failing('a', 1, thrower(new Transient('later')));
    failing('b', 1, thrower(new Error('bad')));
    failing('c', 1, thrower(new Error('poison')));
    const a = await ref.deliver('ask', 'a');
    expect(await (await ref.deliver('ask', 'b')).settled).toMatchObject({ kind: 'refused', reason: 'ERROR' });
    expect(await (await ref.deliver('ask', 'c')).settled).toMatchObject(
      { kind: 'dead-lettered', reason: expect.objectContaining({ message: 'poison' }) },
    );
    await env.advance(100);
    expect(await a.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(system.stats().crashes).toBe(0);
    failing('d', 1, boom);
    const d = await ref.deliver('ask', 'd');
    await env.advance(100);
    expect(await d.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(system.stats().crashes).toBe(1);
    failing('e', 1, thrower(new Error('escalate')));
    await ref.deliver('ask', 'e', { expiresInMs: 10 });
    await env.advance(10);
    expect(sup.pid).toBeUndefined();
  });
});
