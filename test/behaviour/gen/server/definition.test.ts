import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServerDefinition } from '../../../../src/behaviour/gen/server/definition.js';
import { OptionError } from '../../../../src/index.js';
import { Kind } from '../../../../src/mailbox/message/op.js';

describe('the definition of a server', () => {
  it('takes nothing for granted: what is left out is none', () => {
    expect(new ServerDefinition({ name: 'bare' })).toMatchObject({
      name: 'bare', trapExit: false, init: null, info: null, proceed: null, terminate: null, codeChange: null,
      formatStatus: null, delivery: undefined,
    });
  });

  it('has a table of operations by kind, in which no name of Object is known', () => {
    const { calls, casts } = new ServerDefinition({
      name: 'desk',
      calls: { ask: () => 1, *items() { yield 1; }, async later() { await Promise.resolve(); } },
      casts: { ask: () => undefined, constructor: () => undefined },
    });
    expect([...calls.keys()]).toEqual(['ask', 'items', 'later']);
    expect([calls.get('ask')?.kind, casts.get('ask')?.kind]).toEqual([Kind.Call, Kind.Cast]);
    expect([calls.get('ask')?.stream, calls.get('items')?.stream]).toEqual([false, true]);
    expect([calls.get('ask')?.isAsync, calls.get('later')?.isAsync]).toEqual([false, true]);
    expect(calls.get('toString')).toBeUndefined();
    expect(casts.get('constructor')?.name, 'unless it is one of its own').toBe('constructor');
  });

  it('an entry is a handler, or an object with one, a schema and whether it is concurrent', () => {
    const { calls } = new ServerDefinition({
      name: 'desk',
      calls: {
        beside: { concurrent: true, handle: async () => 1 },
        checked: { schema: z.string(), handle: () => 1 },
      },
    });
    expect(calls.get('beside')).toMatchObject({ concurrent: true, check: null });
    expect(calls.get('checked')?.check?.('text', null)).toBe('text');
    expect(() => calls.get('checked')?.check?.(7, null)).toThrow();
  });

  it.each<[object, RegExp]>([
    [{ ask: 7 }, /^desk\.calls\.ask: got 7, expected a handler function, on\(schema, handler\)/],
    [{ ask: null }, /^desk\.calls\.ask: got null/],
    [{ ask: {} }, /^desk\.calls\.ask/],
    [{ ask: { handle: 1 } }, /^desk\.calls\.ask/],
    [{ ask: { handle: () => 1, shcema: z.string() } }, /^desk\.calls\.ask\.shcema: .*did you mean schema/],
    [{ ask: { handle: () => 1, schema: {} } }, /^desk\.calls\.ask\.schema/],
  ])('%j is refused where it is defined', (calls, message) => {
    expect(() => new ServerDefinition({ name: 'desk', calls })).toThrow(OptionError);
    expect(() => new ServerDefinition({ name: 'desk', calls })).toThrow(message);
  });
});
