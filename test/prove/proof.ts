import type { Need } from './needs.js';

/** How much is tried: what a gate has time for, or all that is worth it. */
export const SIZES = ['ci', 'deep'] as const;
export type Size = (typeof SIZES)[number];

export interface Plan {
  readonly size: Size;
  readonly seed: number;
  /** of its own, empty, removed afterwards */
  readonly folder: string;
  /** A line of what happens meanwhile. */
  say(line: string): void;
}

/** What was to be shown, and what was seen. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly pass: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

/** A program that tries to break a promise of durability. */
export interface Proof {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly Need[];
  /** it runs programs on all cores by itself */
  readonly wide?: boolean;
  run(plan: Plan): Promise<readonly Goal[]>;
}

/** `kill  goal lost 0 / measured 0 of 81,422 / pass` */
export function goalLine(proof: string, { goal, measured, pass }: Goal): string {
  return `${proof.padEnd(8)} goal ${goal} / measured ${measured} / ${pass ? 'pass' : 'FAIL'}`;
}

/** A whole number as people read it. */
export const count = (value: number): string => value.toLocaleString('en-US');
