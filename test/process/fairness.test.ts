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

const TICKS = 5;
/** 25 ms at best; a loop that is held comes nowhere near, a busy machine costs some. */
const TICKS_MS_MAX = 1_000;

/** How many ms a timer of 5 ms takes to fire five times while `load` runs. */
async function msBeside(system: System, load: (going: () => boolean) => void): Promise<number> {
  let going = true;
  const began = performance.now();
  load(() => going);
  await new Promise<void>((resolve) => {
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks < TICKS) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  going = false;
  const took = performance.now() - began;
  await settle();
  return took;
}

describe('P8 PR-19 fairness', () => {
  it('an endless `for (;;) await ref.call()` lets timers and I/O have their turns', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    let calls = 0;
    const took = await msBeside(system, (going) => {
      void (async () => {
        while (going()) {
          await ref.call('say', 1);
          calls++;
        }
      })();
    });
    expect(took).toBeLessThan(TICKS_MS_MAX);
    expect(calls).toBeGreaterThan(200);
  });

  it('so does one from inside an agent', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    const Caller = defineAgent({
      name: 'Caller', init: () => ({}),
      casts: { async go(self, going: () => boolean) { while (going()) await self.call(ref, 'slowly', 1); } },
    });
    expect(await msBeside(system, (going) => system.start(Caller).cast('go', going))).toBeLessThan(TICKS_MS_MAX);
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
    const took = await msBeside(system, () => a.cast('ball', b));
    going.on = false;
    await settle();
    expect(took).toBeLessThan(TICKS_MS_MAX);
    expect(hits).toBeGreaterThan(200);
  });

  it('and an agent that floods itself', async () => {
    const system = testSystem();
    const ref = system.start(Echo);
    const took = await msBeside(system, () => ref.cast('again'));
    system.exit(ref, 'kill');
    expect(took).toBeLessThan(TICKS_MS_MAX);
  });

  it('and a plain process that receives from itself', async () => {
    const system = testSystem();
    const took = await msBeside(system, (going) => {
      system.spawn(async (self) => {
        while (going()) {
          self.send(self.pid, 1);
          await self.receive();
        }
      });
    });
    expect(took).toBeLessThan(TICKS_MS_MAX);
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

  it('P8 with K runnable agents each gets a turn: a flood of one does not starve the others', async () => {
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
