import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { testSystem } from '../../../support/system.js';
import { callFailure } from '../../help.js';

const boom = new Error('boom');

const Counter = defineAgent({
  name: 'counter',
  init: (start: number = 0) => ({ n: start }),
  calls: {
    n: (self) => self.state.n,
    async slow(self, gate: Promise<void>) { await gate; return self.state.n; },
  },
  casts: {
    add(self, by: number) { self.state = { n: self.state.n + by }; },
    mul(self, by: number) { self.state = { n: self.state.n * by }; },
  },
  info(self, message) { if (typeof message === 'number') self.state = { n: message }; },
});

describe('an agent and its system messages', () => {
  it('SY-10 GS-43 codeChange only while suspended: it replaces the state, a throw leaves it and is reported, and a definition without one says so', async () => {
    const system = testSystem();
    const seen: unknown[] = [];
    const Agent = defineAgent({
      init: () => ({ v: 1 }),
      codeChange(self, from, extra) {
        seen.push([from, extra]);
        if (extra === 'fail') throw boom;
        return { v: self.state.v + 1 };
      },
    });
    const sys = system.sys(system.start(Agent));
    expect(await callFailure(sys.codeChange({ from: 'v1' }))).toMatchObject({ code: 'UNKNOWN_SYSTEM_MSG' });
    expect(seen).toEqual([]);
    await sys.suspend();
    await sys.codeChange({ from: 'v1', extra: 'x' });
    expect(await sys.getState()).toEqual({ v: 2 });
    expect(await callFailure(sys.codeChange({ extra: 'fail' })))
      .toMatchObject({ code: 'CALLBACK_FAILED', reason: boom });
    await sys.resume();
    expect(await sys.getState()).toEqual({ v: 2 });
    expect(seen).toEqual([['v1', 'x'], [undefined, 'fail']]);
    const without = system.sys(system.start(Counter));
    await without.suspend();
    expect(await callFailure(without.codeChange()))
      .toMatchObject({ code: 'CALLBACK_FAILED', reason: { code: 'UNDEF' } });
  });
});
