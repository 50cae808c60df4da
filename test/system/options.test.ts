import { describe, expect, test } from 'vitest';
import { createSystem, defineAgent, OptionError } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';

const Echo = defineAgent({
  name: 'echo', init: (n = 0) => ({ n }), calls: { say: (_self, text: string) => text },
  casts: { note: () => undefined },
});

describe('createSystem', () => {
  const bad: [object, string, RegExp][] = [
    [{ nmae: 'x' }, 'createSystem.nmae', /no such option; did you mean name\? known options: name, payloads/],
    [{ name: 'two words' }, 'createSystem.name', /segments/],
    [{ name: '' }, 'createSystem.name', /segments/],
    [{ name: 5 }, 'createSystem.name', /got 5, expected a name/],
    [{ payloads: 'copied' }, 'createSystem.payloads', /'shared' or 'frozen'/],
    [{ development: 'yes' }, 'createSystem.development', /true or false/],
    [{ logger: console.log }, 'createSystem.logger', /error, warn and info/],
    [{ logger: true }, 'createSystem.logger', /or false/],
    [{ processesMax: 0 }, 'createSystem.processesMax', /from 1/],
    [{ processesMax: 1.5 }, 'createSystem.processesMax', /from 1/],
    [{ strays: 'log' }, 'createSystem.strays', /'ignore' or 'report'/],
    [{ handleSignals: 1 }, 'createSystem.handleSignals', /true or false/],
    [{ deadLetters: 5 }, 'createSystem.deadLetters', /an object/],
    [{ deadLetters: { capacity: -1 } }, 'createSystem.deadLetters.capacity', /got -1.*from 0/],
    [
      { deadLetters: { size: 1 } }, 'createSystem.deadLetters.size',
      /no such option; did you mean sizeOf\? known options: capacity/,
    ],
    [{ env: 5 }, 'createSystem.env', /an Env/],
  ];
  for (const [options, option, message] of bad) {
    test(`refuses ${JSON.stringify(options)} and names the option, the rule and the value`, () => {
      let error: unknown;
      try { createSystem(options); } catch (caught) { error = caught; }
      expect(error).toBeInstanceOf(OptionError);
      expect((error as OptionError).option).toBe(option);
      expect((error as OptionError).message).toMatch(message);
    });
  }

  test('refuses what is no object', () => {
    expect(() => createSystem(5 as never)).toThrow(OptionError);
    expect(() => createSystem(null as never)).toThrow(OptionError);
  });

  test('an explicit undefined is a default', () => {
    const system = testSystem({ name: undefined, processesMax: undefined, deadLetters: undefined });
    expect(system.name).toBe('castcall');
  });

  test('processesMax: a start above it fails with PROCESS_LIMIT, and works again when one has ended', async () => {
    const system = testSystem({ processesMax: 2 });
    const first = system.start(Echo);
    system.start(Echo);
    expect(() => system.start(Echo)).toThrow(expect.objectContaining({ code: 'PROCESS_LIMIT' }));
    expect(() => system.spawn(() => undefined)).toThrow(expect.objectContaining({ code: 'PROCESS_LIMIT' }));
    await first.stop();
    system.start(Echo);
    expect(system.stats()).toMatchObject({ processes: 2, spawned: 3 });
  });

  test('deadLetters.capacity bounds what is kept, not what is counted; 0 keeps none', () => {
    for (const capacity of [0, 3]) {
      const system = testSystem({ deadLetters: { capacity } });
      for (let n = 0; n < 10; n++) system.send('nobody', n);
      expect(system.deadLetters).toMatchObject({ total: 10, size: capacity });
      expect(system.deadLetters.list().map((letter) => letter.payload)).toEqual([7, 8, 9].slice(3 - capacity));
      expect(system.stats()).toMatchObject({ deadLettered: 10, sent: 10 });
    }
  });
});

describe('names', () => {
  test('RG-01 register, whereis, registered, unregister; taken and bad names are errors', async () => {
    const system = testSystem();
    const a = system.start(Echo);
    const b = system.start(Echo, { name: 'b' });
    system.register('a', a);
    expect(system.whereis('a')).toBe(a.pid);
    expect(system.registered().sort()).toEqual(['a', 'b']);
    expect(() => system.register('a', system.start(Echo))).toThrow(
      expect.objectContaining({ code: 'ALREADY_REGISTERED' }),
    );
    expect(() => system.register('c', b)).toThrow(/without a name/);
    expect(() => system.unregister('nobody')).toThrow(expect.objectContaining({ code: 'NOT_REGISTERED' }));
    system.unregister('a');
    expect(system.whereis('a')).toBeUndefined();
    system.register('a2', a);
    expect(await system.ref(Echo, 'a2').call('say', 'x')).toBe('x');
    await a.stop();
    expect(system.whereis('a2')).toBeUndefined();
    expect(() => system.register('a', a)).toThrow(expect.objectContaining({ code: 'NOPROC' }));
  });

  for (const name of [
    '', ' ', '__proto__', 'constructor', '../up', 'a//b', 'a..b', 'ümlaut', 'x'.repeat(129), 'a.*', '>',
  ]) {
    test(`P39 '${name.slice(0, 20)}' is refused wherever a name enters`, () => {
      const system = testSystem();
      expect(() => system.start(Echo, 0, { name })).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
      expect(() => system.ref(Echo, name)).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
      expect(() => system.spawn(() => undefined, { name }))
        .toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
      expect(() => system.register(name, system.start(Echo)))
        .toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
      expect(system.registered()).toEqual([]);
    });
  }

  test('RG-04 a ref by name may be made before the name is taken, and follows it', async () => {
    const system = testSystem();
    const ref = system.ref(Echo, 'later');
    expect(ref.pid).toBeUndefined();
    ref.cast('note');
    const first = system.start(Echo, 0, { name: 'later' });
    expect(ref.pid).toBe(first.pid);
    await first.stop();
    expect(ref.stats()).toMatchObject({ alive: false, mailbox: { sent: 0 } });
    const second = system.start(Echo, 0, { name: 'later' });
    expect(ref.pid).toBe(second.pid);
    expect(second.pid).not.toBe(first.pid);
    expect(system.deadLetters.total).toBe(1);
  });

  test('PR-05 pids of another system, of the dead and of nobody resolve to nobody', async () => {
    const system = testSystem();
    const other = testSystem();
    const theirs = other.start(Echo);
    expect(system.alive(theirs.pid as string)).toBe(false);
    system.send(theirs.pid as string, 'x');
    await settleTurn();
    expect(system.deadLetters.total).toBe(1);
    expect(other.stats().sent).toBe(0);
    expect((await system.monitor(theirs.pid as string).down).reason).toBe('noproc');
    expect(() => system.send({} as never, 'x')).toThrow(OptionError);
  });
});

describe('watching from outside', () => {
  test('MO-01 one Down per watch; after cancel none', async () => {
    const system = testSystem();
    const ref = system.start(Echo, 0, { name: 'w' });
    const watches = [system.monitor(ref), system.monitor('w'), system.monitor(ref.pid as string)];
    const cancelled = system.monitor(ref);
    let told = false;
    void cancelled.down.then(() => { told = true; });
    cancelled.cancel();
    const { pid } = ref;
    await ref.stop('shutdown');
    for (const watch of watches) expect(await watch.down)
      .toMatchObject({ tag: 'DOWN', pid, reason: 'shutdown' });
    expect((await (watches[1] as (typeof watches)[number]).down).name).toBe('w');
    await settleTurn();
    expect(told).toBe(false);
    expect((await system.monitor('w').down).reason).toBe('noproc');
  });
});
