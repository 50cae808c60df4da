import { describe, expect, test } from 'vitest';
import { defineAgent, Exit, type ExitReason } from '../../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../../support/system.js';
import { callFailure, sleep } from '../../help.js';

const boom = new Error('boom');

describe('C1 a crash is a death', () => {
  for (const kind of ['sync', 'async'] as const) {
    test(`C1 GS-24 (${kind}) terminate sees the last committed state and the reason, callers and monitors hear it, nothing is retried`, async () => {
      const logger = new Recorder();
      const system = testSystem({ logger });
      const ended: [number, ExitReason][] = [];
      let handled = 0;
      const Counter = defineAgent({
        name: 'counter',
        init: () => ({ n: 3 }),
        casts: {
          crash(self) {
            handled++;
            self.state = { n: 4 };
            if (kind === 'sync') throw boom;
            return (async () => { await settleTurn(); self.state = { n: 5 }; throw boom; })();
          },
        },
        calls: { n: (self) => self.state.n },
        terminate(self, reason) { ended.push([self.state.n, reason]); },
      });
      const ref = system.start(Counter);
      const { pid } = ref;
      const down = system.monitor(ref).down;
      ref.cast('crash');
      const queued = callFailure(ref.call('n'));
      expect((await down).reason).toBe(boom);
      expect(await queued).toMatchObject({ code: 'EXIT', reason: boom, cause: boom });
      expect(ended).toEqual([[3, boom]]);
      expect(handled).toBe(1);
      expect(logger.lines).toHaveLength(1);
      expect(logger.lines[0]?.fields).toMatchObject({ behaviour: 'counter', op: 'crash', pid, queued: 1 });
      expect(system.stats()).toMatchObject({ crashes: 1, crashed: 1, deadLettered: 1 });
    });
  }

  test('GS-24 exit(R) in a handler ends it with R', async () => {
    const system = testSystem();
    const reasons: ExitReason[] = [];
    const Agent = defineAgent({
      casts: { leave: (self, reason: ExitReason) => self.exit(reason) },
      terminate(_self, reason) { reasons.push(reason); },
    });
    for (const reason of ['normal', { shutdown: 1 }, 'odd', boom]) {
      const ref = system.start(Agent);
      const down = system.monitor(ref).down;
      ref.cast('leave', reason);
      expect((await down).reason).toBe(reason);
    }
    expect(reasons).toEqual(['normal', { shutdown: 1 }, 'odd', boom]);
    expect(system.stats().crashes).toBe(2);
  });

  test('PR-03 a thrown non-error is { nocatch }, also undefined', async () => {
    const system = testSystem();
    const Agent = defineAgent({ casts: { fling(_self, value: unknown) { throw value; } } });
    for (const value of [undefined, null, 42, 'text', { a: 1 }]) {
      const ref = system.start(Agent);
      const down = system.monitor(ref).down;
      ref.cast('fling', value);
      expect((await down).reason).toEqual({ nocatch: value });
    }
  });

  test('P17 hostile values end the agent and nothing else', async () => {
    const system = testSystem();
    const hostile = {
      getter: () => Object.defineProperty({}, 'then', { get() { throw boom; } }),
      thenable: () => ({ then() { throw boom; } }),
      twice: () => ({ then(ok: (n: number) => void, no: (e: unknown) => void) { ok(7); no(boom); ok(8); } }),
      proxy: () => {
        throw new Proxy({}, {
          get() { throw boom; }, getPrototypeOf() { throw boom; }, ownKeys() { throw boom; },
        });
      },
    };
    const Agent = defineAgent({ calls: { do: (_self, what: keyof typeof hostile) => hostile[what]() } });
    expect(await callFailure(system.start(Agent).call('do', 'getter')))
      .toMatchObject({ code: 'EXIT', reason: boom });
    expect(await callFailure(system.start(Agent).call('do', 'thenable')))
      .toMatchObject({ code: 'EXIT', reason: boom });
    expect((await callFailure(system.start(Agent).call('do', 'proxy'))).code).toBe('EXIT');
    expect(await system.start(Agent).call('do', 'twice')).toBe(7);
  });
});

describe('the state', () => {
  const Box = defineAgent({
    init: () => ({ n: 1 }),
    calls: {
      n: (self) => self.state.n,
      replace(self) { self.state = { n: 2 }; return self.state.n; },
      async replaceLater(self) { self.state = { n: 3 }; await settleTurn(); return self.state.n; },
      replaceAndRefuse(self) { self.state = { n: 4 }; return self.refuse('NO'); },
      async giveUp(self) { self.state = { n: 99 }; await new Promise(
        (_, reject) => self.signal.addEventListener('abort', () => reject(self.signal.reason as Error)),
      ); },
    },
  });

  test('an assignment is committed when the handler returns, also when it refuses', async () => {
    const system = testSystem();
    const box = system.start(Box);
    expect(await box.call('replace')).toBe(2);
    expect(await box.call('n')).toBe(2);
    expect(await box.call('replaceLater')).toBe(3);
    expect(await box.call('n')).toBe(3);
    await callFailure(box.call('replaceAndRefuse'));
    expect(await box.call('n')).toBe(4);
  });

  test('an assignment of a handler that ended with its cancelled request is not committed', async () => {
    const system = testSystem();
    const box = system.start(Box);
    await callFailure(box.call('giveUp', undefined, { timeoutMs: 2 }));
    expect(await box.call('n')).toBe(1);
  });
});

describe('stops and continues', () => {
  test('GS-20 a stop with and without a reply, from a call, a cast, info and continue', async () => {
    const system = testSystem();
    const Agent = defineAgent({
      calls: {
        reply: (self) => self.stop('normal', 'bye'), silent: (self) => self.stop({ shutdown: 1 }),
        async later(self) { await settleTurn(); return self.stop('normal', 'later'); },
        statement(self) { self.stop('normal'); return 'value'; },
      },
      casts: { stop: (self) => self.stop(), next: (self) => { self.continue('stop'); } },
      continue: (self) => self.stop('from continue'),
      info: (self) => self.stop('from info'),
    });
    expect(await system.start(Agent).call('reply')).toBe('bye');
    expect(await system.start(Agent).call('later')).toBe('later');
    expect(await system.start(Agent).call('statement')).toBe('value');
    expect(await callFailure(system.start(Agent).call('silent'))).toMatchObject(
      { code: 'EXIT', reason: { shutdown: 1 } },
    );
    for (const [verb, reason] of [
      ['stop', 'normal'], ['next', 'from continue'], ['send', 'from info'],
    ] as const) {
      const ref = system.start(Agent);
      const down = system.monitor(ref).down;
      if (verb === 'send') ref.send('x');
      else ref.cast(verb);
      expect((await down).reason).toBe(reason);
    }
  });

  test('C5c GS-35 GS-36 the Exit of the parent runs terminate and bypasses info, even `normal`; that of a sibling is a message', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const Child = defineAgent({
      trapExit: true, info(_self, message) { log.push(message); },
      terminate(_self, reason) { log.push(['terminate', reason]); },
    });
    const Parent = defineAgent({
      init: () => ({ child: undefined as undefined | { pid: string } }),
      calls: { begin(
        self,
      ) { const ref = self.start(Child); self.state.child = ref as never; return ref.pid; } },
      casts: { end(self, reason: ExitReason) { self.exitOther(self.state.child as never, reason); } },
    });
    for (const reason of ['normal', 'shutdown', 'odd']) {
      const parent = system.start(Parent);
      const pid = (await parent.call('begin')) as string;
      const down = system.monitor(pid).down;
      const stranger = system.spawn((self) => self.exitOther(pid, 'from a stranger'));
      await system.monitor(stranger).down;
      parent.cast('end', reason);
      expect((await down).reason).toBe(reason);
      expect(log.splice(0)).toEqual([new Exit(stranger.pid, 'from a stranger'), ['terminate', reason]]);
    }
  });

  test('C5d GS-37 an exit signal ends an agent that does not trap at once; terminate is not called', async () => {
    const system = testSystem();
    let terminated = 0;
    const Agent =
      defineAgent({
        casts: { async sit() { await new Promise(() => undefined); } },
        terminate() { terminated++; },
      });
    for (const reason of ['shutdown', 'odd', 'kill']) {
      const ref = system.start(Agent);
      ref.cast('sit');
      await settleTurn();
      const down = system.monitor(ref).down;
      system.exit(ref, reason);
      expect((await down).reason).toBe(reason === 'kill' ? 'killed' : reason);
    }
    expect(terminated).toBe(0);
  });

  test('GS-38 kill ends a trapping agent without terminate and without info', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const ref = system.start(defineAgent(
      { trapExit: true, info(_self, message) { log.push(message); }, terminate() { log.push('terminate'); } },
    ));
    const down = system.monitor(ref).down;
    system.exit(ref, 'kill');
    expect((await down).reason).toBe('killed');
    expect(log).toEqual([]);
  });

  test('GS-40 stop is synchronous, default `normal`; NOPROC, TIMEOUT and another reason are errors, and a timed-out stop goes on', async () => {
    const system = testSystem();
    const log: ExitReason[] = [];
    const Agent = defineAgent({
      casts: { work: () => { log.push('work'); } },
      async terminate(_self, reason) { await sleep(8); log.push(reason); },
    });
    const ref = system.start(Agent);
    ref.cast('work');
    await ref.stop();
    expect(log, 'what was queued before is handled, terminate runs').toEqual(['work', 'normal']);
    expect(await callFailure(ref.stop())).toMatchObject({ code: 'NOPROC' });
    const slow = system.start(Agent);
    const down = system.monitor(slow).down;
    expect(await callFailure(slow.stop('normal', { timeoutMs: 1 }))).toMatchObject({ code: 'TIMEOUT' });
    expect((await down).reason).toBe('normal');
    const odd = system.start(defineAgent({ terminate() { throw boom; } }));
    expect(await callFailure(odd.stop('shutdown'))).toMatchObject({ code: 'EXIT', reason: boom });
  });

  test('GS-41 an abnormal end is reported, normal, shutdown and { shutdown } are not', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const Agent = defineAgent({
      name: 'ender', calls: { end: (self, reason: ExitReason) => self.stop(reason, 'ok') },
    });
    for (const reason of ['normal', 'shutdown', { shutdown: 'x' }, 'odd', boom]) {
      await system.start(Agent).call('end', reason);
    }
    expect(logger.lines.map((line) => [
      line.fields['behaviour'], line.fields['op'], line.fields['reason'],
    ])).toEqual(
      [['ender', 'end', 'odd'], ['ender', 'end', 'Error: boom']],
    );
  });

  test('GS-25 continue runs before any queued message and may chain', async () => {
    const system = testSystem();
    const log: unknown[] = [];
    const Agent = defineAgent({
      casts: { go(self) { log.push('go'); self.continue(1); }, other() { log.push('other'); } },
      continue(self, what) { log.push(what); if ((what as number) < 3) self.continue((what as number) + 1); },
      calls: { sync: () => undefined },
    });
    const ref = system.start(Agent);
    ref.cast('go');
    ref.cast('other', undefined, { lane: 'critical' });
    ref.cast('go');
    ref.cast('other');
    await ref.call('sync');
    expect(log).toEqual(['other', 'go', 1, 2, 3, 'go', 1, 2, 3, 'other']);
  });

  test('GS-26 a missing continue is a crash; a missing info a warning without the payload; a missing terminate nothing', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const ref =
      system.start(defineAgent({ casts: { go(self) { self.continue('x'); } }, calls: { ping: () => 'pong' } }));
    ref.send({ secret: 'hunter2' });
    expect(await ref.call('ping')).toBe('pong');
    expect(logger.texts('warn')).toHaveLength(1);
    expect(JSON.stringify(logger.lines)).not.toContain('hunter2');
    const down = system.monitor(ref).down;
    ref.cast('go');
    expect((await down).reason).toMatchObject({ code: 'UNDEF' });
  });
});
