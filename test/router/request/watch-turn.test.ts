import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  createSystem, defineAgent, type AgentRef, type From, type System,
} from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** Its time stands still: no turn is used up, however slow the machine is. */
const still = (): System => testSystem({ env: new VirtualEnv() });

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** What the handlers of one test have seen. */
function worker() {
  const seen: unknown[] = [];
  const Worker = defineAgent({
    calls: {
      echo: (_self, text: string) => { seen.push(text); return text; },
      never: (self): string => self.noreply() as never,
      keep: (self): string => { seen.push(self.from); return self.noreply() as never; },
      abort: (_self, controller: AbortController) => { controller.abort('mine'); return 'too late'; },
      die: (_self, controller: AbortController): string => {
        controller.abort('mine');
        throw new Error('boom');
      },
      promised: async (
        _self, controller: AbortController,
      ) => { await Promise.resolve(); controller.abort('mine'); return 'too late'; },
      refused: (self, controller: AbortController) => { controller.abort('mine'); return self.refuse('NO'); },
      rethrow: async (_self, controller: AbortController): Promise<string> => {
        await Promise.resolve();
        controller.abort('mine');
        throw controller.signal.reason;
      },
      left: (self, controller: AbortController) => {
        seen.push(self.remainingMs === undefined);
        controller.abort('mine');
        seen.push(self.remainingMs);
        return 'too late';
      },
      look: (self, controller: AbortController) => {
        const { signal } = self;
        seen.push(signal.aborted, listeners(controller.signal));
        controller.abort('mine');
        seen.push(signal.aborted, signal.reason);
        return 'too late';
      },
      seesLate: (self, controller: AbortController) => {
        controller.abort('mine');
        seen.push(self.signal.aborted, self.signal.reason);
        return 'too late';
      },
    },
  });
  return { Worker, seen };
}

type Op = 'abort' | 'die' | 'promised' | 'refused' | 'rethrow' | 'left' | 'look' | 'seesLate';

/** How a call of that operation ends, to which its own controller is given. */
function endOf(ref: AgentRef<ReturnType<typeof worker>['Worker']>, op: Op): Promise<unknown> {
  const controller = new AbortController();
  return ref.call(op, controller, { signal: controller.signal, timeoutMs: 'infinity' }).then(
    (value: unknown) => ({ value }), (reason: unknown) => reason,
  );
}

/** What tryCall says when the signal has fired with the reason 'mine'. */
const aborted = { ok: false, error: expect.objectContaining({ code: 'ABORTED', reason: 'mine' }) as unknown };

describe('P15 a call under a signal that is over in its turn', () => {
  it('has had no listener, each with a signal of its own', async () => {
    const ref = still().start(worker().Worker);
    let added = 0;
    const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (this: EventTarget, ...args) {
      added++;
      addEventListener.apply(this, args);
    };
    try {
      for (let n = 0; n < 20; n++) {
        expect(await ref.call('echo', `${n}`, { signal: new AbortController().signal })).toBe(`${n}`);
      }
    } finally {
      EventTarget.prototype.addEventListener = addEventListener;
    }
    expect(added).toBe(0);
  });

  it('one that goes on has its listener from the next turn on, and none when it is over', async () => {
    const ref = still().start(worker().Worker);
    const controller = new AbortController();
    const open = ref.call('never', undefined, { signal: controller.signal, timeoutMs: 'infinity' });
    expect(listeners(controller.signal)).toBe(0);
    await settleTurn();
    expect(listeners(controller.signal)).toBe(1);
    const heard = expect(open).rejects.toBe('mine');
    controller.abort('mine');
    await heard;
    expect(listeners(controller.signal)).toBe(0);
  });
});

describe('P6 a signal that fires in the turn in which its call was made', () => {
  it('ends the call at the end of that turn, and is counted once', async () => {
    const system = still();
    const ref = system.start(worker().Worker);
    const controller = new AbortController();
    let end: unknown;
    ref.call('never', undefined, { signal: controller.signal, timeoutMs: 'infinity' })
      .catch((reason: unknown) => {
        end = reason;
      });
    await ref.call('echo', 'between');
    controller.abort('mine');
    await settleTurn();
    expect(end).toBe('mine');
    expect(system.stats()).toMatchObject({ callsFailed: 1 });
    expect(listeners(controller.signal)).toBe(0);
  });

  const ends: readonly Op[] = ['abort', 'promised', 'refused', 'rethrow', 'left', 'look', 'seesLate', 'die'];
  for (const op of ends) {
    it(`goes before what the handler does after it: ${op}`, async () => {
      const system = still();
      const { Worker, seen } = worker();
      const ref = system.start(Worker);
      expect(await endOf(ref, op)).toBe('mine');
      expect(system.stats()).toMatchObject({ callsFailed: 1, crashes: op === 'die' ? 1 : 0 });
      if (op === 'left') expect(seen).toEqual([true, 0]);
      if (op === 'look') expect(seen).toEqual([false, 1, true, 'mine']);
      if (op === 'seesLate') expect(seen).toEqual([true, 'mine']);
    });
  }

  it('a request that asked to be skipped is not handled', async () => {
    const { Worker, seen } = worker();
    const ref = still().start(Worker);
    const controllers = [new AbortController(), new AbortController()] as const;
    const calls = controllers.map(({ signal }, n) =>
      ref.tryCall('echo', `${n}`, { signal, skipAbandoned: n === 0 }));
    for (const controller of controllers) controller.abort('mine');
    expect(await Promise.all(calls)).toEqual([aborted, aborted]);
    expect(seen, 'the other is handled, for nobody').toEqual(['1']);
  });

  it('`from.settled` says so at once', async () => {
    const { Worker, seen } = worker();
    const ref = still().start(Worker);
    const controller = new AbortController();
    const call = ref.tryCall('keep', undefined, { signal: controller.signal });
    await ref.call('echo', 'between');
    const from = seen[0] as From;
    expect(from.settled).toBe(false);
    controller.abort('mine');
    expect(from.settled).toBe(true);
    expect(await call).toEqual(aborted);
  });

  it('ends what its handler has called for it, too', async () => {
    const system = still();
    const inner = system.start(worker().Worker);
    const ends: unknown[] = [];
    const Outer = defineAgent({
      calls: {
        async ask(self, controller: AbortController): Promise<string> {
          const asked = self.call(inner, 'never', undefined, { timeoutMs: 'infinity' });
          controller.abort('mine');
          ends.push(await asked.catch((reason: unknown) => reason));
          return 'too late';
        },
      },
    });
    const outer = system.start(Outer);
    const controller = new AbortController();
    expect(await outer.tryCall('ask', controller, { signal: controller.signal })).toEqual(aborted);
    await settleTurn();
    expect(ends).toEqual(['mine']);
  });

  it('is no edge of a cycle any more', async () => {
    const system = still();
    const told: unknown[] = [];
    const First = defineAgent({
      calls: {
        go(self, controller: AbortController): Promise<unknown> {
          const { signal } = controller;
          const asked = self.call(system.ref(Second, 'second'), 'back', controller, { signal });
          return asked.catch((reason: unknown) => reason);
        },
        ping: () => 'pong',
      },
    });
    const Second = defineAgent({
      calls: {
        back(self, controller: AbortController): string {
          controller.abort('mine');
          const first = system.ref<never>(First as never, 'first') as AgentRef<typeof _Pinged>;
          void self.call(first, 'ping').then((value) => told.push(value), (error: unknown) => told.push(error));
          return 'too late';
        },
      },
    });
    const _Pinged = defineAgent({ calls: { ping: () => 'pong' } });
    system.start(Second, { name: 'second' });
    expect(await system.start(First, { name: 'first' }).call('go', new AbortController())).toBe('mine');
    await settleTurn();
    expect(told).toEqual(['pong']);
  });

  it('a state machine replies too late, too', async () => {
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: 0 }),
      states: {
        on: { calls: {
          abort(
            self, controller: AbortController,
          ) { controller.abort('mine'); return self.keep().reply('late'); },
        } },
      },
    });
    const ref = still().start(Machine);
    const controller = new AbortController();
    expect(await ref.tryCall('abort', controller, { signal: controller.signal })).toEqual(aborted);
  });

  it('a caller that dies then, and a callee that does, change nothing', async () => {
    const system = still();
    const ref = system.start(worker().Worker);
    for (const who of ['caller', 'callee']) {
      const controller = new AbortController();
      const ends: unknown[] = [];
      const caller = system.spawn((self) => {
        const { signal } = controller;
        self.call(ref, 'never', undefined, { signal, timeoutMs: 'infinity' }).catch(
          (reason: unknown) => ends.push(reason),
        );
        return new Promise(() => undefined);
      });
      await ref.call('echo', 'between');
      controller.abort('mine');
      system.exit(who === 'caller' ? caller : ref, 'kill');
      await settleTurn();
      expect(ends, who).toEqual(['mine']);
      expect(listeners(controller.signal)).toBe(0);
    }
  });

  it('is told to calls of several systems in the order in which they were made, one of which has no turn', async () => {
    const env = new VirtualEnv();
    env.manual = true;
    const systems = [createSystem({ logger: false, env }), still()] as const;
    const refs = systems.map((system) => system.start(worker().Worker));
    const controller = new AbortController();
    const told: number[] = [];
    for (let n = 0; n < 6; n++) {
      const { signal } = controller;
      void refs[n % 2]?.call('never', undefined, { signal, timeoutMs: 'infinity' }).catch(() => told.push(n));
    }
    await Promise.resolve();
    controller.abort();
    await settleTurn();
    expect(told).toEqual([0, 1, 2, 3, 4, 5]);
    env.manual = false;
    env.turn();
    await systems[0].stop();
  });
});
