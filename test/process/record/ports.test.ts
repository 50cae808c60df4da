import { describe, expect, it } from 'vitest';
import type { AgentRefImpl } from '../../../src/behaviour/gen/ref.js';
import type { AgentSelf } from '../../../src/behaviour/gen/server/self.js';
import { defineAgent, type System } from '../../../src/index.js';
import type { Kernel } from '../../../src/process/record/kernel.js';
import { expectConserved, settleTurn, testSystem } from '../../support/system.js';

const Sink = defineAgent({
  name: 'sink', init: () => ({ seen: [] as unknown[] }),
  calls: { seen: (self) => self.state.seen, slow: async (_self, until: Promise<void>) => { await until; } },
  casts: { put(self, item: unknown) { self.state.seen.push(item); } },
});
const Source = defineAgent({
  name: 'source', init: () => ({}),
  casts: { go(self, to: string) { for (let i = 0; i < 3; i++) self.send(to, i); } },
  calls: { ask: () => 'answer' },
});

/** The kernel of a system, for the layers that will fill its ports. */
function kernelOf(system: System): Kernel {
  return (system.ref(Sink, 'any') as unknown as AgentRefImpl).kernel;
}

/** A gate that keeps whatever is sent, and every reply. */
function keepAll(kernel: Kernel, held: (() => void)[]): void {
  kernel.setGate({
    holds: (_sender, _op, release) => {
      held.push(release);
      return true;
    },
    joins: () => false,
    fails: () => undefined,
  });
}

describe('the ports of the kernel', () => {
  it('the gate keeps what a process sends until it lets it go, in order; senders outside are not asked', async () => {
    const system = testSystem();
    const kernel = kernelOf(system);
    const held: (() => void)[] = [];
    const got: unknown[] = [];
    const sink =
      system.start(defineAgent({ init: () => ({}), info(_self, message) { got.push(message); } }), {
        name: 'gated',
      });
    const source = system.start(Source);
    keepAll(kernel, held);
    source.cast('go', 'gated');
    await settleTurn();
    expect(held.length).toBe(3);
    expect(got).toEqual([]);
    sink.send('outside');
    await settleTurn();
    expect(got).toEqual(['outside']);
    for (const release of held.splice(0)) release();
    await settleTurn();
    expect(got).toEqual(['outside', 0, 1, 2]);
    kernel.setGate(null);
  });

  it('the gate keeps replies too; a reply whose call is over meanwhile is dropped', async () => {
    const system = testSystem();
    const kernel = kernelOf(system);
    const held: (() => void)[] = [];
    const source = system.start(Source);
    keepAll(kernel, held);
    const kept = source.call('ask');
    const late = source.tryCall('ask', undefined, { timeoutMs: 5 });
    expect(await late).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
    expect(held.length).toBe(2);
    for (const release of held.splice(0)) release();
    expect(await kept).toBe('answer');
    kernel.setGate(null);
  });

  it('P2 what the gate lets go after its destination has ended is one dead letter', async () => {
    const system = testSystem();
    const kernel = kernelOf(system);
    const held: (() => void)[] = [];
    const sink = system.start(defineAgent({ init: () => ({}), info() { /* takes all */ } }), { name: 'gated' });
    const source = system.start(Source);
    keepAll(kernel, held);
    source.cast('go', 'gated');
    await settleTurn();
    system.exit(sink, 'kill');
    for (const release of held.splice(0)) release();
    expect(system.stats().deadLettered).toBe(3);
    expectConserved(system.stats());
    kernel.setGate(null);
  });

  it('delivery is offered the unstarted messages of an ended process, in order, before they are dead letters', async () => {
    const system = testSystem();
    const kernel = kernelOf(system);
    const taken: unknown[] = [];
    const { delivery } = kernel;
    kernel.delivery = { takeBack: (
      _p, op, payload,
    ) => {
      if (payload === 'b') return false;
      taken.push([op.name, payload]);
      return true;
    }, close: () => undefined };
    const sink = system.start(Sink);
    for (const item of ['a', 'b', 'c']) sink.cast('put', item);
    system.exit(sink, 'kill');
    expect(taken).toEqual([['put', 'a'], ['put', 'c']]);
    expect(system.stats()).toMatchObject({ sent: 1, deadLettered: 1 });
    kernel.delivery = delivery;
  });

  it('an extension of self that nobody has filled is a coded error', async () => {
    const system = testSystem();
    let code: unknown;
    system.start(defineAgent({ init() { try {
      (this as unknown as AgentSelf).extension('deliver');
    } catch (error) { code = (error as { code: string }).code; } return {}; } }));
    expect(code).toBe('PORT_UNFILLED');
    (kernelOf(system).host as { extensions: Map<string, unknown> }).extensions.set(
      'deliver', (p: { pid: string }) => p.pid,
    );
    let pid: unknown;
    const ref =
      system.start(defineAgent({
        init() { pid = (this as unknown as AgentSelf).extension('deliver'); return {}; },
      }));
    expect(pid).toBe(ref.pid);
  });
});
