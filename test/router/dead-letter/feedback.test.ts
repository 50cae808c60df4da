import { describe, expect, it } from 'vitest';
import {
  type AgentRef, defineAgent, type MailboxOptions, type ProcessVerbs, type System,
} from '../../../src/index.js';
import { Undeliverable } from '../../../src/process/public.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

const Sink = defineAgent({
  name: 'sink',
  casts: { take: () => undefined, crash() { throw new Error('broken'); } },
  calls: { ask: (_self, n: number) => n, refuse: (self) => self.refuse('NO') },
});

interface Told { readonly told: Undeliverable[]; readonly run: (what: (self: ProcessVerbs) => unknown) => void }

/** An agent that asked for feedback, keeps it, and answers it by `again`. */
function sender(
  system: System, again: (self: ProcessVerbs, about: Undeliverable) => unknown = () => undefined,
  mailbox?: MailboxOptions,
): Told & { readonly ref: AgentRef<ReturnType<typeof define>> } {
  const told: Undeliverable[] = [];
  const define = () => defineAgent({
    name: 'sender',
    undeliverable: true,
    casts: { run: (self, what: (own: ProcessVerbs) => unknown) => what(self) as undefined },
    info(self, message) {
      if (!(message instanceof Undeliverable)) return undefined;
      told.push(message);
      return again(self, message);
    },
  });
  const ref = system.start(define(), mailbox === undefined ? {} : { mailbox });
  return { told, ref, run: (what) => ref.cast('run', what) };
}

const short = ({ verb, op, to, reason, hops }: Undeliverable): string =>
  `${verb} ${op} to ${to}: ${String(reason)} ${hops}`;

/** Until nothing is left to do. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await settleTurn();
}

describe('P Sender feedback: undeliverable', () => {
  it('P Sender feedback: tells of casts and sends to nobody, and of what died with its receiver', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const sink = system.start(Sink, { name: 'sink' });
    run((self) => {
      self.cast(system.ref(Sink, 'nobody'), 'take', 1 as never);
      self.send('nowhere', 'hello');
      self.cast(sink, 'crash');
      self.cast(sink, 'take');
    });
    await rest();
    expect(told.map(short)).toEqual([
      'cast take to nobody: noproc 0', 'send info to nowhere: noproc 0', 'cast take to sink: Error: broken 0',
    ]);
    expect(told[0]?.payload).toBe(1);
    expect(String(told[1])).toBe("Undeliverable(send 'info' to nowhere: noproc)");
    expect(system.deadLetters.total, 'letters are kept as ever').toBe(3);
  });

  it('tells of a delivery that became a dead letter, once', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { told, run } = sender(system);
    const sink = system.start(Sink);
    run((self) => void self.deliver(sink, 'crash', undefined, { attemptsMax: 1 }));
    await env.advance(100);
    expect(told.map((one) => `${one.verb} ${one.op}`)).toEqual(['deliver crash']);
  });

  it('tells of casts and sends that a full or closed mailbox refused', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const full = system.start(Sink, { name: 'full', mailbox: { capacity: 1 } });
    const closed = system.start(Sink, { name: 'closed' });
    closed.close();
    run((self) => {
      for (let n = 0; n < 2; n++) self.cast(full, 'take');
      self.cast(full, 'take', undefined, { lane: 'high' });
      full.cast('take');
      self.send('full', 'hello');
      full.send('hello');
      self.cast(closed, 'take');
    });
    await rest();
    expect(told.map(({ verb, op, reason }) => `${verb} ${op} ${String(reason)}`)).toEqual([
      'cast take MAILBOX_FULL', 'cast take MAILBOX_FULL', 'cast take MAILBOX_FULL', 'send info MAILBOX_FULL',
      'send info MAILBOX_FULL', 'cast take MAILBOX_CLOSED',
    ]);
    expect(told.map(({ to }) => to)).toContain('full');
  });

  it('P Sender feedback: not of calls, tryCast and mistakes, nor to those who did not ask', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const Plain = defineAgent({
      name: 'plain', casts: { go(self) { self.send('nobody', 1); } }, info() { throw new Error('no'); },
    });
    const plain = system.start(Plain);
    plain.cast('go');
    run((self) => {
      const nobody = system.ref(Sink, 'nobody');
      void self.call(nobody, 'ask', 1).catch(() => undefined);
      self.tryCast(nobody, 'take');
      self.cast(system.start(Sink), 'nothing' as never);
    });
    system.send('nobody', 'from outside');
    await rest();
    expect(told).toEqual([]);
    expect(plain.pid).toBeDefined();
  });

  it('P Sender feedback: no ping-pong: at most eight in a row, counted and logged once', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const { told, run } = sender(system, (self, { payload }) => self.send('nobody', payload));
    run((self) => self.send('nobody', 'again'));
    run((self) => self.send('nobody', 'more'));
    await rest();
    expect(told.map(({ hops }) => hops)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
    expect(system.stats().failures).toEqual({ FEEDBACK_LOOP: 2 });
    expect(logger.texts('warn').filter((text) => text.includes('Undeliverable'))).toHaveLength(1);
    run((self) => self.send('elsewhere', 'fresh'));
    await rest();
    const fresh = told.filter(({ to }) => to === 'elsewhere');
    expect(fresh.map(({ hops }) => hops), 'another message begins at 0').toEqual([0]);
  });

  it('P Sender feedback: hops count on after an await, and in a mailbox that counts bytes', async () => {
    const system = testSystem();
    const { told, run } = sender(system, async (self) => {
      await settleTurn();
      self.send('nobody', 'again');
    }, { capacityBytes: 1_000, sizeOf: () => 10 });
    run((self) => self.send('nobody', 'again'));
    await rest();
    expect(told.map(({ hops }) => hops)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('a dead sender hears nothing, and there is no feedback about feedback', async () => {
    const system = testSystem();
    const one = sender(system);
    one.run((self) => {
      self.send('nobody', 1);
      self.exit('broken');
    });
    await rest();
    expect(one.told).toEqual([]);
    const letters = system.deadLetters.list();
    expect(letters.map(({ from }) => from), 'the feedback that it left behind is a letter of nobody')
      .toContain(undefined);
  });

  it('the bound of the mailbox holds: what does not fit is counted', async () => {
    const system = testSystem();
    const { told, run, ref } = sender(system, undefined, { capacity: 3 });
    run((self) => { for (let n = 0; n < 10; n++) self.send('nobody', n); });
    await rest();
    expect(told.map(({ payload }) => payload)).toEqual([0, 1, 2]);
    expect(ref.stats().mailbox.rejected).toBe(7);
  });

  it('a letter that is sent again and dies again is told again', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const sink = system.start(Sink, { name: 'sink' });
    run((self) => { self.cast(sink, 'crash'); self.cast(system.ref(Sink, 'sink'), 'take'); });
    await rest();
    const again = system.start(Sink, { name: 'sink' });
    again.cast('crash');
    expect(system.deadLetters.retry({ op: 'take' }).retried).toHaveLength(1);
    await rest();
    expect(told.map(({ op }) => op)).toEqual(['take', 'take']);
  });

  it('refuses what is not true or false', () => {
    expect(() => defineAgent({ undeliverable: 'yes' as never })).toThrow('defineAgent.undeliverable');
  });
});

describe('P Sender feedback: undeliverable: topics and queues', () => {
  it('tells who published of what a subscriber left behind, once for each of them', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const Reader = defineAgent({
      name: 'reader',
      casts: { watch(self) { self.topic('news').subscribe({ buffer: 2, slow: 'drop-oldest' }); } },
    });
    const Listener = defineAgent({
      casts: { watch(self) { self.topic('news').subscribe(self); }, hang: () => new Promise<void>(() => undefined) },
    });
    const reader = system.start(Reader, { name: 'reader' });
    const listener = system.start(Listener, { name: 'listener' });
    for (const one of [reader, listener]) one.cast('watch');
    await rest();
    listener.cast('hang');
    run((self) => { for (const n of [1, 2, 3]) void self.topic('news').publish(n); });
    await rest();
    await system.topic('news').publish(4);
    await rest();
    expect(told).toEqual([]);
    await reader.stop();
    await rest();
    expect(told.map(short)).toEqual(['publish news to reader: normal 0']);
    expect(told[0]?.payload, 'what was dropped is none').toBe(3);
    told.length = 0;
    system.exit('listener', 'kill');
    await rest();
    expect(told.map(({ to, payload }) => [to, payload])).toEqual([1, 2, 3].map((n) => ['listener', n]));
  });

  it('says nothing of what was read, nor to whoever did not ask', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const taken: unknown[] = [];
    const reader = system.topic('news').subscribe({ withTopic: true });
    run((self) => { void self.topic('news').publish('one'); });
    await rest();
    taken.push(await reader.next());
    expect(taken).toMatchObject([{ message: 'one' }]);
    const Quiet = defineAgent({ casts: { watch(self) { self.topic('news').subscribe(); } } });
    const quiet = system.start(Quiet);
    quiet.cast('watch');
    await rest();
    await system.topic('news').publish('two');
    await quiet.stop();
    await rest();
    expect(told).toEqual([]);
    expect(system.deadLetters.list().map(({ payload }) => payload)).toEqual(['two']);
  });

  it('tells who pushed of an item that died, also when it waited for room, coalesced, or was sent again', async () => {
    const system = testSystem();
    const { told, run } = sender(system);
    const options = { leaseMs: 1_000, attemptsMax: 1, capacity: 1, overflow: 'suspend', coalesce: 'last' } as const;
    const queue = system.queue<string>('jobs', options);
    const die = async (): Promise<void> => {
      await (await queue.lease()).nack({ reason: 'no' });
      await rest();
    };
    run((self) => {
      void self.queue<string>('jobs').push('room');
      void self.queue<string>('jobs').push('waits');
    });
    await rest();
    await die();
    await die();
    expect(told.map(short)).toEqual(['push item to jobs: no 0', 'push item to jobs: no 0']);
    expect(told.map(({ payload }) => payload)).toEqual(['room', 'waits']);
    const [letter] = system.deadLetters.list();
    system.deadLetters.retry(letter?.id ?? 0);
    await die();
    expect(told.map(({ payload }) => payload)).toEqual(['room', 'waits', 'room']);
    void queue.push('theirs', { key: 'k' });
    run((self) => { void self.queue<string>('jobs').push('mine', { key: 'k' }); });
    await rest();
    await die();
    expect(told.at(-1)?.payload).toBe('mine');
    run((self) => { void self.queue<string>('jobs').push('mine', { key: 'k' }); });
    await rest();
    void queue.push('theirs', { key: 'k' });
    await die();
    expect(told, 'it took the place of one that was told about').toHaveLength(4);
  });
});
