import { expect, it } from 'vitest';
import { Deadlines } from '../../../../src/base/index.js';
import { ChunkReader } from '../../../../src/delivery/guarantee/pending/chunks.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

it('a reader that is behind has one deadline, also when the next attempt waits for it', async () => {
  const deadlines = new Deadlines(new VirtualEnv(), () => undefined);
  const reader = new ChunkReader(deadlines);
  for (let n = 0; n < 63; n++) expect(reader.push(n, 1)).toBe(null);
  expect(reader.push(63, 1)).not.toBe(null); // its agent ends before there is room
  const room = reader.push(0, 2);
  expect(deadlines.count).toBe(1);
  reader.take();
  reader.take();
  await room;
  expect(deadlines.count).toBe(0);
});
