import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';

const boom = new Error('boom');

const Counter = defineAgent({
  name: 'counter',
  init: (start: number = 0) => ({ n: start }),
  calls: {
    n: (self) => self.state.n,
    async slow(self, gate: Promise<void>) { await gate; return self.state.n; },
  },
  casts: {
    add(self, by: number) { self.state = { n: self.state.n + by }; },
    mul(self, by: number) { self.state = { n: self.state.n * by }; },
  },
  info(self, message) { if (typeof message === 'number') self.state = { n: message }; },
});

describe('debug functions', () => {
  it('SY-06 statistics count messages in and out between a start and a current time; off they say no_statistics', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const ref = system.start(Counter);
    const sys = system.sys(ref);
    expect(await sys.statistics('get')).toBe('no_statistics');
    await sys.statistics('on');
    const startedAt = env.wallNow;
    ref.cast('add', 1);
    ref.send(5);
    await ref.call('n');
    await ref.call('slow', Promise.resolve());
    env.wallNow += 500;
    expect(await sys.statistics('get')).toEqual(
      { startedAt, now: startedAt + 500, reductions: 4, messagesIn: 4, messagesOut: 2 },
    );
    await sys.statistics('off');
    expect(await sys.statistics('get')).toBe('no_statistics');
  });

  it('SY-07 the log is a ring of 10 events or as many as asked for, of what came in, was replied and became the state, as the callback sees it', async () => {
    const lines: string[] = [];
    const system = testSystem({ logger: {
      error: () => undefined, info: () => undefined,
      warn: (fields, text) => lines.push(`${text}: ${String((fields as { event?: unknown }).event)}`),
    } });
    const ref = system.start(Counter, 0, { name: 'c' });
    const sys = system.sys(ref);
    await sys.log(true);
    ref.cast('add', 4);
    await ref.call('n');
    await ref.call('slow', Promise.resolve());
    expect(await sys.log('get')).toEqual([
      { kind: 'in', type: 'cast', op: 'add', message: 4, from: undefined }, { kind: 'state', state: { n: 4 } },
      {
        kind: 'in', type: 'call', op: 'n', message: undefined, from: undefined,
      }, { kind: 'out', op: 'n', reply: 4, to: undefined }, { kind: 'state', state: { n: 4 } },
      {
        kind: 'in', type: 'call', op: 'slow', message: expect.any(Promise) as unknown, from: undefined,
      }, { kind: 'out', op: 'slow', reply: 4, to: undefined }, { kind: 'state', state: { n: 4 } },
    ]);
    for (let i = 0; i < 10; i++) ref.cast('add', 1);
    expect(await sys.log('get')).toHaveLength(10);
    await sys.log(2);
    expect(await sys.log('get')).toEqual(
      [{ kind: 'in', type: 'cast', op: 'add', message: 1, from: undefined }, {
        kind: 'state', state: { n: 14 },
      }],
    );
    await sys.log('print');
    expect(lines).toEqual(['sys log: c got cast add 1', 'sys log: c has state { n: 14 }']);
    await sys.log(false);
    ref.cast('add', 1);
    expect(await sys.log('get')).toEqual([]);
  });

  it('SY-07 trace tells every event as a line, to the logger or to a function, until it is turned off', async () => {
    const lines: string[] = [];
    const logged: unknown[] = [];
    const system = testSystem({ logger: {
      error: () => undefined, info: () => undefined,
      warn: (fields, text) => { if (text === 'sys trace') logged.push((fields as { event?: unknown }).event); },
    } });
    const ref = system.start(Counter, 0, { name: 'c' });
    const sys = system.sys(ref);
    await sys.trace((line) => { lines.push(line); throw boom; });
    const asker = system.spawn(async (self) => { await self.call(ref, 'n'); });
    await system.monitor(asker).down;
    ref.send('text');
    await settleTurn();
    expect(lines).toEqual([
      `c got call n from ${asker.pid}`, `c sent 0 to ${asker.pid} for n`, 'c has state { n: 0 }',
      'c got info info text', 'c has state { n: 0 }',
    ]);
    await sys.trace(true);
    ref.cast('add', 2);
    await settleTurn();
    expect(logged).toEqual(['c got cast add 2', 'c has state { n: 2 }']);
    await sys.trace(false);
    ref.cast('add', 2);
    await settleTurn();
    expect([lines.length, logged.length]).toEqual([5, 2]);
  });

  it('SY-08 an installed function has its own state, is not installed twice, leaves when done or crashed, and is removed by itself or its id', async () => {
    const system = testSystem();
    const ref = system.start(Counter);
    const sys = system.sys(ref);
    const seen: unknown[] = [];
    const count = (
      n: number, event: { kind: string }, state: unknown,
    ): number | 'done' => { seen.push([n, event.kind, state]); return n + 1; };
    await sys.install(count, { state: 0 });
    await sys.install(count, { state: 100 });
    ref.cast('add', 1);
    await settleTurn();
    expect(seen.splice(0)).toEqual([[0, 'in', { n: 0 }], [1, 'state', { n: 1 }]]);
    await sys.remove(count as never);
    const ids: string[] = [];
    const named = (name: string) => () => { ids.push(name); return 0; };
    await sys.install(named('first'), { state: 0, id: 'x' });
    await sys.install(named('second'), { state: 0, id: 'x' });
    await sys.install(() => { ids.push('done'); return 'done'; }, { state: 0, id: 'once' });
    await sys.install(() => { ids.push('crash'); throw boom; }, { state: 0, id: 'crash' });
    expect((await sys.getStatus()).debug).toEqual(['installed x', 'installed once', 'installed crash']);
    ref.cast('add', 1);
    await settleTurn();
    expect(ids.splice(0)).toEqual(['first', 'done', 'crash', 'first']);
    expect((await sys.getStatus()).debug).toEqual(['installed x']);
    await sys.remove('x');
    await sys.log(true);
    await sys.trace(() => undefined);
    await sys.statistics('on');
    await sys.install(count, { state: 0 });
    expect((await sys.getStatus()).debug).toEqual(['statistics', 'log', 'trace', 'installed count']);
    await sys.noDebug();
    expect((await sys.getStatus()).debug).toEqual([]);
    ref.cast('add', 1);
    await settleTurn();
    expect([ids, seen]).toEqual([[], []]);
  });

  it('SY-13 debug of a start sees the first event; what is no debug option is logged and ignored', async () => {
    const warnings: unknown[] = [];
    const system = testSystem({ logger: {
      error: () => undefined, info: () => undefined,
      warn: (fields) => warnings.push((fields as { option?: unknown }).option),
    } });
    const events: string[] = [];
    const Eager = defineAgent({
      init() { this.continue('go'); return { n: 0 }; }, continue(self) { self.state = { n: 1 }; },
      calls: { n: (self) => self.state.n },
    });
    const install = (
      state: number, event: { kind: string },
    ): number => { events.push(`${String(state)} ${event.kind}`); return state + 1; };
    const ref = system.start(
      Eager,
      { debug: [
        'statistics', { log: 3 }, { install: install as never, state: 0 }, 'nonsense' as never,
        42 as never,
      ] },
    );
    expect(await ref.call('n')).toBe(1);
    expect(events).toEqual(['0 in', '1 state', '2 in', '3 out', '4 state']);
    expect(await system.sys(ref).statistics('get')).toMatchObject({ messagesIn: 2, messagesOut: 1 });
    expect(await system.sys(ref).log('get')).toHaveLength(3);
    expect(warnings).toEqual(['nonsense', '42']);
  });
});
