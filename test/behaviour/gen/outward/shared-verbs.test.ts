import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import type { ProcessSelf } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';

const Node = defineAgent({ init: (n: number) => n, calls: { read: (self) => self.state } });

describe('what a self shares with others by name', () => {
  it('is the same as of the system, in the name of the process: it ends with it', async () => {
    const system = testSystem();
    const got: unknown[] = [];
    const p = system.spawn(async (self) => {
      const reader = self.topic<number>('news').subscribe();
      self.schedule('own', { everyMs: 60_000 }, () => undefined);
      await self.queue<string>('jobs').push('dig');
      const { values } = await self.gather([system.start(Node, 7)], 'read');
      got.push(values, await reader.next());
      await self.receive();
    });
    await settleTurn();
    await settleTurn();
    expect(await system.topic<number>('news').publish(3)).toBe(1);
    await settleTurn();
    expect(got).toEqual([[7], 3]);
    expect(system.schedules().map(({ name }) => name)).toEqual(['own']);
    expect(await system.queue<string>('jobs').pull()).toBe('dig');
    system.exit(p, 'gone');
    await settleTurn();
    expect(system.schedules()).toEqual([]);
    expect(await system.topic<number>('news').publish(4)).toBe(0);
  });

  it('does nothing in the name of one that has ended', async () => {
    const system = testSystem();
    let kept: ProcessSelf | undefined;
    const p = system.spawn((self) => { kept = self; });
    await system.monitor(p).down;
    const self = kept as ProcessSelf;
    await expect(self.topic('news').publish(1)).rejects.toMatchObject({ code: 'ZOMBIE' });
    await expect(self.queue('jobs').push(1)).rejects.toMatchObject({ code: 'ZOMBIE' });
    await expect(self.gather([system.start(Node, 7)], 'read')).rejects.toMatchObject({ code: 'ZOMBIE' });
    expect(() => self.schedule('own', { everyMs: 1 }, () => undefined)).toThrow(/ended/);
    expect([system.topics(), system.schedules()]).toEqual([[], []]);
  });
});
