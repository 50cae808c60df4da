import { describe, expect, it } from 'vitest';
import { child, defineAgent } from '../../src/index.js';
import { simulate, type Simulation } from '../../src/testing/index.js';

const Counter = defineAgent({
  name: 'counter',
  init: () => ({ seen: [] as number[] }),
  calls: {
    seen: (self) => self.state.seen.join(),
    slow: () => new Promise((resolve) => setTimeout(resolve, 10)),
  },
  casts: { add(self, n: number) { self.state.seen.push(n); } },
});

function run(scenario: (sim: Simulation) => Promise<void>): Promise<unknown> {
  return Promise.all([1, 2, 3].map((seed) => simulate(seed, scenario)));
}

describe('a fault', () => {
  it('drops a send, counted as dropped; the account stays exact', () => run(async (sim) => {
    const counter = sim.system.start(Counter);
    sim.faults.drop({ to: counter, op: 'add', after: 1, times: 2 });
    for (const n of [1, 2, 3, 4]) counter.cast('add', n);
    expect(await counter.call('seen')).toBe('1,4');
    expect(counter.stats().mailbox).toMatchObject({ sent: 5, dropped: 2, handled: 3 });
    expect(sim.faults.struck).toBe(2);
  }));

  it('drops a call, which then times out', () => run(async (sim) => {
    const counter = sim.system.start(Counter);
    sim.faults.drop({ op: 'seen' });
    expect(await counter.tryCall('seen', undefined, { timeoutMs: 7 })).toMatchObject(
      { ok: false, error: { code: 'TIMEOUT' } },
    );
    expect(await counter.call('seen')).toBe('');
  }));

  it(
    'delays a send, so that later ones overtake it; one that comes too late is a dead letter',
    () => run(async (
      sim,
    ) => {
      const counter = sim.system.start(Counter);
      sim.faults.delay(10, { op: 'add' });
      counter.cast('add', 1);
      counter.cast('add', 2);
      await sim.sleep(20);
      expect(await counter.call('seen')).toBe('2,1');
      sim.faults.delay(10, { op: 'add' });
      counter.cast('add', 3);
      sim.system.exit(counter, 'kill');
      await sim.sleep(20);
      expect(sim.system.deadLetters.list()).toMatchObject([{ op: 'add', payload: 3 }]);
    }),
  );

  it('duplicates a send; the second reply to a duplicated call is late', () => run(async (sim) => {
    const counter = sim.system.start(Counter);
    const sender = sim.probe();
    sim.faults.duplicate({ from: sender.pid });
    sender.self.cast(counter, 'add', 1);
    counter.cast('add', 2);
    expect(await counter.call('seen')).toBe('1,1,2');
    sim.faults.duplicate({ op: 'seen' });
    await counter.call('seen');
    await sim.settle();
    expect(sim.system.stats().lateReplies).toBe(1);
  }));

  it(
    'a duplicated put has one place in line before a full mailbox, whose end tells it once',
    () => run(async (sim) => {
      const counter = sim.system.start(Counter, { mailbox: { capacity: 1, overflow: 'suspend' } });
      sim.system.suspend(counter);
      counter.cast('add', 1);
      sim.faults.duplicate({ op: 'add' });
      const put = counter.put('add', 2).catch((error: unknown) => error);
      expect(counter.stats().mailbox.held).toBe(1);
      sim.system.exit(counter, 'kill');
      expect(await put).toMatchObject({ code: 'EXIT', reason: 'killed' });
    }),
  );

  it(
    'a put that is over before its sender waits for it does not hold up the end of that sender',
    () => run(async (
      sim,
    ) => {
      const counter = sim.system.start(Counter);
      const Putter = defineAgent({
        name: 'putter', casts: { go: (self, to: typeof counter) => self.put(to, 'add', 1) },
      });
      const putter = sim.system.start(Putter);
      sim.faults.duplicate({ op: 'add' });
      putter.cast('go', counter);
      await sim.sleep(1);
      sim.system.exit(putter, 'kill');
      expect(await counter.call('seen')).toBe('1');
      await sim.sleep(10_000);
    }),
  );

  it('crashes an agent after its n-th message, between two messages or while it awaits', () => run(async (
    sim,
  ) => {
    await sim.system.supervise({ children: [child('counter', Counter)] });
    const counter = sim.system.ref(Counter, 'counter');
    sim.faults.crash(counter, { after: 2 });
    for (const n of [1, 2, 3]) counter.cast('add', n);
    await sim.settle();
    expect(sim.system.deadLetters.list()).toMatchObject([{ payload: 3, reason: 'injected crash' }]);
    expect(await counter.call('seen')).toBe('');
    expect(() => sim.faults.crash('nobody', { after: 1 })).toThrow(expect.objectContaining({ code: 'NOPROC' }));
    expect(() => sim.faults.crash(counter, { after: 0 }))
      .toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  }));

  it('is forgotten by heal', () => run(async (sim) => {
    const counter = sim.system.start(Counter);
    sim.faults.drop({ times: Infinity });
    sim.faults.heal();
    counter.cast('add', 1);
    expect(await counter.call('seen')).toBe('1');
  }));
});
