import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, type Frame, Kind } from '../../../src/cluster/wire/index.js';
import { run, side } from './side.js';

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
