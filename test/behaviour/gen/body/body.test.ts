import { expect, it } from 'vitest';
import { Exit } from '../../../../src/index.js';
import { testSystem } from '../../../support/system.js';
import { settle } from '../../../process/peers.js';

it('EX-07 EX-15 a trapping plain process hears of the stop of its system as an Exit, not as a text that a user might have sent', async () => {
  const system = testSystem();
  const seen: unknown[] = [];
  system.spawn(async (self) => {
    self.trapExit(true);
    seen.push(await self.receive());
  });
  await settle();
  await system.stop({ timeoutMs: 500 });
  expect(seen).toEqual([new Exit(undefined, 'shutdown')]);
});
