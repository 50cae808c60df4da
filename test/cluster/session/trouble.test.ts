import { describe, expect, it } from 'vitest';
import { type SendResult, Sessions } from '../../../src/cluster/session/index.js';
import { decodeFrame, encodeFrame, type Frame, Kind } from '../../../src/cluster/wire/index.js';
import { handshake, quiet, run, sends, sent, side } from './side.js';

describe('sessions in trouble', () => {
  it('P38: a frame that is lost on a long way is sent again once, with what was behind it', () => run(
    async (sim, network) => {
      network.set({ delayMs: 200 });
      const [a, b] = [side(network, 'a'), side(network, 'b')];
      a.sessions.connect('b');
      await sim.sleep(2_000);
      const count = sent(a, (nth) => nth === 0);
      sends(a, 'b', 40);
      await sim.sleep(10_000);
      expect(b.events.slice(1)).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
      expect(count.bytes / 800_000).toBeLessThanOrEqual(2.2);
      expect([a.events, a.sessions.account.forwarded]).toEqual([['up b1'], 40]);
    }, 20_500,
  ));

  it('P38: a receiver that is held up is asked whether it is there, and not sent everything again', () => run(
    async (sim, network) => {
      const [a, b] = [side(network, 'a'), side(network, 'b')];
      a.sessions.connect('b');
      await sim.sleep(100);
      const count = sent(a);
      b.machine.program.stall(7_000);
      sends(a, 'b', 400);
      await sim.sleep(15_000);
      expect(b.events.slice(1)).toEqual(Array.from({ length: 400 }, (_, n) => String(n % 256)));
      expect(count.bytes / 8_000_000).toBeLessThanOrEqual(1.5);
      expect(a.events).toEqual(['up b1']);
    },
  ));

  it('what is lost to the last frame comes soon after', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    const count = sent(a, (nth) => nth < 134);
    sends(a, 'b', 400);
    await sim.sleep(1_200);
    expect(b.events.slice(1)).toEqual(Array.from({ length: 400 }, (_, n) => String(n % 256)));
    expect(count.bytes / 8_000_000).toBeLessThanOrEqual(2.2);
  }));

  it('who has said hello and died keeps nobody from asking its next life', () => run(async (sim, network) => {
    const b = side(network, 'b', { whileDown: {} });
    const a = side(network, 'a');
    a.sessions.connect('b');
    await sim.sleep(1);
    a.machine.crash();
    await sim.sleep(4);
    expect(b.send('a', 7)).toEqual(['parked']);
    const later = side(network, 'a', {}, 2);
    await sim.sleep(1_000);
    expect([b.events, later.events]).toEqual([['up a2'], ['up b1', '7']]);
  }));

  it('who asks goes on asking when others ask meanwhile', () => run(async (sim, network) => {
    const b = side(network, 'b');
    b.sessions.connect('a');
    await sim.sleep(10);
    for (const mine of [5, 6]) b.sessions.frame(encodeFrame(handshake(Kind.Hello, 'a1', mine, 0)));
    const a = side(network, 'a', {}, 2);
    await sim.sleep(1_000);
    expect([a.events, b.events]).toEqual([['up b1'], ['up a2']]);
  }));

  it('a welcome of a life that is over opens nothing once the next has said hello', () => run((_sim, network) => {
    const b = side(network, 'b');
    const tags: number[] = [];
    const carry = b.machine.send.bind(b.machine);
    b.machine.send = (to, bytes) => {
      tags.push((decodeFrame(bytes.slice(), Infinity) as Frame).mine);
      carry(to, bytes);
    };
    b.sessions.connect('a');
    b.sessions.frame(encodeFrame(handshake(Kind.Hello, 'a2', 6, 0)));
    b.sessions.frame(encodeFrame(handshake(Kind.Welcome, 'a1', 5, tags[0] as number)));
    expect([b.events, new Set(tags).size]).toEqual([[], 2]);
    b.sessions.frame(encodeFrame(handshake(Kind.Welcome, 'a2', 6, tags.at(-1) as number)));
    expect(b.events).toEqual(['up a2']);
    return Promise.resolve();
  }));

  it('what can be no node is refused, and nothing is kept of it', () => run(async (sim, network) => {
    const a = side(network, 'a', { whileDown: {} });
    for (const bad of ['', 'a b', 'x'.repeat(65), '\ud800']) expect(a.send(bad, 1)).toEqual(['refused']);
    expect(() => a.sessions.connect('a b')).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect([a.sessions.peers.size, a.sessions.account.refused]).toEqual([0, 4]);
    await sim.sleep(500);
  }));

  it('a session does not begin when the end of the one before has disconnected', () => run(async (sim, network) => {
    const a = side(network, 'a');
    const b = side(network, 'b', {}, 1, { down: (sessions) => sessions.disconnect('a') });
    b.sessions.connect('a');
    await sim.sleep(100);
    a.machine.crash();
    side(network, 'a', {}, 2).sessions.connect('b');
    await sim.sleep(20);
    expect(b.events).toEqual(['up a1', 'down a1 restarted 0 0']);
  }));

  it('what a callback throws is reported, and stops neither what follows nor the clock', () => run(
    async (sim, network) => {
      const bang = (): never => {
        throw new Error('bang');
      };
      const b = side(network, 'b', {}, 1, { message: (_sessions, value) => value === 2 && bang(), down: bang });
      const [a, c] = [side(network, 'a'), side(network, 'c')];
      for (const one of [a, c]) one.sessions.connect('b');
      await sim.sleep(100);
      a.send('b', 1, 2, 3);
      await sim.sleep(10);
      expect(b.events.slice(2)).toEqual(['1', '2', 'message threw Error: bang', '3']);
      for (const one of ['a', 'c']) network.cut(one, 'b');
      await sim.sleep(20_000);
      expect(b.events.slice(6).sort()).toEqual([
        'down a1 silence 0 0', 'down c1 silence 0 0', 'down threw Error: bang', 'down threw Error: bang',
      ]);
    },
  ));

  it('a loop that was held up gives a verdict in time when it runs again', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a', { tickMs: 500 }), side(network, 'b', { silenceMs: 60_000, resendsMax: 99 })];
    a.sessions.connect('b');
    await sim.sleep(650);
    b.send('a', 1);
    a.machine.program.stall(30_000);
    await sim.sleep(5);
    network.cut('b', 'a'); // that message alone has come
    await sim.sleep(30_000 + 9_500);
    expect(a.events).toEqual(['up b1', '1', 'down b1 silence 0 0']);
  }));

  it('nothing is sent while all is closed, and the account holds', () => run(async (sim, network) => {
    const results: SendResult[] = [];
    const a = side(network, 'a', { whileDown: {} }, 1, {
      down: (sessions) => {
        results.push(sessions.send('b', Uint8Array.of(1)), sessions.send('c', Uint8Array.of(1)));
        sessions.connect('d');
      },
    });
    side(network, 'b');
    a.sessions.connect('b');
    await sim.sleep(100);
    a.sessions.close();
    const { accepted, forwarded, unknown, dropped, refused } = a.sessions.account;
    expect([results, accepted, forwarded + unknown + dropped, refused]).toEqual([['refused', 'refused'], 0, 0, 2]);
    expect([a.sessions.peers.size, a.sessions.waiting()]).toEqual([0, 0]);
  }));

  it('a hole is told of also when there is something to send', () => run(async (sim, network) => {
    const options = { resendMs: 5_000 };
    const [a, b] = [side(network, 'a', options), side(network, 'b', options)];
    a.sessions.connect('b');
    await sim.sleep(100);
    sent(a, (nth) => nth === 0);
    const { inbox } = b.machine;
    let frames = 0;
    b.machine.inbox = {
      frame: (bytes) => {
        inbox?.frame(bytes);
        if (frames < 3) b.send('a', frames++); // in the same turn
      },
      unreachable: () => undefined,
    };
    for (let n = 0; n < 3; n++) {
      a.send('b', n);
      await sim.sleep(1);
    }
    await sim.sleep(100);
    expect([b.events, a.events]).toEqual([['up a1', '0', '1', '2'], ['up b1', '0', '1', '2']]);
  }));

  it('small credit is renewed when it is used, not at the next look', () => run(async (sim, network) => {
    const [a] = [side(network, 'a'), side(network, 'b', { tickMs: 1_000 }, 1, { room: () => 4 })];
    a.sessions.connect('b');
    await sim.sleep(2_000);
    a.send('b', ...Array.from({ length: 100 }, (_, n) => n));
    await sim.sleep(300);
    expect(a.sessions.account.forwarded).toBe(100);
  }));

  it('an incarnation is a plain name, ours and theirs', () => run((_sim, network) => {
    const b = side(network, 'b');
    for (const bad of ['a\n1', '', 'x'.repeat(65)]) {
      b.sessions.frame(encodeFrame(handshake(Kind.Hello, bad, 5, 0)));
      expect(() => new Sessions(b.machine.program, b.machine, 'b', bad, quiet)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', option: 'node.incarnation' }),
      );
    }
    expect([b.sessions.account.stale, b.sessions.peers.size]).toEqual([3, 0]);
    return Promise.resolve();
  }));
});
