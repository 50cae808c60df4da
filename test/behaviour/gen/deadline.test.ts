import { describe, expect, it } from 'vitest';
import { defineAgent, type AgentRef, type From } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { rejection } from '../help.js';

const OPEN = { timeoutMs: 'infinity' } as const;

/** An agent that waits until its signal fires, agents that call it, and what they were told. */
function world() {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const left: (number | undefined)[] = [];
  const aborted: unknown[] = [];
  const ends: unknown[] = [];
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => { env.timer(ms, resolve); });
  const End = defineAgent({
    calls: {
      async wait(self, name: string) {
        left.push(self.remainingMs);
        const { signal } = self;
        return new Promise<string>((
          _, reject,
        ) => { signal.addEventListener(
          'abort', () => { aborted.push(name); reject(signal.reason as Error); },
        ); });
      },
      left: (self) => self.remainingMs,
      async later(
        self, ms: number,
      ) { const before = self.remainingMs; await sleep(ms); return [before, self.remainingMs]; },
    },
    casts: { look(self) { left.push(self.remainingMs); } },
  });
  const end = system.start(End);
  const other = system.start(End);
  const noted = (promise: Promise<unknown>, name: string): Promise<unknown> =>
    promise.catch((error: unknown) => { ends.push(name, error); });
  const Middle = defineAgent({
    init: (next: AgentRef<typeof End>) => ({ next }),
    calls: {
      wait: (self) => self.call(self.state.next, 'wait', 'middle', OPEN),
      bound: (self) => self.bind(self.state.next).call('wait', 'bound'),
      left: (self) => self.call(self.state.next, 'left', undefined, OPEN),
      limited: (self) => self.call(self.state.next, 'left', undefined, { timeoutMs: 30 }),
      both: (self) => Promise.all(
        [noted(
          self.call(end, 'wait', 'one', OPEN), 'one',
        ), noted(self.call(other, 'wait', 'two', OPEN), 'two')],
      ),
      async cleanup(self) {
        await noted(self.call(self.state.next, 'wait', 'cleanup', OPEN), 'cleanup');
        left.push(self.remainingMs);
        ends.push('cleaned', await self.call(self.state.next, 'left', undefined, OPEN));
      },
      defer(self): string {
        void noted(self.call(self.state.next, 'wait', 'deferred', OPEN), 'deferred');
        return self.noreply() as never;
      },
      async early(self) {
        self.reply(self.from as From, 'early');
        ends.push(self.remainingMs, await self.call(self.state.next, 'later', 50, OPEN));
      },
      ping: () => 'pong',
    },
    casts: { begin(self) { void noted(self.call(self.state.next, 'wait', 'of a cast', OPEN), 'of a cast'); } },
  });
  const Fork =
    defineAgent({ calls: {
      fork: { concurrent: true, handle: (self) => self.call(other, 'wait', 'forked', OPEN) },
    } });
  const middle = system.start(Middle, end);
  const Top = defineAgent({
    calls: {
      wait: (self) => self.call(middle, 'wait', undefined, OPEN),
      left: (self) => self.call(middle, 'left', undefined, OPEN),
    },
    casts: { async go(self) { await self.call(middle, 'wait', undefined, OPEN); } },
  });
  return {
    env, system, left, aborted, ends, End, end, other, middle, Middle, fork: system.start(Fork),
    top: system.start(Top),
  };
}

describe('self.remainingMs', () => {
  it('is what the caller still waits, undefined when for ever or when nobody waits', async () => {
    const { env, end, left } = world();
    expect(await end.call('left', undefined, { timeoutMs: 300 })).toBe(300);
    expect(await end.call('left')).toBe(5_000);
    expect(await end.call('left', undefined, OPEN)).toBeUndefined();
    end.cast('look');
    await env.settle();
    expect(left).toEqual([undefined]);
    const later = end.call('later', 40, { timeoutMs: 100 });
    await env.advance(40);
    expect(await later).toEqual([100, 60]);
  });

  it('counts the limits of all callers on the way: the least of them', async () => {
    const { middle, top } = world();
    expect(await middle.call('left', undefined, { timeoutMs: 200 })).toBe(200);
    expect(await top.call('left', undefined, { timeoutMs: 70 })).toBe(70);
    expect(await middle.call('limited', undefined, { timeoutMs: 200 })).toBe(30);
    expect(await middle.call('limited', undefined, { timeoutMs: 20 })).toBe(20);
    expect(await middle.call('left', undefined, OPEN)).toBeUndefined();
  });

  it('is 0 when the caller has given up, and undefined once it has its reply', async () => {
    const { env, middle, left, ends } = world();
    const late = rejection(middle.call('cleanup', undefined, { timeoutMs: 10 }));
    await env.advance(10);
    await late;
    expect(left).toEqual([10, 0]);
    ends.length = 0;
    expect(await middle.call('early', undefined, { timeoutMs: 10 })).toBe('early');
    await env.advance(50);
    expect(ends).toEqual([undefined, [undefined, undefined]]);
  });

  it('is that of a state machine as well, and undefined for a delivery', async () => {
    const { system, end, env, left } = world();
    const Machine = defineStatem({
      init: () => ({ state: 'on', data: null }),
      states: { on: { calls: { left: (self) => self.keep().reply(self.remainingMs) } } },
    });
    expect(await system.start(Machine).call('left', undefined, { timeoutMs: 80 })).toBe(80);
    await end.deliver('look', undefined, { expiresInMs: 100 });
    await env.settle();
    expect(left).toEqual([undefined]);
  });
});

describe('a cancelled call cancels what was called for it', () => {
  it('GS-10 after a timeout: the inner calls reject with the same error, all signals fire, all agents live on', async () => {
    const { env, system, top, middle, end, aborted, left } = world();
    const error = rejection(top.call('wait', undefined, { timeoutMs: 50 }));
    await env.advance(49);
    expect([aborted, left]).toEqual([[], [50]]);
    await env.advance(1);
    expect(await error).toMatchObject({ code: 'TIMEOUT' });
    expect(aborted).toEqual(['middle']);
    expect(await Promise.all([middle.call('ping'), end.call('left')])).toEqual(['pong', 5_000]);
    expect(system.stats()).toMatchObject({ crashes: 0, refused: 3, callsFailed: 3 });
  });

  it('after an abort, with the signal\'s reason; for refs bound to self as well', async () => {
    const { env, middle, aborted, ends } = world();
    const controller = new AbortController();
    const error = rejection(middle.call('bound', undefined, { signal: controller.signal }));
    await env.settle();
    controller.abort('enough');
    expect(await error).toBe('enough');
    expect(aborted).toEqual(['bound']);
    const second = new AbortController();
    const both = rejection(middle.call('both', undefined, { signal: second.signal }));
    await env.settle();
    second.abort('again');
    expect(await both).toBe('again');
    await env.settle();
    expect([aborted.slice(1), ends]).toEqual([['one', 'two'], ['one', 'again', 'two', 'again']]);
  });

  it('after the death of the caller', async () => {
    const { env, system, top, aborted, middle } = world();
    top.cast('go');
    await env.settle();
    expect(aborted).toEqual([]);
    system.exit(top, 'kill');
    expect(aborted).toEqual(['middle']);
    expect(await middle.call('ping')).toBe('pong');
  });

  it('of a deferred call, and of a concurrent handler', async () => {
    const { env, middle, fork, aborted, ends } = world();
    const deferred = rejection(middle.call('defer', undefined, { timeoutMs: 10 }));
    const forked = rejection(fork.call('fork', undefined, { timeoutMs: 20 }));
    await env.advance(10);
    expect([aborted, ends]).toEqual([['deferred'], ['deferred', await deferred]]);
    await env.advance(10);
    expect(await forked).toMatchObject({ code: 'TIMEOUT' });
    expect(aborted).toEqual(['deferred', 'forked']);
  });

  it('and nothing else: not what was called for another message, not what is called afterwards, not after a reply', async () => {
    const { env, system, middle, other, Middle, aborted, ends } = world();
    const second = system.start(Middle, other);
    second.cast('begin');
    await env.settle();
    const late = rejection(middle.call('cleanup', undefined, { timeoutMs: 10 }));
    const deferred = rejection(second.call('defer', undefined, { timeoutMs: 10 }));
    await env.advance(10);
    await Promise.all([late, deferred]);
    expect(aborted).toEqual(
      ['cleanup'],
    ); // of `second` the first call holds `other`: the deferred one is still queued there
    expect(ends).toEqual(['cleanup', await late, 'deferred', await deferred, 'cleaned', undefined]);
    ends.length = 0;
    expect(await middle.call('early', undefined, { timeoutMs: 10 })).toBe('early');
    await env.advance(50);
    expect(ends).toEqual([undefined, [undefined, undefined]]);
  });

  it('through a chain of 2,000 agents, without a stack of that depth', async () => {
    const { env, system, End } = world();
    interface Next { call(op: 'wait', payload: string, options: object): Promise<string> }
    const Link = defineAgent({
      init: (next: Next) => ({ next }),
      calls: { wait: (self, text: string) => (self.bind(self.state.next as never) as Next).call(
        'wait', text, OPEN,
      ) },
    });
    let last: Next = system.start(End);
    for (let n = 0; n < 2_000; n++) last = system.start(Link, last);
    const error = rejection(last.call('wait', 'end', { timeoutMs: 10 }));
    await env.settle();
    await env.advance(10);
    expect(await error).toMatchObject({ code: 'TIMEOUT' });
    expect(system.stats()).toMatchObject({ crashes: 0, callsFailed: 2_001 });
  });
});
