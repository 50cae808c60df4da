import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { encode } from '../../../src/journal/index.js';
import { decodeState } from '../../../src/delivery/durable/index.js';
import { lifeOn, TestDisk } from './lives.js';

const named = (name?: string, formerly?: string | string[]) => defineAgent({
  ...(name === undefined ? {} : { name }),
  durable: formerly === undefined ? true : { formerly },
  init: () => ({ by: name ?? 'none' }),
  calls: { by: (self) => self.state.by },
});

/** Starts an agent of that definition in a life of its own. */
async function started(disk: TestDisk, definition: ReturnType<typeof named>): Promise<string> {
  const system = lifeOn(disk);
  try {
    return await (await system.start(definition, { name: 'a' })).call('by');
  } finally {
    await system.stop();
  }
}

describe('the record of a state', () => {
  it('P21 belongs to the definition that has stored it, by its name', async () => {
    const disk = new TestDisk();
    expect(await started(disk, named('One'))).toBe('One');
    for (const other of [named('Two'), named(), named('Two', 'Three')]) {
      await expect(started(disk, other)).rejects.toMatchObject({
        reason: { code: 'STATE_OTHER', message: expect.stringMatching(/'a' is that of an agent 'One'/) as string },
      });
    }
    expect(await started(disk, named('One'))).toBe('One');
  });

  it('P21 goes on under a new name of its definition that knows the old one', async () => {
    const disk = new TestDisk();
    await started(disk, named('One'));
    expect(await started(disk, named('Two', ['Zero', 'One']))).toBe('One');
    expect(await started(disk, named('Two'))).toBe('One');
    await expect(started(disk, named('One'))).rejects.toMatchObject({ reason: { code: 'STATE_OTHER' } });
  });

  it('P21 without a name is taken by the first definition that has one', async () => {
    const disk = new TestDisk();
    await started(disk, named());
    expect(await started(disk, named())).toBe('none');
    expect(await started(disk, named('One'))).toBe('none');
    await expect(started(disk, named('Two'))).rejects.toMatchObject({ reason: { code: 'STATE_OTHER' } });
  });

  it('P21 of an earlier castcall is of no definition yet, an agent, and whole', () => {
    expect(decodeState(encode([1, 3, { n: 1 }], 'state'))).toEqual({
      version: 3, state: { n: 1 }, definition: null, kind: 'agent', folded: null,
    });
  });
});
