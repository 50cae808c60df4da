import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../../support/system.js';
import { VirtualEnv } from '../../../support/virtual-env.js';
import { callFailure, Gate, startFailure } from '../../help.js';

describe('init', () => {
  it('GS-03 stop fails the start and is the exit reason, reported when abnormal; error fails it and ends with normal, silently', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    for (const later of [false, true]) {
      const Stops =
        defineAgent({ init() {
          const made = this.stop('odd');
          return later ? settleTurn().then(() => made) : made;
        } });
      expect(await startFailure(() => system.start(Stops))).toBe('odd');
      expect(logger.lines.splice(0).map((line) => line.fields['reason'])).toEqual(['odd']);
      const Fails = defineAgent(
        { init() { const made = this.error('odd'); return later ? settleTurn().then(() => made) : made; } },
      );
      expect(await startFailure(() => system.start(Fails, { name: 'taken' }))).toBe('odd');
      expect([logger.lines, system.whereis('taken')]).toEqual([[], undefined]);
    }
    expect(system.stats()).toMatchObject({ crashes: 2, processes: 0 });
  });

  it('GS-04 GS-23 a thrown control value counts as returned', async () => {
    const system = testSystem();
    for (const later of [false, true]) {
      const Throws = defineAgent({ init() {
        const made = this.ignore();
        if (later) return settleTurn().then(() => { throw made as unknown as Error; });
        throw made as unknown as Error;
      } });
      expect(await startFailure(() => system.start(Throws))).toBe('ignore');
    }
  });

  it('GS-05 GS-22 what means nothing where it is returned is bad_return_value: in init, and of a cast through terminate', async () => {
    const system = testSystem();
    let refusal: unknown;
    const ended: unknown[] = [];
    const Agent = defineAgent({
      init: () => ({ n: 1 }),
      calls: { make(self) { refusal = self.refuse('X'); } },
      casts: {
        bad: () => refusal, thrown() { throw refusal as Error; },
        fine: () => 'a plain value is ignored',
      },
      terminate(_self, reason) { ended.push((reason as { code?: string }).code); },
    });
    for (const op of ['bad', 'thrown'] as const) {
      const ref = system.start(Agent);
      const down = system.monitor(ref).down;
      await ref.call('make');
      ref.cast('fine');
      ref.cast(op);
      expect((await down).reason).toMatchObject({ code: 'BAD_RETURN_VALUE' });
    }
    expect(ended).toEqual(['BAD_RETURN_VALUE', 'BAD_RETURN_VALUE']);
    expect(await startFailure(() => system.start(defineAgent({ init: () => refusal })))).toMatchObject(
      { code: 'BAD_RETURN_VALUE' },
    );
  });

  it('GS-07 PL-05 an init that takes longer than timeoutMs: killed, the start fails with timeout, the starter lives without an Exit, a monitor sees killed', async () => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const got: unknown[] = [];
    const Slow = defineAgent({ name: 'slow', init: (gate: Promise<void>) => gate.then(() => ({ n: 1 })) });
    const Starter = defineAgent({
      trapExit: true,
      casts: { async begin(self, gate: Promise<void>) { try {
        await self.start(Slow, gate, { name: 'slow', timeoutMs: 100 });
      } catch (error) { got.push((error as { reason?: unknown }).reason); } } },
      info(_self, message) { got.push(message); },
    });
    const starter = system.start(Starter);
    const gate = new Gate();
    starter.cast('begin', gate.promise);
    await env.settle();
    const down = system.monitor('slow').down;
    await env.advance(99);
    expect(got).toEqual([]);
    await env.advance(1);
    expect((await down).reason).toBe('killed');
    await env.settle();
    expect([got, system.whereis('slow'), starter.pid !== undefined, logger.lines]).toEqual(
      [['timeout'], undefined, true, []],
    );
    gate.open();
    await env.settle();
    const quick = await system.start(Slow, Promise.resolve(), { timeoutMs: 100 });
    await env.advance(1_000);
    expect(quick.stats().alive).toBe(true);
    expect(() => system.start(Slow, Promise.resolve(), { timeoutMs: -1 })).toThrow(/milliseconds/);
  });

  it('GS-28 GS-30 a timeout with a message of its own is immune to system messages, and 0 comes before what is queued', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const log: unknown[] = [];
    const Agent = defineAgent({ casts: {
      own(self, ms: number) { self.timeout(ms, 'own'); }, plain(self, ms: number) { self.timeout(ms); },
      note() { log.push('note'); },
    }, info(_self, message) { log.push(message === 'own' ? 'own' : 'plain'); } });
    const ref = system.start(Agent);
    ref.cast('own', 0);
    ref.cast('note');
    ref.cast('plain', 0);
    ref.cast('note');
    await env.settle();
    expect(log.splice(0)).toEqual(['own', 'note', 'note']);
    ref.cast('own', 100);
    await env.advance(60);
    await system.sys(ref).getState();
    await env.advance(40);
    expect(log.splice(0)).toEqual(['own']);
  });

  it('GS-29 a system message does not cancel the idle timeout, but begins it anew in full; no time passes while suspended', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let timeouts = 0;
    const ref = system.start(
      defineAgent({ casts: { arm(self) { self.timeout(100); } }, info() { timeouts++; } }),
    );
    ref.cast('arm');
    await env.advance(60);
    await system.sys(ref).getState();
    await env.advance(99);
    expect(timeouts).toBe(0);
    await env.advance(1);
    expect(timeouts).toBe(1);
    ref.cast('arm');
    await env.settle();
    await system.sys(ref).suspend();
    await env.advance(500);
    await system.sys(ref).resume();
    await env.advance(99);
    expect(timeouts).toBe(1);
    await env.advance(1);
    expect(timeouts).toBe(2);
    expect((await callFailure(system.sys('nobody').resume())).code).toBe('NOPROC');
  });
});
