import { describe, expect, test } from 'vitest';
import { defineAgent, on, OptionError } from '../../../../src/index.js';
import { z } from 'zod';
import { idler } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';
import { callFailure, rejection } from '../../help.js';

const Source = defineAgent({
  calls: {
    *count(_self, to: number) { for (let n = 1; n <= to; n++) yield n; },
    checked: on(z.string().transform(Number), async function* (_self, n: number) { yield n * 2; }),
    noStream: () => 1,
  },
  casts: { note: () => undefined },
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a stream that is not opened', () => {
  test('refusals at the ref: dead callee, full mailbox, payload, options, call of a stream, stream of a call', async () => {
    const system = testSystem();
    const ref = system.start(Source);
    const full = system.start(Source, { mailbox: { capacity: 1 } });
    full.cast('note');
    expect(await callFailure(full.stream('count', 1).next())).toMatchObject({ code: 'MAILBOX_FULL' });
    expect(await callFailure(ref.stream('checked', 5 as never).next()))
      .toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(await collect(ref.stream('checked', '21'))).toEqual([42]);
    expect(() => ref.stream('count', 1, { timeoutMs: -1 })).toThrow(OptionError);
    expect(() => ref.stream('count', 1, { priority: 'high' } as never)).toThrow(OptionError);
    expect(() => ref.stream('noStream' as never))
      .toThrow(expect.objectContaining({ code: 'UNKNOWN_OPERATION' }));
    expect(await callFailure(ref.call('count' as never, 1 as never)))
      .toMatchObject({ code: 'UNKNOWN_OPERATION' });
    expect(await callFailure(system.ref(Source, 'nobody').stream('count', 1).next()))
      .toMatchObject({ code: 'NOPROC' });
  });
});

describe('a stream that fails before it begins', () => {
  test('is told by its first item, ends then, and leaves nothing with its agent', async () => {
    const system = testSystem();
    const ref = system.start(Source);
    const stream = ref.stream('count', 1, { signal: AbortSignal.abort('enough') });
    expect(await rejection(stream.next())).toBe('enough');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await stream.return?.()).toMatchObject({ done: true });
    expect(system.stats()).toMatchObject({ rejected: 1, handled: 0, queued: 0 });
    expect(await ref.call('noStream')).toBe(1);
  });

  test('is counted once, whether anybody reads it or not', async () => {
    const system = testSystem();
    const nobody = system.ref(Source, 'nobody');
    for (let n = 0; n < 3; n++) nobody.stream('count', 1);
    expect(await callFailure(nobody.stream('count', 1).next())).toMatchObject({ code: 'NOPROC' });
    expect(system.stats()).toMatchObject({ rejected: 4, sent: 4 });
  });

  test('P16 of a dead incarnation is a ZOMBIE, and reaches nobody', async () => {
    const system = testSystem();
    const ref = system.start(Source);
    const { ref: asker, self } = await idler(system);
    const mine = self.bind(ref);
    system.exit(asker, 'kill');
    expect(await callFailure(mine.stream('count', 1).next())).toMatchObject({ code: 'ZOMBIE' });
    expect(system.stats()).toMatchObject({ rejected: 1, handled: 0 });
  });

  test('an agent that streams from itself would wait for itself', async () => {
    const system = testSystem();
    const Own = defineAgent({
      calls: {
        *items() { yield 1; },
        async own(self) {
          const mine = self.bind(system.ref(Own, self.pid)) as unknown as {
            stream(op: string): AsyncIterator<unknown>;
          };
          return (await callFailure(mine.stream('items').next())).code;
        },
      },
    });
    const ref = system.start(Own) as unknown as { call(op: string): Promise<unknown> };
    expect(await ref.call('own')).toBe('CALLING_SELF');
  });
});
