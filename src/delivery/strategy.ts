import { mix } from '../base/index.js';
import type { Process } from '../process/index.js';
import { loadOf, type BalanceMember } from './member.js';

/** What a strategy chooses from. */
export interface Choice {
  readonly list: readonly BalanceMember[];
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

/** Those that live, in turn: whatever comes and goes, among those that stay the counts differ by at most one. */
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

/** The one with least before it; among equals in turn. */
export class LeastLoaded extends Strategy {
  private start = 0;
  pick(from: Choice): BalanceMember | null {
    const { list } = from;
    let best: BalanceMember | null = null;
    let least = Infinity;
    let found = 0;
    for (let step = 0; step < list.length && least > 0; step++) {
      const at = (this.start + step) % list.length;
      const member = list[at] as BalanceMember;
      const p = from.taker(member);
      const load = p === null ? Infinity : loadOf(p);
      if (load >= least) continue;
      best = member;
      least = load;
      found = at;
    }
    if (best !== null) this.start = found + 1;
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
 * The shortest expected wait: average reply time × (what is before it + 1). Nothing is known of a new member: while idle it
 * is tried at once, while busy it counts as the mean of the others.
 */
export class Fastest extends Strategy {
  private start = 0;
  pick(from: Choice): BalanceMember | null {
    const { list } = from;
    const now = from.now();
    const mean = meanOf(from, now);
    let best: BalanceMember | null = null;
    let least = Infinity;
    let lightest = Infinity;
    this.start++;
    for (let step = 0; step < list.length; step++) {
      const member = list[(this.start + step) % list.length] as BalanceMember;
      const p = from.taker(member);
      if (p === null) continue;
      const load = loadOf(p);
      const known = member.averageAt(now);
      const wait = known >= 0 ? known * (load + 1) : load === 0 ? -1 : mean * (load + 1);
      if (wait > least || (wait === least && load >= lightest)) continue;
      best = member;
      least = wait;
      lightest = load;
    }
    return best;
  }
}

function meanOf(from: Choice, now: number): number {
  let sum = 0;
  let count = 0;
  for (const member of from.list) {
    const known = member.averageAt(now);
    if (known < 0) continue;
    sum += known;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** By weight, as evenly spread as weights allow: in any run as long as the sum of the weights each has exactly its share. */
export class Weighted extends Strategy {
  /** who lived at the last choice, and their weights then */
  private readonly group: BalanceMember[] = [];
  private readonly weights: number[] = [];
  pick(from: Choice): BalanceMember | null {
    const sum = this.gather(from);
    let best: BalanceMember | null = null;
    for (const member of this.group) {
      member.credit += member.weight;
      if (best === null || member.credit > best.credit) best = member;
    }
    if (best !== null) best.credit -= sum;
    return best;
  }

  /** The sum of the weights of those that live. Another group begins anew: nobody waits for turns that are owed to who has gone. */
  private gather(from: Choice): number {
    const { group, weights } = this;
    let sum = 0;
    let size = 0;
    let same = true;
    for (const member of from.list) {
      if (from.taker(member) === null) continue;
      same &&= group[size] === member && weights[size] === member.weight;
      group[size] = member;
      weights[size++] = member.weight;
      sum += member.weight;
    }
    if (same && size === group.length) return sum;
    group.length = size;
    for (const member of group) member.credit = 0;
    return sum;
  }
}

/** Each key has one order of the members, by the hash of both; it goes to the first that lives (rendezvous hashing, P31). */
export class ConsistentHash extends Strategy {
  pick(from: Choice, key: number): BalanceMember | null {
    let best: BalanceMember | null = null;
    let highest = -1;
    for (const member of from.list) {
      const score = mix(Math.imul(key ^ member.hash, 0x9e3779b1));
      if (score < highest || (score === highest && best !== null && member.title > best.title) || from.taker(member) === null) continue;
      best = member;
      highest = score;
    }
    return best;
  }
}

/** How a balancer chooses. */
export type BalanceStrategy = 'round-robin' | 'least-loaded' | 'two-choices' | 'random' | 'fastest' | 'consistent-hash' | 'weighted';

export const STRATEGIES: Readonly<Record<BalanceStrategy, new () => Strategy>> = {
  'round-robin': RoundRobin,
  'least-loaded': LeastLoaded,
  'two-choices': TwoChoices,
  random: Random,
  fastest: Fastest,
  'consistent-hash': ConsistentHash,
  weighted: Weighted,
};
