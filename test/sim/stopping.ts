import { CallError, defineAgent, Exit, type CallResult } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

function serverOf(
  sim: Simulation, trapExit: boolean, terminates: (string | 'crash')[], takesMs: number, crashes: boolean,
) {
  const infos: string[] = [];
  const Server = defineAgent({
    name: 'server',
    trapExit,
    init: () => ({}),
    calls: {
      bye: (self) => self.stop('normal', 'so long'),
      stay: () => 'here',
    },
    casts: { fail() { throw new Error('boom'); } },
    info(
      _self, message,
    ) { infos.push(message instanceof Exit ? `EXIT ${String(message.reason)}` : String(message)); },
    async terminate(self, reason) {
      sim.equal(sim.system.whereis('server'), self.pid, 'terminate runs while the name is still taken');
      await sim.sleep(takesMs);
      terminates.push(String(reason));
      if (crashes) throw new Error('late crash');
    },
  });
  return { Server, infos };
}

/** C5 (a) and (b): stop with a reply. */
async function replied(sim: Simulation): Promise<void> {
  const crashes = sim.random.chance(0.5);
  const terminates: string[] = [];
  const { Server } = serverOf(sim, sim.random.chance(0.5), terminates, 50, crashes);
  const server = sim.system.start(Server, { name: 'server' });
  const probe = sim.probe();
  const watched = probe.self.monitor(server);
  const began = sim.nowMs;
  const bye = server.tryCall('bye');
  const late = server.tryCall('stay');
  const result: CallResult<unknown> = await bye;
  sim.equal(
    result.ok ? result.value : result.error, 'so long',
    'the last reply arrives, also when terminate crashes',
  );
  sim.equal(terminates.join(), 'normal', 'after terminate');
  sim.equal(sim.nowMs - began, 50, 'which took its time');
  const down = await probe.expectDown(undefined);
  sim.equal(down.ref, watched, 'then the DOWN');
  sim.equal(down.reason instanceof Error
    ? down.reason.message
    : down.reason, crashes ? 'late crash' : 'normal', 'a crash in terminate is the new reason');
  const queued = await late;
  sim.always(
    !queued.ok && queued.error instanceof CallError && queued.error.code === 'EXIT',
    'what was queued behind fails',
  );
}

/** C5 (c) and (d): the parent's exit signal against a stranger's. */
async function parents(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const trap = random.chance(0.6);
  const by = random.pick(['parent', 'stranger'] as const);
  const reason = random.pick(['normal', 'shutdown', 'other']);
  const terminates: string[] = [];
  const { Server, infos } = serverOf(sim, trap, terminates, random.pick([0, 5]), false);
  const probe = sim.probe();
  let pid = '';
  const parent = system.spawn(async (self) => {
    self.trapExit(true);
    const server = self.start(Server, { name: 'server' });
    pid = server.pid ?? '';
    probe.self.monitor(pid);
    await self.receive((message) => message === 'go');
    self.exitOther(pid, reason);
    await self.receive((message) => message === 'end');
  });
  await sim.settle();
  if (by === 'parent') parent.send('go');
  else system.spawn((self) => self.exitOther(pid, reason));
  await sim.sleep(20);
  const ends = trap ? by === 'parent' : reason !== 'normal';
  sim.equal(!system.alive(pid), ends, `${trap ? 'trapping' : 'not trapping'}: ${reason} of its ${by} ends it`);
  sim.equal(terminates.join(), trap && by === 'parent'
    ? reason
    : '', 'terminate runs at the parent\'s signal, when trapping only (GS-35, GS-37)');
  sim.equal(infos.join(), trap && by === 'stranger'
    ? `EXIT ${reason}`
    : '', "a stranger's signal is a message for info (GS-36)");
  sim.equal(probe.messages.length, ends ? 1 : 0, 'one DOWN');
  if (ends) sim.equal((await probe.expectDown(pid)).reason, reason, 'with that reason');
  else if (trap) await stopped(sim, pid, terminates);
}

/** ref.stop goes through terminate, and resolves when it has ended. */
async function stopped(sim: Simulation, pid: string, terminates: string[]): Promise<void> {
  terminates.length = 0;
  sim.system.exit(pid, 'kill');
  await sim.sleep(10);
  sim.equal(terminates.length, 0, 'kill runs no terminate');
  sim.always(!sim.system.alive(pid), 'kill ends it whatever it traps');
}

export const stoppingSuite: Suite = suite(
  'stopping', 'C5: stop with a reply, crash in terminate, the exit of a parent and of a stranger',
  async (
    sim,
  ) => {
    await replied(sim);
    await parents(sim);
  },
);
