import { describe, expect, test } from 'vitest';
import { defineAgent, on, PayloadError, type StandardSchema } from '../../../src/index.js';
import { z } from 'zod';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, rejection } from '../help.js';

/** A Standard Schema without zod. */
const even: StandardSchema<number, number> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => (typeof value === 'number' && value % 2 === 0
    ? { value: value / 2 }
    : { issues: [{ message: 'not even', path: ['at', { key: 'here' }] }] }) },
};
const asynchronous: StandardSchema<number, number> =
  { '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as number }) } };
const throwing: StandardSchema<number, number> =
  { '~standard': { version: 1, vendor: 'test', validate: () => { throw new RangeError('schema bug'); } } };

const Desk = defineAgent({
  init: () => ({ got: [] as unknown[] }),
  calls: {
    parse: on(z.string().transform((text) => text.length), (_self, n) => n),
    entry: {
      schema: z.object({ by: z.coerce.number().default(1) }),
      handle: (self, given) => [given.by, self.state.got.length],
    },
    even: on(even, (_self, half) => half),
    late: on(asynchronous, (_self, n) => n),
    bug: on(throwing, (_self, n) => n),
    got: (self) => self.state.got,
  },
  casts: { note: on(
    z.object({ text: z.string().trim() }),
    (self, given) => { (self.state as { got: unknown[] }).got.push(given); },
  ) },
});

describe('payloads with a schema', () => {
  test('the handler gets the output of what the sender gave as input', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    expect(await desk.call('parse', 'four')).toBe(4);
    expect(await desk.call('entry', {})).toEqual([1, 0]);
    expect(await desk.call('entry', { by: '7' })).toEqual([7, 0]);
    expect(await desk.call('even', 8)).toBe(4);
    desk.cast('note', { text: '  trimmed ' });
    expect(desk.tryCast('note', { text: ' too' })).toBe('ok');
    expect(await desk.call('got')).toEqual([{ text: 'trimmed' }, { text: 'too' }]);
  });

  test('a payload that does not fit never reaches the agent: call rejects, tryCast throws, cast is counted', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const desk = system.start(Desk);
    const error = await callFailure(desk.call('parse', 5 as never));
    expect(error).toMatchObject({ code: 'INVALID_PAYLOAD', op: 'parse' });
    expect(error.cause).toBeInstanceOf(PayloadError);
    expect((await callFailure(desk.call('even', 3))).message).toContain('at.here: not even');
    expect(() => desk.tryCast('note', { text: 1 as never })).toThrow(
      expect.objectContaining({ code: 'INVALID_PAYLOAD' }),
    );
    desk.cast('note', { text: { secret: 'hunter2' } as never });
    await settleTurn();
    expect(system.stats()).toMatchObject({ sent: 4, rejected: 4, handled: 0, crashes: 0 });
    expect(logger.texts('warn').sort()).toEqual([
      'a call was refused at the ref', 'a call was refused at the ref', 'a cast was refused at the ref',
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2');
  });

  test('an asynchronous schema is a coded error at the ref', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    expect(await rejection(desk.call('late', 1))).toMatchObject({ code: 'ASYNC_SCHEMA' });
    expect(system.stats()).toMatchObject({ rejected: 1, handled: 0 });
  });

  test('a schema that throws is the sender\'s error, not a crash of the agent', async () => {
    const system = testSystem();
    const desk = system.start(Desk);
    expect(await rejection(desk.call('bug', 1))).toBeInstanceOf(RangeError);
    expect(await desk.call('got')).toEqual([]);
  });

  test('handlers without a schema are not checked', async () => {
    const system = testSystem();
    const Loose = defineAgent({ calls: { same: (_self, value: number) => value } });
    expect(await system.start(Loose).call('same', 'text' as never)).toBe('text');
  });

  test('on refuses what is no schema and what is no function', () => {
    expect(() => on({} as never, () => 1)).toThrow(/Standard Schema/);
    expect(() => on(z.string(), 'x' as never)).toThrow(/a function/);
  });
});

test('P6 P17 a schema that throws what cannot be looked at: every verb refuses the payload as it refuses any other', async () => {
  const hostile: unknown =
    new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); }, get() { throw new Error('hostile'); } });
  const schema: StandardSchema<number, number> =
    { '~standard': { version: 1, vendor: 'test', validate: () => { throw hostile; } } };
  const Odd =
    defineAgent({ calls: { ask: on(schema, (_self, n) => n) }, casts: { tell: on(schema, () => undefined) } });
  const system = testSystem();
  const odd = system.start(Odd);
  odd.cast('tell', 1);
  expect(() => odd.tryCast('tell', 1)).toThrow(/payload/);
  for (const told of [
    odd.call('ask', 1), odd.put('tell', 1), odd.deliver('ask', 1),
    odd.call('ask', 1, { guarantee: 'at-least-once' }),
  ]) {
    expect(await rejection(told)).toMatchObject({ code: 'INVALID_PAYLOAD' });
  }
  await settleTurn();
  expect(system.stats()).toMatchObject({ rejected: 6, handled: 0, queued: 0 });
});
