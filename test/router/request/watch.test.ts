import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { defineAgent, retry, type ProcessSelf } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Slow = defineAgent({
  calls: { never: (self): string => self.noreply() as never, echo: (_self, text: string) => text },
});

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('P6 one signal for many calls', () => {
  it('has one listener for 1,000 open calls, and none a turn after all are over', async () => {
    const system = testSystem();
    const ref = system.start(Slow);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 1_000 }, () => ref.tryCall('never', undefined, { signal }));
    await settleTurn();
    expect(listeners(signal)).toBe(1);
    system.exit(ref, 'boom');
    expect((await Promise.all(calls)).every(({ ok }) => !ok)).toBe(true);
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('listens to a signal whose own addEventListener throws, and goes on', async () => {
    const system = testSystem();
    const ref = system.start(Slow);
    const controller = new AbortController();
    const { signal } = controller;
    const fails = { value: () => { throw new Error('no'); } };
    Object.defineProperties(signal, { addEventListener: fails, removeEventListener: fails });
    const call = ref.call('never', undefined, { signal, timeoutMs: 'infinity' }).catch((error: unknown) => error);
    await settleTurn();
    expect(await ref.call('echo', 'goes on', { signal })).toBe('goes on');
    controller.abort('enough');
    expect(await call).toBe('enough');
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('what only looks like a signal is refused where it enters: one that cannot be read, a lookalike', async () => {
    const system = testSystem();
    const ref = system.start(Slow);
    const { signal } = new AbortController();
    const unread = new Proxy(signal, { get(): never { throw new Error('no'); } });
    const fakes = [unread, { aborted: false, addEventListener() {} }];
    for (const fake of fakes as AbortSignal[]) {
      for (const given of [
        () => ref.call('echo', 'x', { signal: fake }), () => system.retry(() => 1, { signal: fake }),
        () => system.limit('l', { concurrency: 1 }).run(() => 1, { signal: fake }),
        () => retry(() => 1, { signal: fake }),
      ]) await expect(given()).rejects.toMatchObject({ code: 'BAD_OPTION' });
    }
    expect(system.stats()).toMatchObject({ sent: 2, rejected: 2 });
  });

  it('has none for calls that are over in their turn, and keeps the one of a call that stays open', async () => {
    const ref = testSystem({ env: new VirtualEnv() }).start(Slow);
    const controller = new AbortController();
    const { signal } = controller;
    let added = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      added++;
      add(...args);
    };
    for (let n = 0; n < 100; n++) await ref.call('echo', `${n}`, { signal });
    await settleTurn();
    expect([added, listeners(signal)]).toEqual([0, 0]);
    const open = ref.call('never', undefined, { signal, timeoutMs: 'infinity' });
    await settleTurn();
    await ref.call('echo', 'beside', { signal });
    await settleTurn();
    expect([added, listeners(signal)]).toEqual([1, 1]);
    controller.abort('enough');
    await expect(open).rejects.toBe('enough');
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('keeps signals apart whose calls take turns', async () => {
    const ref = testSystem().start(Slow);
    const controllers = [new AbortController(), new AbortController()] as const;
    const ends: string[] = [];
    const calls = Array.from({ length: 6 }, (_, n) => ref.call(
      'never', undefined, { signal: (controllers[n % 2] as AbortController).signal },
    ).catch((reason: unknown) => ends.push(`${n} ${String(reason)}`)));
    await ref.call('echo', 'between', { signal: controllers[0].signal });
    controllers[1].abort('b');
    await settleTurn();
    expect(ends).toEqual(['1 b', '3 b', '5 b']);
    expect(controllers.map(({ signal }) => listeners(signal))).toEqual([1, 0]);
    controllers[0].abort('a');
    await Promise.all(calls);
    expect(ends.slice(3)).toEqual(['0 a', '2 a', '4 a']);
    await settleTurn();
    expect(controllers.map(({ signal }) => listeners(signal))).toEqual([0, 0]);
  });

  it('ends every open call with its reason, in the order in which they were made, across systems', async () => {
    const refs = [testSystem().start(Slow), testSystem().start(Slow)] as const;
    const controller = new AbortController();
    const { signal } = controller;
    const ends: string[] = [];
    for (let n = 0; n < 6; n++) {
      void refs[n % 2 === 0 ? 0 : 1].call('never', undefined, { signal }).catch(
        (reason: unknown) => ends.push(`${n} ${String(reason)}`),
      );
    }
    const answered = await refs[0].call('echo', 'answered', { signal });
    controller.abort('enough');
    await settleTurn();
    expect(answered).toBe('answered');
    expect(ends).toEqual(['0 enough', '1 enough', '2 enough', '3 enough', '4 enough', '5 enough']);
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });

  it('trap L: lets go of calls that end in another way: timeout, refusal, death of the callee', async () => {
    const system = testSystem();
    const full = system.start(Slow, { mailbox: { capacity: 1 } });
    const ref = system.start(Slow);
    const { signal } = new AbortController();
    const ends = [
      ref.tryCall('never', undefined, { signal, timeoutMs: 1 }), full.tryCall('echo', 'a', { signal }),
      full.tryCall('echo', 'b', { signal }), ref.tryCall('never', undefined, { signal }),
    ];
    await ends[0];
    system.exit(ref, 'boom');
    expect((await Promise.all(ends)).map(({ ok }) => ok)).toEqual([false, true, false, false]);
    await settleTurn();
    expect(listeners(signal)).toBe(0);
  });
});

describe('P15 P35 one signal for waits of every kind', () => {
  const Bounded = defineAgent({
    init: () => ({}),
    casts: { add: (_self, _n: number) => new Promise<void>(() => undefined) },
    calls: {
      ask: (): Promise<string> => new Promise(() => undefined),
      numbers: async function* (): AsyncGenerator<number> { await new Promise(() => undefined); },
    },
  });
  const MANY = 30;

  type Kind = (system: ReturnType<typeof testSystem>, signal: AbortSignal) => Promise<unknown>[];
  const many =
    (one: (n: number) => Promise<unknown>): Promise<unknown>[] => Array.from(
      { length: MANY }, (_, n) => one(n),
    );
  const kinds: Readonly<Record<string, Kind>> = {
    call: (system, signal) => {
      const ref = system.start(Bounded);
      return many(() => ref.call('ask', undefined, { signal, timeoutMs: 'infinity' }));
    },
    put: (system, signal) => {
      const ref = system.start(Bounded, { mailbox: { capacity: 1, overflow: 'suspend' } });
      system.suspend(ref);
      ref.cast('add', 0);
      return many((n) => ref.put('add', n, { signal }));
    },
    'call with a guarantee': (system, signal) => {
      const ref = system.start(Bounded);
      return many(() =>
        ref.call('ask', undefined, { signal, timeoutMs: 'infinity', guarantee: 'at-least-once' }));
    },
    stream: (system, signal) => {
      const ref = system.start(Bounded);
      return many(() => ref.stream('numbers', undefined, { signal, timeoutMs: 'infinity' }).next());
    },
    receive: (system, signal) => many(() => new Promise(
      (_resolve, reject) => { system.spawn((self) => self.receive(undefined, { signal }).catch(reject)); },
    )),
    'limit.run': (system, signal) => {
      const limit = system.limit('one', { concurrency: 1 });
      void limit.run(() => new Promise(() => undefined));
      return many(() => limit.run(() => 'never', { signal }));
    },
    retry: (_system, signal) =>
      many(() => retry(() => { throw new Error('no'); }, {
        signal, backoff: { baseMs: 60_000, maxMs: 60_000 },
      })),
    'system.retry': (system, signal) => many(
      () => system.retry(() => { throw new Error('no'); }, {
        signal, backoff: { baseMs: 60_000, maxMs: 60_000 },
      }),
    ),
    'self.retry': (system, signal) => many(() => new Promise((_resolve, reject) => {
      system.spawn(
        (self) => self.retry(() => { throw new Error('no'); }, {
          signal, backoff: { baseMs: 60_000, maxMs: 60_000 },
        }).catch(reject),
      );
    })),
  };

  for (const [kind, begin] of Object.entries(kinds)) {
    it(`${kind}: ${MANY} waits have one listener, end with the signal's own reason, and leave none`, async () => {
      const warnings: string[] = [];
      const heard = (warning: Error): number => warnings.push(warning.message);
      process.on('warning', heard);
      for (const reason of [undefined, null, 0, '', 'enough', Symbol('enough'), new Error('enough')]) {
        const system = testSystem();
        const controller = new AbortController();
        const { signal } = controller;
        let late = 0;
        const waits = begin(system, signal);
        await settleTurn();
        await settleTurn();
        signal.addEventListener('abort', () => late++, { once: true });
        expect(listeners(signal)).toBe(2);
        controller.abort(reason);
        for (const end of await Promise.allSettled(waits)) {
          expect(end).toEqual({ status: 'rejected', reason: signal.reason as unknown });
        }
        expect(listeners(signal), 'at once').toBe(0);
        expect(late).toBe(1);
        await settleTurn();
        await system.stop({ timeoutMs: 10 });
      }
      process.off('warning', heard);
      expect(warnings).toEqual([]);
    });

    it(`${kind}: a listener before it that stops the event hides nothing from ${MANY} waits`, async () => {
      const system = testSystem();
      const controller = new AbortController();
      const { signal } = controller;
      signal.addEventListener('abort', (event) => { event.stopImmediatePropagation(); });
      const waits = begin(system, signal);
      await settleTurn();
      await settleTurn();
      controller.abort('enough');
      for (const end of await Promise.allSettled(waits)) expect(end)
        .toEqual({ status: 'rejected', reason: 'enough' });
      expect(listeners(signal), 'its own').toBe(1);
      await system.stop({ timeoutMs: 10 });
    });

    it(`${kind}: under a signal that has fired nothing is begun`, async () => {
      const system = testSystem();
      const signal = AbortSignal.abort(null);
      for (const end of await Promise.allSettled(begin(system, signal))) {
        expect(end).toEqual({ status: 'rejected', reason: null });
      }
      expect(listeners(signal)).toBe(0);
      expect(system.stats()).toMatchObject({ held: 0 });
    });

    it(`${kind}: no listener is left when the system stops`, async () => {
      const system = testSystem();
      const { signal } = new AbortController();
      for (const wait of begin(system, signal)) wait.catch(() => undefined);
      await settleTurn();
      await system.stop({ timeoutMs: 10 });
      expect(listeners(signal)).toBe(kind === 'retry' ? 1 : 0);
    });
  }

  it('a process that dies waiting leaves no listener', async () => {
    const system = testSystem();
    const busy = system.start(Bounded, { mailbox: { capacity: 1 } });
    const { signal } = new AbortController();
    const limit = system.limit('one', { concurrency: 1 });
    void limit.run(() => new Promise(() => undefined));
    const bodies: ((self: ProcessSelf) => Promise<unknown>)[] = [
      (self) => self.receive(undefined, { signal }),
      (self) => self.receiveBatch({ signal }),
      (self) => self.call(busy, 'ask', undefined, { signal, timeoutMs: 'infinity' }),
      (self) => self.call(busy, 'ask', undefined, {
        signal, timeoutMs: 'infinity', guarantee: 'at-least-once',
      }),
      (self) => self.limit('one').run(() => 'never', { signal }),
      (self) => self.retry(() => { throw new Error('no'); }, {
        signal, backoff: { baseMs: 60_000, maxMs: 60_000 },
      }),
    ];
    for (const body of bodies) {
      const p = system.spawn(body);
      await settleTurn();
      await settleTurn();
      expect(listeners(signal), String(body)).toBe(1);
      system.exit(p, 'kill');
      await settleTurn();
      expect(listeners(signal), String(body)).toBe(0);
    }
  });

  it('RE-01 a `match` that fires the signal ends its own wait: the message stays', async () => {
    const system = testSystem();
    const got: unknown[] = [];
    const p = system.spawn(async (self) => {
      for (const early of [true, false]) {
        const controller = new AbortController();
        if (early) await self.receive((message) => message === 'go');
        const wait = self.receive(() => { controller.abort('mine'); return true; }, {
          signal: controller.signal,
        });
        got.push(await wait.catch((reason: unknown) => reason));
        if (!early) got.push(await self.receive());
      }
    });
    p.send('first');
    p.send('go');
    await settleTurn();
    p.send('second');
    await settleTurn();
    expect(got).toEqual(['first', 'mine', 'second']);
  });
});
