import { afterEach, describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { settleTurn } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

afterEach(() => settleTurn());

const Kept = defineAgent({
  name: 'kept', durable: true, init: () => ({ n: 0 }), calls: { turn: (self) => ++self.state.n },
});

describe('a message that is taken back', () => {
  test.each([false, true])('P21 stored, it has not started: it is cancelled (the store is open: %s)', async (open) => {
    const system = lifeOn(new TestDisk(), { env: new VirtualEnv() });
    if (open) await system.store.ready;
    for (const options of [{ delayMs: 1_000 }, {}]) {
      const controller = new AbortController();
      const sent = system.message(system.address(Kept, 'k/1'), null, { ...options, signal: controller.signal });
      controller.abort();
      const answer = await sent;
      expect(answer.kind).toBe('cancelled');
      expect(await answer.receipt?.settled).toMatchObject({ kind: 'cancelled', attempts: 0 });
    }
    expect(await system.address(Kept, 'k/1').call('turn'), 'the first turn').toBe(1);
  });
});
