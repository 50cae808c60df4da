import { describe, expect, it } from 'vitest';
import { child } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { dies, EXACTLY, lifeOn, TestDisk } from '../../delivery/durable/lives.js';

const QUICK = { backoff: { baseMs: 1, jitter: 0 } } as const;

const Vault = defineStatem({
  name: 'vault',
  durable: true,
  init: () => ({ state: 'shut', data: { coins: 0, put: [] as string[] } }),
  states: {
    shut: {
      casts: {
        put(self) { self.data.coins++; return self.keep().postpone(); },
        open: (self) => self.next('open'),
      },
    },
    open: {
      casts: {
        put(self, what: string) { self.data.put.push(what); },
        open: () => undefined,
        nack(self) { self.delivery?.nack(1); self.data.put.push('nacked'); return self.next('shut'); },
      },
    },
  },
  common: { calls: { look: (self) => `${self.state} ${self.data.put.join()}`, add: (self) => ++self.data.coins } },
});

/** In `a` it answers what it postpones; in `b` it would answer it again. */
const Desk = defineStatem({
  name: 'desk',
  durable: true,
  init: () => ({ state: 'a', data: null }),
  states: {
    a: {
      calls: {
        ask(self, how: string) {
          handled++;
          const { delivery } = self;
          if (how === 'ack') delivery?.ack('first');
          if (how === 'terminate') delivery?.terminate('first');
          if (how === 'reply' && self.from !== undefined) self.reply(self.from, 'first');
          if (how === 'fail' && delivery?.attempt === 1) {
            delivery.ack('first');
            throw new Error('failed');
          }
          if (how === 'action') return self.keep().reply('first').postpone();
          return how === 'refuse' ? self.keep().refuse('NO').postpone() : self.keep().postpone();
        },
      },
    },
    b: {
      calls: { ask(self) { handled++; return self.keep().reply('second'); } },
    },
  },
  common: {
    casts: {
      tell(self, ends: boolean) {
        handled++;
        if (ends) self.delivery?.terminate('told');
        else self.delivery?.ack();
        return self.next(self.state === 'a' ? 'b' : 'a').postpone();
      },
    },
    calls: { go: (self) => self.next('b').reply(1), handled: () => handled },
  },
});
let handled = 0;

async function deskOf() {
  handled = 0;
  const system = lifeOn(new TestDisk());
  await system.supervise({ children: [child('desk', Desk)] });
  return { system, desk: system.ref(Desk, 'desk') };
}

/** It postpones what is put while it is shut; stuck, it never ends with it. */
const Hatch = defineStatem({
  name: 'hatch',
  durable: true,
  init: () => ({ state: 'shut', data: null }),
  states: {
    shut: { calls: { put: (self) => self.keep().postpone() } },
    stuck: { calls: { put(self) { attempt = self.delivery?.attempt ?? 0; return self.noreply(); } } },
    open: { calls: { put: (self, what: string) => what } },
  },
  common: {
    casts: { to: (self, state: string) => self.next(state as 'open') },
    calls: { at: (self) => `${self.state} ${attempt}` },
  },
});
let attempt = 0;

describe('stored deliveries to a durable machine', () => {
  it('P21 a transition and the end of its delivery are one commit: whatever crashes, one effect', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const vault = await first.start(Vault, { name: 'vault' });
    const opened = await vault.deliver('open', undefined, { ...EXACTLY, key: 'o' });
    expect(await opened.settled).toMatchObject({ kind: 'handled' });
    disk.hold();
    const lost = await Promise.race([vault.deliver('put', 'a', { ...EXACTLY, key: 'a' }), Promise.resolve(null)]);
    expect(lost).toBeNull();
    dies(first, disk);
    const second = lifeOn(disk);
    const again = await second.start(Vault, { name: 'vault' });
    const receipt = await again.deliver('put', 'a', { ...EXACTLY, key: 'a' });
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 1 });
    disk.hold();
    const handled = again.call('look');
    disk.crash();
    await expect(Promise.race([handled, Promise.resolve('waits')])).resolves.toBe('waits');
    dies(second, disk);
    const third = lifeOn(disk);
    const last = await third.start(Vault, { name: 'vault' });
    const known = await last.deliver('put', 'a', { ...EXACTLY, key: 'a' });
    expect(await known.settled).toMatchObject({ kind: 'handled' });
    expect(await last.call('look')).toBe('open a');
  });

  it('P21 SM-05 a postponed one is handled by the next life, when its event is', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const vault = await first.start(Vault, { name: 'vault' });
    await vault.deliver('put', 'gold', { ...EXACTLY, key: 'g' });
    expect(await vault.call('add')).toBe(2);
    dies(first, disk);
    const second = lifeOn(disk);
    const again = await second.start(Vault, { name: 'vault' });
    await expect.poll(() => again.call('add')).toBeGreaterThan(3);
    expect(await again.call('look')).toBe('shut ');
    await again.deliver('open', undefined, EXACTLY);
    await expect.poll(() => again.call('look')).toBe('open gold');
    const known = await again.deliver('put', 'gold', { ...EXACTLY, key: 'g' });
    expect(await known.settled).toMatchObject({ kind: 'handled' });
    expect(await again.call('look')).toBe('open gold');
  });

  it('P21 a nack leaves nothing of the turn', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const vault = await system.start(Vault, { name: 'vault' });
    await vault.call('look');
    await (await vault.deliver('open', undefined, EXACTLY)).settled;
    const receipt = await vault.deliver('nack', undefined, { attemptsMax: 2 });
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered', attempts: 2 });
    expect(await vault.call('look')).toBe('open ');
    const letter = system.deadLetters.list({ op: 'nack' })[0];
    expect(letter).toMatchObject({ attempts: 2 });
  });

  it.each([
    ['ack', { kind: 'handled', reply: 'first', attempts: 1 }],
    ['reply', { kind: 'handled', reply: 'first', attempts: 1 }],
    ['action', { kind: 'handled', reply: 'first', attempts: 1 }],
    ['refuse', { kind: 'refused', reason: 'NO', attempts: 1 }],
    ['terminate', { kind: 'dead-lettered', reason: 'first', attempts: 1 }],
  ] as const)('P20 SM-05 one that ended by %s is over, though it says that it is postponed', async (how, outcome) => {
    const { desk, system } = await deskOf();
    const receipt = await desk.deliver('ask', how, { ...EXACTLY, key: 'k' });
    expect(await receipt.settled).toMatchObject(outcome);
    expect(await desk.call('go')).toBe(1);
    expect(await desk.call('handled')).toBe(1);
    expect(desk.stats().delivery).toMatchObject({ delivered: 1, inTransit: 0, running: 0 });
    expect(system.deadLetters.list()).toHaveLength(how === 'terminate' ? 1 : 0);
    await (await desk.deliver('tell', how === 'terminate')).settled;
    expect(await desk.call('handled')).toBe(2);
  });

  it('P20 SM-05 what a failed turn has answered counts for nothing: its next attempt can be postponed', async () => {
    const { desk } = await deskOf();
    const receipt = await desk.deliver('ask', 'fail', { ...QUICK, onError: () => 'retry' });
    await expect.poll(() => desk.stats().delivery).toMatchObject({ delivered: 2, inTransit: 1 });
    expect(await desk.call('go')).toBe(1);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: 'second', attempts: 2 });
    expect(await desk.call('handled')).toBe(3);
  });

  it('P22 SM-05 a death of the program is no attempt of one that waits postponed, but of one that runs', async () => {
    const disk = new TestDisk();
    let life = lifeOn(disk);
    let hatch = await life.start(Hatch, { name: 'hatch' });
    await hatch.deliver('put', 'gold', { ...EXACTLY, key: 'g', attemptsMax: 3 });
    const next = async (): Promise<void> => {
      dies(life, disk);
      life = lifeOn(disk);
      hatch = await life.start(Hatch, { name: 'hatch' });
      await expect.poll(() => hatch.stats().delivery.delivered).toBe(1);
      await hatch.call('at');
    };
    for (let lives = 0; lives < 7; lives++) {
      await next();
      expect(hatch.stats().delivery).toMatchObject({ inTransit: 1, running: 0 });
    }
    hatch.cast('to', 'stuck');
    expect(await hatch.call('at')).toBe('stuck 1');
    await next();
    expect(await hatch.call('at')).toBe('stuck 2');
    hatch.cast('to', 'open');
    expect(await hatch.call('at')).toBe('open 2');
    await next();
    const known = await hatch.deliver('put', 'gold', { ...EXACTLY, key: 'g', attemptsMax: 3 });
    expect(await known.settled).toMatchObject({ kind: 'handled', attempts: 3 });
    expect(life.deadLetters.list()).toHaveLength(0);
  });
});
