import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { System, SystemOptions } from '../../../src/index.js';
import type { Queue } from '../../../src/bus/public.js';
import { memoryStore } from '../../../src/journal/memory/index.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { testSystem } from '../../support/system.js';

/** What a promise rejected with: its code, else itself; `done` when it did not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(
  () => 'done', (error: unknown) => (error as { code?: unknown } | null)?.code ?? error,
);

/** A queue of either kind, and what it takes: the same tests run on both. */
export interface QueueKind {
  /** where it keeps its items */
  readonly kind: string;
  /** a system that has what the queue needs */
  system(options?: SystemOptions): System;
  /** options of a queue of that kind */
  readonly how: { readonly durable?: true };
}

/** In memory; and durable, on a store in memory and on a file. */
export const KINDS: readonly QueueKind[] = [
  { kind: 'in memory', system: testSystem, how: {} },
  {
    kind: 'durable', how: { durable: true },
    system: (options) => testSystem({ store: memoryStore(), ...options }),
  },
  {
    kind: 'durable, on a file', how: { durable: true },
    system: (options) => testSystem({ store: sqlite(join(folder(), 'store')), ...options }),
  },
];

/** For tests on virtual time, which no file has. */
export const VIRTUAL_KINDS: readonly QueueKind[] = KINDS.slice(0, 2);

const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'castcall-queue-'));
  folders.push(made);
  return made;
}

afterEach(() => {
  for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
});

/** The law of the account. */
export function expectBalanced(queue: Queue<never> | Queue): void {
  const {
    pushed, recovered, acked, dropped, deadLettered, expired, superseded, unknown, stored, ready, delayed, leased,
    ending,
  } = queue.stats();
  expect(pushed + recovered).toBe(
    acked + dropped + deadLettered + expired + superseded + unknown + stored + ready + delayed + leased + ending,
  );
}
