import { describe, expect, it } from 'vitest';
import { child, defineAgent, type System } from '../../../src/index.js';
import { Recorder } from '../../support/system.js';
import { dies, lifeOn, TestDisk } from './lives.js';

const Frail = defineAgent({
  name: 'Frail',
  durable: { crashesMax: 3 },
  init: () => ({ good: 0 }),
  calls: {
    good: (self) => self.state.good,
    work(self) { self.state.good++; },
    async fail() { await Promise.resolve(); throw new Error('poison'); },
    spoil(self) { (self.state as { tool?: unknown }).tool = () => 1; },
    leave(self) { return self.stop('away', 1); },
  },
});

const supervised = (system: System) => system.supervise({
  intensity: 100, children: [child('a', Frail), child('b', Frail)],
});

async function crash(system: System, times: number, how: 'fail' | 'spoil' = 'fail'): Promise<void> {
  for (let n = 0; n < times; n++) {
    const before = system.whereis('a');
    await expect(system.ref(Frail, 'a').call(how)).rejects.toMatchObject({ code: 'EXIT' });
    await expect.poll(() => system.whereis('a') !== before).toBe(true);
    if (n < times - 1) await expect.poll(() => system.ref(Frail, 'a').tryCall('good')).toMatchObject({ ok: true });
  }
}

describe('an agent that crashes again and again', () => {
  it('P21 is set aside after so many crashes in a row; its supervisor and its mail stay', async () => {
    const logger = new Recorder();
    const system = lifeOn(new TestDisk(), { logger });
    const tree = await supervised(system);
    await crash(system, 3);
    await expect.poll(() => tree.countChildren()).toMatchObject({ active: 1 });
    expect(system.whereis('a')).toBeUndefined();
    expect(await system.ref(Frail, 'b').call('good')).toBe(0);
    expect(system.store.aside.list()).toMatchObject([
      { name: 'a', crashes: 3, reason: expect.stringContaining('poison') as string },
    ]);
    expect((await system.store.stats()).aside).toBe(1);
    expect(logger.texts('warn').filter((text) => text.includes('set aside'))).toHaveLength(1);
    const receipt = await system.ref(Frail, 'a').deliver('work');
    await expect(system.start(Frail, { name: 'a' })).rejects.toMatchObject({ reason: { code: 'AGENT_ASIDE' } });
    expect(receipt.state).toBe('pending');

    expect(await system.store.aside.resume('b')).toBe(false);
    expect(await system.store.aside.resume('a')).toBe(true);
    expect(await system.store.aside.resume('a')).toBe(false);
    await tree.restartChild('a');
    expect((await receipt.settled).kind).toBe('handled');
    expect(await system.ref(Frail, 'a').call('good')).toBe(1);
  });

  it('P21 counts over lives of the program, and begins anew after a turn that succeeds', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await supervised(first);
    await crash(first, 2);
    await first.store.flush();
    dies(first, disk);
    const second = lifeOn(disk);
    await supervised(second);
    await second.ref(Frail, 'a').call('work');
    await crash(second, 2, 'spoil');
    await second.stop();
    const third = lifeOn(disk);
    await supervised(third);
    await crash(third, 1);
    await expect.poll(() => third.store.aside.list().length).toBe(1);
    await third.stop();
    const fourth = lifeOn(disk);
    await supervised(fourth);
    expect(fourth.whereis('a')).toBeUndefined();
    expect(fourth.store.aside.list()).toHaveLength(1);
  });

  it('P21 what others do to it, and a stop of its own, are no crashes', async () => {
    const system = lifeOn(new TestDisk());
    await supervised(system);
    const a = system.ref(Frail, 'a');
    for (let n = 0; n < 5; n++) {
      const before = system.whereis('a');
      if (n % 2 === 0) system.exit('a', 'kill');
      else await a.call('leave');
      await expect.poll(() => system.whereis('a') !== before && system.whereis('a') !== undefined).toBe(true);
    }
    await expect.poll(() => a.tryCall('good')).toMatchObject({ ok: true });
    expect(system.store.aside.list()).toEqual([]);
  });

  it('P21 a start that fails by its state counts; what another program mends does not', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.start(Frail, { name: 'a' });
    await first.stop();
    const of = (version: number, migrate?: () => unknown, restored?: () => unknown) => defineAgent({
      name: 'Frail', durable: { version, crashesMax: 3, ...(migrate === undefined ? {} : { migrate }) },
      init: () => ({ good: 0 }), ...(restored === undefined ? {} : { restored }),
      calls: { good: (self) => self.state.good },
    });
    const throws = (): never => { throw new Error('no way'); };
    const second = lifeOn(disk);
    for (let n = 0; n < 5; n++) {
      await expect(second.start(of(2), { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
    }
    for (const definition of [of(2, throws), of(1, undefined, throws), of(2, throws)]) {
      await expect(second.start(definition, { name: 'a' })).rejects.toMatchObject({ reason: { message: 'no way' } });
    }
    await expect(second.start(of(1), { name: 'a' })).rejects.toMatchObject({ reason: { code: 'AGENT_ASIDE' } });
    expect(await second.store.aside.reset('a')).toBe(true);
    expect(await (await second.start(of(2, throws), { name: 'a' })).call('good')).toBe(0);
  });

  it('P21 reset drops state and deltas of one that does not run, and nothing else', async () => {
    const disk = new TestDisk();
    const Log = defineAgent({
      name: 'Log', durable: { log: true, apply: (state: string[], line: string) => void state.push(line) },
      init: () => [] as string[],
      calls: { add(self, line: string) { self.append(line); return self.state.length; } },
    });
    const system = lifeOn(disk);
    const one = await system.start(Log, { name: 'one' });
    const two = await system.start(Log, { name: 'two' });
    for (const log of [one, two, one]) await log.call('add', 'x');
    await expect(system.store.aside.reset('one')).rejects.toMatchObject({ code: 'AGENT_RUNS' });
    await one.stop();
    expect(await system.store.aside.reset('one')).toBe(true);
    expect(await system.store.aside.reset('one')).toBe(false);
    expect(await system.store.stats()).toMatchObject({ rows: { delta: 1 }, records: { state: 1 } });
    expect(await (await system.start(Log, { name: 'one' })).call('add', 'y')).toBe(1);
    expect(await two.call('add', 'z')).toBe(2);
    expect(await system.store.check()).toEqual([]);
  });
});
