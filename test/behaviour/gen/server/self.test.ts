import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';

describe('a process that ends itself in the middle of its handler', () => {
  for (const [how, after] of [['returns', 'a value'], ['rejects', 'an error']] as const) {
    test(`P16 an asynchronous handler that kills its own process and then ${how} ${after} changes nothing more`, async () => {
      const system = testSystem();
      let terminated = 0;
      const Agent = defineAgent({
        casts: {
          async die(self) {
            self.exitOther(self.ref, 'kill');
            if (how === 'rejects') throw new Error('too late');
          },
        },
        terminate() { terminated++; },
      });
      const ref = system.start(Agent);
      const down = system.monitor(ref).down;
      ref.cast('die');
      expect((await down).reason).toBe('killed');
      await settleTurn();
      expect(system.stats()).toMatchObject({ exited: 1, crashes: 1, processes: 0, handled: 1 });
      expect(terminated, 'brutal: terminate never runs (GS-38)').toBe(0);
    });
  }

  test('P16 a drain does not wait for a handler of a dead process', async () => {
    const system = testSystem();
    const Agent = defineAgent(
      { casts: { async die(self) { self.exitOther(self.ref, 'kill'); await new Promise(() => undefined); } } },
    );
    const ref = system.start(Agent);
    ref.cast('die');
    await settleTurn();
    expect(await system.stop({ drain: true, timeoutMs: 200 })).toMatchObject({ drained: true, killed: 0 });
  });
});
