import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, Exit, type ProcessSelf, type System } from '../../../../src/index.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { listener, settle } from '../../../process/peers.js';

const isNumber = (message: unknown): message is number => typeof message === 'number';

const is = (wanted: unknown) => (message: unknown): boolean => message === wanted;

/** Runs a body with messages already queued, and resolves to what it returned. */
async function run<T>(
  system: System, messages: readonly unknown[], body: (self: ProcessSelf) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const p = system.spawn(async (self) => {
      await self.receive(is('start'));
      try {
        resolve(await body(self));
      } catch (error) {
        reject(error);
      }
    });
    for (const message of messages) p.send(message);
    p.send('start');
  });
}

describe('selective receive', () => {
  it('RE-01 takes the oldest message that matches; what it skips keeps its order', async () => {
    const system = testSystem();
    const got = await run(system, ['a', 1, 'b', 2, 'c', 3], async (self) => [
      await self.receive(isNumber), await self.receive(
        is('b'),
      ), await self.receive(isNumber), await self.receive(), await self.receive(), await self.receive(),
    ]);
    expect(got).toEqual([1, 'b', 2, 'a', 'c', 3]);
  });

  it('RE-01 any sequence of receives takes what a scan of a list would take', async () => {
    const receives = fc.array(fc.option(fc.nat(4), { nil: undefined }), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(4), {
      maxLength: 30,
    }), receives, async (messages, matches) => {
      const system = testSystem();
      const model = [...messages];
      const wanted = matches.map((match) => {
        const at = model.findIndex((message) => match === undefined || message === match);
        return at < 0 ? undefined : model.splice(at, 1)[0];
      });
      const got = await run(system, messages, async (self) => {
        const taken: unknown[] = [];
        for (const match of matches) {
          const has = match === undefined
            ? messages.length > taken.filter((one) => one !== undefined).length
            : true;
          taken.push(
            has ? await self.receive(match === undefined ? undefined : is(match), { timeoutMs: 0 }) : undefined,
          );
        }
        return taken;
      });
      expect(got).toEqual(wanted);
      await system.stop();
    }), { numRuns: 25 });
  });

  it('RE-02 a timeout of 0 looks through the whole queue first', async () => {
    const system = testSystem();
    const got = await run(system, [...Array.from({ length: 1_000 }, (_, i) => i), 'needle'], async (self) => [
      await self.receive(
        is('needle'), { timeoutMs: 0 },
      ), await self.receive(is('needle'), { timeoutMs: 0 }), await self.receive(isNumber, { timeoutMs: 0 }),
    ]);
    expect(got).toEqual(['needle', undefined, 0]);
  });

  it('RE-02 also what was sent in the same turn, before the receive, is seen', async () => {
    const system = testSystem();
    const got = await run(system, [], async (self) => {
      await settle(1);
      for (let i = 0; i < 300; i++) self.send(self.pid, i);
      self.send(self.pid, 'needle');
      return self.receive(is('needle'), { timeoutMs: 0 });
    });
    expect(got).toBe('needle');
  });

  it('RE-03 the timeout runs from entry; arrivals that do not match do not extend it', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let got: unknown = 'waiting';
    const p = system.spawn(async (self) => {
      got = await self.receive(is('never'), { timeoutMs: 100 });
      await self.receive(is('done'));
    });
    await env.settle();
    for (let ms = 0; ms < 99; ms += 33) {
      p.send('noise');
      await env.advance(33);
      expect(got).toBe('waiting');
    }
    await env.advance(1);
    expect(got).toBeUndefined();
    p.send('done');
    await env.settle();
    expect(p.alive).toBe(false);
  });

  it('a message that comes in time cancels the timeout', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const got: unknown[] = [];
    const p = system.spawn(async (self) => {
      got.push(await self.receive(undefined, { timeoutMs: 100 }));
      got.push(await self.receive(is('end')));
    });
    await env.settle();
    await env.advance(50);
    p.send('in time');
    await env.advance(1_000);
    expect(got).toEqual(['in time']);
    p.send('end');
    await env.settle();
  });

  it('RE-04 while it waits, an arrival is matched alone: no rescan of what did not match', async () => {
    const system = testSystem();
    let tests = 0;
    const match = (message: unknown): boolean => {
      tests++;
      return message === 'end';
    };
    const p = system.spawn((self) => self.receive(match));
    await settle();
    for (let i = 0; i < 5_000; i++) p.send(i);
    p.send('end');
    await system.monitor(p).down;
    expect(tests).toBe(5_001);
  });

  it('RE-05 a call made with 20,000 messages queued does not look at them', async () => {
    const system = testSystem();
    const Echo = defineAgent({ name: 'Echo', init: () => ({}), calls: { say: (self, n: number) => n } });
    const echo = system.start(Echo);
    let tests = 0;
    const sum = await run(system, Array.from({ length: 20_000 }, (_, i) => i), async (self) => {
      let total = 0;
      for (let i = 0; i < 200; i++) total += await self.call(echo, 'say', 1);
      await self.receive((message) => ++tests > 0 && message === 19_999);
      return total;
    });
    expect([sum, tests]).toEqual([200, 20_000]);
  });

  it('RE-05 a call of a process with 100,000 queued messages costs what it costs with none', async () => {
    const system = testSystem();
    const Echo = defineAgent({ name: 'Echo', init: () => ({}), calls: { say: (self, n: number) => n } });
    const echo = system.start(Echo);
    const calls = async (self: ProcessSelf): Promise<number> => {
      const before = process.cpuUsage();
      for (let i = 0; i < 2_000; i++) await self.call(echo, 'say', i);
      const { user, system: kernel } = process.cpuUsage(before);
      return user + kernel;
    };
    // The best of five, in alternation: a walk over the queue would make each call a thousand times as dear.
    const best = { empty: Infinity, full: Infinity };
    for (let round = 0; round < 5; round++) {
      best.empty = Math.min(best.empty, await run(system, [], calls));
      best.full = Math.min(best.full, await run(system, Array.from({ length: 100_000 }, (_, i) => i), calls));
    }
    expect(best.full / best.empty).toBeLessThan(5);
  });

  it('RE-06 a predicate that throws does not match, and the message stays', async () => {
    const system = testSystem();
    const got = await run(system, [null, { ok: 1 }], async (self) => [
      await self.receive((message) => (message as { ok: number }).ok === 1), await self.receive(),
    ]);
    expect(got).toEqual([{ ok: 1 }, null]);
  });

  it('RE-07 a receive after a receive starts from the front of the queue', async () => {
    const system = testSystem();
    const got = await run(system, ['first', 'outer', 'inner'], async (self) => {
      const outer = await self.receive(is('outer'));
      const inner = await self.receive(is('inner'));
      return [outer, inner, await self.receive()];
    });
    expect(got).toEqual(['outer', 'inner', 'first']);
  });

  it('RE-08 the queue length counts all that is not yet received, what was skipped too', async () => {
    const system = testSystem();
    const p = system.spawn(async (self) => {
      await self.receive(is('go'));
      await self.receive(is('stop'));
    });
    await settle();
    for (const message of [1, 2, 3]) p.send(message);
    await settle();
    expect(p.stats().mailbox).toMatchObject({ size: 3, handled: 0 });
    p.send('go');
    await settle();
    expect(p.stats().mailbox).toMatchObject({ size: 3, handled: 1, peak: 4 });
    p.send('stop');
    await system.monitor(p).down;
    expect(system.stats()).toMatchObject({ handled: 2, deadLettered: 3 });
    expect(system.deadLetters.list().map((letter) => [letter.payload, letter.reason])).toEqual(
      [[1, 'normal'], [2, 'normal'], [3, 'normal']],
    );
  });

  it('exits, downs and timer messages that were skipped keep their place in the order and in the account', async () => {
    const system = testSystem();
    const peer = await listener(system);
    const got = await run(system, [], async (self) => {
      self.trapExit(true);
      self.send(self.pid, 'one');
      peer.self.exitOther(self.pid, 'two');
      self.send(self.pid, 'three');
      await self.receive(is('three'));
      return [await self.receive(), await self.receive()];
    });
    expect(got).toEqual(['one', new Exit(peer.ref.pid, 'two')]);
  });

  it('the signals a process never received are accounted for when it ends', async () => {
    const system = testSystem();
    const p = system.spawn(async (self) => {
      self.trapExit(true);
      self.sendAfter(0, 'timer');
      await self.receive(is('end'));
    });
    await settle();
    system.exit(p, 'skipped');
    await expect.poll(() => system.stats().signals.sent, { interval: 2 }).toBe(2);
    p.send('end');
    await system.monitor(p).down;
    const { signals } = system.stats();
    expect(signals).toEqual({ sent: 2, handled: 0, dropped: 2 });
  });

  it('one receive at a time, and its arguments are checked', async () => {
    const system = testSystem();
    const codes = await run(system, [], async (self) => {
      const thrown: unknown[] = [];
      const attempt = (fn: () => unknown): void => {
        try {
          void fn();
        } catch (error) {
          thrown.push((error as { code: string }).code);
        }
      };
      attempt(() => self.receive('x' as never));
      attempt(() => self.receive(undefined, { timeoutMs: -1 }));
      attempt(() => self.receive(undefined, { timeoutMs: Number.NaN }));
      const first = self.receive(is('x'));
      attempt(() => self.receive());
      self.send(self.pid, 'x');
      await first;
      return thrown;
    });
    expect(codes).toEqual(['BAD_OPTION', 'BAD_OPTION', 'BAD_OPTION', 'BAD_OPTION']);
  });
});
