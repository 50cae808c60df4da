import { describe, expect, test } from 'vitest';
import { defineAgent, type StartError } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { callFailure, Gate, startFailure } from '../help.js';

const boom = new Error('boom');

describe('a synchronous start', () => {
  /** An agent whose init ends when its gate says so. */
  const Slow = defineAgent({
    name: 'slow', init: async (gate: Promise<unknown>) => { await gate; return { n: 1 }; },
    calls: { n: (self) => self.state.n },
  });

  /** Starts a Slow from a process, end what it awaits by `how`, and tells what the starter saw. */
  async function startAndEnd(
    how: (gate: Gate, system: ReturnType<typeof testSystem>, env: VirtualEnv) => unknown,
  ): Promise<unknown> {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const gate = new Gate();
    const log: unknown[] = [];
    const Starter = defineAgent({
      trapExit: true,
      casts: {
        async begin(self) {
          try {
            const ref = await self.start(Slow, gate.promise, { name: 'slow', timeoutMs: 1_000 });
            log.push(['started', ref.pid === system.whereis('slow')]);
          } catch (error) {
            log.push(['failed', (error as StartError).reason, system.whereis('slow')]);
          }
        },
        next() { log.push('next message'); },
      },
      info(_self, message) { log.push(message); },
    });
    const starter = system.start(Starter);
    starter.cast('begin');
    starter.cast('next');
    await env.settle();
    await env.advance(500);
    expect(log, 'the starter is still in its start').toEqual([]);
    await how(gate, system, env);
    await env.settle();
    return log;
  }

  test('PL-01 the starter goes on when init has returned, not before', async () => {
    expect(await startAndEnd((gate) => gate.open())).toEqual([['started', true], 'next message']);
  });
  test('PL-01 the starter goes on when init has failed', async () => {
    expect(await startAndEnd((gate) => gate.fail(boom))).toEqual([['failed', boom, undefined], 'next message']);
  });
  test('PL-01 PL-04 the starter goes on when the process has died in its init, and gets no Exit', async () => {
    expect(await startAndEnd((_, system) => system.exit('slow', 'kill'))).toEqual(
      [['failed', 'killed', undefined], 'next message'],
    );
  });
  test('PL-01 the starter goes on when time is up', async () => {
    expect(await startAndEnd((_gate, _system, env) => env.advance(500))).toEqual(
      [['failed', 'timeout', undefined], 'next message'],
    );
  });
  test('PL-01 a synchronous init has run to its end when start returns', () => {
    const system = testSystem();
    let ran = false;
    system.start(defineAgent({ init: () => { ran = true; return {}; } }));
    expect(ran).toBe(true);
  });
});

describe('a retry right after a failed start', () => {
  for (const later of [false, true]) {
    for (const how of ['throws', 'error', 'stop', 'ignore'] as const) {
      test(`PL-03 init ${how} ${later
        ? 'later'
        : 'at once'}: the first thing the starter does may take the name, and finds the process gone`, async () => {
        const system = testSystem();
        let dead = '';
        const Fails = defineAgent({
          init() {
            dead = this.pid;
            if (how === 'throws') { if (later) return settleTurn().then(() => { throw boom; }); throw boom; }
            const made = how === 'ignore'
              ? this.ignore()
              : how === 'error' ? this.error('odd') : this.stop('odd');
            return later ? settleTurn().then(() => made) : made;
          },
        });
        const Works = defineAgent({ init: () => ({}), calls: { ping: () => 'pong' } });
        const Starter = defineAgent({
          calls: {
            async retry(self) {
              await startFailure(() => self.start(Fails, { name: 'one' }));
              const gone = [system.alive(dead), system.whereis('one')];
              const pong = await self.call(self.start(Works, { name: 'one' }), 'ping');
              return [...gone, pong];
            },
          },
          trapExit: true,
        });
        expect(await system.start(Starter).call('retry')).toEqual([false, undefined, 'pong']);
      });
    }
  }
});

describe('stop of an agent', () => {
  const Agent = defineAgent(
    { trapExit: true, casts: {
      async hang() { await new Promise(() => undefined); }, crash() { throw boom; },
    } },
  );

  for (const reason of ['normal', 'shutdown', { shutdown: 'x' }, 'odd', boom]) {
    test(`PL-11 resolves when it ended for the reason asked for: ${String(
      reason instanceof Error ? reason : JSON.stringify(reason),
    )}`, async () => {
      const system = testSystem();
      const ref = system.start(Agent);
      const { down } = system.monitor(ref);
      await ref.stop(reason);
      expect((await down).reason).toBe(reason);
      expect(ref.stats().alive).toBe(false);
    });
  }

  test('PL-11 rejects with the actual reason when that is another one', async () => {
    const system = testSystem();
    const before = system.start(Agent);
    before.cast('crash');
    expect(await callFailure(before.stop()), 'it crashed on an earlier message').toMatchObject(
      { code: 'EXIT', reason: boom },
    );
    const killed = system.start(Agent);
    killed.cast('hang');
    const stopping = killed.stop('normal');
    await settleTurn();
    system.exit(killed, 'kill');
    expect(await callFailure(stopping)).toMatchObject({ code: 'EXIT', reason: 'killed' });
    const failing = system.start(defineAgent({ terminate() { throw boom; } }));
    expect(await callFailure(failing.stop('shutdown')), 'its terminate crashed').toMatchObject(
      { code: 'EXIT', reason: boom },
    );
  });

  test('PL-11 noproc and timeout are errors of their own', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    expect(await callFailure(system.ref(Agent, 'nobody').stop()))
      .toMatchObject({ code: 'NOPROC', reason: 'noproc' });
    const ref = system.start(Agent);
    ref.cast('hang');
    const stopping = callFailure(ref.stop('normal', { timeoutMs: 50 }));
    await env.advance(51);
    expect(await stopping).toMatchObject({ code: 'TIMEOUT' });
    expect(ref.stats().alive, 'the stop itself is not taken back').toBe(true);
    system.exit(ref, 'kill');
  });

  test('PL-11 the same for a plain process', async () => {
    const system = testSystem();
    const plain = system.spawn(async (self) => { await self.receive(); });
    await plain.stop('odd');
    const deaf = system.spawn(async (self) => { self.trapExit(true); await self.receive(); throw boom; });
    await settleTurn();
    expect(await callFailure(deaf.stop('shutdown'))).toMatchObject({ code: 'EXIT', reason: boom });
    expect(await callFailure(deaf.stop())).toMatchObject({ code: 'NOPROC' });
  });
});
