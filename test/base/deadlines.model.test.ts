import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadline, Deadlines } from '../../src/base/deadlines.js';
import { VirtualEnv } from '../support/virtual-env.js';

type Step =
  | { readonly kind: 'add'; readonly ms: number }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'again'; readonly at: number; readonly ms: number }
  | { readonly kind: 'stamp' }
  | { readonly kind: 'pass'; readonly ms: number };

const DURATIONS = [0, 1, 2, 3, 5, 8, 100, 5_000, 2 ** 31, 2 ** 32 + 7];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), ms: fc.constantFrom(...DURATIONS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record(
    { kind: fc.constant('again' as const), at: fc.nat(200), ms: fc.constantFrom(...DURATIONS) },
  ) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'stamp' }) },
  { weight: 3, arbitrary: fc.record(
    { kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 0.3, 1, 2, 4.7, 50, 6_000, 2 ** 31, 2 ** 33) },
  ) },
);

interface Wanted {
  readonly id: number;
  readonly ms: number;
  due: number;
}

/** The list of deadlines as one would write it first: a sorted array, looked through at every step. */
class Model {
  pending: Wanted[] = [];
  stamp(now: number): void {
    for (const one of this.pending) if (one.due < 0) one.due = now + one.ms;
  }
}

describe('Deadlines against a naive model', () => {
  it('TI-02 TI-03 TI-05 any mix of arming, disarming and passing time fires exactly the right ones, in due order, never early', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const env = new VirtualEnv();
      env.manual = true;
      const fired: { readonly id: number; readonly at: number }[] = [];
      class Numbered extends Deadline {
        constructor(readonly id: number) {
          super();
        }
        expire(): void {
          fired.push({ id: this.id, at: env.now });
        }
      }
      const deadlines = new Deadlines(env, () => undefined);
      const model = new Model();
      const made: Numbered[] = [];
      for (const one of steps) {
        if (one.kind === 'add') {
          const deadline = new Numbered(made.length);
          made.push(deadline);
          deadlines.add(deadline, one.ms);
          model.pending.push({ id: deadline.id, ms: one.ms, due: -1 });
        } else if (one.kind === 'remove') {
          const deadline = made[one.at % Math.max(1, made.length)];
          if (deadline === undefined) continue;
          const wanted = model.pending.some((known) => known.id === deadline.id);
          expect(deadlines.remove(deadline)).toBe(wanted);
          model.pending = model.pending.filter((known) => known.id !== deadline.id);
        } else if (one.kind === 'again') { // one that is pending is moved
          const deadline = made[one.at % Math.max(1, made.length)];
          if (deadline === undefined) continue;
          deadlines.add(deadline, one.ms);
          model.pending = model.pending.filter((known) => known.id !== deadline.id);
          model.pending.push({ id: deadline.id, ms: one.ms, due: -1 });
        } else if (one.kind === 'stamp') {
          deadlines.stamp();
          model.stamp(env.now);
        } else {
          deadlines.stamp();
          model.stamp(env.now);
          pass(env, one.ms, model, fired);
        }
        expect(deadlines.count).toBe(model.pending.length);
      }
      deadlines.close();
      expect(env.pending.timers).toBe(0);
    }), { numRuns: 300 });
  });
});

function pass(
  env: VirtualEnv, ms: number, model: Model, fired: { readonly id: number; readonly at: number }[],
): void {
  const before = fired.length;
  env.jump(ms);
  while (env.turn() > 0) { /* what fires in slices goes on */ }
  const now = fired.slice(before);
  const dueOf = new Map(model.pending.map((one) => [one.id, one.due]));
  let latest = -Infinity;
  for (const one of now) {
    const due = dueOf.get(one.id) ?? Infinity;
    expect(one.at, 'never early').toBeGreaterThanOrEqual(due);
    expect(one.at - due, 'late by the rounding to whole ms and one tick of the native timer at most')
      .toBeLessThanOrEqual(2);
    expect(Math.ceil(due), 'in due order, in whole ms').toBeGreaterThanOrEqual(latest);
    latest = due;
  }
  const gone = new Set(now.map((one) => one.id));
  const overdue = model.pending.filter((one) => one.due <= env.now - 2 && !gone.has(one.id));
  expect(overdue, 'none forgotten').toEqual([]);
  model.pending = model.pending.filter((one) => !gone.has(one.id));
}
