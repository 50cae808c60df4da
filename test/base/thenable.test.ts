import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adopt, disown, handled, isThenable, settle } from '../../src/base/thenable.js';
import { Strays } from '../support/strays.js';
import { hostileThenables, HOSTILE_VALUE } from './hostile-thenables.js';

type Outcome = readonly ['value' | 'error', unknown];

async function outcomes(thenable: unknown): Promise<Outcome[]> {
  const seen: Outcome[] = [];
  settle(thenable, (value) => seen.push(['value', value]), (error) => seen.push(['error', error]));
  await new Promise((resolve) => setImmediate(resolve));
  return seen;
}

const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

describe('settle', () => {
  it.each(
    hostileThenables,
  )('P17 %s: one callback once, later, and nothing is thrown', async (_name, ends, make) => {
    for (const listen of [settle, (
      value: unknown, ok: (value: unknown) => void, bad: (error: unknown) => void,
    ) =>
      void adopt(value).then(ok, bad)]) {
      const seen: unknown[] = [];
      const value = make();
      listen(value, (given) => seen.push(given), () => seen.push('error'));
      expect(seen, 'never at once').toEqual([]);
      await strays.seen();
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(seen).toEqual(ends === 'never' ? [] : [ends === 'value' ? HOSTILE_VALUE : 'error']);
    }
    disown(make());
    expect(await strays.seen()).toEqual([]);
  });

  it('leaves a promise as it was', async () => {
    class Sub extends Promise<number> {}
    const promise = new Sub((resolve) => resolve(1));
    expect(await outcomes(promise)).toEqual([['value', 1]]);
    expect(Object.hasOwn(promise, 'constructor')).toBe(false);
    const own = Object.defineProperty(Promise.resolve(2), 'constructor', { value: Sub, configurable: true });
    expect(await outcomes(own)).toEqual([['value', 2]]);
    expect(Object.getOwnPropertyDescriptor(own, 'constructor')).toEqual(
      { value: Sub, configurable: true, enumerable: false, writable: false },
    );
    expect(await outcomes(Object.freeze(Promise.resolve(3)))).toEqual([['value', 3]]);
  });

  it('takes what is no thenable for a value', async () => {
    for (const value of [undefined, null, 5, 'then', {}, () => 1]) {
      expect(await outcomes(value)).toEqual([['value', value]]);
    }
  });

  it('waits for a lazy promise, whose own `then` starts the work', async () => {
    class Lazy extends Promise<number> {
      static begun = 0;
      override then<A = number, B = never>(
        ok?: ((value: number) => A | PromiseLike<A>) | null,
        bad?: ((error: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        Lazy.begun++;
        return Promise.resolve(42).then(ok, bad);
      }
    }
    expect(await outcomes(new Lazy(() => undefined))).toEqual([['value', 42]]);
    expect(Lazy.begun).toBe(1);
  });

  it('P17 what is marked or disowned ends no program', async () => {
    const boom = new Error('boom');
    const heard: unknown[] = [];
    const marked = Promise.reject<never>(boom);
    expect(handled(marked)).toBe(marked);
    disown(Promise.reject(boom), (error) => heard.push(error));
    disown(5);
    expect(await strays.seen()).toEqual([]);
    expect(heard).toEqual([boom]);
  });

  it('P17 calls one callback once, whatever the thenable does', async () => {
    expect(await outcomes(Promise.resolve(1))).toEqual([['value', 1]]);
    expect(await outcomes(Promise.reject(new Error('no')))).toEqual([['error', new Error('no')]]);
    expect(await outcomes({
      then: (ok: (v: number) => void, bad: (e: unknown) => void) => {
        ok(1);
        ok(2);
        bad(3);
        throw new Error('late');
      },
    })).toEqual([['value', 1]]);
    expect(await outcomes({ then: () => { throw new Error('then'); } }))
      .toEqual([['error', new Error('then')]]);
    expect(await outcomes({ then: () => undefined })).toEqual([]);
  });

  it('P17 a subclass of Promise cannot intercept it', async () => {
    class Sly<T> extends Promise<T> {
      override then<A = T, B = never>(
        ok?: ((value: T) => A | PromiseLike<A>) | null, bad?: ((error: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        void super.then(ok, bad);
        return super.then(ok, bad);
      }
    }
    expect(await outcomes(Sly.resolve(7))).toEqual([['value', 7]]);
  });

  it('isThenable knows objects and functions with a then method only', () => {
    expect([Promise.resolve(), { then: () => 1 }, Object.assign(() => 1, { then: () => 1 })]
      .every(isThenable)).toBe(
      true,
    );
    expect([undefined, null, 1, 'then', {}, { then: 1 }, []].some(isThenable)).toBe(false);
  });
});
