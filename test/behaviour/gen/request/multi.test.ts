import { describe, expect, it } from 'vitest';
import { defineAgent, OptionError } from '../../../../src/index.js';
import { abcast, multiCall } from '../../../../src/process/public.js';
import { settle } from '../../../process/peers.js';
import { testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

const Shard = defineAgent({
  init: (n: number) => ({ n }),
  calls: {
    size: (self) => self.state.n, plus: (self, by: number) => self.state.n + by,
    fail() { throw new Error('broken'); },
    slow: (self) => { const { from } = self; self.sendAfter(20, from); return self.noreply(); },
  },
  casts: { add(self, by: number) { self.state.n += by; } },
  info(self, from) { self.reply(from as never, 'late'); },
});

describe('calls to several', () => {
  it('GS-45 multiCall gathers the replies, in order; the missing and the failing are bad', async () => {
    const system = testSystem();
    system.start(Shard, 1, { name: 'a' });
    const b = system.start(Shard, 2);
    const c = system.start(Shard, 3, { mailbox: { capacity: 1 } });
    c.cast('add', 0);
    const refs = [b, system.ref(Shard, 'nobody'), system.ref(Shard, 'a'), c];
    const { replies, bad } = await multiCall(refs, 'plus', 10);
    expect(replies).toEqual([{ ref: b, value: 12 }, { ref: refs[2], value: 11 }]);
    expect(bad.map(({ ref, error }) => [refs.indexOf(ref), error.code]))
      .toEqual([[1, 'NOPROC'], [3, 'MAILBOX_FULL']]);
    expect(await multiCall([] as (typeof b)[], 'size')).toEqual({ replies: [], bad: [] });
    const failed = await multiCall([b], 'fail');
    expect(failed).toEqual({ replies: [], bad: [{
      ref: b, error: expect.objectContaining({
        code: 'EXIT', reason: expect.objectContaining({ message: 'broken' }),
      }),
    }] });
  });

  it('GS-45 who takes too long is bad, and its late reply is dropped and counted', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const refs = [system.start(Shard, 1), system.start(Shard, 2)];
    const result = multiCall(refs, 'slow', undefined, { timeoutMs: 10 });
    await env.advance(15);
    expect((await result).bad.map(({ error }) => error.code)).toEqual(['TIMEOUT', 'TIMEOUT']);
    await env.advance(20);
    expect(system.stats().lateReplies).toBe(2);
  });

  it('GS-45 abcast sends to all and tells nothing of those that are missing', async () => {
    const system = testSystem();
    const [a, b] = [system.start(Shard, 1, { name: 'a' }), system.start(Shard, 2)];
    expect(abcast([system.ref(Shard, 'a'), system.ref(Shard, 'nobody'), b], 'add', 5)).toBeUndefined();
    expect([await a.call('size'), await b.call('size')]).toEqual([6, 7]);
    expect(system.deadLetters.list()).toEqual(
      [expect.objectContaining({ to: 'nobody', op: 'add', payload: 5, reason: 'noproc' })],
    );
  });

  it('the sender is the process whose handler makes them, as of any ref', async () => {
    const system = testSystem();
    const shards = [system.start(Shard, 1), system.start(Shard, 2)];
    const Asker =
      defineAgent({ calls: { all: (self) => multiCall([...shards.map((ref) => self.bind(ref))], 'size') } });
    const asker = system.start(Asker);
    expect((await asker.call('all')).replies.map((one) => one.value)).toEqual([1, 2]);
    await settle();
  });

  it('what is no array of refs is refused', async () => {
    await expect(multiCall('a' as never, 'size' as never)).rejects.toThrow(OptionError);
    expect(() => abcast([{}] as never, 'add' as never)).toThrow(OptionError);
  });
});
