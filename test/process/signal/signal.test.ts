import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Down, Exit} from '../../../src/index.js';
import { defineAgent, type ProcessSelf } from '../../../src/index.js';
import { simulate } from '../../../src/testing/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { idler, listener, settle } from '../peers.js';

describe('order of signals', () => {
  it('SG-04 each sender is heard in its own order, whatever order the scheduler gives to different senders', async () => {
    const orders = new Set<string>();
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
      await simulate(seed, async (sim) => {
        const seen: string[] = [];
        sim.system.spawn(async (self) => { for (;;) seen.push(String(await self.receive())); }, {
          name: 'receiver',
        });
        const Sender = defineAgent({
          init: (name: string) => name,
          casts: { go(self, n: number) { self.send('receiver', `${self.state}${n}`); } },
        });
        const senders = ['a', 'b', 'c'].map((name) => sim.system.start(Sender, name));
        for (let n = 0; n < 4; n++) for (const sender of senders) sender.cast('go', n);
        await sim.settle();
        for (const name of ['a', 'b', 'c']) {
          sim.equal(
            seen.filter((text) => text.startsWith(name)).join(), [0, 1, 2, 3].map((n) => `${name}${n}`).join(),
            'pair order',
          );
        }
        orders.add(seen.join());
      });
    }), { numRuns: 40 });
    expect(orders.size, 'the senders do not come in one fixed order').toBeGreaterThan(5);
  });

  it('SG-07 pid, registered name, alias and ref are one destination: what is sent through them arrives in the order sent', async () => {
    const system = testSystem();
    const a = await listener(system, { name: 'a' });
    const b = await idler(system);
    const alias = a.self.alias();
    const ways = [a.ref.pid, 'a', alias, a.ref];
    const sent: number[] = [];
    for (let i = 0; i < 400; i++) {
      b.self.send(ways[(i * 7 + (i >> 3)) % 4] as string, i);
      sent.push(i);
    }
    await settle();
    expect(a.seen).toEqual(sent);
  });

  it('SG-08 who is linked to and watches one that dies gets both, in some order', async () => {
    const system = testSystem();
    const a = await listener(system);
    const b = await idler(system);
    a.self.link(b.ref);
    a.self.monitor(b.ref);
    system.exit(b.ref, 'gone');
    await settle();
    expect(new Set(a.seen.map((message) => (message as Exit | Down).tag))).toEqual(new Set(['EXIT', 'DOWN']));
    expect(a.seen).toHaveLength(2);
    expect(a.seen.map((message) => (message as Exit | Down).reason)).toEqual(['gone', 'gone']);
  });

  it('SG-09 a timer is a sender of its own: a later direct send may overtake a timer of 0 ms', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const a = await listener(system);
    const b = await idler(system);
    b.self.sendAfter(0, 'timer', a.ref);
    b.self.send(a.ref, 'direct');
    await env.advance(5);
    expect(a.seen).toEqual(['direct', 'timer']);
  });

  it('SG-10 who looks at the messages of a process sees what it has sent before', async () => {
    const system = testSystem();
    const { ref } = await idler(system);
    const { self } = await idler(system);
    for (let i = 1; i <= 20; i++) {
      self.send(ref, i);
      expect(system.inspect(ref, ['messages', 'messageQueueLength'])).toEqual(
        [Array.from({ length: i }, (_, n) => n + 1), i],
      );
    }
  });
});

describe('RE-10 hibernation', () => {
  it('RE-10 a plain process wakes with the next message, at once when one is queued, also one that it had passed over', async () => {
    const system = testSystem();
    const seen: string[] = [];
    const body = async (self: ProcessSelf): Promise<void> => {
      await self.receive((message) => message === 'start');
      for (;;) {
        await self.hibernate();
        seen.push('awake');
        seen.push(String(await self.receive()));
      }
    };
    const p = system.spawn(body);
    p.send('passed over');
    p.send('start');
    await settle();
    expect(seen).toEqual(['awake', 'passed over']);
    p.send('later');
    await settle();
    expect(seen).toEqual(['awake', 'passed over', 'awake', 'later']);
  });

  it('RE-10 an idle agent gives its storage back and goes on as before', async () => {
    const system = testSystem();
    const Sleeper = defineAgent({
      init: () => ({ n: 0 }), calls: { n: (self) => self.state.n },
      casts: { add(self) { self.state.n++; }, sleep(self) { self.hibernate(); } },
    });
    const agent = system.start(Sleeper);
    for (let i = 0; i < 2_000; i++) agent.cast('add');
    await settle();
    const [before] = system.inspect(agent, ['memory']) ?? [];
    agent.cast('sleep');
    await settle();
    const [after] = system.inspect(agent, ['memory']) ?? [];
    expect(Number(after)).toBeLessThan(Number(before));
    agent.cast('add');
    expect(await agent.call('n')).toBe(2_001);
  });
});
