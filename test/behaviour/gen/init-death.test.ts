import { describe, expect, test } from 'vitest';
import {
  child, defineAgent, dynamicSupervisor, StartError, type ExitReason, type Pid,
} from '../../../src/index.js';
import { via } from '../../../src/behaviour/names/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { Gate, rejection } from '../help.js';

/** Lets so many microtasks pass. */
async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await Promise.resolve();
}

const BOOM = new Error('boom');

interface Dying {
  readonly pid: Pid;
  exit(reason: ExitReason): never;
  link(to: string): void;
}

/** Ways to end a process, and the reason that its start has to tell. */
const WAYS: readonly (readonly [
  name: string, end: (system: ReturnType<typeof testSystem>, self: Dying, victim: string) => void,
  reason: ExitReason,
])[] = [
  ['kill from outside', (system, self) => { system.exit(self.pid, 'kill'); }, 'killed'],
  ['an exit signal', (system, self) => { system.exit(self.pid, BOOM); }, BOOM],
  [
    'a link that breaks', (system, self, victim) => { self.link(victim); system.exit(victim, 'of the link'); },
    'of the link',
  ],
  [
    'its own exit, caught',
    (_system, self) => { try { self.exit('own'); } catch { throw new Error('another'); } },
    new Error('another'),
  ],
  ['its own exit', (_system, self) => { self.exit('own'); }, 'own'],
];

describe('PL-02 a start whose process ends while its init runs tells the real reason', () => {
  for (const [name, end, reason] of WAYS) {
    for (const after of [-1, 0, 1, 2, 3, 5]) {
      for (const then of ['goes on', 'throws', 'hangs', 'ignores'] as const) {
        test(`${name}, ${after < 0
          ? 'in its synchronous part'
          : `after ${after} microtasks`}, and init ${then}`, async () => {
          const system = testSystem();
          const victim = system.spawn((self) => self.receive(), { name: 'victim' });
          await settleTurn();
          const hang = new Promise<object>(() => undefined);
          async function init(this: Dying): Promise<object> {
            if (after >= 0) await microtasks(after + 1);
            end(system, this, victim.pid);
            if (then === 'throws') throw new Error('later');
            if (then === 'hangs') return hang;
            if (then === 'ignores') return (this as unknown as { ignore(): object }).ignore();
            await microtasks(2);
            return { state: 'a', data: 1 };
          }
          const Agent = defineAgent({ init: init as never });
          const Machine = defineStatem({ init: init as never, states: { a: {} } });
          for (const Definition of [Agent, Machine] as (typeof Agent)[]) {
            const error = await rejection(Promise.resolve(system.start(Definition, { name: 'n' }) as unknown));
            expect(error).toBeInstanceOf(StartError);
            expect((error as StartError).reason).toEqual(reason);
            expect(system.whereis('n')).toBeUndefined();
            if (!victim.alive) break;
          }
        });
      }
    }
  }

  test('a synchronous init that has ended itself tells that, whatever it throws or returns then', () => {
    for (const then of ['throw', 'ignore', 'return'] as const) {
      const system = testSystem();
      const Agent = defineAgent({
        init() {
          system.exit(this.pid, 'asked');
          if (then === 'throw') throw new Error('later');
          return then === 'ignore' ? this.ignore() : {};
        },
      });
      expect(() => system.start(Agent)).toThrow(expect.objectContaining({ reason: 'asked' }));
    }
  });

  test('the death of its starter, and a supervisor that is asked for it, tell the reason too', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      async init() { system.exit(this.pid, 'asked'); await settleTurn(); return {}; },
    });
    const seen: unknown[] = [];
    const gate = new Gate();
    const Slow = defineAgent({ init: () => gate.promise.then(() => ({})) });
    const starter = system.spawn(async (self) => {
      await Promise.resolve(self.start(Slow))
        .catch((error: unknown) => seen.push((error as StartError).reason));
    });
    await settleTurn();
    system.exit(starter, 'starter gone');
    await settleTurn();
    expect(seen).toEqual(['starter gone']);
    const refused = await rejection(system.supervise({ children: [child('a', Agent)] }));
    expect((refused as StartError).reason).toEqual({ shutdown: { failedToStartChild: 'a', reason: 'asked' } });
    const sup = await system.supervise(dynamicSupervisor('dynamic'));
    expect(await rejection(sup.startChild(child('a', Agent)))).toMatchObject({ details: { reason: 'asked' } });
    const trapping: unknown[] = [];
    const done = new Gate();
    system.spawn(async (self) => {
      self.trapExit(true);
      await Promise.resolve(self.start(Agent))
        .catch((error: unknown) => trapping.push((error as StartError).reason));
      trapping.push(await self.receive(undefined, { timeoutMs: 1 }));
      done.open();
    });
    await done.promise;
    expect(trapping, 'PL-04: and no Exit').toEqual(['asked', undefined]);
  });

  test('a provider that ends the process whose name it takes', () => {
    const system = testSystem();
    let ran = false;
    const provider = {
      registerName: (_key: string, pid: Pid) => { system.exit(pid, 'by the provider'); return true; },
      unregisterName: () => undefined, whereisName: () => undefined,
    };
    const Agent = defineAgent({ init() { ran = true; return {}; } });
    expect(() => system.start(Agent, { name: via(provider, 'x') })).toThrow(
      expect.objectContaining({ reason: 'by the provider' }),
    );
    expect(ran).toBe(false);
  });
});
