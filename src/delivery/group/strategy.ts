import { mix } from '../../base/text/index.js';
import type { Process } from '../../process/record/index.js';
import type { BalanceStrategy } from '../../api/pool.js';
import { loadOf, type BalanceMember } from './member.js';

/** What a strategy chooses from. */
export interface Choice {
  readonly list: readonly BalanceMember[];
  /** another one whenever somebody has joined or left */
  readonly version: number;
  /** another one whenever somebody may live who did not, or the other way round, or has another weight */
  readonly lives: number;
  /** of more members a choice by load looks at some only */
  readonly lookedAtAll: number;
  /** who would take a message to that member now, or null */
  taker(member: BalanceMember): Process | null;
  u32(): number;
  now(): number;
}

/** Chooses one of those that live, or null when nobody does; `key` is the hash of the message's key. */
export abstract class Strategy {
  abstract pick(from: Choice, key: number): BalanceMember | null;
  /** a member before or at the cursor has gone */
  removed(_at: number): void {}
}

/**
 * Those that live, in turn: whatever comes and goes, among those that stay the counts differ by at
 * most one.
 */
export class RoundRobin extends Strategy {
  private next = 0;
  pick(from: Choice): BalanceMember | null {
    const { list } = from;
    for (let left = list.length; left > 0; left--) {
      if (this.next >= list.length) this.next = 0;
      const member = list[this.next++] as BalanceMember;
      if (from.taker(member) !== null) return member;
    }
    return null;
  }
  override removed(at: number): void {
    if (at < this.next) this.next--;
  }
}

/** Of more members than this a choice by load looks at some only. */
export const LOOKED_AT_ALL = 128;
const LOOKS = 16;

/**
 * Where a choice by load looks, and in which order: at all members one after the other; of many at
 * some that are spread over the group, so that those that were started together, and are slow
 * together, are not met together.
 */
class Walk {
  looks = 0;
  stride = 1;
  private size = -1;

  /** For a group of that size. */
  over({ list, lookedAtAll }: Choice): void {
    const size = list.length;
    this.looks = size <= lookedAtAll ? size : LOOKS;
    if (size === this.size) return;
    this.size = size;
    this.stride = size <= lookedAtAll ? 1 : strideOf(size);
  }

  /** Nobody lives where it has looked: then it looks everywhere. False when it has done so. */
  widen(): boolean {
    if (this.looks >= this.size) return false;
    this.looks = this.size;
    return true;
  }

  next(at: number): number {
    const next = at + this.stride;
    return next < this.size ? next : next - this.size;
  }
}

/**
 * Near the golden section of a group, where few steps are well apart, and such that its steps reach
 * everybody.
 */
function strideOf(size: number): number {
  let stride = Math.floor(size * 0.618);
  while (divisor(stride, size) !== 1) stride++;
  return stride;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * The one with least before it; among equals in turn. Of many members it is the least of some, in
 * turn as well.
 */
export class LeastLoaded extends Strategy {
  private start = 0;
  private readonly walk = new Walk();
  pick(from: Choice): BalanceMember | null {
    this.walk.over(from);
    return this.look(from) ?? (this.walk.widen() ? this.look(from) : null);
  }

  private look(from: Choice): BalanceMember | null {
    const { list } = from;
    const { walk } = this;
    let best: BalanceMember | null = null;
    let least = Infinity;
    let found = 0;
    let at = this.start < list.length ? this.start : 0;
    for (let left = walk.looks; left > 0 && least > 0; left--, at = walk.next(at)) {
      const member = list[at] as BalanceMember;
      const p = from.taker(member);
      const load = p === null ? Infinity : loadOf(p);
      if (load >= least) continue;
      best = member;
      least = load;
      found = at;
    }
    if (best !== null) this.start = walk.next(found);
    return best;
  }
}

/** Any, with equal chances. */
export class Random extends Strategy {
  pick(from: Choice): BalanceMember | null {
    return draw(from, null);
  }
}

/** Two different ones by chance, and of these the one with less before it. */
export class TwoChoices extends Strategy {
  pick(from: Choice): BalanceMember | null {
    const one = draw(from, null);
    const other = one === null ? null : draw(from, one);
    if (one === null || other === null) return one;
    return loadOf(from.taker(other) as Process) < loadOf(from.taker(one) as Process) ? other : one;
  }
}

/** Equal chances for all that live but `not`: a draw that hits another is repeated among those that count. */
function draw(from: Choice, not: BalanceMember | null): BalanceMember | null {
  const { list } = from;
  if (list.length === 0) return null;
  const first = list[from.u32() % list.length] as BalanceMember;
  if (first !== not && from.taker(first) !== null) return first;
  const living = list.filter((member) => member !== not && from.taker(member) !== null);
  return living[from.u32() % living.length] ?? null;
}

/**
 * The shortest expected wait: average reply time × (what is before it + 1). Nothing is known of a
 * new member: while idle it is tried at once, while busy it counts as the mean of the others. Of
 * many members some are looked at.
 */
export class Fastest extends Strategy {
  private start = 0;
  private readonly walk = new Walk();
  /** averages of those looked at, in the order of the walk */
  private readonly known: number[] = [];
  pick(from: Choice): BalanceMember | null {
    this.walk.over(from);
    this.start = this.start + 1 < from.list.length ? this.start + 1 : 0;
    return this.look(from) ?? (this.walk.widen() ? this.look(from) : null);
  }

  private look(from: Choice): BalanceMember | null {
    const { list } = from;
    const { walk } = this;
    const mean = this.meanOf(from);
    let best: BalanceMember | null = null;
    let least = Infinity;
    let lightest = Infinity;
    let at = this.start;
    for (let step = 0; step < walk.looks; step++, at = walk.next(at)) {
      const member = list[at] as BalanceMember;
      const p = from.taker(member);
      if (p === null) continue;
      const load = loadOf(p);
      const known = this.known[step] as number;
      const wait = known >= 0 ? known * (load + 1) : load === 0 ? -1 : mean * (load + 1);
      if (wait > least || (wait === least && load >= lightest)) continue;
      best = member;
      least = wait;
      lightest = load;
    }
    return best;
  }

  private meanOf(from: Choice): number {
    const { walk } = this;
    const now = from.now();
    let sum = 0;
    let count = 0;
    let at = this.start;
    for (let step = 0; step < walk.looks; step++, at = walk.next(at)) {
      const known = (from.list[at] as BalanceMember).averageAt(now);
      this.known[step] = known;
      if (known < 0) continue;
      sum += known;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }
}

/** Those of one weight take turns in the order of the group. */
class Weight {
  readonly places: number[] = [];
  /** turns that each of them has had, those before the cursor one more */
  turns = 0;
  cursor = 0;
  constructor(readonly weight: number) {}

  get next(): number {
    return this.places[this.cursor] as number;
  }

  took(): void {
    if (++this.cursor < this.places.length) return;
    this.cursor = 0;
    this.turns++;
  }
}

/**
 * By weight, as evenly spread as weights allow: in any run as long as the sum of the weights each
 * has exactly its share. The next one has the most credit: its weight for each turn, less the sum
 * of all weights for each that it had. Among those of one weight that is who has had the fewest
 * turns. O(different weights), and O(n) once somebody comes or goes.
 */
export class Weighted extends Strategy {
  /** who lived at the last choice, and their weights then */
  private readonly group: BalanceMember[] = [];
  private readonly weights: number[] = [];
  private classes: readonly Weight[] = [];
  private lives = -1;
  private sum = 0;
  private turn = 0;
  pick(from: Choice): BalanceMember | null {
    if (from.lives !== this.lives) this.gather(from);
    let best: Weight | null = null;
    let most = -Infinity;
    for (const one of this.classes) {
      const credit = one.weight * (this.turn + 1) - this.sum * one.turns;
      if (credit < most || (credit === most && best !== null && one.next > best.next)) continue;
      best = one;
      most = credit;
    }
    if (best === null) return null;
    const member = this.group[best.next] as BalanceMember;
    best.took();
    if (++this.turn === this.sum) this.again();
    return member;
  }

  /** A run is over: each has had its weight in turns, and the numbers stay small. */
  private again(): void {
    this.turn = 0;
    for (const one of this.classes) one.turns -= one.weight;
  }

  /** Another group begins anew: nobody waits for turns that are owed to who has gone. */
  private gather(from: Choice): void {
    const { group, weights } = this;
    this.lives = from.lives;
    let size = 0;
    let same = true;
    for (const member of from.list) {
      if (from.taker(member) === null) continue;
      same &&= group[size] === member && weights[size] === member.weight;
      group[size] = member;
      weights[size++] = member.weight;
    }
    if (same && size === group.length) return;
    group.length = weights.length = size;
    this.begin();
  }

  private begin(): void {
    const classes = new Map<number, Weight>();
    this.turn = 0;
    this.sum = 0;
    for (const [place, weight] of this.weights.entries()) {
      let one = classes.get(weight);
      if (one === undefined) classes.set(weight, (one = new Weight(weight)));
      one.places.push(place);
      this.sum += weight;
    }
    this.classes = [...classes.values()];
  }
}

/** where fewer are members, a look at each is as fast as a memory */
const REMEMBERED_FROM = 32;

/**
 * Each key has one order of the members, by the hash of both; it goes to the first that lives
 * (rendezvous hashing, P31). Who is first of all is remembered for the latest keys, while nobody
 * joins or leaves.
 */
export class ConsistentHash extends Strategy {
  private version = -1;
  private hashes = new Int32Array(0);
  /** keys by their low bits, and beside each the place of its first member, from 1 */
  private known = new Int32Array(0);
  pick(from: Choice, key: number): BalanceMember | null {
    if (from.list.length < REMEMBERED_FROM) return firstOf(from, key);
    if (from.version !== this.version) this.renew(from);
    const { known } = this;
    const at = (key << 1) & (known.length - 1);
    if (known[at] !== (key | 0) || known[at + 1] === 0) {
      known[at] = key;
      known[at + 1] = this.first(from.list, key) + 1;
    }
    const member = from.list[(known[at + 1] as number) - 1] as BalanceMember;
    return from.taker(member) === null ? firstOf(from, key) : member;
  }

  private renew({ list, version }: Choice): void {
    this.version = version;
    this.hashes = Int32Array.from(list, ({ hash }) => hash | 0);
    this.known = new Int32Array(2 << (32 - Math.clz32(2 * list.length)));
  }

  /** The place of the first member of a key, whether or not it lives. */
  private first(list: readonly BalanceMember[], key: number): number {
    const { hashes } = this;
    let best = 0;
    let highest = -1;
    for (let at = 0; at < hashes.length; at++) {
      const score = scoreOf(key, hashes[at] as number);
      if (score < highest || (score === highest && titleAt(list, at) > titleAt(list, best))) continue;
      best = at;
      highest = score;
    }
    return best;
  }
}

function firstOf(from: Choice, key: number): BalanceMember | null {
  let best: BalanceMember | null = null;
  let highest = -1;
  for (const member of from.list) {
    const score = scoreOf(key, member.hash);
    if (score < highest || (score === highest && best !== null && member.title > best.title)) continue;
    if (from.taker(member) === null) continue;
    best = member;
    highest = score;
  }
  return best;
}

function scoreOf(key: number, hash: number): number {
  return mix(Math.imul(key ^ hash, 0x9e3779b1));
}

function titleAt(list: readonly BalanceMember[], at: number): string {
  return (list[at] as BalanceMember).title;
}

export const STRATEGIES: Readonly<Record<BalanceStrategy, new () => Strategy>> = {
  'round-robin': RoundRobin,
  'least-loaded': LeastLoaded,
  'two-choices': TwoChoices,
  random: Random,
  fastest: Fastest,
  'consistent-hash': ConsistentHash,
  weighted: Weighted,
};
