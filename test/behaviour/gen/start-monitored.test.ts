import { describe, expect, test } from 'vitest';
import { defineAgent, Down, type MonitorRef } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Gate, startFailure } from '../help.js';

const boom = new Error('boom');
const Works = defineAgent(
  { init: (n: number) => ({ n }), calls: { n: (self) => self.state.n }, casts: { crash() { throw boom; } } },
);
const Later = defineAgent(
  { init: async (gate: Promise<unknown>) => { await gate; return { n: 1 }; }, casts: {
    crash() { throw boom; },
  } },
);

/**
 * An agent that runs `body` in a call and keeps what reaches its `info`; it does not trap, so a
 * link would end it.
 */
function starter(
  body: (self: Parameters<NonNullable<Parameters<typeof defineAgent>[0]['info']>>[0]) => unknown,
) {
  return defineAgent({
    init: () => ({ seen: [] as unknown[] }),
    calls: { run: (self) => body(self), seen: (self) => self.state.seen },
    info(self, message) { self.state.seen.push(message); },
  });
}

describe('self.startMonitored', () => {
  test('GS-08 PL-06 gives the ref and the monitor: one Down with the real reason, and no link', async () => {
    const system = testSystem();
    const made = system.start(starter((self) => {
      const { ref, monitor } = self.startMonitored(Works, 7, { name: 'w' });
      ref.cast('crash');
      return { pid: ref.pid, monitor, links: system.inspect(ref)?.links };
    }));
    const { pid, monitor, links } = await made.call('run') as {
      pid: string; monitor: MonitorRef; links: unknown;
    };
    await settleTurn();
    expect(links).toEqual([]);
    expect(await made.call('seen')).toEqual([new Down(monitor, pid as never, undefined, boom)]);
    expect(system.whereis('w')).toBeUndefined();
  });

  test('GS-08 an asynchronous init: a death in the very step after it is a Down with its reason, never noproc', async () => {
    const system = testSystem();
    const gate = new Gate();
    const made = system.start(starter(async (self) => {
      const starting = self.startMonitored(Later, gate.promise, { name: 'w' });
      expect(starting).toBeInstanceOf(Promise);
      system.ref(Later, 'w').cast('crash');
      gate.open();
      const { ref } = await starting;
      return ref.stats().alive;
    }));
    await made.call('run');
    await settleTurn();
    expect((await made.call('seen')).map((down) => (down as Down).reason)).toEqual([boom]);
  });

  const failing = {
    throws: [defineAgent({ init: (): { n: number } => { throw boom; } }), boom],
    stops: [defineAgent({ init() { return this.stop('no'); } }), 'no'],
    'fails with error': [defineAgent({ init() { return this.error('no'); } }), 'no'],
    ignores: [defineAgent({ init() { return this.ignore(); } }), 'ignore'],
    'throws later': [
      defineAgent({ init: async (): Promise<{ n: number }> => { await settleTurn(); throw boom; } }), boom,
    ],
    'is killed': [defineAgent({ init() {
      const { pid } = this;
      return settleTurn().then(() => { system().exit(pid, 'kill'); return { n: 1 }; });
    } }), 'killed'],
  } as const;
  let system: () => ReturnType<typeof testSystem>;
  for (const [how, [definition, reason]] of Object.entries(failing)) {
    test(`GS-08 init ${how}: the start fails with the reason, and no Down is left`, async () => {
      const made = testSystem();
      system = () => made;
      const one = made.start(starter((self) => startFailure(
        () => (self.startMonitored as (...all: unknown[]) => unknown).call(self, definition, { name: 'w' }),
      )));
      expect(await one.call('run')).toEqual(reason);
      await settleTurn();
      expect(await one.call('seen')).toEqual([]);
      expect(made.inspect(one)?.monitors).toEqual([]);
      expect(made.whereis('w')).toBeUndefined();
    });
  }

  test('GS-08 a start that takes too long: killed, timeout, no Down', async () => {
    const env = new VirtualEnv();
    const made = testSystem({ env });
    const one = made.start(starter(
      (self) => startFailure(() => self.startMonitored(Later, new Promise(() => undefined), { timeoutMs: 20 })),
    ));
    const run = one.call('run');
    await env.advance(21);
    expect(await run).toBe('timeout');
    expect(await one.call('seen')).toEqual([]);
  });

  test('PL-06 `monitor` is no option of a start: a coded error, and nothing has started', () => {
    const logger = new Recorder();
    const made = testSystem({ logger });
    const given = { monitor: true } as never;
    expect(() => made.start(Works, 1, given)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION', message: expect.stringContaining('monitor') as string,
      }),
    );
    const failed: unknown[] = [];
    const one = made.spawn((self) => {
      for (const verb of ['start', 'startMonitored'] as const) {
        try { self[verb](Works, 1, given); } catch (error) { failed.push((error as { code?: string }).code); }
      }
    });
    return made.monitor(one).down.then(() => {
      expect(failed).toEqual(['UNKNOWN_OPTION', 'UNKNOWN_OPTION']);
      expect(made.processes()).toEqual([]);
    });
  });
});
