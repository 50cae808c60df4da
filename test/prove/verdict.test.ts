import { describe, expect, it } from 'vitest';
import { bodyOf, idOf, mixed } from './subject/payload.js';
import { Claims } from './witness/claims.js';
import { judge, settle, Tally, type Truth } from './witness/verdict.js';

function told(...lines: string[]): Claims {
  const claims = new Claims();
  claims.hear(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  return claims;
}

const truth = (queued: number[], applied: number[], more: Partial<Truth> = {}): Truth => ({
  queued, applied, effects: applied.length, mix: applied.reduce(mixed, 0), wrong: [], findings: [], ...more,
});

function faults(claims: Claims, seen: Truth): string {
  const tally = new Tally();
  tally.add(judge(claims, seen), '');
  return Object.entries(tally.counts).flatMap(([fault, times]) => (times > 0 ? [`${times} ${fault}`] : [])).join();
}

describe('the verdict over a store and its witness', () => {
  const claims = (): Claims => told('I 0', 'I 1', 'I 2', 'S 0', 'S 1', 'K 1', 'I 3');

  it('accepts what was told, and either for what was not acknowledged', () => {
    expect(faults(claims(), truth([0], [1]))).toBe('');
    expect(faults(claims(), truth([0, 2], [1, 3]))).toBe('');
  });

  it('finds each fault', () => {
    expect(faults(claims(), truth([], [1]))).toBe('1 lost');
    expect(faults(claims(), truth([0], []))).toBe('1 lost');
    expect(faults(claims(), truth([0, 1], []))).toContain('1 resurrected');
    expect(faults(claims(), truth([0, 9], [1]))).toBe('1 ghosts');
    expect(faults(claims(), truth([0, 1], [1]))).toBe('1 torn');
    expect(faults(claims(), truth([0], [1], { effects: 2 }))).toBe('1 duplicated');
    expect(faults(claims(), truth([0], [1], { effects: 0 }))).toBe('1 lost');
    expect(faults(claims(), truth([0], [1], { mix: 5 }))).toBe('1 wrong');
    expect(faults(claims(), truth([0], [1], { wrong: ['message 7'] }))).toBe('1 wrong');
  });

  it('remembers what a look has shown, over the removal of its record', () => {
    const all = claims();
    expect(settle(all, truth([0], [1]))).toEqual([1]);
    const after = { effects: 1, mix: mixed(0, 1) };
    expect(faults(all, truth([0], [], after))).toBe('');
    expect(faults(all, truth([0, 1], [], after))).toBe('1 resurrected');
    expect(faults(all, truth([0, 2], [], after))).toBe('1 ghosts');
    expect(faults(all, truth([], [], after))).toBe('1 lost');
  });

  it('leaves out a line that was not finished', () => {
    const claims = new Claims();
    claims.hear(Buffer.from('I 0\nS '));
    claims.hear(Buffer.from('0\nI 1\nS 1'));
    claims.lifeEnded();
    expect([claims.isAccepted(0), claims.isIntended(1), claims.isAccepted(1)]).toEqual([true, true, false]);
  });

  it('knows the one body of an id', () => {
    const body = bodyOf(77);
    expect(idOf(body)).toBe(77);
    body[20] = (body[20] as number) ^ 1;
    expect(idOf(body)).toBeUndefined();
  });
});
