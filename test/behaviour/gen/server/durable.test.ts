import { afterEach, describe, expect, it } from 'vitest';
import { child, createSystem, defineAgent, Down, type System } from '../../../../src/index.js';
import { memoryStore } from '../../../../src/journal/public.js';
import { expectConserved, settleTurn } from '../../../support/system.js';

describe('a durable agent', () => {
  const systems: System[] = [];
  const systemOn = (store = memoryStore()): System => {
    const system = createSystem({ store, logger: false });
    systems.push(system);
    return system;
  };
  afterEach(async () => {
    for (const system of systems.splice(0)) {
      await system.stop();
      expectConserved(system.stats());
    }
  });

  it('needs a system with a store, and a registered name', async () => {
    const Plain = defineAgent({ name: 'Plain', durable: true, init: () => 0, calls: { value: (self) => self.state } });
    const without = createSystem({ logger: false });
    systems.push(without);
    await expect(without.start(Plain, { name: 'a' })).rejects.toMatchObject({ reason: { code: 'NO_STORE' } });
    await expect(systemOn().start(Plain)).rejects.toMatchObject({ reason: { code: 'NOT_DURABLE' } });
  });

  it('bad options are refused where it is defined', () => {
    const define = (spec: object) => () => defineAgent(spec as never);
    expect(define({ durable: 5 })).toThrow('true, false or an object of options');
    expect(define({ durable: { version: 0 } })).toThrow('a whole number from 1');
    expect(define({ durable: { migrate: 5 } })).toThrow('a function from a state');
    expect(define({ durable: { versoin: 1 } })).toThrow('version');
    expect(define({ restored: () => undefined })).toThrow('durable: true');
  });

  it('P21 an older state is migrated; one of a newer definition is refused, and kept', async () => {
    const store = memoryStore();
    const versionOf = (version: number, migrate?: (state: never, from: number) => unknown) => defineAgent({
      durable: migrate === undefined ? { version } : { version, migrate },
      init: () => ({ n: version }), calls: { state: (self) => self.state },
    });
    const First = versionOf(1);
    const Second = versionOf(2, ({ n }: { n: number }, from) => ({ n: n + 10, from }));
    const one = systemOn(store);
    await one.start(First, { name: 'a' });
    await one.stop();
    const two = systemOn(store);
    expect(await (await two.start(Second, { name: 'a' })).call('state')).toEqual({ n: 11, from: 1 });
    await two.stop();
    const three = systemOn(store);
    await expect(three.start(First, { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
    await expect(three.start(versionOf(3), { name: 'a' })).rejects.toMatchObject({ reason: { code: 'STATE_VERSION' } });
    await three.stop();
    expect(await (await systemOn(store).start(Second, { name: 'a' })).call('state')).toEqual({ n: 11, from: 1 });
  });

  it('P21 restored runs in place of init, for each later incarnation', async () => {
    const Counter = defineAgent({
      durable: true,
      init: async (from: number) => { await settleTurn(); return { n: from, lives: 1 }; },
      restored(self) { self.state.lives++; },
      calls: { state: (self) => self.state, async add(self, by: number) { await settleTurn(); self.state.n += by; } },
      casts: { crash() { throw new Error('crash'); } },
    });
    const system = systemOn();
    await system.supervise({ children: [child('counter', Counter, 5)] });
    const counter = system.ref(Counter, 'counter');
    await counter.call('add', 2);
    counter.cast('crash');
    await expect.poll(() => counter.tryCall('state')).toMatchObject({ ok: true, value: { n: 7, lives: 2 } });
  });

  it('P21 what info, continue and a message from a monitor change is kept as well', async () => {
    const Keeper = defineAgent({
      durable: true,
      init: () => ({ seen: [] as string[] }),
      calls: { seen: (self) => self.state.seen },
      info(self, message) {
        self.state.seen.push(message instanceof Down ? 'down' : String(message));
        if (message === 'first') self.continue('then');
      },
      continue(self, what) { self.state.seen.push(String(what)); },
    });
    const store = memoryStore();
    const system = systemOn(store);
    const keeper = await system.start(Keeper, { name: 'keeper' });
    keeper.send('first');
    expect(await keeper.call('seen')).toEqual(['first', 'then']);
    await system.stop();
    expect(await (await systemOn(store).start(Keeper, { name: 'keeper' })).call('seen')).toEqual(['first', 'then']);
  });

  it('P21 a state that cannot be stored fails its handler, with the path, and nothing is half done', async () => {
    const Odd = defineAgent({
      durable: true,
      init: () => ({ tools: [] as unknown[], n: 0 }),
      calls: { n: (self) => self.state.n, spoil(self) { self.state.n++; self.state.tools.push({ run: () => 1 }); } },
    });
    const system = systemOn();
    await system.supervise({ children: [child('odd', Odd)] });
    const odd = system.ref(Odd, 'odd');
    await expect(odd.call('spoil')).rejects.toMatchObject({
      code: 'EXIT', reason: { code: 'NOT_STORABLE', message: expect.stringContaining('tools[0].run') as string },
    });
    await expect.poll(() => odd.tryCall('n')).toMatchObject({ ok: true, value: 0 });
  });
});
