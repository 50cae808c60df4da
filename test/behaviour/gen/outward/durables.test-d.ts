import { expectTypeOf, test } from 'vitest';
import type { DurableAgent, Durables, DurableTerms } from '../../../../src/behaviour/gen/outward/durables.js';
import type { Process, Turn } from '../../../../src/process/record/index.js';

declare const port: Durables;
declare const p: Process;
declare const terms: DurableTerms;

test('what is stored of an agent is known before its init, and is its turns from then on', () => {
  expectTypeOf<DurableAgent>().toExtend<Turn>();
  expectTypeOf(port.load(p, terms)).toEqualTypeOf<Promise<DurableAgent>>();
  expectTypeOf<DurableAgent['stored']>().toEqualTypeOf<{ readonly state: unknown } | undefined>();
});

test('terms have a version, and a migration or none', () => {
  const older: DurableTerms = { ...terms, version: 2, migrate: (state) => state };
  void port.load(p, older);
  expectTypeOf(terms.version).toEqualTypeOf<number>();
  // @ts-expect-error what a migration gets is any state, and the version that it was stored by
  void port.load(p, { ...terms, migrate: (state: string, from: string) => state + from });
});

test('steps and waits are promises that say nothing of their type; the end never rejects', () => {
  expectTypeOf(port.once(p, 'key', () => 1, undefined)).toEqualTypeOf<Promise<unknown>>();
  expectTypeOf(port.wait(p, 'id', undefined)).toEqualTypeOf<Promise<unknown>>();
  expectTypeOf(port.end()).toEqualTypeOf<Promise<void>>();
});
