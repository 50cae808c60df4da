import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INFO } from '../../src/mailbox/message/op.js';
import { Lane } from '../../src/mailbox/lane.js';
import { take } from './take.js';
import { heldAfter } from '../support/collect.js';

describe('Lane', () => {
  it('shows its messages oldest first, across segments, until one is found; nothing is taken', () => {
    const lane = new Lane();
    for (let n = 0; n < 300; n++) lane.push(INFO, n, null);
    for (let n = 0; n < 7; n++) take(lane);
    const seen: unknown[] = [];
    expect(lane.scan((_op, payload) => { seen.push(payload); return payload === 100; })).toBe(93);
    expect(seen).toEqual(Array.from({ length: 94 }, (_, n) => n + 7));
    expect([lane.scan(() => false), lane.n, take(lane).payload]).toEqual([-1, 293, 7]);
    expect([lane.bytes > 293 * 24, new Lane().bytes]).toEqual([true, 0]);
  });

  it('SG-01 is a FIFO over any mix of puts, takes and shrinks, across all segment sizes', () => {
    const step = fc.oneof(
      {
        weight: 5, arbitrary: fc.record({
          kind: fc.constant('put' as const), count: fc.integer({ min: 1, max: 400 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 400 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('shrink' as const), count: fc.constant(0) }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lane = new Lane();
      const model: number[] = [];
      let next = 0;
      for (const { kind, count } of steps) {
        if (kind === 'shrink') lane.shrink();
        for (let i = 0; i < count; i++) {
          if (kind === 'put') {
            lane.push(INFO, next, -next);
            model.push(next++);
          } else if (model.length > 0) {
            const wanted = model.shift() as number;
            const got = take(lane);
            if (got.op !== INFO || got.payload !== wanted || got.from !== -wanted) {
              throw new Error(`expected ${wanted}, got ${String(got.payload)}`);
            }
          }
        }
        expect(lane.n).toBe(model.length);
      }
      for (const wanted of model) expect(take(lane).payload).toBe(wanted);
      expect(lane.n).toBe(0);
    }), { numRuns: 200 });
  });

  it('lanes that share the pool of segments do not share messages', () => {
    const lanes = [new Lane(), new Lane(), new Lane()];
    const seen: number[][] = [[], [], []];
    for (let round = 0; round < 20; round++) {
      lanes.forEach((lane, which) => {
        for (let i = 0; i < 700; i++) lane.push(INFO, which * 1_000_000 + round * 700 + i, null);
      });
      lanes.forEach((lane, which) => {
        for (let i = round % 2 === 0 ? 650 : 750; i > 0 && lane.n > 0; i--) {
          seen[which]?.push(take(lane).payload as number);
        }
      });
    }
    lanes.forEach((lane, which) => {
      while (lane.n > 0) seen[which]?.push(take(lane).payload as number);
      expect(seen[which]).toEqual(Array.from({ length: 14_000 }, (_, i) => which * 1_000_000 + i));
    });
  });

  it('an idle lane has no storage, and shrink gives it back only when nothing is queued', () => {
    const lane = new Lane();
    expect(lane.head).toBeNull();
    lane.push(INFO, 1, null);
    lane.shrink();
    expect(lane.head).not.toBeNull();
    expect(take(lane).payload).toBe(1);
    lane.shrink();
    expect(lane.head).toBeNull();
    lane.push(INFO, 2, null);
    expect(take(lane).payload).toBe(2);
  });

  it('a lane that is used without a backlog stays in its first segment', () => {
    const lane = new Lane();
    lane.push(INFO, 0, null);
    const first = lane.head;
    take(lane);
    for (let i = 0; i < 10_000; i++) {
      lane.push(INFO, i, null);
      expect(take(lane).payload).toBe(i);
    }
    expect(lane.head).toBe(first);
  });

  it('P35 a taken message is not held', async () => {
    const lane = new Lane();
    const held = ((): WeakRef<object>[] => {
      const items = Array.from({ length: 600 }, (_, i) => ({ i }));
      for (const item of items) lane.push(INFO, item, item);
      for (let i = 0; i < 590; i++) take(lane);
      return items.map((item) => new WeakRef(item));
    })();
    expect(await heldAfter(held, lane.n)).toBe(lane.n);
  });
});
