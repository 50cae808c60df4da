import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, defineAgent } from '../../../src/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { expectConserved } from '../../support/system.js';
import { program } from '../../system/program.js';
import { Place } from './place.js';

let place: Place;
beforeAll(async () => {
  place = new Place();
  // Builds the library where that was not done since it has changed.
  expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => place.dispose());

/** The same in the program that is killed. */
const Till = defineAgent({
  name: 'till',
  durable: true,
  delivery: { guarantee: 'exactly-once', attemptsMax: 1, onError: () => 'retry' },
  init: () => ({ lines: [] as string[] }),
  calls: {
    lines: (self) => self.state.lines.join(' '),
    add(self, line: string) { self.state.lines.push(line); },
    fail(self, line: string) { self.state.lines.push(line); },
  },
});

/** Says what it was promised, and never ends by itself. */
const killed = (path: string): string => `
  const { sqlite } = await import(pathToFileURL(compiled('src/journal/sqlite/public.ts')));
  const Till = defineAgent({
    name: 'till', durable: true,
    delivery: { guarantee: 'exactly-once', attemptsMax: 1, onError: () => 'retry' },
    init: () => ({ lines: [] }),
    calls: {
      async add(self, line) { self.state.lines.push(line); await self.deliver(later, 'add', 'of ' + line); },
      fail() { throw new Error('not yet'); },
    },
  });
  const system = createSystem({
    store: sqlite(${JSON.stringify(path)}), logger: false, retention: { deadLetters: { countMax: 2 } },
  });
  const later = system.ref(Till, 'later');
  const till = await system.start(Till, { name: 'till' });
  for (const key of ['a', 'b', 'c']) await (await till.deliver('fail', key, { key })).settled;
  for (let n = 0; ; n++) {
    const { settled } = await till.deliver('add', 'line' + n, { key: 'key' + n });
    if ((await settled).kind === 'handled') say('handled ' + n);
    if (n === 5) say('ready');
  }
`;

describe('Embedded durable store', () => {
  it('P19 P21 P23 atomic enqueue, unique keys, retention and dead letters outlive kill -9', async () => {
    const path = `${place.path}-embedded`;
    const ended = await program(killed(path), {
      act: async (kill, said) => {
        await said('handled 12');
        kill('SIGKILL');
      },
    });
    expect(ended.signal).toBe('SIGKILL');
    const told = [...ended.stdout.matchAll(/handled (\d+)/g)].map(([, n]) => Number(n));

    const system = createSystem({ store: sqlite(path), logger: false });
    await system.store.ready;
    const till = await system.start(Till, { name: 'till' });
    const later = await system.start(Till, { name: 'later' });
    await expect.poll(() => {
      const { pending, inTransit, running } = system.stats().delivery;
      return pending + inTransit + running;
    }).toBe(0);
    const lines = String(await till.call('lines')).split(' ');
    // what was told is there, once, in order; one more may have been handled, and was not told
    expect(lines.slice(0, told.length)).toEqual(told.map((n) => `line${n}`));
    expect(lines.length - told.length).toBeLessThanOrEqual(1);

    // atomic enqueue: what a turn has sent is there when the turn is; one handled in this life sends nothing
    const sent = (await later.call('lines')).split(' of ');
    expect(sent.slice(0, told.length)).toEqual(told.map((n) => (n === 0 ? 'of line0' : `line${n}`)));
    expect(sent.length).toBeLessThanOrEqual(lines.length);

    // unique key: it is handled once over the lives
    const again = await till.deliver('add', 'line3', { key: 'key3' });
    expect((await again.settled).kind).toBe('handled');
    await expect(till.deliver('add', 'other', { key: 'key3' })).rejects.toMatchObject({ code: 'KEY_CONFLICT' });

    // retention, and a retry of what is left
    expect(system.deadLetters.list().map(({ payload }) => payload)).toEqual(['b', 'c']);
    expect(system.deadLetters.retry({}).refused).toEqual([]);
    await expect.poll(() => till.call('lines')).toBe([...lines, 'b', 'c'].join(' '));
    await system.store.flush();
    expect((await system.store.stats()).rows).toMatchObject({ message: 0, dead: 0 });
    expect(await system.store.check()).toEqual([]);
    expectConserved(system.stats());
    await system.stop();
  }, 60_000);
});
