import { describe, expect, it } from 'vitest';
import { checkFunctions, checkKnown, checkLife } from '../../../src/behaviour/gen/callbacks.js';
import { OptionError } from '../../../src/index.js';

describe('the keys of a definition', () => {
  it('are refused when they are none, with the nearest one that is', () => {
    expect(() => checkKnown('defineAgent', { init: 1, calls: 2 }, ['init', 'calls'])).not.toThrow();
    expect(() => checkKnown('defineAgent', { cals: {} }, ['init', 'calls'])).toThrow(
      /^defineAgent\.cals: got .*no such callback; did you mean calls\?/,
    );
    expect(() => checkKnown('defineAgent', { zork: 1 }, ['init'])).toThrow(OptionError);
    const inherited = Object.create({ zork: 1 }) as object;
    expect(() => checkKnown('defineAgent', inherited, []), 'what is inherited is not asked for').not.toThrow();
  });

  it('name and trapExit may be left out, not be something else', () => {
    expect(() => checkLife('defineAgent', {})).not.toThrow();
    expect(() => checkLife('defineAgent', { name: '', trapExit: false })).not.toThrow();
    for (const name of [7, null, {}]) {
      expect(() => checkLife('defineAgent', { name })).toThrow(/^defineAgent\.name: got .*expected a text/);
    }
    for (const trapExit of ['yes', 1, null]) {
      expect(() => checkLife('defineAgent', { trapExit }))
        .toThrow(/^defineAgent\.trapExit: got .*expected true or false/);
    }
  });

  it('callbacks are functions, of whatever kind; the first that is none is named', () => {
    const spec = { enter: undefined, info: async () => undefined, handle: class {} };
    expect(() => checkFunctions('x', spec, ['enter', 'info', 'handle', 'absent'])).not.toThrow();
    expect(() => checkFunctions('x', { enter: null }, ['enter']))
      .toThrow(/^x\.enter: got null, expected a function/);
    expect(() => checkFunctions('x', { a: 1, b: 2 }, ['b', 'a'])).toThrow(/^x\.b: got 2/);
  });
});
