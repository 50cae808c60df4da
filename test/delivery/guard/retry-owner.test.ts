import { describe, expect, test } from 'vitest';
import { defineAgent, type OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';

describe('self.retry', () => {
  test('ends with its agent, and waits are no longer than its life', async () => {
    const system = testSystem();
    let attempts = 0;
    let seen: unknown;
    const p = system.spawn(async (self) => {
      await self.retry(() => { attempts++; throw new Error('down'); }, {
        backoff: { baseMs: 60_000, maxMs: 60_000 },
      }).catch(
        (error: unknown) => { seen = error; },
      );
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    system.exit(p, 'kill');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(attempts).toBe(1);
    expect(seen).toBe('killed');
  });

  test('an own signal takes the place; bad options are OptionErrors', async () => {
    const system = testSystem();
    const Agent = defineAgent({ calls: {
      go: (self, signal: AbortSignal) =>
        self.retry(() => 'called', { signal }).catch((error: unknown) => String(error)),
      bad: (self) => self.retry(() => 1, { attemptsMax: 0 })
        .catch((error: unknown) => (error as OptionError).code),
    } });
    const agent = system.start(Agent);
    expect(await agent.call('go', AbortSignal.abort(new Error('mine')))).toBe('Error: mine');
    expect(await agent.call('bad')).toBe('BAD_OPTION');
  });
});
