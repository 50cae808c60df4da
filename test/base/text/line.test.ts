import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Line, type Standing } from '../../../src/base/text/line.js';

class One implements Standing<One> {
  prior: One | null = null;
  next: One | null = null;
  constructor(readonly n: number) {}
}

const forwards = (line: Line<One>): number[] => {
  const found: number[] = [];
  for (let at = line.first; at !== null; at = at.next) found.push(at.n);
  return found;
};
const backwards = (line: Line<One>): number[] => {
  const found: number[] = [];
  for (let at = line.last; at !== null; at = at.prior) found.unshift(at.n);
  return found;
};

test('a line does what an array does, with push, shift and the removal of any', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 200 }), (steps) => {
    const line = new Line<One>();
    const model: One[] = [];
    steps.forEach((step, n) => {
      if (step < 0) expect(line.shift()).toBe(model.shift() ?? null);
      else if (step < model.length) line.remove(model.splice(step, 1)[0] as One);
      else {
        model.push(new One(n));
        line.push(model.at(-1) as One);
      }
      const expected = model.map((one) => one.n);
      expect({ forwards: forwards(line), backwards: backwards(line), size: line.size }).toEqual(
        { forwards: expected, backwards: expected, size: model.length },
      );
    });
  }));
});

test('who has left a line can stand in it again, at its end', () => {
  const line = new Line<One>();
  const [a, b] = [new One(1), new One(2)];
  line.push(a);
  line.push(b);
  line.push(line.shift() as One);
  expect(forwards(line)).toEqual([2, 1]);
});
