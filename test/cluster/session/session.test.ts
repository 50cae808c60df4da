import { describe, expect, it } from 'vitest';
import {
  type SendResult, Sessions, type SessionEvents, type SessionOptions,
} from '../../../src/cluster/session/index.js';
import { decodeFrame, encodeFrame, type Frame, Kind } from '../../../src/cluster/wire/index.js';
import { type Machine, Network } from '../../../src/testing/network.js';
import { simulate, type Simulation } from '../../../src/testing/index.js';

interface Side {
  readonly machine: Machine;
  readonly sessions: Sessions;
  readonly events: string[];
  send(to: string, ...values: number[]): SendResult[];
}

/** What a node does when it is told. */
interface Acts {
  down?(sessions: Sessions): void;
  message?(sessions: Sessions, value: number): void;
  room?(): number;
}

const nothing = (): void => undefined;
const quiet: SessionEvents = { up: nothing, down: nothing, message: nothing, expired: nothing, failed: nothing };

function side(
  network: Network, name: string, options: SessionOptions = {}, life = 1, acts: Acts = {},
): Side {
  const machine = network.machine(name);
  const events: string[] = [];
  const sessions = new Sessions(machine.program, machine, name, `${name}${life}`, {
    up: (_node, incarnation) => void events.push(`up ${incarnation}`),
    down: (_node, incarnation, why, { unknown, dropped }) => {
      events.push(`down ${incarnation} ${why} ${unknown} ${dropped}`);
      acts.down?.(sessions);
    },
    message: (_node, bytes) => {
      events.push(String(bytes[0]));
      acts.message?.(sessions, bytes[0] as number);
    },
    expired: (node, count) => void events.push(`expired ${node} ${count}`),
    ...(acts.room && { room: acts.room }),
    failed: (event, error) => void events.push(`${event} threw ${String(error)}`),
  }, options);
  const send = (to: string, ...values: number[]): SendResult[] =>
    values.map((value) => sessions.send(to, Uint8Array.of(value)));
  return { machine, sessions, events, send };
}

/** From `a` to `b`. */
function handshake(kind: typeof Kind.Hello | typeof Kind.Welcome, incarnation: string, mine: number, yours: number):
Frame {
  return { kind, from: 'a', incarnation, to: 'b', mine, yours, first: 0, ack: 0, limit: 0, note: null, messages: [] };
}

function run(body: (sim: Simulation, network: Network) => Promise<void>, bytesMax?: number): Promise<unknown> {
  return simulate(3, (sim) => body(sim, new Network(sim, bytesMax)));
}

/** The bytes of messages that leave a machine from now on; `lost` says which frames do not arrive. */
function sent(from: Side, lost: (nth: number, frame: Frame) => boolean = () => false): { bytes: number } {
  const count = { bytes: 0 };
  const carry = from.machine.send.bind(from.machine);
  let nth = 0;
  from.machine.send = (to, bytes) => {
    const frame = decodeFrame(bytes.slice(), Infinity) as Frame;
    const size = frame.messages.reduce((sum, { length }) => sum + length, 0);
    count.bytes += size;
    if (size === 0 || !lost(nth++, frame)) carry(to, bytes);
  };
  return count;
}

/** Messages of 20 kB, numbered from 0. */
function sends(from: Side, to: string, count: number): void {
  for (let n = 0; n < count; n++) from.sessions.send(to, new Uint8Array(20_000).fill(n));
}

describe('sessions between two nodes', () => {
  it('what one turn of the event loop sends leaves as one frame', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    const before = network.sent;
    a.send('b', ...Array.from({ length: 200 }, (_, n) => n));
    await sim.sleep(2);
    expect(network.sent - before).toBe(1);
    expect(b.events).toEqual(['up a1', ...Array.from({ length: 200 }, (_, n) => String(n))]);
    expect(a.events).toEqual(['up b1']);
    await sim.sleep(100);
    expect(a.sessions.account).toMatchObject({ accepted: 200, forwarded: 200, unknown: 0 });
  }));

  it('what does not fit into one frame leaves in several, in order', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    for (let n = 0; n < 100; n++) a.sessions.send('b', new Uint8Array(30_000).fill(n));
    expect(a.sessions.send('b', new Uint8Array(70_000))).toBe('too-large');
    expect(a.sessions.send('b', new Uint8Array(a.sessions.rules.messageBytesMax).fill(100))).toBe('ok');
    await sim.sleep(1_000);
    expect(b.events.slice(1)).toEqual(Array.from({ length: 101 }, (_, n) => String(n)));
  }));

  it('without a session a message is refused, and one is asked for', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    expect(a.send('b', 1)).toEqual(['refused']);
    await sim.sleep(100);
    expect(a.send('b', 2)).toEqual(['ok']);
    await sim.sleep(100);
    expect(b.events).toEqual(['up a1', '2']);
    expect([a.send('a', 1), a.sessions.account.refused]).toEqual([['refused'], 2]);
  }));

  it('or parked, so many of them, for so long', () => run(async (sim, network) => {
    const a = side(network, 'a', { whileDown: { messagesMax: 2, parkMs: 3_000 } });
    expect(a.send('b', 1, 2, 3)).toEqual(['parked', 'parked', 'full']);
    await sim.sleep(500);
    const b = side(network, 'b');
    await sim.sleep(2_000);
    expect(b.events).toEqual(['up a1', '1', '2']);
    a.sessions.disconnect('b');
    b.machine.crash();
    expect(a.send('b', 4)).toEqual(['parked']);
    await sim.sleep(5_000);
    expect(a.events.slice(-1)).toEqual(['expired b 1']);
    expect(a.sessions.account).toMatchObject({ accepted: 3, forwarded: 2, dropped: 1, refused: 1 });
  }));

  it('a full buffer refuses, and a slow receiver holds the sender by its credit', () => run(async (sim, network) => {
    const a = side(network, 'a', { messagesMax: 10 });
    const b = side(network, 'b', { window: 4 });
    a.sessions.connect('b');
    await sim.sleep(100);
    expect(a.send('b', ...Array.from({ length: 12 }, (_, n) => n)).filter((one) => one === 'full')).toHaveLength(2);
    await sim.sleep(2);
    expect(b.events).toEqual(['up a1', '0', '1', '2', '3']);
    await sim.sleep(1_000);
    expect(b.events).toHaveLength(11);
  }));

  it('a one-way cut ends the session at both ends, once', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    network.cut('a', 'b');
    a.send('b', 1);
    await sim.sleep(20_000);
    expect(a.events).toEqual(['up b1', expect.stringMatching(/^down b1 (bye|lost) 1 0$/)]);
    expect(b.events).toEqual(['up a1', expect.stringMatching(/^down a1 silence 0 0$/)]);
    network.heal();
    a.send('b', 2);
    await sim.sleep(100);
    expect([a.events.length, b.events.length]).toEqual([3, 3]);
  }));

  it('what does not come although the peer is heard of is sent so often, then lost', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a', { resendMs: 100, resendsMax: 4 }), side(network, 'b')];
    const carry = a.machine.send.bind(a.machine);
    a.machine.send = (to, frame) => frame.length < 500 && carry(to, frame);
    a.sessions.connect('b');
    await sim.sleep(100);
    a.sessions.send('b', new Uint8Array(1_000));
    await sim.sleep(10_000);
    expect([a.events, b.events]).toEqual([['up b1', 'down b1 lost 1 0'], ['up a1', 'down a1 bye 0 0']]);
    expect(a.sessions.account).toMatchObject({ accepted: 1, unknown: 1, resent: 4 });
  }));

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

  it('a node that was killed is down as soon as somebody says that nobody listens', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a', { beatMs: 100 }), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    b.machine.crash();
    await sim.sleep(500);
    expect(a.events).toEqual(['up b1', 'down b1 unreachable 0 0']);
  }));

  it('a later incarnation ends the session of the one before', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    b.machine.crash();
    const later = side(network, 'b', {}, 2);
    later.sessions.connect('a');
    await sim.sleep(100);
    expect(a.events).toEqual(['up b1', 'down b1 restarted 0 0', 'up b2']);
    expect(later.events).toEqual(['up a1']);
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

  it('an event loop that was held up blames nobody for the silence', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b', { silenceMs: 60_000 })];
    a.sessions.connect('b');
    await sim.sleep(100);
    a.machine.program.stall(30_000);
    await sim.sleep(40_000);
    expect([a.events, b.events]).toEqual([['up b1'], ['up a1']]);
  }));

  it('P38: bad frames are counted, and nothing else happens', () => run(async (sim, network) => {
    const [a, b] = [side(network, 'a'), side(network, 'b')];
    a.sessions.connect('b');
    await sim.sleep(100);
    const good: Frame = {
      kind: Kind.Data, from: 'a', incarnation: 'a1', to: 'b', mine: 1, yours: 2, first: 1, ack: 0, limit: 9, note: null,
      messages: [Uint8Array.of(9)],
    };
    const version = encodeFrame(good);
    version[1] = 9;
    const bad = [version, encodeFrame(good).subarray(0, 9), new Uint8Array(0x1_0001), encodeFrame(good),
      encodeFrame({ ...good, to: 'c' }), encodeFrame({ ...good, from: 'b' }), encodeFrame({ ...good, from: '\n' })];
    for (let n = 0; n < 1_000; n++) for (const one of bad) b.sessions.frame(one);
    expect(b.sessions.account).toMatchObject({
      received: 0, stale: 4_000, faults: { version: 1_000, damaged: 1_000, limit: 1_000 },
    });
    expect(b.sessions.peers.size).toBe(1);
    a.send('b', 5);
    await sim.sleep(100);
    expect(b.events).toEqual(['up a1', '5']);
  }));

  it('hellos of ever new nodes keep no more than so many peers, and not for long', () => run(async (sim, network) => {
    const b = side(network, 'b', { peersMax: 10 });
    for (let n = 0; n < 100; n++) {
      b.sessions.frame(encodeFrame({
        kind: Kind.Hello, from: `x${n}`, incarnation: 'i', to: 'b', mine: 7, yours: 0, first: 0, ack: 0, limit: 0,
        note: null, messages: [],
      }));
    }
    expect(b.sessions.peers.size).toBe(10);
    await sim.sleep(11_000);
    expect([b.sessions.peers.size, b.events]).toEqual([0, []]);
  }));

  it('bad options are refused', () => run((_sim, network) => {
    const refused = (options: object): string => {
      try {
        side(network, `n${network.random.u32()}`, options);
        return 'taken';
      } catch (error) {
        return String((error as { option?: unknown }).option);
      }
    };
    expect([
      refused({ window: 0 }), refused({ silenceMs: 1_000 }), refused({ wndow: 1 }), refused({ whileDown: 'drop' }),
      refused({ messagesMax: 10, whileDown: { messagesMax: 11 } }), refused({}),
    ]).toEqual([
      'node.session.window', 'node.session.silenceMs', 'node.session.wndow', 'node.session.whileDown',
      'node.session.whileDown', 'taken',
    ]);
    expect(typeof decodeFrame(new Uint8Array(0), 10)).toBe('string');
    return Promise.resolve();
  }));
});
