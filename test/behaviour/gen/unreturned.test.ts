import { describe, expect, test } from 'vitest';
import { defineAgent, type CallError } from '../../../src/index.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

const tick = (ms = 1): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

function warned(development = true) {
  const logger = new Recorder();
  return { system: testSystem({ logger, development }), warnings: () => logger.texts('warn') };
}

describe('a control value that is not returned', () => {
  const Account = defineAgent({
    name: 'account',
    init: () => ({ balance: 10 }),
    calls: {
      statement(self, amount: number) {
        if (amount > self.state.balance) self.refuse('INSUFFICIENT_FUNDS');
        return self.state.balance;
      },
      async later(self) { await settleTurn(); self.refuse('NO'); return 'yes'; },
      beside: { concurrent: true, handle: (self) => { self.refuse('NO'); return 'yes'; } },
      returned: (self) => self.refuse('NO'),
      early(
        self, yes: boolean,
      ) { const no = self.refuse('NO'); const other = self.refuse('OTHER'); return yes ? other : no; },
      thrown(self) { throw self.refuse('NO'); },
      async *stream(self) { yield 1; return self.refuse('NO_MORE'); },
      stops(self) { self.stop('normal'); return 'bye'; },
    },
    casts: { quiet: (self) => { self.refuse('NO'); } },
  });

  test.each(['statement', 'later', 'beside'] as const)('is told in development: %s', async (op) => {
    const { system, warnings } = warned();
    const ref = system.start(Account);
    await ref.call(op as 'statement', 20);
    await ref.call(op as 'statement', 20);
    expect(warnings(), 'once').toEqual([expect.stringMatching(
      /^the handler '\w+' of 'account' called self\.refuse\(…\) and did not return what it made: .*return self\.refuse\(…\)$/,
    )]);
  });

  test('also by a cast, which nobody waits for', async () => {
    const { system, warnings } = warned();
    system.start(Account).cast('quiet');
    await settleTurn();
    expect(warnings()).toHaveLength(1);
  });

  test('one that is returned, thrown, chosen among several, or a stop as a statement is as it should be', async () => {
    const { system, warnings } = warned();
    const ref = system.start(Account);
    for (const [op, payload] of [
      ['returned'], ['thrown'], ['early', true], ['early', false], ['statement', 5],
    ] as const) await ref.tryCall(op as 'early', payload as boolean);
    const items: unknown[] = [];
    await (async () => { for await (const item of ref.stream('stream')) items.push(item); })().catch(
      (error: unknown) => items.push((error as CallError).refusal),
    );
    expect(items).toEqual([1, 'NO_MORE']);
    expect(await ref.call('stops')).toBe('bye');
    expect(warnings()).toEqual([]);
  });

  test('nothing is told in production', async () => {
    const { system, warnings } = warned(false);
    await system.start(Account).call('statement', 20);
    expect(warnings()).toEqual([]);
  });

  test('init that asks for no start and starts', () => {
    const { system, warnings } = warned();
    system.start(defineAgent({ name: 'lazy', init() { this.ignore(); return {}; } }));
    system.start(defineAgent({ name: 'broke', init() { this.stop('no_funds'); return {}; } }));
    expect(warnings()).toEqual([
      expect.stringContaining("init of 'lazy' called self.ignore(…)"),
      expect.stringContaining("init of 'broke' called self.stop(…)"),
    ]);
  });

  const Door = defineStatem({
    name: 'door',
    init: () => ({ state: 'closed', data: { opened: 0 } }),
    states: {
      closed: {
        calls: {
          open(self) { self.next('open'); return 'opened'; },
          properly: (self) => self.next('open').reply('opened'),
          stay(self) { const stay = self.keep().reply('stays'); self.next('open'); return stay; },
        },
        casts: { bang(self) { self.next('open'); }, end(self) { self.stop('normal'); } },
      },
      open: { enter(self) { self.keep().stateTimeout(5); } },
    },
  });

  test('a transition of a machine: the state stays what it was', async () => {
    const { system, warnings } = warned();
    const door = system.start(Door);
    await door.call('open');
    door.cast('bang');
    door.cast('end');
    expect(await door.call('stay'), 'one of those it made is returned').toBe('stays');
    expect(await door.call('properly')).toBe('opened');
    expect(warnings().map((text) => /^(.*) of 'door' called (self\.\w+)/.exec(text)?.slice(1))).toEqual([
      ["the callback of 'open'", 'self.next'], [
        "the callback of 'bang'", 'self.next',
      ], ["the callback of 'end'", 'self.stop'], ["the enter call of 'open'", 'self.keep'],
    ]);
  });
});

describe('verbs outside of a handler', () => {
  test('setTimeout(() => self.stop()) ends an agent that is idle, through terminate', async () => {
    const { system, warnings } = warned();
    const ends: unknown[] = [];
    const Lazy = defineAgent({
      casts: { go(self) { setTimeout(() => self.stop('lazy'), 1); } },
      terminate(_self, reason) { ends.push(reason); },
    });
    const ref = system.start(Lazy);
    ref.cast('go');
    expect((await system.monitor(ref).down).reason).toBe('lazy');
    expect(ends).toEqual(['lazy']);
    expect(warnings()).toEqual([]);
  });

  test('while a handler awaits it ends behind that handler; a dead one stays dead', async () => {
    const { system } = warned();
    let end: () => void = () => undefined;
    const Busy = defineAgent({
      calls: { async work(
        self,
      ) { end = () => { self.stop(); }; setTimeout(end, 1); await tick(10); return 'done'; } },
    });
    const ref = system.start(Busy);
    expect(await ref.call('work')).toBe('done');
    expect((await system.monitor(ref).down).reason).toBe('noproc');
    end();
    await tick();
    expect(system.stats().processes).toBe(0);
  });

  test('the same of a machine', async () => {
    const { system } = warned();
    const Timer = defineStatem({
      init: () => ({ state: 'a', data: null }),
      states: { a: { casts: { go(self) { setTimeout(() => { self.stop('late'); }, 1); } } } },
    });
    const ref = system.start(Timer);
    ref.cast('go');
    expect((await system.monitor(ref).down).reason).toBe('late');
  });

  test('a refusal or a transition from there can reach nobody, and says so', async () => {
    const { system, warnings } = warned();
    const Lazy = defineAgent({
      name: 'lazy', casts: { go(self) { setTimeout(() => { self.refuse('LATE'); }, 1); } },
    });
    const Timer = defineStatem({
      name: 'timer', init: () => ({ state: 'a', data: null }),
      states: { a: { casts: { go(self) { setTimeout(() => { self.next('b'); }, 1); } } }, b: {} },
    });
    system.start(Lazy).cast('go');
    system.start(Timer).cast('go');
    await tick(20);
    expect(warnings()).toEqual([
      "self.refuse(…) was called in 'lazy' while none of its handlers runs: it does nothing; send the agent a message whose handler returns it",
      "self.next(…) was called in 'timer' while none of its handlers runs: it does nothing; send the agent a message whose handler returns it",
    ]);
  });
});
