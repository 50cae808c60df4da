import { describe, expect, test } from 'vitest';
import type { Backoff } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, family } from '../family.js';
import { rejection } from '../wait.js';

async function delayed(backoff: Backoff | undefined, strategy: 'one_for_one' | 'one_for_all' = 'one_for_one') {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const members = family();
  const sup =
    await system.supervise({
      strategy, intensity: 100, backoff, children: [members.worker('a'), members.worker('b')],
    });
  members.take();
  const crash = async (): Promise<void> => {
    members.ref(system, 'b').cast('crash', boom);
    await env.settle();
  };
  return { env, system, sup, crash, ...members };
}

describe('restart back-off', () => {
  test('SU-21 without it restarts are done at once, also when they fail', async () => {
    const { crash, take, fail } = await delayed(undefined);
    fail('b', 3);
    await crash();
    expect(take()).toEqual(['-b boom', '!b', '!b', '!b', '+b']);
  });

  test('each restart in a row waits longer, up to the maximum; meanwhile the child is restarting and requests are served', async () => {
    const { env, crash, take, fail, sup } = await delayed({ baseMs: 100, factor: 3, maxMs: 1_000 });
    fail('b', 3);
    await crash();
    expect(await sup.whichChildren()).toMatchObject(
      [{ id: 'b', status: 'restarting', pid: undefined }, { id: 'a', status: 'running' }],
    );
    expect(await rejection(sup.restartChild('b'))).toMatchObject({ refusal: 'restarting' });
    take();
    for (const [wait, outcome] of [[100, '!b'], [300, '!b'], [900, '!b'], [1_000, '+b']] as const) {
      await env.advance(wait - 1);
      expect(take()).toEqual([]);
      await env.advance(1);
      expect(take()).toEqual([outcome]);
    }
  });

  test('a life of the maximum ends the row', async () => {
    const { env, crash, take } = await delayed({ baseMs: 100, maxMs: 400 });
    await crash();
    await env.advance(101);
    await crash();
    await env.advance(150);
    expect(take(), 'the second waits for 200 ms').toEqual(['-b boom', '+b', '-b boom']);
    await env.advance(51);
    await env.advance(400);
    await crash();
    await env.advance(101);
    expect(take()).toEqual(['+b', '-b boom', '+b']);
  });

  test('jitter takes a random share off each delay', async () => {
    const { env, crash, take } = await delayed({ baseMs: 1_000, jitter: 0.5 });
    env.u32 = () => 0x8000_0000;
    await crash();
    await env.advance(749);
    expect(take()).toEqual(['-b boom']);
    await env.advance(2);
    expect(take()).toEqual(['+b']);
  });

  test('terminateChild ends the wait, a later restartChild starts it, and nothing comes of the old timer', async () => {
    const { env, crash, take, sup } = await delayed({ baseMs: 100 });
    await crash();
    await sup.terminateChild('b');
    await env.advance(50);
    await sup.restartChild('b');
    await env.advance(500);
    expect(take()).toEqual(['-b boom', '+b']);
  });

  test('a group goes down when the restart is due', async () => {
    const { env, crash, take } = await delayed({ baseMs: 100 }, 'one_for_all');
    await crash();
    await env.advance(99);
    expect(take()).toEqual(['-b boom']);
    await env.advance(2);
    expect(take()).toEqual(['-a shutdown', '+a', '+b']);
  });

  test('the end of the supervisor ends the wait', async () => {
    const { env, crash, sup, take } = await delayed({ baseMs: 100 });
    await crash();
    await sup.stop();
    await env.advance(200);
    expect(take()).toEqual(['-b boom', '-a shutdown']);
    expect(env.pending.held).toBe(0);
  });

  test('bad values are refused', async () => {
    const { system } = await delayed(undefined);
    for (const backoff of [
      { baseMs: -1 }, { baseMs: 1, factor: 0.5 }, { baseMs: 1, jitter: 2 }, { baseMs: 1, maxMs: 0 },
      { baseMs: 1, max: 2 },
    ]) {
      expect(String(await rejection(system.supervise({ backoff, children: [] })))).toMatch(
        /backoff/,
      );
    }
  });
});
