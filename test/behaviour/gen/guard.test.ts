import { describe, expect, it } from 'vitest';
import { expectConserved, Recorder, testSystem } from '../../support/system.js';
import { idler, settle } from '../../process/peers.js';

describe('P17 the listeners of a signal', () => {
  it('a signal listener of an agent that throws hurts nobody', async () => {
    const system = testSystem();
    const raised: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const catcher = (error: unknown): number => raised.push(error);
    process.on('uncaughtException', catcher);
    const p = system.spawn((self) => {
      self.signal.addEventListener('abort', () => {
        throw new Error('listener');
      });
      return self.receive();
    });
    await settle();
    system.exit(p, 'kill');
    await settle();
    process.off('uncaughtException', catcher);
    for (const one of before) process.on('uncaughtException', one);
    expect(raised).toEqual([]);
    expectConserved(system.stats());
  });
});

describe('a signal of a process', () => {
  it('runs each listener as an EventTarget does: once for each registration of the same, by function or object', async () => {
    const system = testSystem();
    const { ref, self } = await idler(system);
    const { signal } = self;
    const heard: unknown[] = [];
    const twice = (event: Event): void => { heard.push(['twice', event.type]); };
    const gone = (): void => { heard.push('removed'); };
    const object = { handleEvent(
      event: Event,
    ) { heard.push(['object', this === object, event.target === signal]); } };
    signal.addEventListener('abort', twice);
    signal.addEventListener('abort', twice);
    signal.addEventListener('abort', gone);
    signal.addEventListener('abort', object);
    signal.addEventListener('abort', null as never);
    signal.removeEventListener('abort', gone);
    signal.removeEventListener('abort', () => undefined);
    system.exit(ref, 'kill');
    expect(heard).toEqual([['twice', 'abort'], ['object', true, true]]);
  });

  it('onabort has one value, the latest; what is no function is none', async () => {
    const system = testSystem();
    const { ref, self } = await idler(system);
    const { signal } = self;
    const heard: string[] = [];
    const first = (): void => { heard.push('first'); };
    const second = (): void => { heard.push('second'); };
    expect(signal.onabort).toBeNull();
    signal.onabort = first;
    expect(signal.onabort).toBe(first);
    signal.onabort = 'nonsense' as never;
    expect(signal.onabort).toBeNull();
    signal.onabort = second;
    system.exit(ref, 'kill');
    expect(heard).toEqual(['second']);
  });

  it('P17 what a listener throws or rejects with is logged, and the listeners behind it hear the end', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { ref, self } = await idler(system);
    const heard: string[] = [];
    const rejects: () => unknown = async () => { await Promise.resolve(); throw new Error('later'); };
    self.signal.addEventListener('abort', () => { throw new Error('thrown'); });
    self.signal.addEventListener('abort', rejects);
    self.signal.onabort = () => { throw new Error('onabort'); };
    self.signal.addEventListener('abort', () => { heard.push('last'); }, { once: true });
    system.exit(ref, 'kill');
    await settle();
    expect(heard).toEqual(['last']);
    const told = logger.lines.filter(({ text }) => text === 'a listener of a signal failed');
    expect(told.map(({ fields }) => String(fields['error'])).sort()).toEqual([
      expect.stringContaining('later'), expect.stringContaining('onabort'), expect.stringContaining('thrown'),
    ]);
  });
});
