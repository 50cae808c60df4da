import { describe, expect, it } from 'vitest';
import { child, defineAgent, type AgentRef, type DeliveryContext, type Receipt } from '../../../src/index.js';
import { settleTurn } from '../../support/system.js';
import { dies, EXACTLY, lifeOn, Log, TestDisk } from './lives.js';

let tries = 0;
let gate: Promise<void> = Promise.resolve();
const receipts: Promise<Receipt>[] = [];

const Agent = defineAgent({
  name: 'agent',
  durable: true,
  delivery: { backoff: { baseMs: 1, jitter: 0 } },
  init: () => ({ n: 0 }),
  calls: {
    n: (self) => self.state.n,
    raise(self) { self.state.n++; return self.state.n; },
    refuse(self) { self.state.n++; return self.refuse('NO'); },
    stopWith(self) { self.state.n++; return self.stop('normal', 'last words'); },
    stopAndSay(self) { self.state.n++; self.stop('normal'); return 'said'; },
    stopBadly(self) { if (++self.state.n === 1 && tries++ === 0) return self.stop('bad'); return self.state.n; },
    nack(self) { self.state.n++; if (tries++ === 0) (self.delivery as DeliveryContext).nack(0); return self.state.n; },
    giveUp(self) { self.state.n++; (self.delivery as DeliveryContext).terminate('given up'); },
    async tell(self, to: AgentRef<typeof Log>) {
      const sent = self.deliver(to, 'add', 'told', EXACTLY);
      receipts.push(sent);
      await sent;
      await gate;
      self.state.n++;
    },
    tellAndFail(self, to: AgentRef<typeof Log>) {
      receipts.push(self.deliver(to, 'add', 'never', { ...EXACTLY, key: 'k' }));
      self.cast(to, 'add', 'never');
      throw new Error('failed');
    },
  },
  terminate: () => gate,
});

describe('turns of durable agents', () => {
  it('P21 a refusal of a call waits for the commit as a reply does', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const agent = await system.start(Agent, { name: 'a' });
    disk.hold();
    let told = false;
    const refused = agent.call('refuse').catch((error: unknown) => { told = true; return error; });
    await settleTurn();
    expect(told).toBe(false);
    disk.release();
    expect(await refused).toMatchObject({ code: 'REFUSED', refusal: 'NO' });
  });

  it('P21 the reply of an agent that stops with it is told once it is committed', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const a = await system.start(Agent, { name: 'a' });
    expect(await a.call('stopWith')).toBe('last words');
    const b = await system.start(Agent, { name: 'b' });
    expect(await b.call('stopAndSay')).toBe('said');
  });

  it('P21 a delivery without a row is told as handled once its turn is safe, with its key', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const agent = await system.start(Agent, { name: 'a' });
    const twice = { durable: false, guarantee: 'exactly-once', key: 'k' } as const;
    disk.hold();
    const receipt = await agent.deliver('raise', undefined, twice);
    const states: string[] = [];
    void (async () => { for await (const state of receipt.changes) states.push(state); })();
    await settleTurn();
    const again = await agent.deliver('raise', undefined, twice);
    expect([receipt.state, again.state, states.includes('handled')]).toEqual(['delivered', 'delivered', false]);
    disk.release();
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 1, attempts: 1 });
    expect(await again.settled).toMatchObject({ kind: 'handled', reply: 1 });
    await settleTurn();
    expect(states.at(-1)).toBe('handled');
    expect(await agent.call('n')).toBe(1);
  });

  it('P21 a delivery without a row whose turn may be there or not is unknown', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const agent = await system.start(Agent, { name: 'a' });
    disk.hold();
    const receipt = await agent.deliver('raise', undefined, { durable: false });
    await settleTurn();
    disk.fail();
    expect(await receipt.settled).toMatchObject({ kind: 'unknown', reason: { code: 'STORE_FAILED' } });
    expect(receipt.state).toBe('unknown');
  });

  it('P6 a second reply is not taken while the first waits for its commit', async () => {
    const Twice = defineAgent({
      name: 'twice', durable: true, init: () => ({ said: [] as boolean[] }),
      calls: {
        ask(self) {
          const { from } = self;
          if (from !== undefined) self.state.said = [self.reply(from, 1), self.reply(from, 2)];
          return self.noreply();
        },
        said: (self) => self.state.said.join(),
      },
    });
    const system = lifeOn(new TestDisk());
    const agent = await system.start(Twice, { name: 't' });
    expect(await agent.call('ask')).toBe(1);
    expect(await agent.call('said')).toBe('true,false');
  });

  it('P21 a delivery that stops its agent with a reply is acknowledged with its effect', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const agent = await first.start(Agent, { name: 'a' });
    let ended: () => void = () => undefined;
    gate = new Promise((resolve) => { ended = resolve; });
    await agent.deliver('stopWith', undefined, EXACTLY);
    await settleTurn();
    await settleTurn();
    gate = Promise.resolve();
    dies(first, disk); // in its terminate
    ended();
    const second = lifeOn(disk);
    const again = await second.start(Agent, { name: 'a' });
    await settleTurn();
    expect(await again.call('n')).toBe(1);
  });

  it('P21 a delivery whose handler stops for a bad reason leaves no effect but that of its retry', async () => {
    tries = 0;
    const system = lifeOn(new TestDisk());
    await system.supervise({ children: [child('a', Agent)] });
    const receipt = await system.ref(Agent, 'a').deliver('stopBadly', undefined, EXACTLY);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 1, attempts: 2 });
  });

  it('P21 a nack drops what its handler has changed', async () => {
    tries = 0;
    const system = lifeOn(new TestDisk());
    const agent = await system.start(Agent, { name: 'a' });
    const receipt = await agent.deliver('nack', undefined, EXACTLY);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 1, attempts: 2 });
    expect(await agent.call('n')).toBe(1);
  });

  it('P21 what a handler gives up by hand ends with its effect', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const agent = await system.start(Agent, { name: 'a' });
    const receipt = await agent.deliver('giveUp', undefined, EXACTLY);
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', reason: 'given up' });
    expect(await agent.call('n')).toBe(1);
    expect((await system.store.stats()).rows).toMatchObject({ message: 0, dead: 1 });
  });

  it('P21 of a handler that fails nothing is sent, and what it sent says so', async () => {
    receipts.length = 0;
    const system = lifeOn(new TestDisk());
    const log = await system.start(Log, { name: 'log' });
    await system.supervise({ children: [child('a', Agent)] });
    await expect(system.ref(Agent, 'a').call('tellAndFail', log)).rejects.toMatchObject({ code: 'EXIT' });
    expect((await (await receipts[0])?.settled)?.kind).toBe('dropped');
    expect(await log.call('lines')).toBe('');
    expect((await system.store.stats()).rows.message).toBe(0);
  });

  it('P16 what an agent that is killed has sent in its turn is dropped, and says so', async () => {
    receipts.length = 0;
    const system = lifeOn(new TestDisk());
    const log = await system.start(Log, { name: 'log' });
    const agent = await system.start(Agent, { name: 'a' });
    gate = new Promise(() => undefined);
    agent.call('tell', log).catch(() => undefined);
    await settleTurn();
    gate = Promise.resolve();
    system.exit('a', 'kill');
    expect((await (await receipts[0])?.settled)?.kind).toBe('dropped');
    expect(system.stats().delivery).toMatchObject({ accepted: 1, dropped: 1, pending: 0 });
  });

  it('a message that is taken back in the turn that sends it is never stored', async () => {
    receipts.length = 0;
    const system = lifeOn(new TestDisk());
    const log = await system.start(Log, { name: 'log' });
    const agent = await system.start(Agent, { name: 'a' });
    let go: () => void = () => undefined;
    gate = new Promise((resolve) => { go = resolve; });
    const told = agent.call('tell', log);
    await settleTurn();
    expect((await receipts[0])?.cancel()).toBe(true);
    go();
    await told;
    gate = Promise.resolve();
    expect((await system.store.stats()).rows.message).toBe(0);
    expect(await log.call('lines')).toBe('');
  });

  it('P19 a duplicate of a message in an open turn is accepted with the commit of that turn', async () => {
    const disk = new TestDisk();
    const Teller = defineAgent({
      name: 'teller', durable: true, init: () => ({ n: 0 }),
      calls: {
        async tell(self, to: AgentRef<typeof Log>) {
          await self.deliver(to, 'add', 'x', { ...EXACTLY, key: 'k' });
          await gate;
          if (tries++ === 0) throw new Error('failed');
        },
      },
    });
    tries = 0;
    const system = lifeOn(disk);
    const log = await system.start(Log, { name: 'log' });
    await system.supervise({ children: [child('t', Teller)] });
    let go: () => void = () => undefined;
    gate = new Promise((resolve) => { go = resolve; });
    const told = system.ref(Teller, 't').call('tell', log).catch(() => 'failed');
    await settleTurn();
    let accepted = false;
    const again = log.deliver('add', 'x', { ...EXACTLY, key: 'k' }).then(() => { accepted = true; }, () => 'refused');
    await settleTurn();
    expect(accepted).toBe(false);
    go();
    gate = Promise.resolve();
    expect(await told).toBe('failed');
    expect(await again).toBe('refused');
    const third = await log.deliver('add', 'x', { ...EXACTLY, key: 'k' });
    expect((await third.settled).kind).toBe('handled');
    expect(await log.call('lines')).toBe('x');
  });
});
