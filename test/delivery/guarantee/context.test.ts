import { describe, expect, test } from 'vitest';
import { child, defineAgent, type Receipt } from '../../../src/index.js';
import { workshop } from '../worker.js';

describe('by hand', () => {
  test('P20 ack ends it at once, nack begins the next attempt after its delay, terminate makes a dead letter', async () => {
    const { ref, env, started } = await workshop();
    expect(await (await ref.deliver('hand', 'ack')).settled)
      .toMatchObject({ kind: 'handled', reply: 'by hand' });
    const nacked = await ref.deliver('hand', 'nack');
    await env.advance(6);
    expect(started).toEqual(['ack#1', 'nack#1']);
    await env.advance(1);
    expect(await nacked.settled).toMatchObject(
      { kind: 'handled', reply: 'returned', attempts: 2, failures: [{ attempt: 1, reason: 'nack' }] },
    );
    expect(await (await ref.deliver('hand', 'terminate')).settled).toMatchObject(
      { kind: 'dead-lettered', reason: 'poisoned' },
    );
    expect(await ref.call('hand', 'ack')).toBe('plain');
  });

  test('P3 no counter reads negative, or goes back, while a handler goes on that gave its message back', async () => {
    const { system, env } = await workshop();
    const seen: unknown[] = [];
    const look = (): void => {
      const { mailbox } = system.ref(Back, 'back').stats();
      const { sent, handled, running, crashed } = mailbox;
      seen.push([sent, handled, running, crashed, system.inspect('back')?.reductions]);
    };
    const Back = defineAgent({
      calls: {
        async give(self, how: 'nack' | 'terminate') {
          look();
          if (self.delivery?.attempt === 1) self.delivery[how]();
          look();
          await Promise.resolve();
          look();
          if (self.delivery?.attempt === 1) throw new Error('no');
        },
      },
    });
    await system.supervise({ children: [child('back', Back)] });
    const ref = system.ref(Back, 'back');
    const receipt = await ref.deliver('give', 'nack');
    await env.settle();
    expect(seen.splice(0)).toEqual([[1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]);
    expect(system.stats()).toMatchObject({ sent: 1, held: 1, handled: 0, crashed: 0 });
    await env.advance(1_000);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 2 });
    expect(seen.splice(0)).toEqual([[1, 0, 1, 0, 0], [1, 0, 1, 0, 0], [1, 0, 1, 0, 0]]);
    expect((await (await ref.deliver('give', 'terminate')).settled).kind).toBe('dead-lettered');
    await env.settle();
    expect(seen.splice(0)).toEqual([[2, 1, 1, 0, 1], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]]);
    expect(system.stats()).toMatchObject({ sent: 2, handled: 1, deadLettered: 1, crashed: 0 });
  });

  test('an acknowledgement may come later than the return; a death before it is an outside end', async () => {
    const { ref, env, system, gates, started } = await workshop();
    const receipt = await ref.deliver('hand', 'later');
    await env.settle();
    expect(receipt.state).toBe('delivered');
    system.exit('w', 'kill');
    await env.settle();
    expect(started).toEqual(['later#1', 'later#1']);
    gates.get('later')?.();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'later' });
  });

  test('ackTimeoutMs fires the signal, ends the agent with ack_timeout and is an attempt; inProgress begins it anew', async () => {
    const { system, env } = await workshop();
    const aborted: unknown[] = [];
    const Slow = defineAgent({
      calls: {
        async wait(self, extend: boolean) {
          const { signal, delivery } = self;
          signal.addEventListener('abort', () => aborted.push(signal.reason));
          if (extend) {
            self.spawn(async (other) => {
              await other.receive(undefined, { timeoutMs: 60 });
              delivery?.inProgress();
            });
          }
          await new Promise(() => undefined);
        },
      },
    });
    const receipts: Receipt[] = [];
    for (const [name, extend, at] of [['one', false, 100], ['two', true, 160]] as const) {
      const slow = system.start(Slow, { name });
      const receipt = await slow.deliver('wait', extend, { ackTimeoutMs: 100, attemptsMax: 1 });
      await env.advance(at - 1);
      expect(system.whereis(name)).toBeDefined();
      await env.advance(1);
      expect(system.whereis(name)).toBeUndefined();
      receipts.push(receipt);
    }
    for (const receipt of receipts) {
      expect(await receipt.settled)
        .toMatchObject({ kind: 'dead-lettered', reason: 'ack_timeout', attempts: 1 });
    }
    expect(aborted).toEqual(['ack_timeout', 'ack_timeout']);
  });

  test('each attempt has a signal of its own: that of a dead incarnation has fired, that of the next one has not', async () => {
    const { system, env } = await workshop();
    const signals: AbortSignal[] = [];
    const Reader = defineAgent({
      calls: {
        async read(self) {
          signals.push(self.signal);
          if (signals.length === 1) await new Promise(() => undefined);
          return self.signal.aborted;
        },
      },
    });
    await system.supervise({ children: [child('reader', Reader)] });
    const receipt = await system.ref(Reader, 'reader').deliver('read');
    await env.settle();
    system.exit('reader', 'kill');
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: false, attempts: 1 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});
