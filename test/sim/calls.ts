import { CallError, defineAgent, type CallResult, type From } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

const codeOf = (result: CallResult<unknown>): string => (result.ok
  ? `ok ${String(result.value)}`
  : result.error instanceof CallError ? result.error.code : String(result.error));

function serverOf(sim: Simulation) {
  const replies: boolean[] = [];
  const aborted: string[] = [];
  const kept: From[] = [];
  const Server = defineAgent({
    name: 'server',
    init: () => ({ done: 0 }),
    calls: {
      async slow(self, ms: number) {
        self.signal.addEventListener('abort', () => aborted.push('slow'));
        await sim.sleep(ms);
        return ++self.state.done;
      },
      done: (self) => self.state.done,
      twice(self) {
        const { from } = self;
        if (from !== undefined) replies.push(self.reply(from, 'first'), self.reply(from, 'second'));
        return self.noreply();
      },
      keep(self) {
        if (self.from !== undefined) kept.push(self.from);
        return self.noreply();
      },
      answer(self) {
        for (const from of kept.splice(0)) replies.push(self.reply(from, 'kept'));
        return 'answered';
      },
    },
    casts: { die(self, reason: string) { self.exit(reason); } },
  });
  return { Server, replies, aborted };
}

/** C4: a timed-out call is over for the caller only. */
async function calls(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const { Server, replies, aborted } = serverOf(sim);
  const server = system.start(Server);
  const limit = 5 + random.int(20);
  const takes = limit + 1 + random.int(40);
  const asker = sim.probe();
  const began = sim.nowMs;
  const late = await server.tryCall('slow', takes, { timeoutMs: limit });
  sim.equal(codeOf(late), 'TIMEOUT', 'the caller gives up');
  sim.equal(sim.nowMs - began, limit, 'exactly when it said');
  sim.equal(aborted.join(), 'slow', 'the callee hears that nobody waits');
  sim.equal(
    await server.call('done'), 1,
    'the request was executed all the same, and the next call gets its own answer',
  );
  sim.equal(system.stats().lateReplies, 1, 'the late reply is counted');
  sim.equal(asker.messages.length, 0, 'and goes nowhere');
  sim.equal(
    codeOf(await server.tryCall('slow', limit, { timeoutMs: limit + 1 })), 'ok 2',
    'in time is in time',
  );

  sim.equal(await server.call('twice'), 'first', 'the first reply counts');
  sim.equal(replies.splice(0).join(), 'true,false', 'the second is told that it was over');
  sim.equal(system.stats().lateReplies, 2, 'and counted');

  const keeping = server.tryCall('keep');
  sim.equal(await server.call('answer'), 'answered', 'a deferred reply does not hold the server');
  sim.equal(codeOf(await keeping), 'ok kept', 'and arrives');
  replies.length = 0;
  await death(sim, server as never);
}

interface ServerRef {
  readonly pid: string;
  tryCall(op: string, payload?: unknown, options?: object): Promise<CallResult<unknown>>;
  cast(op: string, payload: unknown): void;
}

/** The callee dies: running, queued and deferred calls fail at once with its reason. */
async function death(sim: Simulation, server: ServerRef): Promise<void> {
  const after = 1 + sim.random.int(5);
  const began = sim.nowMs;
  const waiting = [
    server.tryCall('keep'), server.tryCall('slow', 50, { timeoutMs: 40 }), server.tryCall('done'),
  ];
  await sim.sleep(after);
  sim.system.exit(server.pid, 'crash');
  for (const result of await Promise.all(waiting)) {
    sim.always(!result.ok && result.error instanceof CallError && result.error.code === 'EXIT'
      && result.error.reason === 'crash', `a waiting call fails with the callee's reason: ${codeOf(result)}`);
  }
  sim.equal(sim.nowMs - began, after, 'at once, not by time');
  const nobody = await server.tryCall('done');
  sim.always(
    !nobody.ok && nobody.error instanceof CallError && nobody.error.code === 'NOPROC',
    'a call to the dead is noproc',
  );
  sim.equal(sim.system.deadLetters.list().length, 1, 'the one that was not started is a dead letter');
}

/** The caller dies: its request is over, the callee's signal fires, and a queued request is still handled. */
async function callers(sim: Simulation): Promise<void> {
  const { system } = sim;
  const { Server, replies, aborted } = serverOf(sim);
  const server = system.start(Server);
  let told = 'nothing';
  const caller = system.spawn(async (self) => {
    told = codeOf(await self.bind(server).tryCall('slow', 30));
  });
  await sim.sleep(1);
  system.exit(caller.pid, 'kill');
  await sim.sleep(1);
  sim.equal(aborted.join(), 'slow', "the callee's signal fires when its caller dies");
  sim.equal(await server.call('done'), 1, 'the request is executed');
  sim.equal(told, 'ZOMBIE', 'the call of a dead caller is over');
  // a chain: each calls the next, the last one does not call back
  const chain = [1, 2, 3].map(() => system.spawn(async (self) => { await self.bind(server).call('keep'); }));
  await sim.settle();
  const killed = sim.random.pick(chain);
  system.exit(killed.pid, 'kill');
  await server.call('answer');
  sim.equal(replies.filter((reply) => reply).length, 2, 'replies reach those who live');
  sim.equal(replies.length, 3, 'and are refused for those who do not');
  await sim.settle();
  sim.always(chain.every((one) => !one.alive), 'all are done');
}

export const callsSuite: Suite = suite(
  'calls', 'C4: timeouts, late and second replies, death of callee and caller', async (
    sim,
  ) => {
    await calls(sim);
    await callers(sim);
  },
);
