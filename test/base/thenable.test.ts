import { describe, expect, it } from 'vitest';
import { isThenable, settle } from '../../src/base/index.js';

type Outcome = readonly ['value' | 'error', unknown];

async function outcomes(thenable: PromiseLike<unknown>): Promise<Outcome[]> {
  const seen: Outcome[] = [];
  settle(thenable, (value) => seen.push(['value', value]), (error) => seen.push(['error', error]));
  await new Promise((resolve) => setImmediate(resolve));
  return seen;
}

describe('settle', () => {
  it('P17 calls one callback once, whatever the thenable does', async () => {
    expect(await outcomes(Promise.resolve(1))).toEqual([['value', 1]]);
    expect(await outcomes(Promise.reject(new Error('no')))).toEqual([['error', new Error('no')]]);
    expect(await outcomes({ then: (ok: (v: number) => void, bad: (e: unknown) => void) => { ok(1); ok(2); bad(3); throw new Error('late'); } } as never)).toEqual([['value', 1]]);
    expect(await outcomes({ then: () => { throw new Error('then'); } } as never)).toEqual([['error', new Error('then')]]);
    expect(await outcomes({ then: () => undefined } as never)).toEqual([]);
  });

  it('P17 a subclass of Promise cannot intercept it', async () => {
    class Sly<T> extends Promise<T> {
      override then<A = T, B = never>(ok?: ((value: T) => A | PromiseLike<A>) | null, bad?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
        void super.then(ok, bad);
        return super.then(ok, bad);
      }
    }
    expect(await outcomes(Sly.resolve(7))).toEqual([['value', 7]]);
  });

  it('isThenable knows objects and functions with a then method only', () => {
    expect([Promise.resolve(), { then: () => 1 }, Object.assign(() => 1, { then: () => 1 })].every(isThenable)).toBe(true);
    expect([undefined, null, 1, 'then', {}, { then: 1 }, []].some(isThenable)).toBe(false);
  });
});
