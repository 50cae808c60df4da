import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../../src/behaviour/gen/runtime.js';
import { defineAgent, OptionError } from '../../../src/index.js';
import { EventManager } from '../../../src/behaviour/event/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';

const Agent = defineAgent({
  name: 'clerk',
  calls: { get: () => 1, both: () => 2 },
  casts: { put: () => undefined, both: () => undefined },
});

describe('the run-time side of a definition', () => {
  it('is the definition that one of ours made, whatever its behaviour', () => {
    const Machine = defineStatem({ init: () => ({ state: 'a', data: 0 }), states: { a: {} } });
    for (const definition of [Agent, Machine, EventManager]) expect(runtimeOf(definition)).toBe(definition);
    expect(String(runtimeOf(Agent))).toBe('Definition(clerk)');
  });

  it.each([
    undefined, null, 'clerk', {}, { name: 'clerk', init: () => ({}), calls: {} }, () => undefined,
  ])('is not %j: that is refused with what to pass', (given) => {
    expect(() => runtimeOf(given as never)).toThrow(OptionError);
    expect(() => runtimeOf(given as never))
      .toThrow(/^definition: got .*pass the definition itself, not its parts/);
  });

  it('finds its operations by name and kind, however the names of two uses alternate', () => {
    const runtime = runtimeOf(Agent);
    for (let round = 0; round < 3; round++) {
      expect(runtime.castOp('put')?.name).toBe('put');
      expect(runtime.castOp('both')).toBe(runtime.casts.get('both'));
      expect(runtime.callOp('get')?.name).toBe('get');
      expect(runtime.callOp('both')).toBe(runtime.calls.get('both'));
    }
    expect(runtime.callOp('both')).not.toBe(runtime.castOp('both'));
  });

  it('knows no operation of Object, and forgets nothing over a name that it does not know', () => {
    const runtime = runtimeOf(Agent);
    for (const name of ['__proto__', 'constructor', 'toString', '', 'putt']) {
      expect(runtime.castOp('put')).toBe(runtime.casts.get('put'));
      expect([runtime.castOp(name), runtime.callOp(name)]).toEqual([undefined, undefined]);
      expect(runtime.castOp('put'), 'the one before is still found').toBe(runtime.casts.get('put'));
    }
    expect([runtime.castOp('get'), runtime.callOp('put')], 'of the other kind').toEqual([undefined, undefined]);
  });
});
