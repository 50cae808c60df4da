import { mixed } from '../subject/payload.js';
import type { Claims } from './claims.js';

/** What is in a store: of each message an id. */
export interface Truth {
  /** waiting */
  readonly queued: readonly number[];
  /** handled, by the records of it that are still there */
  readonly applied: readonly number[];
  /** how many effects the states have counted, over all lives */
  readonly effects: number;
  /** of the ids that the states have handled */
  readonly mix: number;
  /** places whose content is not what was written there */
  readonly wrong: readonly string[];
  /** what the store itself says is damaged */
  readonly findings: readonly string[];
}

const FAULTS = ['lost', 'duplicated', 'resurrected', 'ghosts', 'torn', 'wrong'] as const;
export type Fault = (typeof FAULTS)[number];
export type Faults = Readonly<Record<Fault, readonly string[]>>;

/**
 * Compares a store with its witness.
 * - lost: accepted, and neither waiting nor handled; or acknowledged as handled, and not handled
 * - duplicated: handled twice, by a record again or by more effects in the states than handled messages
 * - resurrected: handled before, and waiting again
 * - ghosts: nobody intended it, or it was nowhere before
 * - torn: handled and waiting at once: half of a transaction
 * - wrong: another content than was written
 */
export function judge(claims: Claims, { queued, applied, effects, mix, wrong }: Truth): Faults {
  const faults = { lost: [], duplicated: [], resurrected: [], ghosts: [], torn: [], wrong: [...wrong] } as Record<
    Fault, string[]
  >;
  const waiting = new Set(queued);
  const handled = new Set(applied);
  for (const id of waiting) {
    if (handled.has(id)) faults.torn.push(`${id} is handled and waits`);
    else if (claims.isDone(id) || claims.isSettled(id)) faults.resurrected.push(`${id} waits again`);
    if (!claims.isIntended(id) || claims.isNothing(id)) faults.ghosts.push(`${id} waits`);
  }
  for (const id of handled) {
    if (claims.isSettled(id)) faults.duplicated.push(`${id} is handled again`);
    if (!claims.isIntended(id) || claims.isNothing(id)) faults.ghosts.push(`${id} is handled`);
  }
  if (waiting.size !== queued.length) faults.duplicated.push(`${queued.length - waiting.size} wait twice`);
  for (const id of claims.open) {
    if (waiting.has(id) && !claims.isDone(id)) continue;
    if (handled.has(id)) continue;
    if (claims.isDone(id)) faults.lost.push(`${id} was acknowledged as handled`);
    else if (claims.isAccepted(id)) faults.lost.push(`${id} was accepted`);
  }
  const surplus = effects - (claims.settled + handled.size);
  if (surplus > 0) faults.duplicated.push(`${surplus} effects more than handled messages`);
  if (surplus < 0) faults.lost.push(`${-surplus} effects of handled messages`);
  const expected = [...handled].reduce(mixed, claims.settledMix);
  if (surplus === 0 && mix !== expected) {
    faults.wrong.push('the states have handled other messages than the records say');
  }
  return faults;
}

/** What the look has shown is from now on how it is; returns what is handled, whose records may be removed. */
export function settle(claims: Claims, { queued, applied }: Truth): readonly number[] {
  const waiting = new Set(queued);
  const fresh = applied.filter((id) => !claims.isSettled(id));
  for (const id of fresh) claims.settle(id);
  for (const id of [...claims.open]) if (!waiting.has(id)) claims.nothing(id);
  return fresh;
}

/** Faults of many looks, with the first few in words. */
export class Tally {
  readonly counts: Record<Fault, number> = {
    lost: 0, duplicated: 0, resurrected: 0, ghosts: 0, torn: 0, wrong: 0,
  };
  readonly examples: string[] = [];

  add(faults: Faults, where: string): void {
    for (const fault of FAULTS) {
      this.counts[fault] += faults[fault].length;
      for (const text of faults[fault].slice(0, 3)) {
        if (this.examples.length < 20) this.examples.push(`${where}: ${fault}: ${text}`);
      }
    }
  }

  get total(): number {
    return FAULTS.reduce((sum, fault) => sum + this.counts[fault], 0);
  }

  /** `0 lost, 0 duplicated, …` */
  text(): string {
    return FAULTS.map((fault) => `${this.counts[fault]} ${fault}`).join(', ');
  }
}
