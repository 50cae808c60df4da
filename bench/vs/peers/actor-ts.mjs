// actor-ts. Its actors are classes; the sender of an ask is `this.sender`. It runs on Node 24.
import {
  Actor, ActorOptions, ActorSystem, ActorSystemOptions, Directive, LogLevel, NoopLogger, OneForOneStrategy,
  PriorityMailbox, PriorityMailboxOptions,
} from './actor-ts/dist/index.js';
import { expectCount, nextTurn, now, perSecond, suite } from './suite.mjs';

const TIMEOUT_MS = 60_000;
const BURST = 1_000;
let system;

class Handling extends Actor {
  constructor(handler, state) {
    super();
    this.handler = handler;
    this.state = state;
  }
  onReceive(message) {
    this.state = this.handler(this.state, message, (value) => this.sender.forEach((asker) => asker.tell(value)));
  }
}

const adapter = {
  open() { system =
    ActorSystem.create('bench', ActorSystemOptions.create().withLogger(new NoopLogger()).withLogLevel(LogLevel.Off)); },
  close: () => system.terminate(),
  spawn: (handler, state) => system.spawnAnonymous(() => new Handling(handler, state)),
  send: (actor, message) => actor.tell(message),
  call: (actor, message) => actor.ask(message, TIMEOUT_MS),
};

/** As many restarts as it takes. */
async function restart(size) {
  adapter.open();
  let handled;
  const delaysUs = new Float64Array(size);
  const worker = system.spawnAnonymous(() => new Handling((state, message) => {
    if (message === 'crash') throw new Error('crash');
    handled();
    return state;
  }, 0), ActorOptions.create().withSupervisorStrategy(new OneForOneStrategy(() => Directive.Restart)));
  for (let round = 0; round < size; round++) {
    const restarted = new Promise((resolve) => { handled = resolve; });
    const started = now();
    worker.tell('crash');
    worker.tell('hello');
    await restarted;
    delaysUs[round] = (now() - started) * 1_000;
  }
  await adapter.close();
  return delaysUs.sort()[Math.floor((size - 1) / 2)];
}

/** Bursts of messages whose priorities alternate, to a mailbox that knows four. */
async function priorities(size) {
  adapter.open();
  const messages = [0, 1, 2, 3].map((priority) => ({ type: 'add', priority }));
  const mailbox = () => new PriorityMailbox(
    PriorityMailboxOptions.create().withPriorityFor((message) => message.priority ?? 4),
  );
  const actor = system.spawnAnonymous(() => new Handling((state, message, reply) => {
    if (message.type === 'get') { reply(state); return state; }
    return state + 1;
  }, 0), ActorOptions.create().withMailbox(mailbox));
  const started = now();
  for (let sent = 1; sent <= size; sent++) {
    actor.tell(messages[sent & 3]);
    if (sent % BURST === 0) await nextTurn();
  }
  expectCount('messages handled', await actor.ask({ type: 'get' }, TIMEOUT_MS), size);
  const rate = perSecond(size, started);
  await adapter.close();
  return rate;
}

/**
 * Its system takes quadratic time to end its actors, 15 s for 20,000: so many at most. Neither figure gets better with
 * more.
 */
const AGENTS_MAX = 5_000;
const cases = suite(adapter);
const some = (measure) => (size) => measure(Math.min(size, AGENTS_MAX));

export const measurements = {
  ...cases, agent_start: some(
    cases.agent_start,
  ), bytes_per_agent: some(cases.bytes_per_agent), restart_p50: restart, priority_cast: priorities,
};
