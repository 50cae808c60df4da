import { defineAgent, Down, Exit, type ProcessSelf } from '../../src/index.js';
import type { Simulation } from '../../src/testing/index.js';
import { suite, type Suite } from './suite.js';

/** C3: order across kinds, and release before notice. */
async function order(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const seen: string[] = [];
  const Listener = defineAgent({
    name: 'listener',
    trapExit: true,
    casts: { note(self, text: string) { seen.push(text); } },
    calls: { ask(self, text: string) { seen.push(text); return text; } },
    info(self, message) {
      if (message instanceof Down || (message instanceof Exit && message.reason === 'bye')) {
        sim.equal(system.whereis('n'), undefined, 'the name is free before anybody hears of the end (PR-16)');
        system.register('n', self.pid);
        system.unregister('n');
      }
      seen.push(message instanceof Down
        ? `DOWN ${String(message.reason)}`
        : message instanceof Exit ? `EXIT ${String(message.reason)}` : String(message));
    },
  });
  const listener = system.start(Listener);
  system.spawn(async (
    self,
  ) => {
    for (let i = 0; i < 3; i++) self.send(listener, 'noise');
    await sim.sleep(1);
    self.send(listener, 'noise');
  });
  const sent: string[] = [];
  let free = 'not told';
  const sender = system.spawn(async (self) => {
    await self.receive((message) => message === 'go');
    for (let i = 0; i < 3 + random.int(5); i++) sent.push(say(self, i));
    if (random.chance(0.3)) await sim.sleep(1);
    self.exit('bye');
  }, { name: 'n' });
  // Ends with the sender, in the very moment of its signals: by then the name must be free.
  const twin = system.spawn(async (self) => {
    self.link(sender);
    self.signal.addEventListener('abort', () => { free = String(system.whereis('n')); });
    sender.send('go');
    await self.receive(() => false);
  });
  function say(self: ProcessSelf, i: number): string {
    const text = `m${i}`;
    switch (random.int(4)) {
      case 0: self.send(listener, text); return text;
      case 1: self.cast(listener, 'note', text); return text;
      case 2: self.exitOther(listener, text); return `EXIT ${text}`;
      default: self.call(listener, 'ask', text).catch(() => undefined); return text;
    }
  }
  await sim.sleep(10);
  const own = seen.filter((text) => text !== 'noise');
  sim.equal(own.join(), sent.join(), 'what one process sends arrives in its order, whatever its kind');
  sim.equal(free, 'undefined', 'the name was free when a linked process ended');
  sim.always(!twin.pid || !system.alive(twin.pid), 'linked processes end together');
  sim.equal(seen.filter((text) => text === 'noise').length, 4, 'nothing is lost');
}

/**
 * The same with a receiver that links to and monitors its sender: the last message comes before
 * both notices.
 */
async function notice(sim: Simulation): Promise<void> {
  const { random, system } = sim;
  const end = random.pick(['bye', 'normal', 'killed']);
  const probe = sim.probe();
  let sends = 0;
  const sender = system.spawn(async (self) => {
    await self.receive();
    for (let i = 1 + random.int(4); i > 0; i--) self.send(probe.pid, ++sends);
    if (random.chance(0.5)) self.exitOther(probe.pid, 'sig');
    self.send(probe.pid, ++sends);
    if (end === 'killed') system.exit(self.pid, 'kill');
    else if (end === 'bye') self.exit('bye');
  }, { name: 'n' });
  const monitors = 1 + random.int(3);
  for (let i = 0; i < monitors; i++) probe.self.monitor(random.chance(0.5) ? 'n' : sender.pid);
  probe.self.link(sender);
  sender.send('go');
  await sim.sleep(5);
  const texts = probe.messages.map(({ message }) =>
    (message instanceof Down
      ? 'DOWN'
      : message instanceof Exit ? `EXIT ${String(message.reason)}` : String(message)));
  const numbers = texts.filter((text) => /^\d+$/.test(text));
  sim.equal(
    numbers.join(), Array.from({ length: sends }, (_, i) => String(i + 1)).join(),
    'all messages, in order',
  );
  const last = texts.lastIndexOf(String(sends));
  sim.equal(
    texts.slice(last + 1).sort().join(),
    [...Array.from({ length: monitors }, () => 'DOWN'), `EXIT ${end}`].sort().join(),
    'then one DOWN a monitor and one EXIT a link, and nothing else',
  );
  const signal = texts.indexOf('EXIT sig');
  if (sim.sometimes(signal >= 0, 'an exit signal between messages')) {
    sim.equal(signal, last - 1, 'a signal keeps its place among the messages');
  }
  await probe.expectNone((message) => message instanceof Down && message.reason !== end);
  probe.stop();
}

export const orderSuite: Suite = suite(
  'order', 'C3: pair order across kinds; names are released before notice', async (
    sim,
  ) => {
    await order(sim);
    await notice(sim);
  },
);
