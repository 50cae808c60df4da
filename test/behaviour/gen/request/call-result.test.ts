import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  BreakerOpenError, CallError, defineAgent, on, type CallFailure, type CallResult, type From,
  type StandardSchema,
} from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';

const boom = new Error('boom');

function failing(error: unknown): Promise<never> {
  const made = Promise.reject<never>(error);
  made.catch(() => undefined);
  return made;
}
const isCode = (error: { code: string }): boolean => /^[A-Z_]+$/.test(error.code);

test('the error of a tryCall has a code of a call, whatever call rejects with, which is its reason then', async () => {
  const system = testSystem();
  const throwing: StandardSchema<string> = {
    '~standard': { version: 1, vendor: 'own', validate: () => { throw boom; } },
  };
  const Odd = defineAgent({
    calls: {
      hang: { concurrent: true, handle: () => new Promise<number>(() => undefined) },
      reply(self, value: unknown) { self.reply(self.from as From, value); return self.noreply(); },
      checked: on(throwing, (_self, text) => text),
      later: on(z.string().refine(async () => true), (_self, text) => text),
    },
  });
  const odd = system.start(Odd);
  const errorOf = async (call: Promise<CallResult<unknown>>): Promise<CallFailure> => {
    const result = await call;
    if (result.ok) throw new Error('expected a failure');
    expect(isCode(result.error)).toBe(true);
    return result.error;
  };
  for (const reason of [
    undefined, null, 0, 'enough', Object.freeze({}), boom, new BreakerOpenError('b', 'open', 1),
  ]) {
    const controller = new AbortController();
    const hangs = errorOf(odd.tryCall('hang', undefined, { signal: controller.signal }));
    controller.abort(reason);
    const expected = controller.signal.reason as unknown;
    expect(await hangs).toMatchObject({ code: 'ABORTED', op: 'hang', target: odd.pid });
    expect((await hangs as CallError).reason).toBe(expected);
    const fired = await errorOf(odd.tryCall('hang', undefined, { signal: controller.signal }));
    expect([fired.code, (fired as CallError).reason]).toEqual(['ABORTED', expected]);
    const failed = await errorOf(odd.tryCall('reply', failing(reason)));
    expect([failed.code, (failed as CallError).reason]).toEqual(['REPLY_FAILED', reason]);
    await expect(odd.call('reply', failing(reason))).rejects.toBe(reason);
  }
  let inner: CallFailure | null = null;
  const Outer = defineAgent({
    calls: { async ask(self) { inner = await errorOf(self.bind(odd).tryCall('hang')); } },
  });
  const controller = new AbortController();
  const outer = errorOf(system.start(Outer).tryCall('ask', undefined, { signal: controller.signal }));
  await settleTurn();
  controller.abort('enough');
  expect(await outer).toMatchObject({ code: 'ABORTED', op: 'ask' });
  await settleTurn();
  expect(inner, 'the call that was made for it')
    .toMatchObject({ code: 'ABORTED', op: 'hang', reason: 'enough' });
  const refusal = new CallError('REFUSED', { target: 'x', op: 'y', refusal: 'NO' });
  expect(await errorOf(odd.tryCall('reply', failing(refusal)))).toBe(refusal);
  const foreign = new CallError('NO_SYS', { target: 'x', op: 'y' });
  expect(await errorOf(odd.tryCall('reply', failing(foreign)))).toMatchObject({ code: 'REPLY_FAILED' });
  expect(await errorOf(odd.tryCall('checked', 'x'))).toMatchObject({ code: 'REPLY_FAILED', cause: boom });
  expect(await errorOf(odd.tryCall('later', 'x'))).toMatchObject({ code: 'ASYNC_SCHEMA' });
  expect(await errorOf(odd.tryCall('hang', undefined, { timeoutMs: -1 })))
    .toMatchObject({ code: 'BAD_OPTION' });
  expect(await errorOf(odd.tryCall('hang', undefined, { ms: 1 } as never)))
    .toMatchObject({ code: 'UNKNOWN_OPTION' });
});
