import { describe, expect, it } from 'vitest';
import { Verb } from '../../../../src/behaviour/gen/request/verb.js';
import type { AgentRefImpl } from '../../../../src/behaviour/gen/ref.js';
import type { AgentRef, ProcessSelf } from '../../../../src/index.js';
import { idler } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';
import { Agent, Noting } from './noting.js';

describe('the waist of a ref', () => {
  it('is passed by every verb of a self and of a bound ref, once, in the name of its process', async () => {
    const system = testSystem();
    const plain = system.start(Agent) as unknown as AgentRefImpl;
    const noting = new Noting(plain, null);
    const { self } = await idler(system);
    const ref = noting as unknown as AgentRef<typeof Agent>;
    const mine = self.bind(ref);
    const ways: readonly [Verb, string, (self: ProcessSelf) => unknown][] = [
      [Verb.Cast, 'note', () => self.cast(ref, 'note')],
      [Verb.Cast, 'note', () => mine.cast('note')],
      [Verb.TryCast, 'note', () => mine.tryCast('note')],
      [Verb.Put, 'note', () => self.put(ref, 'note')],
      [Verb.Put, 'note', () => mine.put('note')],
      [Verb.Call, 'ask', () => self.call(ref, 'ask', 1)],
      [Verb.Call, 'ask', () => mine.call('ask', 1)],
      [Verb.Call, 'ask', () => mine.tryCall('ask', 1)],
      [Verb.Request, 'ask', () => self.requests.send(ref, 'ask', 1)],
      [Verb.Deliver, 'note', () => self.deliver(ref, 'note')],
      [Verb.Deliver, 'note', () => mine.deliver('note')],
      [Verb.Stream, 'items', () => mine.stream('items').next()],
      [Verb.Info, 'info', () => mine.send('hello')],
    ];
    for (const [verb, op, use] of ways) {
      noting.noted.length = 0;
      await use(self);
      expect(noting.noted, `${op} by verb ${verb}`).toEqual([[verb, self.pid, op]]);
    }
    expect(new Set(ways.map(([verb]) => verb)), 'no verb goes another way').toEqual(new Set(Object.values(Verb)));
  });
});
