import { describe, expect, it } from 'vitest';
import { child, createSystem, defineAgent, type System } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import type { Batch, Store, StoreSource } from '../../../src/journal/port/index.js';
import { expectConserved, Recorder } from '../../support/system.js';
import { dies, lifeOn, TestDisk } from './lives.js';

interface Talk { lines: string[]; said: number }

const apply = (state: Talk, line: string): void => {
  if (line === 'no') throw new Error('no such line');
  state.lines.push(line);
  state.said++;
};

const talkWith = (compactAfter: false | { deltas?: number; bytes?: number }, version = 1) => defineAgent({
  name: 'Talk',
  durable: { log: true, apply, compactAfter, version },
  init: (): Talk => ({ lines: [], said: 0 }),
  calls: {
    say(self, line: string) { self.append(line); return self.state.said; },
    lines: (self) => self.state.lines.join(' '),
    fail(self, line: string) { self.append(line); self.state.lines.push('x'); throw new Error('after the append'); },
    caught(self, line: string) {
      try {
        self.append(line);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    },
    async *tell(self, lines: string[]) {
      for (const line of lines) {
        self.append(line);
        yield line;
        if (line === 'stop') throw new Error('in the stream');
      }
    },
    bad(self) { self.append({ tool: () => 1 }); },
  },
  casts: {
    spoil(self) { self.state.lines.push('by hand'); },
  },
});

const Talking = talkWith(false);

/** A store whose batches are weighed. */
function weighed(source: StoreSource): { source: StoreSource; bytes: () => number } {
  let bytes = 0;
  const store = (source as StoreSource & { connect(): Store }).connect();
  const write = store.write.bind(store);
  store.write = (batch: Batch) => {
    bytes += batch.bytes;
    return write(batch);
  };
  const weighing = { kind: 'weighed', connect: () => store };
  return { source: weighing, bytes: () => bytes };
}

async function life<T>(store: StoreSource, run: (system: System) => Promise<T>): Promise<T> {
  const system = createSystem({ store, logger: false });
  try {
    return await run(system);
  } finally {
    await system.stop();
    expectConserved(system.stats());
  }
}

describe('a state that is a log', () => {
  it('P21 is changed at once, and made again of its deltas in the next life', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      const talk = await system.start(Talking, { name: 'a' });
      expect(await talk.call('say', 'one')).toBe(1);
      expect(await talk.call('say', 'two')).toBe(2);
      await system.store.flush();
      expect(await system.store.stats()).toMatchObject({ rows: { delta: 2 }, records: { state: 1 } });
    });
    await life(store, async (system) => {
      const talk = await system.start(Talking, { name: 'a' });
      expect(await talk.call('lines')).toBe('one two');
      expect(await talk.call('say', 'three')).toBe(3);
    });
    await life(store, async (system) => {
      expect(await (await system.start(Talking, { name: 'a' })).call('lines')).toBe('one two three');
    });
  });

  it('P21 100 turns hand little more to the store than their deltas', async () => {
    const { source, bytes } = weighed(memoryStore());
    let unique = 0;
    await life(source, async (system) => {
      const talk = await system.start(Talking, { name: 'a' });
      const before = bytes();
      for (let n = 0; n < 100; n++) {
        const line = `${n}:`.padEnd(1_500, 'words ');
        unique += line.length;
        await talk.call('say', line);
      }
      await system.store.flush();
      expect(bytes() - before).toBeLessThanOrEqual(1.2 * unique);
      expect(bytes() - before).toBeGreaterThan(unique);
    });
  });

  it('P21 a turn that fails leaves no delta, and the state is as before', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      await system.supervise({ children: [child('a', Talking)] });
      const talk = system.ref(Talking, 'a');
      await talk.call('say', 'one');
      await expect(talk.call('fail', 'lost')).rejects.toMatchObject({ code: 'EXIT' });
      await expect.poll(() => talk.tryCall('lines')).toMatchObject({ ok: true, value: 'one' });
      await expect(talk.call('bad')).rejects.toMatchObject({
        reason: { code: 'NOT_STORABLE', message: expect.stringContaining('tool') as string },
      });
      await expect.poll(() => talk.tryCall('lines')).toMatchObject({ ok: true, value: 'one' });
      expect((await system.store.stats()).rows.delta).toBe(1);
    });
  });

  it('P21 what apply throws leaves the state as it was, also where the handler catches it', async () => {
    await life(memoryStore(), async (system) => {
      const talk = await system.start(Talking, { name: 'a' });
      await talk.call('say', 'one');
      expect(await talk.call('caught', 'no')).toBe('no such line');
      expect(await talk.call('say', 'two')).toBe(2);
      expect(await talk.call('lines')).toBe('one two');
      expect((await system.store.stats()).rows.delta).toBe(2);
    });
  });

  it('P21 a delivery that is given up by hand leaves no delta either', async () => {
    const Picky = defineAgent({
      durable: { log: true, apply: (state: string[], line: string) => [...state, line] },
      init: () => [] as string[],
      calls: {
        lines: (self) => self.state.join(' '),
        add(self, line: string) {
          self.append(line);
          if (self.delivery?.attempt === 1) self.delivery.nack(0);
        },
      },
    });
    await life(memoryStore(), async (system) => {
      const picky = await system.start(Picky, { name: 'a' });
      expect((await (await picky.deliver('add', 'one')).settled)).toMatchObject({ kind: 'handled', attempts: 2 });
      expect(await picky.call('lines')).toBe('one');
      expect((await system.store.stats()).rows.delta).toBe(1);
    });
  });

  it('P21 a stream may append; one that fails leaves nothing', async () => {
    const store = memoryStore();
    await life(store, async (system) => {
      await system.supervise({ children: [child('a', Talking)] });
      const talk = system.ref(Talking, 'a');
      for await (const line of talk.stream('tell', ['one', 'two'])) expect(line).toMatch(/one|two/);
      expect(await talk.call('lines')).toBe('one two');
      const broken = async (): Promise<void> => {
        for await (const line of talk.stream('tell', ['three', 'stop'])) expect(line).toMatch(/three|stop/);
      };
      await expect(broken()).rejects.toMatchObject({ code: 'EXIT' });
      await expect.poll(() => talk.tryCall('lines')).toMatchObject({ ok: true, value: 'one two' });
    });
    await life(store, async (system) => {
      expect(await (await system.start(Talking, { name: 'a' })).call('lines')).toBe('one two');
    });
  });

  it('P21 the whole state is stored after so many deltas, or bytes, and the deltas go', async () => {
    const store = memoryStore();
    const Short = talkWith({ deltas: 3 });
    await life(store, async (system) => {
      const talk = await system.start(Short, { name: 'a' });
      for (const line of ['1', '2', '3', '4']) await talk.call('say', line);
      await system.store.flush();
      expect(await system.store.stats()).toMatchObject({ rows: { delta: 1 } });
    });
    await life(store, async (system) => {
      const talk = await system.start(Short, { name: 'a' });
      expect(await talk.call('lines')).toBe('1 2 3 4');
      for (const line of ['5', '6']) await talk.call('say', line);
      await system.store.flush();
      expect((await system.store.stats()).rows.delta).toBe(0);
    });
    await life(store, async (system) => {
      const talk = await system.start(talkWith({ bytes: 200 }), { name: 'a' });
      expect(await talk.call('lines')).toBe('1 2 3 4 5 6');
      await talk.call('say', 'x'.repeat(150));
      await talk.call('say', 'y'.repeat(150));
      await system.store.flush();
      expect((await system.store.stats()).rows.delta).toBe(0);
      expect(await system.store.check()).toEqual([]);
    });
  });

  it('P21 a change by hand is told in development, and is not in the state', async () => {
    const logger = new Recorder();
    const system = createSystem({ store: memoryStore(), logger, development: true });
    const talk = await system.start(Talking, { name: 'a' });
    await talk.call('say', 'one');
    expect(logger.lines).toEqual([]);
    talk.cast('spoil');
    expect(await talk.call('lines')).toBe('one');
    expect(await talk.call('say', 'two')).toBe(2);
    expect(logger.lines.map(({ text }) => text)).toEqual([expect.stringMatching(/other than by self\.append/)]);
    await system.stop();
  });
});

describe('append', () => {
  it('P21 is refused where nothing would be stored of it', async () => {
    let late: (() => void) | null = null;
    const Early = defineAgent({
      name: 'Early', durable: { log: true, apply }, init: (): Talk => ({ lines: [], said: 0 }),
      restored(self) { self.append('restored'); },
      calls: {
        aside: { concurrent: true, handle(self) { self.append('aside'); } },
        later(self) { late = () => self.append('late'); },
      },
    });
    const Whole = defineAgent({
      name: 'Whole', durable: true, init: () => 0, calls: { add(self) { self.append(1); } },
    });
    const Plain = defineAgent({ init: () => 0, calls: { add(self) { self.append(1); } } });
    const store = memoryStore();
    const refused = { reason: { code: 'NOT_DURABLE' } };
    await life(store, async (system) => {
      const early = await system.start(Early, { name: 'a' });
      await early.call('later');
      expect(late).toThrow(expect.objectContaining({ code: 'NOT_DURABLE' }));
      await expect((await system.start(Whole, { name: 'w' })).call('add')).rejects.toMatchObject(refused);
      await expect(system.start(Plain).call('add')).rejects.toMatchObject(refused);
      await expect(early.call('aside')).rejects.toMatchObject(refused);
    });
    await life(store, async (system) => {
      await expect(system.start(Early, { name: 'a' })).rejects.toMatchObject(refused);
    });
  });
});

describe('a log and its versions', () => {
  it('P21 an older log is migrated, state and deltas; one of a newer definition is refused', async () => {
    const store = memoryStore();
    const Newer = (migrateDelta?: (delta: string) => string) => defineAgent({
      name: 'Talk',
      durable: {
        log: true, version: 2, apply, migrate: ({ lines, said }: Talk) => ({ lines: [...lines, 'm'], said }),
        ...(migrateDelta === undefined ? {} : { migrateDelta }),
      },
      init: (): Talk => ({ lines: [], said: 0 }),
      calls: { lines: (self) => self.state.lines.join(' ') },
    });
    await life(store, async (system) => {
      await (await system.start(Talking, { name: 'a' })).call('say', 'one');
    });
    await life(store, async (system) => {
      await expect(system.start(Newer(), { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
      const talk = await system.start(Newer((line) => `${line}!`), { name: 'a' });
      expect(await talk.call('lines')).toBe('m one!');
      expect((await system.store.stats()).rows.delta).toBe(0);
    });
    await life(store, async (system) => {
      expect(await (await system.start(Newer(), { name: 'a' })).call('lines')).toBe('m one!');
    });
    await life(store, async (system) => {
      await expect(system.start(Talking, { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
    });
  });

  it('P21 a state that was stored as a whole becomes the first of a log; a log is no whole state', async () => {
    const store = memoryStore();
    const Whole = defineAgent({
      name: 'Talk', durable: true, init: (): Talk => ({ lines: ['w'], said: 1 }),
      calls: { said: (self) => self.state.said },
    });
    await life(store, async (system) => void await system.start(Whole, { name: 'a' }));
    await life(store, async (system) => {
      const talk = await system.start(Talking, { name: 'a' });
      expect(await talk.call('say', 'x')).toBe(2);
    });
    await life(store, async (system) => {
      await expect(system.start(Whole, { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_OTHER' } });
      expect(await (await system.start(Talking, { name: 'a' })).call('lines')).toBe('w x');
    });
  });

  it('P21 what restored changes, and what replaceState puts there, is stored as a whole', async () => {
    const store = memoryStore();
    const Counted = defineAgent({
      name: 'Talk', durable: { log: true, apply }, init: (): Talk => ({ lines: [], said: 0 }),
      restored(self) { self.state.said += 100; },
      calls: { say(self, line: string) { self.append(line); return self.state.said; } },
    });
    await life(store, async (system) => {
      await (await system.start(Counted, { name: 'a' })).call('say', 'one');
    });
    await life(store, async (system) => {
      const talk = await system.start(Counted, { name: 'a' });
      expect(await talk.call('say', 'two')).toBe(102);
      await system.sys(talk).replaceState(() => ({ lines: ['new'], said: 7 }));
      expect(await talk.call('say', 'three')).toBe(8);
    });
    await life(store, async (system) => {
      expect(await (await system.start(Counted, { name: 'a' })).call('say', 'four')).toBe(109);
    });
  });
});

describe('a log and its damages', () => {
  const stored = async (disk: TestDisk): Promise<void> => {
    const system = lifeOn(disk);
    const talk = await system.start(Talking, { name: 'a' });
    for (const line of ['one', 'two', 'three']) await talk.call('say', line);
    await system.stop();
  };
  const start = (disk: TestDisk): Promise<unknown> => Promise.resolve(lifeOn(disk).start(Talking, { name: 'a' }));

  it('P21 P38 a delta that cannot be read, or is missing, is no other state', async () => {
    for (const at of [0, 1, 2]) {
      const rotten = new TestDisk();
      await stored(rotten);
      rotten.spoil('delta', at, 'rot');
      await expect(start(rotten)).rejects.toMatchObject({ reason: { code: 'STORE_CORRUPT' } });
      const short = new TestDisk();
      await stored(short);
      short.spoil('delta', at, 'remove');
      await expect(start(short)).rejects.toMatchObject({ reason: { code: 'STATE_DAMAGED' } });
    }
  });

  it('P21 a program that dies between two turns loses none that was told', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const talk = await first.start(Talking, { name: 'a' });
    await talk.call('say', 'one');
    disk.hold();
    talk.call('say', 'two').catch(() => undefined);
    dies(first, disk);
    const second = lifeOn(disk);
    expect(await (await second.start(Talking, { name: 'a' })).call('lines')).toBe('one');
  });
});
