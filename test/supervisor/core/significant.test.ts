import { describe, expect, test } from 'vitest';
import {
  dynamicSupervisor, supervisor, type ExitReason, type Restart,
} from '../../../src/index.js';
import type { AutoShutdown } from '../../../src/supervisor/public.js';
import { testSystem } from '../../support/system.js';
import { boom, family } from '../family.js';
import { rejection, settled } from '../wait.js';

/** A supervisor of significant children and one that is not; `ended` tells whether it has ended, and why. */
async function tree(
  autoShutdown: AutoShutdown,
  children: readonly { readonly id: string; readonly restart?: Restart; readonly significant?: boolean }[],
  strategy: 'one_for_one' | 'one_for_all' = 'one_for_one',
) {
  await settled(); // an earlier system of the same test has had its last turn
  const system = testSystem();
  const members = family();
  const sup = await system.supervise({
    autoShutdown, strategy, intensity: 10,
    children: children.map(({ id, ...options }) => members.worker(id, options)),
  });
  let ended: ExitReason = 'alive';
  void sup.down.then((reason) => { ended = reason; });
  members.take();
  const end = async (id: string, reason: ExitReason): Promise<void> => {
    members.ref(system, id).cast('end', reason);
    await settled();
  };
  return {
    system, sup, end, ended: () => ended, take: members.take, worker: members.worker,
    crash: async (id: string) => { members.ref(system, id).cast('crash', boom); await settled(); },
  };
}

const transient = { restart: 'transient', significant: true } as const;
const temporary = { restart: 'temporary', significant: true } as const;

describe('significant children', () => {
  test('SU-48 any_significant: a transient one that ends in order ends the supervisor with shutdown, its siblings first', async () => {
    for (const reason of ['normal', 'shutdown', { shutdown: 1 }]) {
      const { end, ended, take } = await tree(
        'any_significant', [{ id: 'a' }, { id: 's', ...transient }, { id: 'z' }],
      );
      await end('s', reason);
      expect(ended()).toBe('shutdown');
      expect(take().slice(1)).toEqual(['-z shutdown', '-a shutdown']);
    }
  });

  test('SU-48 any_significant: a transient one that crashes is restarted, a temporary one that ends in any way ends the supervisor', async () => {
    const first = await tree('any_significant', [{ id: 's', ...transient }]);
    await first.crash('s');
    expect(first.ended()).toBe('alive');
    expect(first.take()).toEqual(['-s boom', '+s']);
    const second = await tree('any_significant', [{ id: 's', ...temporary }]);
    await second.crash('s');
    expect(second.ended()).toBe('shutdown');
  });

  test('SU-48 a child that is not significant ends nothing but itself', async () => {
    const { end, ended } =
      await tree('any_significant', [{ id: 'a', restart: 'transient' }, { id: 's', ...transient }]);
    await end('a', 'normal');
    expect(ended()).toBe('alive');
  });

  test(
    'SU-49 all_significant: only the end of the last running significant child ends the supervisor',
    async () => {
      const { end, ended } = await tree(
        'all_significant', [
          { id: 'a' }, { id: 's', ...transient }, { id: 't', ...temporary },
          { id: 'u', ...temporary },
        ],
      );
      await end('s', 'normal');
      await end('u', 'odd');
      expect(ended()).toBe('alive');
      await end('t', 'normal');
      expect(ended()).toBe('shutdown');
    },
  );

  test('SU-50 an end by terminateChild or by the restart of a sibling ends nobody, and does not count later', async () => {
    const one = await tree('any_significant', [{ id: 'a' }, { id: 's', ...transient }]);
    await one.sup.terminateChild('s');
    await settled();
    expect(one.ended()).toBe('alive');
    const group =
      await tree(
        'any_significant', [{ id: 'a' }, { id: 's', ...temporary }, { id: 't', ...transient }],
        'one_for_all',
      );
    await group.crash('a');
    expect(group.ended()).toBe('alive');
    expect(group.take()).toEqual(['-a boom', '-t shutdown', '-s shutdown', '+a', '+t']);
    const last = await tree('all_significant', [{ id: 's', ...transient }, { id: 't', ...transient }]);
    await last.sup.terminateChild('s');
    expect(last.ended()).toBe('alive');
    await last.end('t', 'normal');
    expect(last.ended()).toBe('shutdown');
  });

  test('SU-51 significant and permanent, significant under never, significant or automatic shutdown where there is none: refused', async () => {
    const { system, worker, sup } = await tree('never', []);
    expect(() => worker('p', { significant: true })).toThrow(/significant.*false for a permanent child/);
    expect(() => supervisor('p', { children: [] }, { significant: true })).toThrow(/permanent/);
    expect(await rejection(system.supervise({ children: [worker('t', temporary)] }))).toMatchObject(
      { code: 'BAD_COMBINATION' },
    );
    expect(await rejection(sup.startChild(worker('t', temporary))))
      .toMatchObject({ refusal: 'bad_combination' });
    expect(() => dynamicSupervisor('dynamic', { autoShutdown: 'any_significant' } as never)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    const auto = await system.supervise({ autoShutdown: 'any_significant', children: [] });
    expect(
      (await auto.getChildSpec((await auto.startChild(worker('t', temporary)), 't'))).significant,
    ).toBe(true);
  });

  test('SU-52 an automatic shutdown goes on upwards only through significant supervisors', async () => {
    for (const significant of [true, false]) {
      await settled();
      const system = testSystem();
      const { worker, ref } = family();
      const top = await system.supervise({ autoShutdown: 'any_significant', children: [supervisor(
        'sub', { autoShutdown: 'any_significant', children: [worker('s', temporary)] },
        { restart: 'transient', significant },
      )] });
      let ended: unknown = 'alive';
      void top.down.then((reason) => { ended = reason; });
      ref(system, 's').cast('end', 'normal');
      await settled();
      expect(ended).toBe(significant ? 'shutdown' : 'alive');
      await system.stop();
    }
  });
});
