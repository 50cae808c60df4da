import { expect, test } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { Recorder, testSystem } from '../../../support/system.js';

const Account = defineAgent({
  calls: { balance: () => 1, async *statement() { yield 1; } },
  casts: { deposit: () => undefined },
});

test.each([
  ['call', 'deposit', "call 'deposit' to account: it is a cast; use cast, tryCast, put or deliver"],
  ['call', 'statement', "call 'statement' to account: it is a stream; use stream"],
  ['put', 'balance', "put 'balance' to account: it is a call; use call, tryCall or deliver"],
  ['deliver', 'statement', "deliver 'statement' to account: it is a stream; use stream"],
  ['stream', 'balance', "stream 'balance' to account: it is a call; use call, tryCall or deliver"],
  ['tryCast', 'balance', "cast 'balance' to account: it is a call; use call, tryCall or deliver"],
  ['call', 'nothing', "call 'nothing' to account: unknown operation; known: balance, statement (stream)"],
  ['put', 'nothing', "put 'nothing' to account: unknown operation; known: deposit"],
] as const)('%s of %s names the verb that was used and those that would work', async (verb, op, message) => {
  const system = testSystem();
  system.start(Account, { name: 'account' });
  const ref = system.ref(Account, 'account') as unknown as Record<string, (op: string) => unknown>;
  const failed = (async () => ref[verb]?.(op))();
  await expect(failed).rejects.toMatchObject({ code: 'UNKNOWN_OPERATION', message });
});

test('a cast of a call is counted and logged with it', () => {
  const logger = new Recorder();
  const system = testSystem({ logger });
  system.start(Account).cast('balance' as never);
  expect(String(logger.lines[0]?.fields['error'])).toContain("cast 'balance' to");
  expect(String(logger.lines[0]?.fields['error'])).toContain('it is a call; use call, tryCall or deliver');
});
