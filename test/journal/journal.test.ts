import { describe, expect, it } from 'vitest';
import { type Commit, Journal } from '../../src/journal/index.js';
import { memoryStore } from '../../src/journal/memory/index.js';
import { VirtualEnv } from '../support/virtual-env.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

class Told implements Commit {
  constructor(private readonly told: string[], private readonly name: string) {}
  committed(): void {
    this.told.push(`${this.name} committed`);
  }
  uncommitted(error: Error & { code?: string }): void {
    this.told.push(`${this.name} ${String(error.code)}`);
  }
}

async function opened(source = memoryStore()): Promise<Journal> {
  const journal = new Journal(source.connect(), new VirtualEnv());
  await journal.ready;
  return journal;
}

describe('the journal', () => {
  it('keeps what was added, through a system that ends and another', async () => {
    const source = memoryStore();
    const journal = await opened(source);
    const first = journal.append('message', 'a', bytes(1));
    const second = journal.append('message', 'b', bytes(2));
    journal.put('state', 'x', bytes(3));
    journal.remove('message', first);
    expect((await journal.get('state', 'x'))).toEqual(bytes(3));
    await journal.close();
    expect(journal.state).toBe('closed');

    const next = await opened(source);
    const rows = await next.rows('message', null, 0, 10, true);
    expect(rows.map((row) => [row.seq, row.stream, [...row.body]])).toEqual([[second, 'b', [2]]]);
    expect(next.append('message', 'a', bytes())).toBeGreaterThan(second);
    await next.close();
  });

  it('what is added without a break is one batch; waiters are told in order', async () => {
    const journal = await opened();
    const told: string[] = [];
    journal.whenCommitted(new Told(told, 'nothing'));
    const open = journal.open;
    journal.append('message', 'a', bytes(1));
    journal.whenCommitted(new Told(told, 'one'));
    journal.append('message', 'a', bytes(2));
    journal.whenCommitted(new Told(told, 'two'));
    expect(journal.open).toBe(open);
    await journal.flush();
    expect(told).toEqual(['nothing committed', 'one committed', 'two committed']);
    expect(journal.committedUpTo).toBe(open);
    await journal.close();
  });
});
