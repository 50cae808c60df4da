import { describe, expect, it } from 'vitest';
import { defineAgent, OptionError } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { settle } from '../peers.js';

const defineCounter = () => defineAgent({
  init: () => ({ seen: [] as number[] }), calls: { seen: (self) => [...self.state.seen] },
  casts: { add(self, n: number) { self.state.seen.push(n); } },
});

describe('PR-20 suspend and resume', () => {
  it('PR-20 nest: messages accumulate in order until the last suspension is taken back', async () => {
    const system = testSystem();
    const agent = system.start(defineCounter());
    const seen = agent.call('seen');
    expect(await seen).toEqual([]);
    system.suspend(agent);
    system.suspend(agent);
    for (const n of [1, 2, 3]) agent.cast('add', n);
    await settle();
    expect(system.inspect(agent)).toMatchObject({ status: 'suspended', mailbox: { size: 3, handled: 1 } });
    system.resume(agent);
    await settle();
    expect(system.inspect(agent)).toMatchObject({ status: 'suspended', mailbox: { size: 3 } });
    system.resume(agent);
    expect(await agent.call('seen')).toEqual([1, 2, 3]);
    expect(system.inspect(agent)?.status).toBe('idle');
  });

  it('PR-20 what was queued already waits too, and an exit signal acts all the same', async () => {
    const system = testSystem();
    const agent = system.start(defineCounter());
    agent.cast('add', 1);
    system.suspend(agent);
    await settle();
    expect(agent.stats().mailbox).toMatchObject({ handled: 0, queued: 1 });
    system.exit(agent, 'enough');
    expect(agent.pid).toBeUndefined();
    expect(system.stats()).toMatchObject({ deadLettered: 1 });
  });

  it('PR-20 a plain process receives nothing meanwhile', async () => {
    const system = testSystem();
    const got: unknown[] = [];
    const p = system.spawn(async (self) => { for (;;) got.push(await self.receive()); });
    await settle();
    system.suspend(p);
    p.send(1);
    await settle();
    expect(got).toEqual([]);
    system.resume(p);
    await settle();
    expect(got).toEqual([1]);
  });

  it('PR-20 what is no process, or not suspended, is refused', async () => {
    const system = testSystem();
    const agent = system.start(defineCounter());
    expect(() => system.suspend('nobody')).toThrow(OptionError);
    expect(() => system.resume(agent)).toThrow(OptionError);
  });
});
