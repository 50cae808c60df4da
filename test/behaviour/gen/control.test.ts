import { describe, expect, it, test } from 'vitest';
import { Ignore, InitFailure, Refusal, Stop } from '../../../src/api/returns.js';
import { badReturn, isControl, NO_REPLY } from '../../../src/behaviour/gen/control.js';
import { defineAgent } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { callFailure } from '../help.js';

describe('control values', () => {
  test('GS-23 a thrown control value is treated as the returned one: nothing dies', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      calls: { deep(self): string { throw self.refuse('DEEP') as unknown as Error; }, async deepLater(
        self,
      ): Promise<string> {
        await settleTurn();
        throw self.refuse('LATER') as unknown as Error;
      }, ping: () => 'pong' },
    });
    const ref = system.start(Agent);
    expect(await callFailure(ref.call('deep'))).toMatchObject({ code: 'REFUSED', refusal: 'DEEP' });
    expect(await callFailure(ref.call('deepLater'))).toMatchObject({ code: 'REFUSED', refusal: 'LATER' });
    expect(await ref.call('ping')).toBe('pong');
  });

  test('GS-22 a control value that only init may return ends the agent', async () => {
    const system = testSystem();
    let ignore: unknown;
    const Agent = defineAgent({ init() { ignore = this.ignore(); return {}; }, calls: { bad: () => ignore } });
    expect(await callFailure(system.start(Agent).call('bad'))).toMatchObject(
      { code: 'EXIT', reason: { code: 'BAD_RETURN_VALUE' } },
    );
  });
});

describe('what a control value is', () => {
  it('is told of whatever is thrown, and nothing of it is run', () => {
    const hostile = new Proxy({}, { getPrototypeOf() { throw new Error('hostile'); } });
    for (const made of [
      new Refusal('A', 1), NO_REPLY, new Stop('x', false, undefined), new Ignore(),
      new InitFailure('y'),
    ]) {
      expect(isControl(made), made.kind).toBe(true);
    }
    for (const other of [undefined, null, 0, 'refusal', { kind: 'refusal' }, new Error('x'), hostile]) {
      expect(isControl(other)).toBe(false);
    }
  });

  it('P17 a hostile value that is thrown by a handler is a crash like any other', async () => {
    const system = testSystem();
    const hostile = new Proxy({}, {
      getPrototypeOf() { throw new Error('hostile'); }, get() { throw new Error('hostile'); },
    });
    const ref = system.start(defineAgent({ calls: { odd() { throw hostile as Error; } } }));
    expect(await callFailure(ref.call('odd'))).toMatchObject({ code: 'EXIT' });
    expect(system.stats().crashes).toBe(1);
  });

  it('GS-05 means nothing in the wrong place: the error names the place and the value', () => {
    expect(badReturn("handler 'x'", new Ignore())).toMatchObject({
      code: 'BAD_RETURN_VALUE', message: expect.stringContaining("handler 'x' returned 'ignore'") as string,
    });
    expect(badReturn('init', new Stop('r', true, 1)).message).toContain("'stop'");
  });

  it('a refusal keeps its details as they are, and turns its code into text', async () => {
    const system = testSystem();
    const details = { at: 1 };
    const ref = system.start(
      defineAgent({ calls: { no: (self, code: unknown) => self.refuse(code as string, details) } }),
    );
    const told = await callFailure(ref.call('no', 7));
    expect(told).toMatchObject({ code: 'REFUSED', refusal: '7' });
    expect(told.details).toBe(details);
  });
});
