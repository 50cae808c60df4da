import { describe, expect, test } from 'vitest';
import { CallError } from '../../../../src/index.js';
import { Events } from '../../../../src/behaviour/gen/request/events.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('server-sent events', () => {
  test('each line of a text is a data line, by any of the three ends of lines', () => {
    const events = new Events({});
    expect(text(events.item('a\rb\nc\r\nd', 1))).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n');
    expect(text(events.item('', 1))).toBe('data: \n\n');
    expect(text(events.item('\n', 1))).toBe('data: \ndata: \n\n');
  });

  test('what is no text is JSON; what JSON leaves out is null', () => {
    const events = new Events({ event: 'x', id: true });
    expect(text(events.item(['a\nb'], 7))).toBe('id: 7\nevent: x\ndata: ["a\\nb"]\n\n');
    for (const nothing of [undefined, () => 1, Symbol('s'), null]) {
      expect(text(new Events({}).item(nothing, 1))).toBe('data: null\n\n');
    }
    expect(() => events.item(1n, 1)).toThrow(TypeError);
  });

  test('a failure tells its code or its name, whatever was thrown', () => {
    const events = new Events({});
    const told = (error: unknown): string => text(events.failure(error));
    const refused = new CallError('REFUSED', { target: 'a', op: 'b', refusal: 'NO', details: 'secret' });
    expect(told(refused)).toBe('event: error\ndata: {"code":"REFUSED","refusal":"NO"}\n\n');
    expect(told(new RangeError('secret'))).toBe('event: error\ndata: {"code":"RangeError"}\n\n');
    expect(told({ code: 'A\nB' })).toBe('event: error\ndata: {"code":"A\\nB"}\n\n');
    const trap = new Proxy({}, { get: () => { throw new Error('trap'); } });
    for (const odd of [undefined, null, 'gone', trap]) {
      expect(told(odd)).toBe('event: error\ndata: {"code":"Error"}\n\n');
    }
  });
});
