import { defineAgent } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** Suspend holds everything but system messages, resume goes on in order; requests in between are answered. */
async function sys(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const Worker = defineAgent({
    name: 'worker',
    init: () => ({ n: 0 }),
    calls: { async slow(self) { await sim.sleep(5); seen.push('slow'); return self.state.n; } },
    casts: { put(self, text: string) { self.state.n++; seen.push(text); } },
    info(_self, message) { seen.push(String(message)); },
  });
  const worker = system.start(Worker, { name: 'worker' });
  const sent: string[] = [];
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const text = `m${sent.length}`;
      sent.push(text);
      if (random.chance(0.5)) worker.cast('put', text);
      else worker.send(text);
    }
  };
  send(random.int(4));
  const busy = random.chance(0.5) ? worker.tryCall('slow') : null;
  if (busy !== null) sent.push('slow');
  await system.sys(worker).suspend();
  const before = seen.join();
  sim.equal(before, sent.join(), 'what was queued before is handled before the suspend (SY-01)');
  send(1 + random.int(5));
  const timedOut = await worker.tryCall('slow', undefined, { timeoutMs: 3 });
  sent.push('slow');
  sim.always(!timedOut.ok, 'a call to a suspended process waits');
  await sim.sleep(random.int(20));
  sim.equal(seen.join(), before, 'nothing is handled while suspended (SY-01)');
  sim.equal((await system.sys(worker).getStatus()).status, 'suspended', 'system messages are answered (SY-05)');
  await system.sys(worker).replaceState((state) => ({ ...(state), n: 100 }));
  send(random.int(3));
  if (random.chance(0.3)) {
    system.exit('worker', 'kill');
    await sim.sleep(1);
    sim.equal(system.whereis('worker'), undefined, 'kill ends a suspended process');
    sim.equal(seen.join(), before, 'and nothing of its queue is handled');
    return;
  }
  await system.sys(worker).resume();
  await sim.sleep(20);
  sim.equal(seen.join(), sent.join(), 'then everything, in order (SY-02)');
  if (busy !== null) sim.always((await busy).ok, 'the call before has its answer');
  sim.sometimes(busy !== null, 'suspended while a handler awaits');
}

export const sysSuite: Suite =
  suite('sys', 'suspend holds everything but system messages; resume goes on in order', sys);
