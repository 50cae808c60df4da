import { describe, expect, it } from 'vitest';
import { Exit, type ProcessSelf } from '../../../../src/index.js';
import type { SysLink } from '../../../../src/observe/public.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { callFailure, Gate } from '../../help.js';

const boom = new Error('boom');

describe('plain processes', () => {
  it('SY-12 a hand-written process joins by callbacks: state, replace, codeChange, terminate; suspended it receives nothing', async () => {
    const system = testSystem();
    let link: SysLink | undefined;
    const ended: unknown[] = [];
    const got: unknown[] = [];
    const joined = new Gate();
    const p = system.spawn(async (self: ProcessSelf) => {
      let state = { n: 1 };
      link = self.joinSys<{ n: number }>({
        state: () => state,
        replace: (next) => { state = next; },
        codeChange: (_from, extra) => { state = { n: state.n + (extra as number) }; },
        terminate: (reason) => { ended.push(reason); },
      });
      joined.open();
      await self.receive((message) => message === 'start');
      for (;;) {
        got.push(await self.receive());
        link.event({ kind: 'state', state });
      }
    }, { name: 'special' });
    await joined.promise;
    const sys = system.sys('special');
    expect(await sys.getState()).toEqual({ n: 1 });
    expect(await sys.replaceState(() => ({ n: 5 }))).toEqual({ n: 5 });
    expect(await callFailure(sys.replaceState(() => { throw boom; })))
      .toMatchObject({ code: 'CALLBACK_FAILED' });
    await sys.log(true);
    p.send('skipped');
    await sys.suspend();
    p.send('start');
    p.send('later');
    await settleTurn();
    expect(got).toEqual([]);
    await sys.codeChange({ extra: 2 });
    expect(await sys.getStatus())
      .toMatchObject({ module: 'process', name: 'special', status: 'suspended', state: { n: 7 } });
    await sys.resume();
    await settleTurn();
    await settleTurn();
    expect(got).toEqual(['skipped', 'later']);
    const kinds = (await sys.log('get')).map((event) => event.kind);
    expect([...kinds].sort()).toEqual(['in', 'in', 'in', 'state', 'state']);
    await sys.suspend();
    const down = system.monitor(p).down;
    await sys.terminate('odd');
    expect((await down).reason).toBe('odd');
    expect(ended).toEqual(['odd']);
  });

  it('SY-12 SY-03 a parent that ends while it is suspended runs its terminate; callbacks that are missing are refused', async () => {
    const system = testSystem();
    const ended: unknown[] = [];
    const ready = new Gate<string>();
    const parent = system.spawn(async (self) => {
      const child = self.spawn(async (inner) => {
        inner.trapExit(true);
        inner.joinSys({ state: () => 'state', terminate: (reason) => { ended.push(reason); } });
        await inner.receive((message) => !(message instanceof Exit));
      });
      ready.open(child.pid);
      await self.receive();
      self.exit('odd');
    });
    const pid = await ready.promise;
    await settleTurn();
    const sys = system.sys(pid);
    expect(await callFailure(sys.replaceState((state) => state)))
      .toMatchObject({ code: 'CALLBACK_FAILED', reason: { code: 'UNDEF' } });
    await sys.suspend();
    expect(await callFailure(sys.codeChange()))
      .toMatchObject({ code: 'CALLBACK_FAILED', reason: { code: 'UNDEF' } });
    const down = system.monitor(pid).down;
    parent.send('end');
    expect((await down).reason).toBe('odd');
    expect(ended).toEqual(['odd']);
    const failures: string[] = [];
    const clumsy = system.spawn((self) => {
      for (const bad of [{}, { state: 1 }, { state: () => 1, replace: 1 }, { state: () => 1, more: 1 }]) {
        try {
          self.joinSys(bad as never);
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    });
    await system.monitor(clumsy).down;
    expect(failures).toHaveLength(4);
  });
});
