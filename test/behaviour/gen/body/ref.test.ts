import { describe, expect, it } from 'vitest';
import { OptionError, type ProcessRef } from '../../../../src/index.js';
import { idler, listener, settle } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure } from '../../help.js';

describe('the ref of a process with a body', () => {
  it(
    'tells its pid for ever, and whether it lives; it shows itself by what the process is called',
    async () => {
      const system = testSystem();
      const { ref } = await idler(system, { name: 'sleeper' });
      const { pid } = ref;
      expect([ref.alive, String(ref)]).toEqual([true, expect.stringContaining('sleeper')]);
      system.exit(ref, 'kill');
      expect([ref.pid, ref.alive]).toEqual([pid, false]);
    },
  );

  it('what is sent to one that has ended is a dead letter', async () => {
    const system = testSystem();
    const { ref } = await idler(system);
    system.exit(ref, 'kill');
    ref.send('late');
    expect(system.deadLetters.list()).toMatchObject([{ payload: 'late', reason: 'noproc' }]);
  });

  it('P16 bound to a process that has ended it sends nothing', async () => {
    const system = testSystem();
    const one = await listener(system);
    const { ref: sender, self } = await idler(system);
    const mine: ProcessRef = self.bind(one.ref);
    mine.send('alive');
    await settle();
    system.exit(sender, 'kill');
    mine.send('dead');
    await settle();
    expect(one.seen).toEqual(['alive']);
    expect(system.stats().zombies).toBe(1);
  });
});

describe('the stop of a process with a body', () => {
  it('ends one that does not trap at once, by `shutdown` unless another reason is given', async () => {
    const system = testSystem();
    for (const reason of [undefined, 'enough']) {
      const { ref } = await idler(system);
      const { down } = system.monitor(ref);
      await (reason === undefined ? ref.stop() : ref.stop(reason));
      expect((await down).reason).toBe(reason ?? 'shutdown');
      expect(ref.alive).toBe(false);
    }
  });

  it('is told to one that traps, which ends in its own time; a stop that is not waited for any longer goes on', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let finish: () => void = () => undefined;
    const told: unknown[] = [];
    const ref = system.spawn(async (self) => {
      self.trapExit(true);
      told.push(await self.receive());
      await new Promise<void>((resolve) => { finish = resolve; });
      self.exit('shutdown');
    });
    await env.settle();
    const stopped = callFailure(ref.stop('shutdown', { timeoutMs: 10 }));
    await env.advance(10);
    expect(await stopped).toMatchObject({ code: 'TIMEOUT' });
    expect([ref.alive, told]).toEqual([true, [expect.objectContaining({ tag: 'EXIT', reason: 'shutdown' })]]);
    finish();
    await env.settle();
    expect(ref.alive).toBe(false);
  });

  it('of one that has ended, of oneself, and by one that has ended rejects; bad options throw', async () => {
    const system = testSystem();
    const dead = await idler(system);
    const living = await idler(system);
    const mine: ProcessRef = dead.self.bind(living.ref);
    const itself: ProcessRef = living.self.bind(living.ref);
    system.exit(dead.ref, 'kill');
    expect(await callFailure(dead.ref.stop())).toMatchObject({ code: 'NOPROC', op: 'stop' });
    expect(await callFailure(mine.stop())).toMatchObject({ code: 'ZOMBIE' });
    expect(await callFailure(itself.stop())).toMatchObject({ code: 'CALLING_SELF' });
    expect(() => void living.ref.stop('x', { timeout: 1 } as never)).toThrow(OptionError);
    expect(() => void living.ref.stop('x', { timeoutMs: -1 })).toThrow(OptionError);
    expect(living.ref.alive, 'none of that ended it').toBe(true);
  });
});
