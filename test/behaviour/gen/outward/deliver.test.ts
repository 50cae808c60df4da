import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent, on, type CallError } from '../../../../src/index.js';
import { idler } from '../../../process/peers.js';
import { Recorder, testSystem } from '../../../support/system.js';
import { callFailure, Gate, rejection } from '../../help.js';

function worker() {
  const gate = new Gate();
  const done: unknown[] = [];
  const Worker = defineAgent({
    calls: {
      get: () => 'value',
      async *items() { yield 1; },
      checked: on(z.string().min(3), (_self, text) => text.length),
    },
    casts: {
      note(_self, what: unknown) { done.push(what); },
      checked: on(z.object({ n: z.number() }), (_self, { n }) => { done.push(n); }),
      async hold() { await gate.promise; },
    },
  });
  return { Worker, gate, done };
}

describe('what a deliver refuses before it is accepted', () => {
  it('an operation that is unknown, or a stream: with the verb, and counted as rejected', async () => {
    const system = testSystem();
    const ref = system.start(worker().Worker);
    for (const op of ['nope', 'items', '__proto__']) {
      expect(await callFailure(ref.deliver(op as never))).toMatchObject(
        { code: 'UNKNOWN_OPERATION', message: expect.stringContaining(`deliver '${op}'`) as string },
      );
    }
    expect(system.stats()).toMatchObject({ rejected: 3, delivery: { accepted: 0 } });
  });

  it('a payload that its schema refuses; a payload that it changes arrives changed', async () => {
    const system = testSystem();
    const { Worker, done } = worker();
    const ref = system.start(Worker);
    expect(await rejection(ref.deliver('checked', { n: 'x' } as never)))
      .toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(system.stats()).toMatchObject({ rejected: 1, delivery: { accepted: 0 } });
    await (await ref.deliver('checked', { n: 1, more: true } as never)).settled;
    expect(done).toEqual([1]);
  });

  it('options that are wrong: a rejection with the option, logged as a mistake of the sender', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const ref = system.start(worker().Worker);
    expect(await rejection(ref.deliver('note', 1, { attemptsMax: 0 })))
      .toMatchObject({ option: 'deliver.attemptsMax' });
    expect(await rejection(ref.deliver('note', 1, 7 as never))).toMatchObject({ option: 'deliver options' });
    expect(system.stats()).toMatchObject({ rejected: 2, delivery: { accepted: 0 } });
    expect(logger.lines.length).toBeGreaterThan(0);
  });

  it('what its mailbox has no room for is counted there, once', async () => {
    const system = testSystem();
    const { Worker, gate } = worker();
    const ref = system.start(Worker, { mailbox: { capacity: 1, reserve: 0 } });
    ref.cast('hold');
    await new Promise<void>((resolve) => setImmediate(resolve));
    ref.cast('note', 1);
    expect(await callFailure(ref.deliver('note', 2, { guarantee: 'at-most-once' })))
      .toMatchObject({ code: 'MAILBOX_FULL' });
    expect(system.stats()).toMatchObject({ rejected: 1, delivery: { accepted: 0 } });
    gate.open();
  });

  it('P16 that of a dead incarnation: ZOMBIE', async () => {
    const system = testSystem();
    const target = system.start(worker().Worker);
    const { ref, self } = await idler(system);
    system.exit(ref, 'kill');
    expect(await callFailure(self.deliver(target, 'note', 1))).toMatchObject({ code: 'ZOMBIE' });
    expect(system.stats().delivery.accepted).toBe(0);
  });
});

describe('a call with a guarantee', () => {
  it('under a signal that has fired rejects with its reason and sends nothing', async () => {
    const system = testSystem();
    const ref = system.start(worker().Worker);
    const options = { guarantee: 'at-least-once', signal: AbortSignal.abort('enough') } as const;
    expect(await rejection(ref.call('get', undefined, options))).toBe('enough');
    expect(system.stats()).toMatchObject({ delivery: { accepted: 0 }, rejected: 1 });
  });

  it('refuses what a plain call refuses: unknown operations, streams, payloads, a signal that is none', async () => {
    const system = testSystem();
    const ref = system.start(worker().Worker);
    const guarantee = 'at-least-once';
    const codes: unknown[] = [];
    for (const failed of [
      ref.call('nope' as never, undefined, { guarantee } as never),
      ref.call('note' as never, undefined, { guarantee } as never),
      ref.call('checked', 'ab', { guarantee }),
      ref.call('get', undefined, { guarantee, signal: {} } as never),
    ]) codes.push((await rejection(failed) as CallError).code);
    expect(codes).toEqual(['UNKNOWN_OPERATION', 'UNKNOWN_OPERATION', 'INVALID_PAYLOAD', 'BAD_OPTION']);
    expect(system.stats()).toMatchObject({ rejected: 4, delivery: { accepted: 0 } });
  });

  it('has the reply of the handler', async () => {
    const system = testSystem();
    const ref = system.start(worker().Worker);
    expect(await ref.call('get', undefined, { guarantee: 'at-least-once' })).toBe('value');
    expect(system.stats().delivery).toMatchObject({ accepted: 1, acknowledged: 1 });
  });
});
