import { describe, expect, test } from 'vitest';
import { BusError } from '../../../src/bus/public.js';
import { encodeMessage, parseMessage, type ServiceMessage } from '../../../src/bus/service/public.js';

const HEAD = { id: 'm2', submission: 'm1', session: 's', sequence: 1, parent: 'm1', operation: 'chat' };
const WORK = { by: 'worker', backend: 'model', durationMs: 1.5, attempts: 1 };
const MESSAGES: readonly ServiceMessage[] = [
  {
    ...HEAD, type: 'invoke', parent: null, agent: 'agent', payload: [1, null, { a: 'b' }],
    diagnostics: { by: 'outside' },
  },
  { ...HEAD, type: 'invoke', agent: 'agent', state: 'sha256-1', diagnostics: { by: 'outer' } },
  { ...HEAD, type: 'request', service: 'storage.object', payload: 'x', diagnostics: { by: 'agent' } },
  { ...HEAD, type: 'response', service: 'infer', payload: { text: 'y' }, diagnostics: WORK },
  { ...HEAD, type: 'response', service: 'infer', error: { code: 'TIMEOUT', message: 'no' }, diagnostics: WORK },
  { ...HEAD, type: 'complete', agent: 'agent', payload: 7, state: 'sha256-2', diagnostics: WORK },
  {
    ...HEAD, type: 'complete', agent: 'agent', payload: undefined, error: { code: 'EXIT', message: 'crash' },
    diagnostics: WORK,
  },
];

function refusal(value: unknown): string {
  try {
    parseMessage(value);
  } catch (error) {
    expect(error).toBeInstanceOf(BusError);
    expect((error as BusError).code).toBe('INVALID_MESSAGE');
    return (error as BusError).message;
  }
  return 'parsed';
}

describe('V Typed protocol: four messages, encoded and parsed strictly', () => {
  test('encode and parse are inverses, also through text', () => {
    for (const message of MESSAGES) {
      const json = encodeMessage(message);
      expect(parseMessage(JSON.parse(JSON.stringify(json)))).toEqual(message);
      expect(encodeMessage(parseMessage(json))).toEqual(json);
    }
  });

  test('each missing, extra and wrong field is an error that names it', () => {
    for (const message of MESSAGES.map(encodeMessage)) {
      const type = String(message['type']);
      for (const key of Object.keys(message)) {
        const { [key]: _, ...rest } = message;
        if (!['payload', 'state', 'error'].includes(key)) expect(refusal(rest)).toContain(key);
        const wrong = refusal({ ...message, [key]: key === 'payload' ? 1n : Symbol('no') });
        expect(wrong, `${type}.${key}: ${wrong}`).toContain(key);
      }
      expect(refusal({ ...message, more: 1 })).toContain(`${type}.more: no such field`);
      expect(refusal({ ...message, diagnostics: { ...(message['diagnostics'] as object), more: 1 } }))
        .toContain('diagnostics.more');
    }
    expect(refusal({ ...MESSAGES[3], payloads: 1 })).toContain('did you mean payload?');
  });

  test('a response needs its request, a Complete its invoke; a failure has no payload', () => {
    const [, , , response, , complete] = MESSAGES;
    expect(refusal({ ...response, parent: null })).toContain('response.parent: got null');
    expect(refusal({ ...complete, parent: null })).toContain('complete.parent: got null');
    expect(refusal({ ...response, error: { code: 'X', message: 'y' } })).toContain('response.payload');
  });

  test('what is no message at all, and hostile objects', () => {
    const throwing = Object.defineProperty({}, 'type', { get() { throw new Error('no'); } });
    for (const value of [undefined, null, 1, 'x', [], {}, { type: 'toString' }, { type: 1 }, throwing]) {
      expect(refusal(value)).toContain('message.type');
    }
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const hostile = { enumerable: true, get(): never { throw new Error('no'); } };
    expect(refusal(Object.defineProperty({ ...MESSAGES[2] }, 'id', hostile))).toContain('request: it cannot be read');
    expect(refusal({ ...MESSAGES[2], payload: cyclic })).toContain('request.payload.0');
    expect(refusal({ ...MESSAGES[2], payload: Object.defineProperty({}, 'x', hostile) })).toContain('request');
    expect(refusal({ ...MESSAGES[2], payload: { toJSON: () => 1 } })).toContain('request.payload');
    for (const service of ['', 'a b', 'a..b', '.a', 'ä']) {
      expect(refusal({ ...MESSAGES[2], service })).toContain('request.service');
    }
    for (const sequence of [-1, 1.5, NaN, '1']) {
      expect(refusal({ ...MESSAGES[2], sequence })).toContain('request.sequence');
    }
  });

  test('what JSON cannot hold is refused, not changed', () => {
    for (const payload of [1n, NaN, Infinity, new Date(0), () => 1, { a: undefined }, [undefined], new Map()]) {
      expect(() => encodeMessage({ ...MESSAGES[2], payload } as ServiceMessage)).toThrow('payload');
    }
  });
});
