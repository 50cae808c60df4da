import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { settle } from '../../process/peers.js';

describe('the async iteration over dead letters', () => {
  it('has every letter from its beginning on, each once, until the system stops', async () => {
    const system = testSystem();
    system.send('nobody', 'before');
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const letter of system.deadLetters) seen.push('missed' in letter ? letter : letter.payload);
    })();
    system.send('nobody', 1);
    system.send('nobody', 2);
    await settle();
    system.send('nobody', 3);
    await system.stop();
    await reading;
    expect(seen).toEqual([1, 2, 3]);
  });

  it('tells a slow reader what it has missed, where it has missed it', async () => {
    const system = testSystem();
    const feed = system.deadLetters.feed({ buffer: 2 });
    for (let i = 1; i <= 5; i++) system.send('nobody', i);
    const next = async (): Promise<unknown> => {
      const { value } = await feed.next();
      return value === undefined || 'missed' in value ? value : value.payload;
    };
    expect([await next(), await next()]).toEqual([{ missed: 3 }, 4]);
    for (let i = 6; i <= 7; i++) system.send('nobody', i);
    expect([await next(), await next(), await next()]).toEqual([{ missed: 1 }, 6, 7]);
    const waiting = [next(), next()];
    for (let i = 8; i <= 9; i++) system.send('nobody', i);
    expect(await Promise.all(waiting)).toEqual([8, 9]);
  });

  it('has the letters that subscribers make', async () => {
    const system = testSystem();
    const feed = system.deadLetters.feed();
    const stop = system.deadLetters.subscribe(() => system.send('nobody', 'echo'));
    system.send('nobody', 'first');
    stop();
    expect([(await feed.next()).value, (await feed.next()).value]).toMatchObject(
      [{ payload: 'first' }, { payload: 'echo' }],
    );
  });

  it('a reader that breaks off costs nothing any more, also one that waits', async () => {
    const system = testSystem({ deadLetters: { capacity: 0 } });
    const feed = system.deadLetters.feed({ buffer: 1 });
    const waiting = feed.next();
    await feed.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    system.send('nobody', 1);
    system.send('nobody', 2);
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it('after the end of the system there is nothing to read', async () => {
    const system = testSystem();
    await system.stop();
    expect(await system.deadLetters.feed().next()).toEqual({ done: true, value: undefined });
  });

  it.each([0, 1.5, '1'])('a buffer of %j is refused', (buffer) => {
    expect(() => testSystem().deadLetters.feed({ buffer } as never)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  it.each<unknown>([null, 5, 'all', { size: 3 }, { toString: 3 }])('options of %j are refused', (options) => {
    expect(() => testSystem().deadLetters.feed(options as never)).toThrow(OptionError);
  });
});
