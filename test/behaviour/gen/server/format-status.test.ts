import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { testSystem } from '../../../support/system.js';

const boom = new Error('boom');

describe('formatStatus of an agent', () => {
  it('GS-42 formatStatus filters what getStatus shows; when it throws or returns junk the raw state is not shown', async () => {
    const system = testSystem();
    const agent = (formatStatus: (status: object) => object) => defineAgent({
      name: 'vault', init: () => ({ user: 'joe', secret: 'hunter2' }), info: () => undefined,
      formatStatus: formatStatus,
    });
    const shown = async (formatStatus: (status: object) => object): Promise<string> => {
      const ref = system.start(agent(formatStatus), { debug: ['log'] });
      ref.send('hunter2');
      const { state, log } = await system.sys(ref).getStatus();
      return JSON.stringify({ state, log });
    };
    expect(await shown(
      (status) => ('state' in status ? { state: { user: 'joe' } } : { log: ['filtered'] }),
    )).toBe('{"state":{"user":"joe"},"log":["filtered"]}');
    expect(await shown(() => { throw boom; })).toMatch(/formatStatus threw.*formatStatus threw/);
    expect(await shown(() => 'junk' as never)).toMatch(/returned no status/);
    expect(await shown(() => ({ other: 1 }))).toMatch(/returned no status/);
    expect(await shown(() => ({}))).toBe('{"state":"[hidden]","log":"[hidden]"}');
    for (const made of [
      () => { throw boom; }, () => 'junk' as never, () => ({ state: 1, more: 2 }), () => ({}),
    ]) expect(await shown(made)).not.toContain('hunter2');
  });
});
