import { describe, expect, it } from 'vitest';
import {
  checkObject, checkSpecKeys, isTable, whatever,
} from '../../../src/behaviour/statem/check.js';
import { OptionError } from '../../../src/index.js';

describe('a specification', () => {
  const KNOWN = ['name', 'trapExit', 'init', 'terminate', 'formatStatus', 'codeChange', 'states'];
  const init = (): object => ({ state: 'a', data: 0 });

  it('is handed on as it is when all of it is known', () => {
    const spec = { init, name: 'door', trapExit: true, terminate: () => undefined, states: {} };
    expect(checkSpecKeys('defineStatem', spec, KNOWN)).toBe(spec);
    expect(checkSpecKeys('defineStatem.common', {}, ['enter']), 'init belongs to the whole only').toEqual({});
  });

  it.each([
    [{ init, sates: {} }, /^defineStatem\.sates: .*no such callback; did you mean states/],
    [{ init, zork: 1 }, /^defineStatem\.zork: got 1/],
    [{}, /^defineStatem\.init: got undefined, expected a function that returns \{ state, data \}/],
    [{ init: 'locked' }, /^defineStatem\.init/],
    [{ init, name: 7 }, /^defineStatem\.name: got 7, expected a text/],
    [{ init, trapExit: 'yes' }, /^defineStatem\.trapExit: got 'yes', expected true or false/],
    [{ init, terminate: {} }, /^defineStatem\.terminate: got .*expected a function/],
    [{ init, formatStatus: 1 }, /^defineStatem\.formatStatus/],
    [{ init, codeChange: null }, /^defineStatem\.codeChange/],
  ])('%j is refused by its first wrong key', (spec, message) => {
    expect(() => checkSpecKeys('defineStatem', spec, KNOWN)).toThrow(OptionError);
    expect(() => checkSpecKeys('defineStatem', spec, KNOWN)).toThrow(message);
  });

  it.each([null, undefined, 7, 'spec', []])('is no %j', (spec) => {
    expect(() => checkSpecKeys('defineStatem', spec as never, KNOWN))
      .toThrow(/^defineStatem: got .*expected an object/);
    expect(() => checkObject('defineStatem.states', spec))
      .toThrow(/^defineStatem\.states: got .*expected an object/);
  });
});

describe('what a state looks like in a message', () => {
  it('texts in quotes, objects by their shape, the rest as it is', () => {
    expect(whatever('locked')).toBe("'locked'");
    expect([whatever(7), whatever(null), whatever(undefined)]).toEqual(['7', 'null', 'undefined']);
    expect(whatever({ at: 'busy', password: 'secret' })).not.toContain('secret');
    expect(whatever({ at: 'busy' })).toContain('at');
  });

  it('a table is an object or a function, of whichever kind', () => {
    expect([{}, [], () => undefined, class {}].map(isTable)).toEqual([true, true, true, true]);
    expect([null, undefined, 'x', 7].map(isTable)).toEqual([false, false, false, false]);
  });
});
