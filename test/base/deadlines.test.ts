import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deadline, Deadlines } from '../../src/base/deadlines.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { heldAfter } from '../support/collect.js';

let env: VirtualEnv;
let deadlines: Deadlines;
let pokes: number;
let fired: { readonly name: string; readonly at: number }[];

class Named extends Deadline {
  constructor(
    readonly name: string,
    private readonly then: () => void = () => undefined,
  ) {
    super();
  }
  expire(): void {
    fired.push({ name: this.name, at: env.now });
    this.then();
  }
}

function arm(name: string, ms: number, then?: () => void): Named {
  const made = new Named(name, then);
  deadlines.add(made, ms);
  return made;
}

const names = (): string[] => fired.map((one) => one.name);

beforeEach(() => {
  env = new VirtualEnv();
  env.manual = true;
  pokes = 0;
  fired = [];
  deadlines = new Deadlines(env, () => pokes++);
});

afterEach(() => {
  deadlines.close();
  expect(env.pending.timers, 'close leaves no native timer').toBe(0);
});

describe('Deadlines', () => {
  it('TI-02 fires at its due time, never before', () => {
    arm('a', 10);
    deadlines.stamp();
    env.jump(9);
    expect(names()).toEqual([]);
    env.jump(1);
    expect(names()).toEqual(['a']);
    expect(deadlines.count).toBe(0);
    expect(env.delays, 'one native timer, for the whole time').toEqual([10]);
  });

  it('TI-02 J3 a native timer that fires early is not believed', () => {
    arm('a', 10);
    deadlines.stamp();
    env.now += 0.4;
    arm('b', 10);
    deadlines.stamp();
    env.jump(10);
    for (const one of fired) expect(one.at - 1_000).toBeGreaterThanOrEqual(one.name === 'a' ? 10 : 10.4);
    env.jump(2);
    expect(names()).toEqual(['a', 'b']);
  });

  it('slices that follow each other faster than the shortest timer do not put off what is due', () => {
    env.now += 0.4;
    arm('a', 5);
    deadlines.stamp();
    for (let slice = 0; slice < 40; slice++) {
      env.jump(0.3);
      arm('other', 1_000);
      deadlines.stamp();
    }
    expect(names()).toEqual(['a']);
    expect(fired[0]?.at).toBeGreaterThanOrEqual(1_005.4);
    expect(fired[0]?.at).toBeLessThan(1_007.5);
    expect(env.delays.length, 'and the native timer is not armed anew in each').toBeLessThan(12);
  });

  it('counts from the end of the slice that armed it: late by the slice, never early', () => {
    arm('a', 10);
    env.now += 7;
    deadlines.stamp();
    env.jump(9);
    expect(names()).toEqual([]);
    env.jump(1);
    expect(fired).toEqual([{ name: 'a', at: 1_017 }]);
  });

  it('TI-03 different due times fire in their order, whatever the order of arming', () => {
    for (const ms of [50, 10, 40, 20, 30]) arm(String(ms), ms);
    deadlines.stamp();
    env.jump(50);
    expect(fired.map((one) => [one.name, one.at - 1_000])).toEqual(
      [['10', 10], ['20', 20], ['30', 30], ['40', 40], ['50', 50]],
    );
  });

  it('a slice that arms many reads the clock once, and one that disarms all of them not at all', () => {
    for (let i = 0; i < 100; i++) arm(String(i), i % 7);
    deadlines.stamp();
    expect(env.reads).toBe(1);
    const taken = Array.from({ length: 100 }, (_, i) => arm(String(i), 1_000 + (i % 7)));
    for (const one of taken) deadlines.remove(one);
    deadlines.stamp();
    expect(env.reads).toBe(1);
  });

  it('asks for a stamp once per slice', () => {
    arm('a', 1);
    arm('b', 2);
    expect(pokes).toBe(1);
    deadlines.stamp();
    arm('c', 3);
    expect(pokes).toBe(2);
    deadlines.stamp();
  });

  it.each(
    [2 ** 31 - 1, 2 ** 31, 2 ** 33, 30 * 86_400_000, 400 * 86_400_000],
  )('TI-11 P32 J3 a delay of %d ms fires then and only once', (ms) => {
    arm('long', ms);
    deadlines.stamp();
    env.jump(ms - 1);
    expect(names()).toEqual([]);
    env.jump(1);
    expect(fired).toEqual([{ name: 'long', at: 1_000 + ms }]);
    for (const delay of env.delays) expect(delay).toBeLessThanOrEqual(0x7fff_ffff);
  });

  it('P32 a jump of the wall clock changes nothing', () => {
    arm('a', 10);
    deadlines.stamp();
    env.wallNow += 10 ** 9;
    env.jump(9);
    expect(names()).toEqual([]);
    env.wallNow -= 10 ** 10;
    env.jump(1);
    expect(names()).toEqual(['a']);
  });

  it('P34 after a long pause everything overdue fires once, in due order', () => {
    for (const ms of [30, 10, 20]) arm(String(ms), ms);
    deadlines.stamp();
    env.now += 100_000;
    env.jump(1);
    expect(names()).toEqual(['10', '20', '30']);
    env.jump(1_000);
    expect(fired.length).toBe(3);
  });

  it('TI-05 remove says whether it was pending, and it never fires afterwards', () => {
    const a = arm('a', 10);
    const b = arm('b', 10);
    const fresh = arm('fresh', 10);
    expect(deadlines.remove(fresh)).toBe(true);
    deadlines.stamp();
    expect(deadlines.remove(a)).toBe(true);
    expect(deadlines.remove(a)).toBe(false);
    env.jump(20);
    expect(deadlines.remove(b)).toBe(false);
    expect(names()).toEqual(['b']);
  });

  it('TI-05 remaining is at most what was asked for, rounded up, undefined when not pending', () => {
    const a = arm('a', 10);
    expect(deadlines.remaining(a)).toBe(10);
    deadlines.stamp();
    expect(deadlines.remaining(a)).toBe(10);
    env.now += 0.5;
    expect(deadlines.remaining(a)).toBe(10);
    env.now += 3;
    expect(deadlines.remaining(a)).toBe(7);
    env.now += 100;
    expect(deadlines.remaining(a)).toBe(0);
    deadlines.remove(a);
    expect(deadlines.remaining(a)).toBeUndefined();
  });

  it('one that is armed while it is pending is moved: it fires once, at the later call', () => {
    const a = arm('a', 10);
    deadlines.add(a, 5);
    expect(deadlines.count).toBe(1);
    deadlines.stamp();
    deadlines.add(a, 20);
    expect(deadlines.count).toBe(1);
    deadlines.stamp();
    env.jump(10);
    expect(names()).toEqual([]);
    env.jump(10);
    env.jump(1_000);
    expect(names()).toEqual(['a']);
    expect(deadlines.count).toBe(0);
  });

  it('one may arm and disarm others, and itself again, while it fires', () => {
    const victim = arm('victim', 10);
    let again = 0;
    const self: Named = new Named('self', () => {
      deadlines.remove(victim);
      if (++again < 3) deadlines.add(self, 5);
    });
    deadlines.add(self, 10);
    deadlines.remove(victim);
    deadlines.add(victim, 10); // behind self in the list
    deadlines.stamp();
    for (let i = 0; i < 30; i++) {
      env.jump(1);
      deadlines.stamp();
    }
    expect(fired.map((one) => [one.name, one.at - 1_000])).toEqual([['self', 10], ['self', 15], ['self', 20]]);
  });

  it('P15 keeps the program alive while something is pending and not longer', () => {
    const a = arm('a', 10);
    deadlines.stamp();
    expect(env.pending).toEqual({ timers: 1, held: 1 });
    deadlines.remove(a);
    expect(env.pending.held).toBe(0);
    arm('b', 20);
    deadlines.stamp();
    expect(env.pending.held).toBe(1);
    env.jump(20);
    expect(names()).toEqual(['b']);
    expect(env.pending.held).toBe(0);
  });

  it('all share one native timer', () => {
    for (let i = 1; i <= 1_000; i++) arm(String(i), i);
    deadlines.stamp();
    expect(env.pending.timers).toBe(1);
    arm('sooner', 1);
    deadlines.stamp();
    expect(env.pending.timers).toBe(1);
    env.jump(1_000);
    expect(fired.length).toBe(1_001);
    expect(env.pending.timers).toBe(0);
  });

  it('TI-12 50,000 at one due time fire in slices: the loop gets its turn after about 5 ms of them', () => {
    for (let i = 0; i < 50_000; i++) arm(String(i), 10);
    deadlines.stamp();
    env.readCostMs = 1; // one look at the clock per 128 of them
    env.jump(10);
    const first = fired.length;
    expect(first).toBeGreaterThanOrEqual(128);
    expect(first).toBeLessThanOrEqual(128 * 7);
    expect(env.macrotasks.length).toBe(1);
    let turns = 0;
    for (; env.macrotasks.length > 0 && turns < 1_000; turns++) env.turn();
    expect(turns).toBeGreaterThan(50);
    expect(fired.length).toBe(50_000);
    expect(new Set(names()).size).toBe(50_000);
  });

  it('TI-12 what is armed or disarmed between two slices of one due time is respected', () => {
    const all = Array.from({ length: 2_000 }, (_, i) => arm(String(i), 10));
    deadlines.stamp();
    env.readCostMs = 1;
    env.jump(10);
    env.readCostMs = 0;
    const victim = all[1_999] as Named;
    deadlines.remove(victim);
    arm('new', 1);
    deadlines.stamp();
    while (env.turn() > 0) { /* until nothing waits */ }
    env.jump(5);
    expect(fired.length).toBe(2_000);
    expect(names()).not.toContain('1999');
    expect(names().at(-1)).toBe('new');
  });

  it('TI-13 P35 lists and heap stay small over many distinct durations', () => {
    const inside = deadlines as unknown as {
      readonly lists: Map<number, unknown>;
      readonly heap: unknown[];
      readonly dirty: unknown[]
    };
    for (let i = 1; i <= 20_000; i++) {
      const one = arm('x', 1_000_000 + i);
      if (i % 2 === 0) deadlines.stamp();
      deadlines.remove(one);
      if (i % 7 === 0) deadlines.stamp();
    }
    deadlines.stamp();
    expect(inside.lists.size).toBeLessThanOrEqual(65);
    expect(inside.heap.length).toBe(0);
    expect(inside.dirty.length).toBeLessThanOrEqual(64);
    expect(deadlines.count).toBe(0);
  });

  it('P15 once closed it arms nothing: what is added too late never fires', () => {
    deadlines.close();
    arm('late', 5, () => arm('again', 5));
    deadlines.stamp();
    expect(env.pending.timers).toBe(0);
    env.jump(20);
    expect(names()).toEqual([]);
  });

  it('P15 what was pending when it was closed can be let go of, and armed again, for nothing', () => {
    const pending = [arm('a', 5), arm('b', 5), arm('c', 7)];
    deadlines.stamp();
    deadlines.close();
    for (const one of pending) expect(deadlines.remove(one)).toBe(true);
    deadlines.add(pending[0] as Named, 5);
    deadlines.add(pending[0] as Named, 6);
    deadlines.stamp();
    env.jump(20);
    expect(names()).toEqual([]);
  });

  it('TI-13 a deadline that has fired or was removed is held by nobody', async () => {
    const refs = ((): WeakRef<object>[] => {
      const gone = [arm('fires', 5), arm('removed', 5), arm('neighbour', 7)];
      deadlines.remove(gone[1] as Named);
      deadlines.stamp();
      env.jump(10);
      return gone.map((one) => new WeakRef(one));
    })();
    expect(await heldAfter(refs)).toBe(0);
  });
});
