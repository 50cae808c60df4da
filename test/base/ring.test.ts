import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/base/ring.js';
import { heldAfter } from '../support/collect.js';

type Step = { readonly kind: 'push' } | { readonly kind: 'shift' }
  | { readonly kind: 'take'; readonly at: number };
const steps = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>({ kind: 'push' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'shift' }) },
  { weight: 1, arbitrary: fc.nat(100).map((at): Step => ({ kind: 'take', at })) },
), { maxLength: 300 });

describe('Ring', () => {
  it('is a FIFO: any sequence of push, shift and take gives what an array gives', () => {
    fc.assert(fc.property(steps, (given) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      given.forEach((step, i) => {
        if (step.kind === 'push') {
          ring.push(i);
          model.push(i);
        } else if (model.length > 0) {
          if (step.kind === 'shift') expect(ring.shift()).toBe(model.shift());
          else expect(ring.take(step.at % model.length)).toBe(model.splice(step.at % model.length, 1)[0]);
        }
        expect(ring.size).toBe(model.length);
      });
      while (model.length > 0) expect(ring.shift()).toBe(model.shift());
      expect(ring.size).toBe(0);
    }));
  });

  it('P35 keeps nothing alive that was taken', async () => {
    const ring = new Ring<object>();
    const held = ((): WeakRef<object> => {
      const item = { big: new Array<number>(1_000).fill(0) };
      ring.push(item);
      ring.push({});
      return new WeakRef(item);
    })();
    ring.shift();
    expect(await heldAfter([held])).toBe(0);
  });

  it('wraps around at every capacity without growing', () => {
    const ring = new Ring<number>();
    for (let i = 0; i < 8; i++) ring.push(i);
    for (let i = 8; i < 1_000; i++) {
      expect(ring.shift()).toBe(i - 8);
      ring.push(i);
    }
    expect(ring.size).toBe(8);
  });
});
