import { describe, expect, it } from 'vitest';
import { child, defineAgent, dynamicSupervisor, type System } from '../../../src/index.js';
import type { HealthOptions } from '../../../src/supervisor/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Recorder, testSystem } from '../../support/system.js';

/** What a check finds, by turns; the last stays. */
class World {
  readonly env = new VirtualEnv();
  readonly logger = new Recorder();
  readonly system: System = testSystem({ env: this.env, logger: this.logger });
  sound: unknown = true;
  asked = 0;
  readonly Worker = defineAgent({
    name: 'worker',
    init: (trap: boolean = false, lasts: number = 0) => ({ trap, lasts }),
    calls: {
      ping: () => { this.asked++; return this.answer() as boolean; },
      who: () => 1,
      async hang(): Promise<void> { await new Promise(() => undefined); },
    },
  });

  answer(): unknown {
    return typeof this.sound === 'function' ? (this.sound as () => unknown)() : this.sound;
  }

  async start(health: HealthOptions, options: object = {}): Promise<void> {
    await this.system.supervise({ name: 'top', children: [child('w', this.Worker, false, 0, { health, ...options })] });
  }

  get health(): string {
    const info = this.system.inspect('w')?.health;
    return info === undefined ? 'none' : `${info.state} ${info.checks} ${info.failures}`;
  }

  get lines(): string[] {
    return this.logger.lines.map(({ text }) => text).filter((text) => text.includes('health'));
  }
}

const check = (world: World) => (): boolean => { world.asked++; return world.answer() as boolean; };

describe('T Child limits, health; V Health diagnostics: reports', () => {
  it.each(['op', 'check'] as const)('T Child limits, health: %s: failures in a row, and healthy again', async (way) => {
    const world = new World();
    const { env, system } = world;
    await world.start(way === 'op' ? { everyMs: 100, op: 'ping' } : { everyMs: 100, check: check(world) });
    expect(world.health).toBe('unknown 0 0');
    await env.advance(100);
    expect(world.health).toBe('healthy 1 0');
    world.sound = false;
    await env.advance(200);
    expect(world.health).toBe('healthy 3 2');
    world.sound = true;
    await env.advance(100);
    expect(world.health, 'in a row').toBe('healthy 4 0');
    world.sound = false;
    await env.advance(500);
    expect(world.health).toBe('unhealthy 9 5');
    expect(world.lines).toEqual(['child unhealthy']);
    expect(system.inspect('w')?.health?.reason).toMatchObject({ message: 'it said false' });
    world.sound = true;
    await env.advance(100);
    expect(world.lines).toEqual(['child unhealthy', 'child healthy again']);
    expect(world.asked).toBe(10);
    expect(system.inspect('w', ['health'])?.[0]?.state).toBe('healthy');
  });

  it('a throw, a rejection, a hostile promise and what is late are failures; others are not', async () => {
    const world = new World();
    const { env } = world;
    const hostile = { then() { throw new Error('hostile'); } };
    await world.start({ everyMs: 100, timeoutMs: 50, failuresMax: 100, check: check(world) });
    const found: string[] = [];
    for (const sound of [
      () => { throw new Error('thrown'); }, () => Promise.reject(new Error('rejected')), () => Promise.resolve(false),
      () => hostile, () => new Promise(() => undefined), () => Promise.resolve(true), () => undefined, () => 'fine',
    ]) {
      world.sound = sound;
      await env.advance(150);
      found.push(String(world.system.inspect('w')?.health?.failures));
      world.sound = true;
      await env.advance(400);
    }
    expect(found.map((failures) => failures !== '0')).toEqual([true, true, true, true, true, false, false, false]);
  });

  it('never two checks at a time; a late answer changes nothing', async () => {
    const world = new World();
    const { env } = world;
    const open: ((value: boolean) => void)[] = [];
    await world.start({
      everyMs: 10, timeoutMs: 100, check: () => new Promise<boolean>((resolve) => { open.push(resolve); }),
    });
    await env.advance(109);
    expect(open).toHaveLength(1);
    await env.advance(1);
    expect(world.health).toBe('healthy 1 1');
    open[0]?.(true);
    await env.settle();
    expect(world.health).toBe('healthy 1 1');
    await env.advance(10);
    expect(open).toHaveLength(2);
  });

  it('a child in the middle of a long handler is late for op, not for check', async () => {
    const world = new World();
    const { env, system } = world;
    await system.supervise({ children: [
      child('a', world.Worker, false, 0, { health: { everyMs: 100, timeoutMs: 50, op: 'ping' } }),
      child('b', world.Worker, false, 0, { health: { everyMs: 100, timeoutMs: 50, check: () => true } }),
    ] });
    for (const id of ['a', 'b']) {
      void system.ref(world.Worker, id).call('hang', undefined, { timeoutMs: 'infinity' }).catch(() => 0);
    }
    await env.advance(500);
    expect(['a', 'b'].map((id) => system.inspect(id)?.health?.state)).toEqual(['unhealthy', 'healthy']);
  });

  it('P35: nothing is left of the checks of a child that has ended', async () => {
    const world = new World();
    const { env, system } = world;
    await world.start({ everyMs: 100, check: check(world) }, { restart: 'temporary' });
    await env.advance(100);
    system.exit('w', 'kill');
    await env.advance(1_000);
    expect(world.asked).toBe(1);
    expect(env.pending.held).toBe(0);
  });
});

describe('T Child limits, health: restart', () => {
  it('ends an unhealthy child as unhealthy, which counts as a crash; the next life is checked anew', async () => {
    const world = new World();
    const { env, system } = world;
    world.sound = false;
    await world.start({ everyMs: 100, failuresMax: 2, onUnhealthy: 'restart', check: check(world) });
    const first = system.whereis('w');
    const down = system.monitor('w').down;
    await env.advance(200);
    expect((await down).reason).toBe('unhealthy');
    expect(system.whereis('w')).not.toBe(first);
    expect(system.stats().crashes).toBe(1);
    expect(world.health).toBe('unknown 0 0');
    await env.advance(200);
    expect(system.stats().restarts).toBe(2);
  });

  it('too many restarts are too many for its supervisor', async () => {
    const world = new World();
    const { env, system } = world;
    world.sound = false;
    const health = { everyMs: 10, failuresMax: 1, onUnhealthy: 'restart', check: check(world) } as const;
    await system.supervise({ intensity: 1, children: [child('w', world.Worker, false, 0, { health })] });
    await env.advance(100);
    const causes = [{ reason: 'unhealthy' }, { reason: 'unhealthy' }];
    await expect(system.done).rejects.toMatchObject({ code: 'GAVE_UP', causes });
  });

  it('one that traps and hangs is killed by its shutdown rule, and is unhealthy all the same', async () => {
    const world = new World();
    const { env, system } = world;
    const Deaf = defineAgent({
      name: 'deaf', trapExit: true, calls: { ping: async () => { await new Promise(() => undefined); } },
    });
    const dynamic = await system.supervise(dynamicSupervisor('dynamic'));
    await dynamic.startChild(child('x', Deaf, {
      name: 'deaf', shutdown: 30, restart: 'transient',
      health: { everyMs: 100, timeoutMs: 10, failuresMax: 1, onUnhealthy: 'restart', op: 'ping' },
    }));
    const down = system.monitor('deaf').down;
    const before = system.whereis('deaf');
    await env.advance(139);
    expect(system.whereis('deaf')).toBe(before);
    await env.advance(1);
    expect((await down).reason).toBe('unhealthy');
    await env.settle();
    expect(system.whereis('deaf')).not.toBe(before);
  });
});

describe('T Child limits, health: unbalance', () => {
  it('V Health diagnostics: balancers pass it over while it is unhealthy, and take it back', async () => {
    const world = new World();
    const { env, system } = world;
    const health: HealthOptions = { everyMs: 100, failuresMax: 1, onUnhealthy: 'unbalance', check: check(world) };
    await system.supervise({ children: [
      child('a', world.Worker, false, 0, { health }), child('b', world.Worker, false, 0),
    ] });
    const refs = ['a', 'b'].map((id) => system.ref(world.Worker, id));
    const both = system.balance(world.Worker, { members: refs });
    const shares = async (): Promise<number[]> => {
      const before = refs.map((ref) => ref.stats().mailbox.handled);
      for (let n = 0; n < 4; n++) await both.call('who');
      return refs.map((ref, at) => ref.stats().mailbox.handled - (before[at] ?? 0));
    };
    expect(await shares()).toEqual([2, 2]);
    world.sound = false;
    await env.advance(100);
    expect(await shares()).toEqual([0, 4]);
    expect(await refs[0]?.call('who'), 'it still answers whoever asks it').toBe(1);
    world.sound = true;
    await env.advance(100);
    expect(await shares()).toEqual([2, 2]);
  });
});

describe('health: options', () => {
  it('refuses what breaks its rule', () => {
    const { Worker } = new World();
    const cases: readonly (readonly [unknown, string])[] = [
      [{ op: 'ping' }, 'health.everyMs'], [{ everyMs: 0, op: 'ping' }, 'health.everyMs'],
      [{ everyMs: 1 }, 'either op or check'], [{ everyMs: 1, op: 'ping', check: () => true }, 'either op or check'],
      [{ everyMs: 1, op: 'pong' }, "a call of 'worker'"], [{ everyMs: 1, check: 5 }, 'health.check'],
      [{ everyMs: 1, op: 'ping', failuresMax: 0 }, 'health.failuresMax'],
      [{ everyMs: 1, op: 'ping', onUnhealthy: 'kill' }, 'health.onUnhealthy'],
      [{ everyMs: 1, op: 'ping', every: 1 }, 'did you mean everyMs'], [5, 'health'],
    ];
    for (const [health, text] of cases) {
      expect(() => child('w', Worker, false, 0, { health: health as HealthOptions }), text).toThrow(text);
    }
  });
});
