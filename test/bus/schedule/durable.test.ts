import { afterEach, describe, expect, it } from 'vitest';
import type { Env } from '../../../src/base/index.js';
import { ScheduleImpl } from '../../../src/bus/schedule/schedule.js';
import { createSystem, defineAgent, type System, type SystemOptions } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { kernelOf } from '../../../src/system/index.js';
import type { StoreSource } from '../../../src/api/durable/store.js';
import { lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { Place } from '../../journal/sqlite/place.js';
import { expectConserved, settleTurn } from '../../support/system.js';
import { clock, WallEnv } from './help.js';

const env = new WallEnv();
const places: Place[] = [];

function onDisk(): StoreSource {
  const place = new Place();
  places.push(place);
  return sqlite(place.path, { level: 'process' });
}

afterEach(async () => {
  env.luck = 0;
  for (const place of places.splice(0)) await place.dispose();
});

/** An agent that notes what comes, with the time of the wall. */
const Clerk = defineAgent({
  name: 'clerk', durable: true, init: () => [] as string[],
  calls: { read: (self) => [...self.state] },
  casts: { note(self, text: string) { self.state.push(`${text} ${clock(env.wall()).slice(6)}`); } },
});

/** One life of a program on that store and the one clock, which ends in order. */
async function life<T>(store: StoreSource, run: (system: System) => Promise<T>): Promise<T> {
  const options: SystemOptions & { readonly env: Env } = { store, logger: false, env };
  const system = createSystem(options);
  try {
    await system.store.ready;
    return await run(system);
  } finally {
    expectConserved(system.stats());
    const stopped = system.stop();
    for (let turn = 0; turn < 20; turn++) await settleTurn();
    await stopped;
    expectConserved(system.stats());
  }
}

/** Time goes by while the program runs. */
async function pass(system: System, ms: number, step = ms): Promise<void> {
  for (let gone = 0; gone < ms; gone += step) {
    await env.advance(step);
    // what began has its commits: of its acceptance, and of its end
    for (let commit = 0; commit < 3; commit++) {
      await system.store.flush();
      await settleTurn();
    }
  }
}

const midnight = (): void => env.set('2026-01-01T00:00:00Z');

describe.each([['memory', memoryStore], ['sqlite', onDisk]])('a durable schedule on %s', (_name, make) => {
  it('P scheduled messages: a named schedule, at an interval, goes on by itself in a later life', async () => {
    const store = make();
    midnight();
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      const schedule = system.schedule(
        'rounds', { everyMs: 10_000, durable: true }, { to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'a' },
      );
      await pass(system, 25_000, 5_000);
      await expect.poll(() => clerk.call('read')).toEqual(['a 00:00:10', 'a 00:00:20']);
      expect(schedule.stats()).toMatchObject({ runs: 2, nextAt: Date.parse('2026-01-01T00:00:30Z') });
    });
    env.ahead += 7_000; // the program is down: it is 00:00:32
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      expect(system.schedules()).toMatchObject([{ name: 'rounds', runs: 2 }]);
      await pass(system, 10_000, 1_000);
      // 00:00:30 was noticed within the minute, and before the next
      await expect.poll(() => clerk.call('read')).toEqual(
        ['a 00:00:10', 'a 00:00:20', expect.stringMatching(/^a 00:00:3/), 'a 00:00:40'],
      );
      expect(system.schedules()).toMatchObject([{ runs: 4, missed: 0 }]);
      expect(system.cancelSchedule('rounds')).toBe(true);
    });
    await life(store, async (system) => {
      expect(system.schedules()).toEqual([]);
      expect((await system.store.stats()).records.timer).toBe(0);
    });
  });

  it('runs once at its moment, also when that passes while the program is down', async () => {
    const store = make();
    midnight();
    const at = Date.parse('2026-01-01T00:01:00Z');
    const remind = (system: System) => system.schedule(
      'remind', { at, durable: true }, { to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'r' },
    );
    await life(store, async (system) => {
      remind(system);
      await pass(system, 10_000);
    });
    env.ahead += 3_600_000;
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      await pass(system, 2_000, 500);
      await expect.poll(() => clerk.call('read')).toEqual([expect.stringMatching(/^r 01:00:1/)]);
      expect(system.schedules()).toEqual([]);
    });
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      expect(remind(system).active).toBe(false); // it has been
      await pass(system, 2_000, 500);
      expect(await clerk.call('read')).toHaveLength(1);
    });
  });
});

describe('times that pass while the program is down', () => {
  it.each([
    ['skip', ['x 00:10:00']], ['once', ['x 00:10:00']],
    ['all', ['x 00:10:00', 'x 00:10:00', 'x 00:10:00', 'x 00:10:00', 'x 00:10:00']],
  ] as const)('are made up for as missed: %s says', async (missed, notes) => {
    const store = memoryStore();
    midnight();
    await life(store, async (system) => {
      system.schedule('x', { everyMs: 120_000, missed, durable: true }, {
        to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'x',
      });
      await settleTurn();
    });
    env.set('2026-01-01T00:10:00Z'); // 2, 4, 6, 8 have passed, 10 is now
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      await pass(system, 10, 1);
      await expect.poll(() => clerk.call('read')).toHaveLength(notes.length);
      expect(system.schedules()).toMatchObject([{ missed: 4, madeUp: missed === 'all' ? 4 : 0 }]);
    });
  });

  it('once makes up by one run when none begins just then; its number goes on', async () => {
    const store = memoryStore();
    midnight();
    await life(store, async (system) => {
      system.schedule('x', { everyMs: 120_000, missed: 'once', durable: true }, {
        to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'x',
      });
      await settleTurn();
    });
    env.set('2026-01-01T00:11:30Z');
    await life(store, async (system) => {
      const clerk = await system.start(Clerk, { name: 'clerk' });
      await pass(system, 10, 1);
      await expect.poll(() => clerk.call('read')).toEqual(['x 00:11:30']);
      expect(system.schedules()).toMatchObject(
        [{ missed: 5, madeUp: 1, nextAt: Date.parse('2026-01-01T00:12:00Z') }],
      );
    });
  });
});

describe('a durable schedule', () => {
  it('waits for who it sends to, when it is of an earlier life and nobody has the name', async () => {
    const store = memoryStore();
    midnight();
    await life(store, async (system) => {
      system.schedule('x', { everyMs: 60_000, durable: true }, {
        to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'x',
      });
      await settleTurn();
    });
    await life(store, async (system) => {
      await pass(system, 70_000, 10_000);
      expect(system.schedules()).toMatchObject([{ runs: 0 }]);
      const clerk = await system.start(Clerk, { name: 'clerk' });
      await pass(system, 2_000, 500);
      await expect.poll(() => clerk.call('read')).toHaveLength(1);
    });
  });

  it('waits with one deadline for a store that has failed, whatever ends meanwhile', async () => {
    const disk = new TestDisk();
    const given: SystemOptions & { readonly env: Env } = { env };
    const system = lifeOn(disk, given);
    await system.store.ready;
    midnight();
    const ends: (() => void)[] = [];
    const run = (): Promise<void> => new Promise((resolve) => { ends.push(resolve); });
    system.schedule('x', { everyMs: 5_000, overlap: 'queue', durable: true }, run);
    await pass(system, 20_000, 5_000);
    expect(ends).toHaveLength(1);
    expect(system.schedules()).toMatchObject([{ running: 1, waiting: 3 }]);
    disk.fail();
    await env.advance(5_000);
    await settleTurn();
    const { deadlines } = kernelOf(system);
    const armed = (): number => deadlines.pending().filter((one) => one instanceof ScheduleImpl).length;
    ends[0]?.();
    await settleTurn();
    expect(system.schedules()).toMatchObject([{ running: 0, waiting: 4 }]);
    expect(armed()).toBe(1);
    for (let second = 0; second < 10; second++) await env.advance(1_000);
    expect(armed()).toBe(1);
    expect(system.schedules()).toMatchObject([{ running: 0, waiting: 4 }]);
  });

  it('does any other job at most once for each time, and when it is made again', async () => {
    const store = memoryStore();
    midnight();
    const runs: string[] = [];
    const make = (system: System) => system.schedule('f', { everyMs: 60_000, durable: true }, ({ number, at }) => {
      runs.push(`${number} ${clock(at).slice(6)}`);
    });
    await life(store, async (system) => {
      make(system);
      await pass(system, 70_000, 10_000);
    });
    expect(runs).toEqual(['1 00:01:00']);
    await life(store, async (system) => {
      await pass(system, 60_000, 10_000);
      expect(system.schedules()).toEqual([]);
      make(system);
      await pass(system, 60_000, 10_000);
    });
    expect(runs[1]).toBe('2 00:02:00');
    expect(runs.slice(2)).toEqual(['3 00:03:00']);
  });

  it('made again with other times begins anew; a name in use is ALREADY_STARTED', async () => {
    const store = memoryStore();
    midnight();
    const make = (system: System, everyMs: number) => system.schedule('x', { everyMs, durable: true }, {
      to: system.ref(Clerk, 'clerk'), deliver: 'note', payload: 'x',
    });
    await life(store, async (system) => {
      make(system, 60_000);
      await pass(system, 30_000);
    });
    await life(store, async (system) => {
      expect(make(system, 60_000).stats().nextAt).toBe(Date.parse('2026-01-01T00:01:00Z'));
      expect(() => make(system, 60_000)).toThrow(expect.objectContaining({ code: 'ALREADY_STARTED' }));
    });
    await life(store, async (system) => {
      expect(make(system, 90_000).stats().nextAt).toBe(Date.parse('2026-01-01T00:02:00Z'));
    });
  });

  it('P21 made in a turn of a durable agent is there with its commit, and not when the handler fails', async () => {
    const system = lifeOn(new TestDisk());
    const ref = system.ref(Clerk, 'clerk');
    const Maker = defineAgent({
      name: 'maker', durable: true, init: () => 0,
      casts: {
        make(self, fails: boolean) {
          self.schedule(fails ? 'bad' : 'good', { everyMs: 60_000, durable: true }, {
            to: ref, deliver: 'note', payload: 'x',
          });
          if (fails) throw new Error('failed');
        },
      },
    });
    for (const fails of [true, false]) {
      const maker = await system.start(Maker, { name: 'maker' });
      maker.cast('make', fails);
      if (fails) await expect.poll(() => system.whereis('maker')).toBe(undefined);
    }
    await expect.poll(async () => (await system.store.stats()).records.timer).toBe(1);
    expect(system.schedules().map(({ name }) => name)).toEqual(['good']);
    system.exit('maker', 'kill'); // it does not end with who made it
    await settleTurn();
    expect(system.cancelSchedule('good')).toBe(true);
  });

  it('P16 refuses what cannot be durable where it is made', async () => {
    const system = createSystem({ store: memoryStore(), logger: false });
    const clerk = await system.start(Clerk, { name: 'clerk' });
    const refused = (times: object, job: unknown): unknown => {
      try {
        system.schedule('x', times as never, job as never);
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'made';
    };
    const ref = system.ref(Clerk, 'clerk');
    const every = { everyMs: 1_000, durable: true };
    expect(refused(every, { to: clerk, deliver: 'note', payload: 'x' })).toBe('NOT_DURABLE');
    expect(refused(every, {
      to: ref, deliver: 'note', payload: 'x', options: { guarantee: 'at-most-once' },
    })).toBe('BAD_COMBINATION');
    expect(refused(every, { to: ref, deliver: 'note', payload: { f: () => 1 } })).toBe('NOT_STORABLE');
    expect(refused({ ...every, durable: 1 }, () => 1)).toBe('BAD_OPTION');
    expect(refused({ ...every, missed: 'none' }, () => 1)).toBe('BAD_OPTION');
    expect(refused({ at: -1 }, () => 1)).toBe('BAD_OPTION');
    expect(refused({ at: 5, everyMs: 5 }, () => 1)).toBe('BAD_OPTION');
    expect(refused({ at: 5, startAt: 5 }, () => 1)).toBe('BAD_COMBINATION');
    await system.stop();
    const bare = createSystem({ logger: false });
    expect(() => bare.schedule('x', { everyMs: 5, durable: true }, () => 1))
      .toThrow(expect.objectContaining({ code: 'NO_STORE' }));
    await bare.stop();
  });
});
