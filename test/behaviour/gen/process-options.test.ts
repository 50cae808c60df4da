import { describe, expect, it } from 'vitest';
import type { Down} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, listener, settle } from '../../process/peers.js';

describe('spawn options', () => {
  it('PR-10 link, monitor with alias and tag, level, name and label are taken', async () => {
    const system = testSystem();
    const a = await listener(system);
    const { ref, monitor } = a.self.spawn(
      (child) => child.receive(),
      { link: false, monitor: {
        alias: 'demonitor', tag: 'WORKER',
      }, level: 'high', name: 'worker', label: 'w' },
    );
    expect(system.inspect(ref)).toMatchObject({ name: 'worker', label: 'w', level: 'high', links: [] });
    expect(monitor.alias?.active).toBe(true);
    ref.send('go');
    await settle();
    expect(a.seen).toMatchObject([{ tag: 'WORKER', pid: ref.pid, reason: 'normal' }]);
    expect(monitor.alias?.active).toBe(false);
  });

  it.each([
    [{ link: 1 }, 'spawn.link: got 1'], [
      { level: 'urgent' }, "spawn.level: got 'urgent'",
    ], [{ monitor: { alias: 'x' } }, "spawn.monitor.alias: got 'x'"],
    [{ monitor: 3 }, 'spawn.monitor: got 3'], [
      { monitor: { tga: 1 } }, 'spawn.monitor.tga',
    ], [{ heap: 1 }, 'spawn.heap'], [{ name: 'a b' }, 'spawn.name'], [{ label: 1 }, 'spawn.label: got 1'],
  ])('PR-10 %j is refused and nothing is spawned', async (options, message) => {
    const system = testSystem();
    const { self } = await idler(system);
    const { spawned, processes } = system.stats();
    expect(() => self.spawn(() => undefined, options as never)).toThrow(message);
    expect(system.inspect(self.pid)?.links).toEqual([]);
    expect(system.stats()).toMatchObject({ spawned, processes });
  });

  it('PR-09 spawn with a monitor is one step: the Down has the real reason, never noproc', async () => {
    const system = testSystem();
    const a = await listener(system);
    for (let i = 0; i < 200; i++) {
      a.self.spawn(() => { throw new Error(`at once ${i}`); }, { link: false, monitor: true });
    }
    await expect.poll(() => a.seen.length, { interval: 5 }).toBe(200);
    expect(a.seen.map((down) => (down as Down).reason)).toEqual(
      Array.from({ length: 200 }, (_, i) => expect.objectContaining({ message: `at once ${i}` })),
    );
  });
});
