import { describe, expect, it } from 'vitest';
import { defineAgent, type ProcessSelf, type Self } from '../../../src/index.js';
import { defineRegistry, defineScope } from '../../../src/behaviour/names/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle } from '../peers.js';

interface Leak {
  self: Self<{ n: number }> | undefined;
  release: () => void;
  after: (self: Self<{ n: number }>) => void;
}

const newLeak = (): Leak => ({ self: undefined, release: () => undefined, after: () => undefined });
const Agent = defineAgent({
  name: 'Agent',
  init: (leak: Leak) => ({ n: 0, leak }),
  calls: {
    async wait(self) {
      const { leak } = self.state;
      leak.self = self;
      await new Promise<void>((resolve) => { leak.release = resolve; });
      leak.after(self);
      return 'late';
    },
    ping: () => 'pong',
  },
  casts: { poke: () => undefined },
});

describe('P16 fenced incarnations', () => {
  it('P16 EX-17 what a dead handler does after its await has no effect and is counted: one zombie for each verb', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const to = await listener(system, { name: 'to' });
    const victim = await idler(system);
    const echo = system.start(Agent, newLeak());
    const leak = newLeak();
    const ref = system.start(Agent, leak);
    const call = ref.tryCall('wait', undefined, { timeoutMs: 'infinity' });
    await env.settle();
    const verbs: ((self: Self<{ n: number }>) => unknown)[] = [
      (self) => self.send(to.ref, 'x'), (self) => self.send('to', 'x'), (self) =>
        self.cast(echo as never, 'no' as never), (self) => self.exitOther(victim.ref, 'x'),
      (self) => self.link(victim.ref), (self) =>
        self.unlink(
          victim.ref,
        ), (self) => self.continue('x'), (self) => self.timeout(1), (self) => self.stop('x'),
      (self) => self.trapExit(true), (self) => self.bind(to.ref).send('x'), (self) =>
        self.bind(echo).send('x'), (self) => self.bind(echo).tryCast('no' as never),
      (self) => expect(self.tryCast(echo, 'poke')).toBe('dead'),
    ];
    const throwing: ((self: Self<{ n: number }>) => unknown)[] = [
      (self) => self.sendAfter(1, 'x', to.ref), (self) =>
        self.monitor(
          victim.ref,
        ), (self) => self.spawn(() => to.ref.send('x')), (self) => self.start(Agent, newLeak()),
    ];
    let zombies = 0;
    const calls: Promise<unknown>[] = [];
    leak.after = (self) => {
      const before = system.stats().zombies;
      for (const verb of verbs) verb(self);
      for (const verb of throwing) expect(() => verb(self))
        .toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
      calls.push(
        self.call(echo, 'ping').catch((error: unknown) => error),
        self.bind(echo).call('ping').catch((error: unknown) => error),
      );
      zombies = system.stats().zombies - before;
    };
    const before = system.stats();
    system.exit(ref, 'kill');
    expect(await call).toMatchObject({ ok: false, error: { code: 'EXIT', reason: 'killed' } });
    leak.release();
    await env.advance(1_000);
    expect(zombies).toBe(verbs.length + throwing.length + 2);
    for (const one of await Promise.all(calls)) expect(one).toMatchObject({ code: 'ZOMBIE' });
    expect(to.seen).toEqual([]);
    expect(victim.ref.alive).toBe(true);
    const after = system.stats();
    expect([after.spawned, after.sent, after.signals.sent])
      .toEqual([before.spawned, before.sent, before.signals.sent]);
    expect(env.pending.held).toBe(0);
  });

  it('P16 its late reply goes nowhere', async () => {
    const system = testSystem();
    const leak = newLeak();
    const ref = system.start(Agent, leak);
    const call = ref.tryCall('wait');
    await settle(1);
    const from = leak.self?.from;
    system.exit(ref, 'kill');
    const outcome = await call;
    expect(outcome).toMatchObject({ ok: false });
    expect(from !== undefined && leak.self?.reply(from, 'from the grave')).toBe(false);
    leak.release();
    await settle();
    expect(system.stats()).toMatchObject({ handled: 1, crashed: 1, running: 0 });
  });

  it('P16 its state writes do not reach the next incarnation', async () => {
    const system = testSystem();
    const leak = newLeak();
    const ref = system.start(Agent, leak, { name: 'agent' });
    void ref.call('wait');
    await settle(1);
    system.exit(ref, 'kill');
    const second = system.start(Agent, newLeak(), { name: 'agent' });
    leak.after = (self) => { self.state.n = 666; };
    leak.release();
    await settle();
    expect(await second.call('ping')).toBe('pong');
    expect(leak.self?.pid).not.toBe(second.pid);
  });

  it(
    'P16 its signal has fired, with the reason of the end, and one made afterwards is born fired',
    async () => {
      const system = testSystem();
      let self: ProcessSelf | undefined;
      const p = system.spawn((given) => {
        self = given;
        return given.receive();
      });
      await settle();
      const signal = self?.signal as AbortSignal;
      expect([signal.aborted, self?.signal === signal]).toEqual([false, true]);
      system.exit(p, 'why');
      expect([signal.aborted, signal.reason]).toEqual([true, 'why']);
      expect([self?.signal.aborted, self?.signal.reason]).toEqual([true, 'why']);
    },
  );

  it('EX-17 what it awaited settles too late: no terminate, no second end, no count', async () => {
    const system = testSystem();
    let terminated = 0;
    const settlers: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
    const Waiter = defineAgent({
      name: 'Waiter', init: () => ({}),
      calls: { wait: () => new Promise<string>((resolve, reject) => settlers.push({ resolve, reject })) },
      terminate: () => void terminated++,
    });
    for (let i = 0; i < 2; i++) {
      const ref = system.start(Waiter);
      const call = ref.tryCall('wait');
      await settle(1);
      system.exit(ref, 'kill');
      await call;
    }
    const before = system.stats();
    settlers[0]?.resolve('late');
    settlers[1]?.reject(new Error('late'));
    await settle();
    expect(terminated).toBe(0);
    expect(system.stats()).toEqual(before);
  });

  it('a drain still waits for the living that await, after the dead have come back from their await', async () => {
    const system = testSystem();
    const dead = newLeak();
    const ref = system.start(Agent, dead);
    void ref.call('wait');
    await settle(1);
    system.exit(ref, 'kill');
    dead.release();
    await settle(1);
    const alive = newLeak();
    const call = system.start(Agent, alive).call('wait');
    await settle(1);
    const stopped = system.stop({ drain: true, timeoutMs: 5_000 });
    await settle();
    alive.release();
    expect(await call).toBe('late');
    expect(await stopped).toMatchObject({ drained: true });
  });

  it('P16 its receive never resolves', async () => {
    const system = testSystem();
    const { ref, self } = await idler(system);
    system.exit(ref, 'kill');
    let got = false;
    void self.receive(undefined, { timeoutMs: 0 }).then(() => (got = true));
    await settle();
    expect(got).toBe(false);
    expect(system.stats().zombies).toBe(1);
  });

  it('P16 its open calls end, and their replies are dropped', async () => {
    const system = testSystem();
    const leak = newLeak();
    const ref = system.start(Agent, leak);
    const caller = await idler(system);
    const call = caller.self.call(ref, 'wait').catch((error: unknown) => error);
    await settle(1);
    system.exit(caller.ref, 'kill');
    expect(await call).toMatchObject({ code: 'ZOMBIE' });
    leak.release();
    await settle();
    expect(system.stats().lateReplies).toBe(1);
    expect(await ref.call('ping')).toBe('pong');
  });

  describe('what was kept of a self', () => {
    const dying = async (development = true) => {
      const env = new VirtualEnv();
      const system = testSystem({ env, development });
      let self: ProcessSelf | undefined;
      const ref = system.spawn((given) => {
        self = given;
        return given.receive();
      });
      const other = await listener(system, { name: 'other' });
      const echo = system.start(Agent, newLeak(), { name: 'echo' });
      await env.settle();
      return { env, system, self: self as unknown as ProcessSelf, ref, other, echo };
    };
    const count = (system: { stats(): { zombies: number } }, act: () => unknown): number => {
      const before = system.stats().zombies;
      act();
      return system.stats().zombies - before;
    };

    it('P16 bound refs neither stop nor close', async () => {
      const { env, system, self, ref, other, echo } = await dying();
      const [boundEcho, boundOther] = [self.bind(echo), self.bind(other.ref)];
      system.exit(ref, 'kill');
      const stops: Promise<unknown>[] = [];
      expect(count(system, () => stops.push(boundEcho.stop(), boundOther.stop()))).toBe(2);
      for (const one of stops) await expect(one).rejects.toMatchObject({ code: 'ZOMBIE' });
      expect(count(system, () => boundEcho.close())).toBe(1);
      await env.settle();
      expect([echo.tryCast('poke'), other.ref.alive]).toEqual(['ok', true]);
    });

    it.each(
      [true, false],
    )('P16 nor does a bare ref in the rest of a handler that has ended its own process, in development: %s', async (
      development,
    ) => {
      const { env, system, other, echo } = await dying(development);
      const outcomes: unknown[] = [];
      const suicide = system.spawn((self) => {
        self.exitOther(self.pid, 'kill');
        echo.close();
        echo.cast('poke');
        echo.cast('poke', undefined, { lane: 'high' });
        outcomes.push(echo.tryCast('poke'));
        outcomes.push(
          echo.stop().catch((error: { code: string }) => error.code),
          other.ref.stop().catch((error: { code: string }) => error.code),
        );
      });
      await env.settle();
      expect(suicide.alive).toBe(false);
      expect(await Promise.all(outcomes)).toEqual(['dead', 'ZOMBIE', 'ZOMBIE']);
      expect(echo.stats().mailbox.sent, 'no cast came').toBe(0);
      expect([await echo.call('ping'), other.ref.alive]).toEqual(['pong', true]);
    });

    it('P16 timers of others are not cancelled, and kept timers start nothing', async () => {
      const { env, system, self, ref, other } = await dying();
      const foreign = (await idler(system)).self.sendAfter(10, 'due', other.ref);
      const { timers } = self;
      system.exit(ref, 'kill');
      expect(count(system, () => {
        expect(self.cancelTimer(foreign)).toBe(false);
        expect(self.cancelTimer(foreign, { async: true })).toBe('ok');
        for (const start of [
          () => timers.sendInterval(1, 'x', other.ref), () =>
            timers.applyAfter(
              1, () => other.ref.send('x'),
            ), () => timers.applyInterval(1, () => other.ref.send('x')),
          () => timers.applyRepeatedly(1, () => other.ref.send('x')), () =>
            timers.exitAfter(1, 'x', other.ref), () => timers.killAfter(1, other.ref),
        ]) expect(start).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
      })).toBe(8);
      await env.advance(50);
      expect([other.seen, other.ref.alive]).toEqual([['due'], true]);
    });

    it('P16 breakers and limits are neither opened, closed, watched, paused nor resumed', async () => {
      const { system, self, ref } = await dying();
      const [breaker, limit] = [self.breaker('b'), self.limit('l', { concurrency: 1 })];
      system.exit(ref, 'kill');
      const told: unknown[] = [];
      expect(count(system, () => {
        breaker.open('infinity');
        breaker.watch((change) => told.push(change))();
        limit.pause(1_000);
        limit.resume();
      })).toBe(4);
      expect(system.breaker('b').state).toBe('closed');
      system.breaker('b').open();
      expect(count(system, () => breaker.close())).toBe(1);
      expect([system.breaker('b').state, told]).toEqual(['open', []]);
      expect(await system.limit('l').run(() => 'runs')).toBe('runs');
    });

    it('P16 a dead incarnation that asks for one fixes no options, and its run rejects', async () => {
      const { system, self, ref } = await dying();
      system.exit(ref, 'kill');
      const [breaker, limit] = [self.breaker('own', { failures: 1 }), self.limit('own', { concurrency: 1 })];
      await expect(breaker.run(() => 1)).rejects.toMatchObject({ code: 'ZOMBIE' });
      await expect(limit.run(() => 1)).rejects.toMatchObject({ code: 'ZOMBIE' });
      await expect(self.limit('unknown').run(() => 1)).rejects.toMatchObject({ code: 'ZOMBIE' });
      await expect(self.retry(() => 1)).rejects.toMatchObject({ code: 'ZOMBIE' });
      expect([system.breakers(), system.limits()]).toEqual([[], []]);
      expect(system.breaker('own', { failures: 3 }).name).toBe('own');
    });

    it('P35 a listener that it has given to a breaker hears nothing more', async () => {
      const { system, self, ref } = await dying();
      const told: string[] = [];
      self.breaker('b').watch(({ to }) => told.push(to));
      const stop = self.breaker('b').watch(({ to }) => told.push(`also ${to}`));
      system.breaker('b').open();
      stop();
      system.breaker('b').close();
      system.exit(ref, 'kill');
      system.breaker('b').open();
      expect(told).toEqual(['open', 'also open', 'closed']);
    });

    it('P16 groups, balancers and names are left as they are', async () => {
      const { system, self, ref, echo } = await dying();
      const Scope = defineScope();
      system.start(Scope, { name: 'scope' });
      const Names = defineRegistry({ keys: 'unique' });
      system.start(Names, { name: 'names' });
      const [scope, names] = [system.ref(Scope), system.ref(Names, 'names')];
      scope.join('kept', echo);
      const bound = self.bind(scope);
      const balancer = self.bind(system.balance(Agent, { strategy: 'random' }));
      system.exit(ref, 'kill');
      expect(count(system, () => {
        bound.join('new', echo);
        expect([
          bound.leave('kept', echo), bound.send('kept', 'x'), balancer.join(echo),
          balancer.leave(echo),
        ]).toEqual(
          [false, 0, false, false],
        );
        expect(() => names.register(self, 'mine')).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
        names.unregister(self, 'mine');
      })).toBe(7);
      expect([scope.whichGroups(), names.count(), balancer.members()]).toEqual([['kept'], 0, []]);
    });

    it('P16 SY-03 its sys verbs, tasks and requests do nothing', async () => {
      const { env, system, self, ref, echo } = await dying();
      const [sys, { task, requests }] = [self.sys(echo), self];
      system.exit(ref, 'kill');
      const asked: Promise<unknown>[] = [];
      expect(count(system, () => {
        asked.push(sys.suspend(), sys.terminate('x'));
        expect(() => task.async(() => 1)).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
        expect(() => requests.send(echo, 'ping')).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
        expect(() => self.joinSys({ state: () => 1 })).toThrow(expect.objectContaining({ code: 'ZOMBIE' }));
      })).toBe(5);
      for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'ZOMBIE' });
      await env.settle();
      expect(await echo.call('ping')).toBe('pong');
    });

    it('P16 P20 what it says of a delivery is nothing, and counted', async () => {
      const env = new VirtualEnv();
      const system = testSystem({ env });
      const said: unknown[] = [];
      let delivery: { ack(): boolean; nack(): boolean; inProgress(): boolean; terminate(): boolean }
        | undefined;
      const Slow = defineAgent({
        name: 'Slow', init: () => ({}),
        casts: { async work(self) { delivery ??= self.delivery; await new Promise(() => undefined); } },
      });
      const ref = system.start(Slow, { name: 'slow' });
      const receipt = await system.ref(Slow, 'slow').deliver('work');
      await env.settle();
      system.exit(ref, 'kill');
      expect(count(
        system, () => said.push(
          delivery?.ack(), delivery?.nack(), delivery?.inProgress(), delivery?.terminate(),
        ),
      )).toBe(4);
      expect([said, receipt.state]).toEqual([[false, false, false, false], 'pending']);
      await system.stop();
      expect((await receipt.settled).kind).toBe('dead-lettered');
    });
  });
});
