import { describe, expect, it } from 'vitest';
import { Verb } from '../../../../src/behaviour/gen/request/verb.js';
import type { AgentRefImpl } from '../../../../src/behaviour/gen/ref.js';
import { testSystem } from '../../../support/system.js';
import { Agent, Noting } from './noting.js';

describe('a send by its verb', () => {
  it('gives what its verb gives', async () => {
    const system = testSystem();
    const noting = new Noting(system.start(Agent) as unknown as AgentRefImpl, null);
    expect(noting.dispatch(Verb.Cast, null, 'note', undefined, undefined)).toBeUndefined();
    expect(noting.dispatch(Verb.TryCast, null, 'note', undefined, undefined)).toBe('ok');
    expect(await noting.dispatch(Verb.Put, null, 'note', undefined, undefined)).toBeUndefined();
    expect(await noting.dispatch(Verb.Call, null, 'ask', 1, undefined)).toBe(2);
    expect(await noting.dispatch(Verb.Deliver, null, 'note', undefined, undefined)).toHaveProperty('settled');
    expect(await noting.dispatch(Verb.Stream, null, 'items', undefined, undefined).next())
      .toMatchObject({ value: 1 });
    expect(noting.dispatch(Verb.Info, null, 'info', 'hello', undefined)).toBeUndefined();
  });
});
