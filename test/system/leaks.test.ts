import { expect, test } from 'vitest';
import { defineAgent, type AgentRef } from '../../src/index.js';
import { settleTurn, testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';

const Hub = defineAgent({ name: 'hub', trapExit: true, info() {}, calls: { echo: (_self, n: number) => n, async never() { await new Promise(() => undefined); } } });
const Guest = defineAgent({
  name: 'guest',
  trapExit: true,
  init(hub: AgentRef<typeof Hub>, busy: AgentRef<typeof Hub>) {
    this.monitor(hub.pid!);
    this.link(hub.pid!);
    this.sendAfter(3_600_000, 'late');
    void this.call(busy, 'never', undefined, { timeoutMs: 3_600_000 }).catch(() => undefined);
    return { hub };
  },
  calls: { ask: (self, n: number) => self.call(self.state.hub, 'echo', n) },
});

const heap = (): number => {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('needs --expose-gc');
  gc();
  return process.memoryUsage().heapUsed;
};

test('trap L: P35 spawn, use, stop: names, links, monitors, timers and open calls of the owner end with it, and the heap does not grow', async () => {
  const env = new VirtualEnv();
  const system = testSystem({ env, deadLetters: { capacity: 0 } });
  const hub = system.start(Hub);
  const busy = system.start(Hub, { mailbox: { capacity: 10, overflow: 'drop-oldest' } });
  const cycles = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const guest = system.start(Guest, hub, busy, { name: 'guest' });
      expect(await guest.call('ask', n)).toBe(n);
      if (n % 2 === 0) await guest.stop();
      else { system.exit(guest, 'kill'); await settleTurn(); }
      expect(system.whereis('guest')).toBeUndefined();
    }
  };
  try {
    await cycles(1_000);
    const grown: number[] = [];
    for (let span = 0; span < 3; span++) {
      const before = heap();
      await cycles(1_000);
      grown.push((heap() - before) / 1_000);
    }
    expect(Math.min(...grown), `bytes a cycle: ${grown.map(Math.round).join(', ')}`).toBeLessThan(80);
    expect(system.processes()).toHaveLength(2);
    expect(system.registered()).toEqual([]);
    expect(system.inspect(hub)).toMatchObject({ links: [], monitors: [], monitoredBy: [] });
    expect(system.inspect(busy)).toMatchObject({ links: [], monitors: [], monitoredBy: [] });
    expect(env.pending.held, 'no timer that keeps the program alive').toBe(0);
    expect(env.pending.timers, 'the one alarm of the system at most').toBeLessThanOrEqual(1);
  } finally {
    system.exit(busy, 'kill');
  }
}, 60_000);
