import { describe, expect, it } from 'vitest';
import { testSystem } from '../../support/system.js';
import { settle } from '../../process/peers.js';
const is = (wanted: unknown) => (message: unknown): boolean => message === wanted;

describe('a plain process with a backlog', () => {
  it('RE-01 PR-19 P8 takes 60,000 queued messages in linear time, and lets the loop have its turns meanwhile', async () => {
    const system = testSystem();
    const count = 60_000;
    let taken = 0;
    const p = system.spawn(async (self) => {
      await self.receive(is('start'));
      while (taken < count) {
        await self.receive();
        taken++;
      }
    });
    for (let i = 0; i < count; i++) p.send(i);
    await settle();
    p.send('start');
    let worst = 0;
    let last = performance.now();
    const began = last;
    while (taken < count) {
      await settle(1);
      const now = performance.now();
      worst = Math.max(worst, now - last);
      last = now;
    }
    expect(performance.now() - began, 'all of them').toBeLessThan(4_000);
    expect(worst, 'longest hold of the loop').toBeLessThan(500);
  });
});
