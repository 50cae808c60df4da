import { describe, expect, it } from 'vitest';
import type { Down, Exit } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle } from '../peers.js';

// Found by the oracle: what is left of an ended process is its pid.
describe('a process that has ended, by its pid', () => {
  it('MO-03 is named in the Down of a monitor, and is no name', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const { pid } = p.ref;
    system.exit(pid, 'gone');
    w.self.monitor(pid);
    w.self.monitor(pid, { tag: 'mine' });
    await settle();
    for (const down of w.seen as Down[]) expect(down).toMatchObject({ pid, name: undefined, reason: 'noproc' });
    expect(w.seen.length).toBe(2);
    expect(await system.monitor(pid).down).toMatchObject({ pid, name: undefined, reason: 'noproc' });
  });

  it('EX-03 is named in the Exit of a link by one that traps', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const { pid } = p.ref;
    system.exit(pid, 'gone');
    w.self.trapExit(true);
    w.self.link(pid);
    await settle();
    expect(w.seen.map((exit) => [(exit as Exit).pid, (exit as Exit).reason])).toEqual([[pid, 'noproc']]);
  });

  it('TI-07 a timer to it is cancelled from the start', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const w = await listener(system);
    const p = await idler(system);
    system.exit(p.ref, 'gone');
    const timers = [w.self.sendAfter(100, 'late', p.ref.pid), w.self.sendAfter(100, 'late', p.ref)];
    expect(env.pending.timers).toBe(0);
    expect(timers.map((timer) => w.self.cancelTimer(timer))).toEqual([false, false]);
  });
});
