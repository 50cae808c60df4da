import { mix } from '../../../src/base/text/hash.js';
import { loadOf, type BalanceMember } from '../../../src/delivery/group/member.js';

/**
 * A choice as its contract says it, by a look at each member: what the strategies of the library
 * must choose.
 */
export interface Naive {
  pick(list: readonly BalanceMember[], key: number): BalanceMember | null;
}

/** The highest score of key and member, by title among equals. */
export class NaiveConsistentHash implements Naive {
  pick(list: readonly BalanceMember[], key: number): BalanceMember | null {
    let best: BalanceMember | null = null;
    let highest = -1;
    for (const member of list) {
      if (member.taker === null) continue;
      const score = mix(Math.imul(key ^ member.hash, 0x9e3779b1));
      if (score < highest || (score === highest && best !== null && member.title > best.title)) continue;
      best = member;
      highest = score;
    }
    return best;
  }
}

/** Smooth weighted rotation: each gets its weight in credit, the one with the most pays the sum. */
export class NaiveWeighted implements Naive {
  private group: readonly BalanceMember[] = [];
  private weights = '';
  private credits: number[] = [];
  pick(list: readonly BalanceMember[]): BalanceMember | null {
    const group = list.filter((member) => member.taker !== null);
    const weights = group.map((member) => member.weight).join();
    if (weights !== this.weights || group.some((member, at) => member !== this.group[at])) {
      this.credits = group.map(() => 0);
    }
    this.group = group;
    this.weights = weights;
    let best = -1;
    for (const [at, { weight }] of group.entries()) {
      this.credits[at] = (this.credits[at] as number) + weight;
      if (best < 0 || (this.credits[at]) > (this.credits[best] as number)) best = at;
    }
    if (best < 0) return null;
    this.credits[best] = (this.credits[best] as number) - group.reduce((sum, { weight }) => sum + weight, 0);
    return group[best] ?? null;
  }
}

/** The least load, in turn among equals. */
export class NaiveLeastLoaded implements Naive {
  private start = 0;
  pick(list: readonly BalanceMember[]): BalanceMember | null {
    let best: BalanceMember | null = null;
    let least = Infinity;
    let found = 0;
    for (let step = 0; step < list.length; step++) {
      const at = (this.start + step) % list.length;
      const p = list[at]?.taker ?? null;
      if (p === null || loadOf(p) >= least) continue;
      best = list[at] ?? null;
      least = loadOf(p);
      found = at;
    }
    if (best !== null) this.start = found + 1;
    return best;
  }
}
