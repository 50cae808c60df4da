import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { defineAgent, Down, OptionError, type AnyDefinition, type Self } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

/** What JavaScript users do without types. */
const define = defineAgent as unknown as (spec: unknown) => AnyDefinition;
const refused = (message: RegExp): unknown =>
  expect.objectContaining({ name: 'OptionError', message: expect.stringMatching(message) as unknown });

describe('misuse is refused where it enters, with the value, the rule and the fix', () => {
  test.each([
    [5, /defineAgent: got 5, expected an object/], [null, /defineAgent: got null/],
    [[], /defineAgent: got \[\]/],
    [
      { name: 5 }, /defineAgent.name: got 5, expected a text/,
    ], [{ trapExit: 'no' }, /trapExit: got 'no', expected true or false/],
    [{ calls: [] }, /defineAgent.calls: got \[\]/], [
      { calls: { x: { schma: 1, handle: () => 1 } } },
      /agent.calls.x.schma: got 1, expected no such option; did you mean schema\? known options: schema, concurrent, handle/,
    ],
    [
      { casts: { x: { schema: 5, handle: () => 1 } } },
      /agent.casts.x.schema: got 5, expected a Standard Schema v1/,
    ],
  ])('defineAgent(%j)', (spec, message) => {
    expect(() => define(spec)).toThrow(refused(message));
  });

  test('options of stop and receive with unknown keys or wrong values stop nothing and do not hang', async () => {
    const system = testSystem();
    const ref = system.start(defineAgent({ casts: { work() { /* nothing */ } } }));
    expect(() => system.stop({ drian: true } as never)).toThrow(
      refused(
        /stop.drian: got true, expected no such option; did you mean drain\? known options: drain, timeoutMs/,
      ),
    );
    expect(() => system.stop({ drain: 'no' } as never)).toThrow(refused(/stop.drain: got 'no'/));
    expect(() => ref.stop('normal', { timeout: 5 } as never)).toThrow(OptionError);
    let thrown: unknown;
    system.spawn(async (
      self,
    ) => { try {
      await self.receive(undefined, { timeout: 20 } as never);
    } catch (error) { thrown = error; } });
    await settleTurn();
    expect(thrown).toMatchObject({ code: 'UNKNOWN_OPTION' });
    expect(ref.stats().alive).toBe(true);
  });

  test('a call with an option of a guarantee, and no guarantee, is told what is missing', async () => {
    const ref = testSystem().start(defineAgent({ calls: { ask: () => 'yes' } }));
    await expect(ref.call('ask', undefined, { key: 'k' })).rejects.toThrow(
      "call.key: got 'k', expected no such option; it belongs to a guarantee: add guarantee: 'at-least-once' or 'exactly-once'",
    );
    await expect(ref.call('ask', undefined, { keys: 'k' } as never)).rejects.toThrow('known options: lane');
    await expect(ref.call('ask', undefined, { guarantee: 'exactly-once', key: 'k' })).resolves.toBe('yes');
  });

  test('what is no ref is named', () => {
    const system = testSystem();
    const seen: unknown[] = [];
    system.start(defineAgent({ init() { for (const verb of ['call', 'cast'] as const) { try {
      void (this[verb] as (ref: unknown, op: string) => unknown)('name', 'x');
    } catch (error) { seen.push((error as Error).message); } } return {}; } }));
    expect(seen).toEqual(['call', 'cast'].map(
      (verb) =>
        `self.${verb}: got 'name', expected a ref of an agent; make one with system.ref(Definition, nameOrPid)`,
    ));
  });
});

describe('what users print', () => {
  test('a Down and a ref are short, in JSON and in consoles', async () => {
    const system = testSystem();
    const Agent = defineAgent({ name: 'acme' });
    const ref = system.start(Agent);
    const watch = system.monitor(ref);
    expect(inspect(ref)).toBe(`AgentRef(acme ${String(ref.pid)})`);
    const { pid } = ref;
    system.exit(ref, 'gone');
    const down = await watch.down;
    expect(down).toBeInstanceOf(Down);
    expect(JSON.parse(JSON.stringify(down))).toEqual({ tag: 'DOWN', pid, reason: 'gone' });
    expect(inspect(down).length).toBeLessThan(200);
  });

  test('GS-39 a failing terminate replaces the reason, and the replaced one is logged', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger, development: false });
    const ref = system.start(
      defineAgent({
        casts: { boom() { throw new Error('first'); } }, terminate() { throw new Error('second'); },
      }),
    );
    const watch = system.monitor(ref);
    ref.cast('boom');
    expect((await watch.down).reason).toMatchObject({ message: 'second' });
    expect(logger.lines.filter((line) => line.level === 'warn').map((line) => line.fields['error'])).toEqual(
      ['Error: first'],
    );
  });

  test.each([
    ['sync', (self: Self<undefined>) => { throw self.refuse('NO'); }],
    ['async', async (self: Self<undefined>) => { await Promise.resolve(); throw self.refuse('NO'); }],
  ])('GS-23 GS-39 a control value that terminate throws counts as returned (%s)', async (_, terminate) => {
    const system = testSystem({ development: false });
    const ref = system.start(defineAgent({ terminate }));
    const watch = system.monitor(ref);
    await ref.stop('shutdown');
    expect((await watch.down).reason).toBe('shutdown');
  });
});
