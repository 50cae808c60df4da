import { CallError, child, defineAgent, type Down } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** C1: a crash is a death. */
async function crash(sim: Simulation): Promise<void> {
  const boom = new Error('boom');
  const ended: string[] = [];
  const starts: string[] = [];
  let settings = 0;
  const Server = defineAgent({
    name: 'server',
    trapExit: sim.random.chance(0.5),
    init: () => { starts.push('init'); return { n: 3 }; },
    calls: {
      get: (self) => self.state.n,
      no(self) { self.state.n += 10; throw self.refuse('NO'); },
      async late(self) { await sim.sleep(1); return self.state.n; },
    },
    casts: {
      set(self, how: 'sync' | 'async'): unknown {
        settings++;
        self.state = { n: 4 };
        if (how === 'async') return sim.sleep(2).then(() => { throw boom; });
        throw boom;
      },
    },
    terminate(self, reason) { ended.push(`${self.state.n} ${reason === boom ? 'boom' : String(reason)}`); },
  });
  await sim.system.supervise({ children: [child('server', Server)], intensity: 3 });
  const server = sim.system.ref(Server, 'server');
  const probe = sim.probe();
  const first = server.pid;
  probe.self.monitor('server');
  const how = sim.random.pick(['sync', 'async'] as const);
  server.cast('set', how);
  const queued = await server.tryCall('get');
  sim.always(!queued.ok && queued.error instanceof CallError && queued.error.code === 'EXIT'
    && queued.error.reason === boom, 'a queued caller hears the reason of the crash');
  const down: Down = await probe.expectDown(first);
  sim.equal(down.reason, boom, 'DOWN carries the reason');
  await sim.settle();
  sim.equal(ended.join(), '3 boom', 'terminate sees the state before the crash, and the reason, once');
  sim.equal(starts.length, 2, 'restarted once');
  sim.always(server.pid !== undefined && server.pid !== first, 'by a new process');
  sim.equal(await server.call('get'), 3, 'with a new state');
  sim.equal(settings, 1, 'the message that killed it is not tried again');
  sim.equal(sim.system.stats().crashes, 1, 'one crash');
  await values(sim, Server as never, server as never);
}

/** A handler that throws a valid return value kills nothing. */
async function values(sim: Simulation, _definition: never, server: { readonly pid: string; call(
  op: string,
): Promise<unknown>; tryCall(op: string): Promise<{ ok: boolean; error?: unknown }> }): Promise<void> {
  const { pid } = server;
  const refused = await server.tryCall('no');
  sim.always(!refused.ok && refused.error instanceof CallError && refused.error.code === 'REFUSED'
    && refused.error.refusal === 'NO', 'a thrown refusal is a refusal');
  sim.equal(server.pid, pid, 'and kills nothing');
  const two = [server.call('late'), server.call('get')];
  sim.equal((await Promise.all(two)).join(), '13,13', 'an awaiting handler is not interleaved with the next');
}

export const crashSuite: Suite =
  suite('crash', 'C1: a crash is a death: reason, terminate, one restart, no retry of the message', crash);
