import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/index.js';
import { world } from './help.js';

const Desk = defineAgent({
  name: 'Desk',
  init: () => ({ seen: [] as string[] }),
  casts: {
    note(self, text: string) { self.state.seen.push(text); },
    tick(self) { self.state.seen.push('tick'); },
    typed: { schema: z.object({ n: z.number() }), handle(self, { n }) { self.state.seen.push(`n ${n}`); } },
  },
  calls: {
    seen: (self) => self.state.seen,
    refuse: (self) => self.refuse('busy'),
    slow: (self) => new Promise<string>((resolve) => self.signal.addEventListener('abort', () => resolve('gone'))),
  },
});

describe('a scheduled send', () => {
  it('casts at each time to whoever has the name then', async () => {
    const { env, system, schedule } = world();
    const to = system.ref(Desk, 'desk');
    const made = schedule('notes', { everyMs: 1_000 }, { to, cast: 'note', payload: 'hello' });
    await env.advance(1_000);
    const first = system.start(Desk, { name: 'desk' });
    await env.advance(1_000);
    expect(await first.call('seen')).toEqual(['hello']);
    await first.stop();
    const second = system.start(Desk, { name: 'desk' });
    await env.advance(2_000);
    expect(await second.call('seen')).toEqual(['hello', 'hello']);
    expect(made.stats()).toMatchObject({ runs: 4, failed: 0 });
    expect(system.stats().deadLettered, 'the first found nobody').toBe(1);
  });

  it('calls, and is over with the reply', async () => {
    const { env, system, schedule } = world();
    const to = system.start(Desk);
    const good = schedule('good', { everyMs: 1_000 }, { to, call: 'seen' });
    const bad = schedule('bad', { everyMs: 1_000 }, { to, call: 'refuse' });
    await env.advance(2_000);
    expect([good.stats().failed, bad.stats().failed]).toEqual([0, 2]);
  });

  it('takes its call back when it is cancelled', async () => {
    const { env, system, schedule, log } = world();
    const to = system.start(Desk);
    const made = schedule('slow', { everyMs: 1_000 }, { to, call: 'slow', options: { timeoutMs: 'infinity' } });
    await env.advance(3_000);
    expect(made.stats()).toMatchObject({ running: 1, skipped: 2 });
    made.cancel();
    await env.settle();
    expect(made.stats()).toMatchObject({ running: 0, failed: 1 });
    expect(log.texts('warn')).toEqual([]);
  });

  it('takes its call back also when the call was given a signal of its own', async () => {
    const { env, system, schedule } = world();
    const to = system.start(Desk);
    const own = new AbortController();
    const made = schedule('slow', { everyMs: 1_000 }, {
      to, call: 'slow', options: { timeoutMs: 'infinity', signal: own.signal },
    });
    await env.advance(1_000);
    expect(made.stats().running).toBe(1);
    made.cancel();
    await env.settle();
    expect(made.stats().running).toBe(0);
  });

  it('delivers, and is over with the outcome', async () => {
    const { env, system, schedule, log } = world();
    const to = system.start(Desk, { name: 'desk' });
    const made = schedule('mail', { everyMs: 1_000 }, { to, deliver: 'typed', payload: { n: 4 } });
    const bad = schedule('refused', { everyMs: 1_000, startAt: env.wall() + 1_500 }, { to, deliver: 'refuse' });
    await env.advance(2_000);
    expect(await to.call('seen')).toEqual(['n 4', 'n 4']);
    expect([made.stats().failed, bad.stats().failed]).toEqual([0, 1]);
    expect(String(log.lines[0]?.fields['error'])).toContain('a scheduled delivery of refuse ended as refused');
  });

  it('has its payload looked at when it is made', () => {
    const { system, schedule } = world();
    const to = system.start(Desk);
    expect(() => schedule('bad', { everyMs: 1_000 }, { to, cast: 'typed', payload: { n: 'four' } }))
      .toThrow(/^cast 'typed' to .*: payload does not fit its schema/);
  });

  it('has its options looked at when it is made, by the rules of its verb', () => {
    const { system, schedule } = world();
    const to = system.start(Desk);
    const times = { everyMs: 1_000 };
    const refused = (job: object): unknown => {
      try { schedule('bad', times, job).cancel(); } catch (error) { return (error as Error).message; }
      return 'made';
    };
    const note = { to, cast: 'note', payload: 'x' };
    expect(refused({ ...note, options: { lane: 'fast' } })).toContain('cast.lane');
    expect(refused({ ...note, options: { timeoutMs: 5 } })).toContain('cast.timeoutMs');
    expect(refused({ ...note, options: null })).toContain('cast options');
    expect(refused({ to, call: 'seen', options: { timeoutMs: -1 } })).toContain('call.timeoutMs');
    expect(refused({ to, call: 'seen', options: { signal: 'no' } })).toContain('call.signal');
    expect(refused({ to, call: 'seen', options: { attemptsMax: 2 } })).toContain('call.attemptsMax');
    const safely = { guarantee: 'at-least-once' };
    expect(refused({ to, call: 'seen', options: { ...safely, attemptsMax: 0 } })).toContain('call.attemptsMax');
    expect(refused({ to, call: 'seen', options: { ...safely, timeoutMs: 'no' } })).toContain('call.timeoutMs');
    expect(refused({ to, call: 'seen', options: { ...safely, attemptsMax: 2, timeoutMs: 9 } })).toBe('made');
    expect(refused({ to, deliver: 'tick', options: { key: 'k' } })).toContain('deliver.key');
    expect(refused({ to, deliver: 'tick', options: { timeoutMs: 5 } })).toContain('deliver.timeoutMs');
    expect(refused({ to, deliver: 'tick', options: { delayMs: 10 } })).toBe('made');
  });
});
