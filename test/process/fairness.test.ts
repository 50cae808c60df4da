import { createServer, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { defineAgent, type System } from '../../src/index.js';
import { testSystem } from '../support/system.js';
import { settle, until } from './peers.js';

const Echo = defineAgent({
  name: 'Echo', init: () => ({ n: 0 }),
  calls: { say: (self, n: number) => n, async slowly(self, n: number) { await Promise.resolve(); return n; } },
  casts: { again(self) { self.state.n++; (self.ref).cast('again'); } },
});

/** A loop that is held gives 0 or 1; a busy machine may cost some of the 30. */
const TICKS_MIN = 3;

/** How often a timer of 10 ms fires in 300 ms while `load` runs; 30 at best. */
async function ticksBeside(system: System, load: (going: () => boolean) => void): Promise<number> {
  let ticks = 0;
  let going = true;
  const timer = setInterval(() => ticks++, 10);
  load(() => going);
  await new Promise((resolve) => setTimeout(resolve, 300));
  going = false;
  clearInterval(timer);
  await settle();
  return ticks;
}

describe('P8 PR-19 fairness', () => {
  it('an endless `for (;;) await ref.call()` lets timers and I/O have their turns', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    let calls = 0;
    const ticks = await ticksBeside(system, (going) => {
      void (async () => {
        while (going()) {
          await ref.call('say', 1);
          calls++;
        }
      })();
    });
    expect(ticks).toBeGreaterThan(TICKS_MIN);
    expect(calls).toBeGreaterThan(5_000);
  });

  it('so does one from inside an agent', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    const Caller = defineAgent({
      name: 'Caller', init: () => ({}),
      casts: { async go(self, going: () => boolean) { while (going()) await self.call(ref, 'slowly', 1); } },
    });
    expect(await ticksBeside(system, (going) => system.start(Caller).cast('go', going))).toBeGreaterThan(TICKS_MIN);
  });

  it('and an asynchronous ping-pong of two agents', async () => {
    const system = testSystem();
    let hits = 0;
    const Player = defineAgent({
      name: 'Player', init: (going: { on: boolean }) => ({ going }),
      casts: { async ball(self, to: { pid: unknown; send(m: unknown): void }) {
        hits++;
        await Promise.resolve();
        if (self.state.going.on) self.bind(to as never as typeof a).cast('ball', self.ref);
      } },
    });
    const going = { on: true };
    const a = system.start(Player, going);
    const b = system.start(Player, going);
    const ticks = await ticksBeside(system, () => a.cast('ball', b));
    going.on = false;
    await settle();
    expect(ticks).toBeGreaterThan(TICKS_MIN);
    expect(hits).toBeGreaterThan(1_000);
  });

  it('and an agent that floods itself', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    const ticks = await ticksBeside(system, () => ref.cast('again'));
    system.exit(ref, 'kill');
    expect(ticks).toBeGreaterThan(TICKS_MIN);
  });

  it('and a plain process that receives from itself', async () => {
    const system = testSystem();
    const ticks = await ticksBeside(system, (going) => {
      system.spawn(async (self) => {
        while (going()) {
          self.send(self.pid, 1);
          await self.receive();
        }
      });
    });
    expect(ticks).toBeGreaterThan(TICKS_MIN);
  });

  it('I/O gets its turn beside a flood', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    ref.cast('again');
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const began = performance.now();
    for (let i = 0; i < 5; i++) await new Promise<void>((resolve, reject) => connect(port, '127.0.0.1').on('error', reject).on('close', () => resolve()).resume());
    expect(performance.now() - began).toBeLessThan(2_000);
    await new Promise((resolve) => server.close(resolve));
    system.exit(ref, 'kill');
  });

  it('with K runnable agents each gets a turn: a flood of one does not starve the others', async () => {
    const system = testSystem();
    const flood = system.start(Echo);
    flood.cast('again');
    const others = Array.from({ length: 50 }, () => system.start(Echo));
    const replies = await Promise.all(others.map((ref, i) => ref.call('say', i)));
    expect(replies).toEqual(others.map((_, i) => i));
    system.exit(flood, 'kill');
  });

  it('a process handles at most 256 messages before the next one gets its turn', async () => {
    const system = testSystem();
    const order: string[] = [];
    const Logger = defineAgent({ name: 'Logger', init: (name: string) => ({ name }), casts: { log(self) { order.push(self.state.name); } } });
    const [a, b] = [system.start(Logger, 'a'), system.start(Logger, 'b')];
    for (let i = 0; i < 1_000; i++) a.cast('log');
    b.cast('log');
    await until(() => order.length >= 1_001);
    expect(order.length).toBe(1_001);
    expect(order.indexOf('b')).toBeLessThanOrEqual(256);
  });
});
