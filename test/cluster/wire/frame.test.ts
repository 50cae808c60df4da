import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEnvelope, decodeFrame, encodeEnvelope, encodeFrame, type Envelope, type Frame, FRAME_MESSAGES_MAX, nodeName,
  NOTE_BYTES_MAX, packPayload, unpackPayload, VERSION,
} from '../../../src/cluster/wire/index.js';

const MAX = 0x10_0000;
const number = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32));
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const bytes = fc.uint8Array({ maxLength: 300 });
const frames: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const),
  from: text, incarnation: text, to: text, mine: number, yours: number, first: number, ack: number, limit: number,
  note: fc.option(bytes), messages: fc.array(bytes, { maxLength: 12 }),
});
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.integer({ min: 1, max: 255 }), to: fc.oneof(number, text), from: number, ref: number, op: fc.option(text),
  flags: number, expiresInMs: fc.option(number), trace: fc.option(text), provenance: fc.option(bytes), body: bytes,
});
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const plain: Frame = {
  kind: 3, from: 'a', incarnation: 'i', to: 'b', mine: 1, yours: 2, first: 1, ack: 0, limit: 9, note: null,
  messages: [Uint8Array.of(7)],
};

/** Without views, which would be compared with the buffers behind them. */
function copied<T>(value: T): T {
  return structuredClone(value);
}

describe('P38: frames', () => {
  it('P38: any frame, and any message, comes back as it was', () => {
    fc.assert(fc.property(frames, (frame) => {
      expect(copied(decodeFrame(encodeFrame(frame), MAX))).toEqual(copied(frame));
    }), { numRuns: 500 });
    fc.assert(fc.property(envelopes, (message) => {
      expect(copied(decodeEnvelope(encodeEnvelope(message)))).toEqual(copied(message));
    }), { numRuns: 500 });
  });

  it('P38: what is read has one form: written again it is the same bytes', () => {
    fc.assert(fc.property(frames, fc.nat(), fc.nat(255), (frame, at, byte) => {
      const changed = encodeFrame(frame);
      changed[at % changed.length] = byte;
      const found = decodeFrame(changed, MAX);
      if (typeof found !== 'string') expect(encodeFrame(found)).toEqual(changed);
      else expect(['damaged', 'limit', 'version']).toContain(found);
    }), { numRuns: 3_000 });
  });

  it('P38: a frame that was cut, or goes on, is damaged; so are random bytes', () => {
    fc.assert(fc.property(frames, fc.nat(), (frame, cut) => {
      const whole = encodeFrame(frame);
      expect(decodeFrame(whole.subarray(0, cut % whole.length), MAX)).toBe('damaged');
      expect(decodeFrame(Uint8Array.from([...whole, 0]), MAX)).toBe('damaged');
    }), { numRuns: 500 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
      expect(['damaged', 'limit', 'version']).toContain(decodeFrame(random, MAX));
      expect(['damaged', 'limit']).toContain(decodeEnvelope(random));
    }), { numRuns: 3_000 });
  });

  it('P38: another version is told apart, whatever its positions are', () => {
    const other = encodeFrame(plain);
    other[1] = VERSION + 1;
    expect(decodeFrame(other, MAX)).toBe('version');
    expect(decodeFrame(hex('84 02 f6 f6 f6'), MAX)).toBe('version');
  });

  it('P38: over the limits of bytes, messages, notes and texts it is refused', () => {
    expect(decodeFrame(encodeFrame(plain), 10)).toBe('limit');
    const many = { ...plain, messages: new Array<Uint8Array>(FRAME_MESSAGES_MAX + 1).fill(new Uint8Array(0)) };
    expect(decodeFrame(encodeFrame(many), MAX)).toBe('limit');
    const noted = [...hex('8c 01 05 61 61 61 69 61 62 00 00 00 00 00 59 1001'), ...new Uint8Array(4_097), 0x80];
    expect(decodeFrame(Uint8Array.from(noted), MAX)).toBe('limit');
    expect(() => encodeFrame({ ...plain, from: 'x'.repeat(1_025) })).toThrow(
      expect.objectContaining({ code: 'NOT_SENDABLE', option: 'node' }),
    );
    expect(() => encodeFrame({ ...plain, from: '\ud800' })).toThrow(expect.objectContaining({ code: 'NOT_SENDABLE' }));
  });

  it('P38: what would not be read is refused at its sender, and what was sent before is as it was', () => {
    const refused = (option: string): unknown => expect.objectContaining({ code: 'NOT_SENDABLE', option });
    const message: Envelope = {
      kind: 1, to: 1, from: 2, ref: 3, op: 'o', flags: 0, expiresInMs: 5, trace: null, provenance: null,
      body: Uint8Array.of(1),
    };
    const good = encodeEnvelope(message);
    for (const [name, values] of Object.entries({
      kind: [0, 256, 1.5], to: [-1, 2 ** 53], from: [-1, NaN], ref: [2 ** 53, Infinity], flags: [0.5],
      expiresInMs: [Infinity, NaN, 2 ** 60], provenance: [new Uint8Array(NOTE_BYTES_MAX + 1)],
    })) {
      for (const value of values) expect(() => encodeEnvelope({ ...message, [name]: value })).toThrow(refused(name));
    }
    for (const [name, value] of [['note', new Uint8Array(NOTE_BYTES_MAX + 1)], ['ack', -1], ['kind', 6]]) {
      expect(() => encodeFrame({ ...plain, [name as string]: value })).toThrow(refused(name as string));
    }
    const left = (expiresInMs: number): unknown =>
      (decodeEnvelope(encodeEnvelope({ ...message, expiresInMs })) as Envelope).expiresInMs;
    expect([-5, 0.2, 7].map(left)).toEqual([0, 1, 7]);
    expect(decodeEnvelope(encodeEnvelope({ ...message, provenance: new Uint8Array(NOTE_BYTES_MAX) })))
      .toMatchObject({ kind: 1 });
    expect(good).toEqual(encodeEnvelope(message));
  });

  it.each([
    ['a length beyond its end', '8c 01 03 7a ffffffff 61'], ['more messages than bytes', '8c 01 03 61 61 60 60 00 00 '
      + '00 00 00 f6 99 0fff'],
    ['a number in a longer form', '8c 01 18 03'], ['an endless array', '9f 01 03'], ['a number beyond 2^53',
      '8c 01 03 61 61 60 60 1b ffffffffffffffff'],
    ['a text that is no UTF-8', '8c 01 03 61 ff'], ['a kind that nobody knows', '8c 01 18 63'],
    ['a number where a text belongs', '8c 01 03 01'], ['nothing', ''],
  ])('P38: %s is damaged', (_name, bad) => {
    expect(decodeFrame(hex(bad), MAX)).toBe('damaged');
  });

  it('P38: a million bad frames leave no memory behind', () => {
    const lie = hex('8c 01 03 61 61 60 60 00 00 00 00 00 5a 7fffffff');
    const bad = [lie, hex('9b 00ffffffffffffff'), hex('8c 02'), encodeFrame(plain).subarray(0, 12)];
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000; i++) decodeFrame(bad[i & 3] as Uint8Array, MAX);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
  });

  it('messages are views: no byte is copied before the target takes it', () => {
    const whole = encodeFrame(plain);
    const found = decodeFrame(whole, MAX) as Frame;
    expect(found.messages[0]?.buffer).toBe(whole.buffer);
  });
});

describe('payloads between nodes', () => {
  it('P38: what cannot travel is refused at its sender, by its path', () => {
    expect(() => packPayload({ tools: [1, { run: () => 1 }] }, 'payload')).toThrow(expect.objectContaining({
      code: 'NOT_SENDABLE', option: 'payload.tools[1].run',
      message: expect.stringContaining('payload.tools[1].run: got ') as string,
    }));
    expect(() => packPayload('x'.repeat(2_000), 'payload', { bytesMax: 1_000 })).toThrow(
      expect.objectContaining({ code: 'NOT_SENDABLE' }),
    );
  });

  it('P38: bytes that are none are DAMAGED', () => {
    expect(() => unpackPayload(hex('d9dfff8300816161f5'))).toThrow(expect.objectContaining({
      code: 'DAMAGED', message: expect.stringContaining('from another node') as string,
    }));
  });

  it('exit reasons and abort reasons come back', () => {
    const back = (value: unknown): unknown => unpackPayload(packPayload(value, 'reason'));
    for (const reason of ['normal', 'shutdown', 'killed', { shutdown: 'x' }, { nocatch: undefined }, undefined]) {
      expect(back(reason)).toEqual(reason);
    }
    const abort = back(AbortSignal.abort().reason) as Error;
    expect([abort instanceof Error, abort.name]).toEqual([true, 'AbortError']);
    const crash = back(new TypeError('boom', { cause: new Error('why') })) as Error;
    expect([crash.name, crash.message, (crash.cause as Error).message]).toEqual(['TypeError', 'boom', 'why']);
  });

  it('names of nodes are plain', () => {
    expect(nodeName('node.name', 'eu-1.a_b')).toBe('eu-1.a_b');
    for (const bad of ['', '-a', 'a b', 'a'.repeat(65), 'ä', 7, undefined]) {
      expect(() => nodeName('node.name', bad)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    }
  });
});
