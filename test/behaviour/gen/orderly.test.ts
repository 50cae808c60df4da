import { describe, expect, it } from 'vitest';
import {
  CallError, child, defineAgent, isOrderly, TaskError, type AgentRef, type ExitReason,
  type ProcessVerbs, type System,
} from '../../../src/index.js';
import { EventManager } from '../../../src/behaviour/event/public.js';
import { defineStatem } from '../../../src/behaviour/statem/public.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { Gate } from '../help.js';

/** Ends itself for a reason, in a call, a cast, a stream, or when it is asked to stop. */
const Callee = defineAgent({
  name: 'callee',
  init: (plan?: { readonly end: ExitReason }) => ({ end: plan?.end }),
  calls: {
    die: (self, reason: ExitReason) => self.stop(reason),
    relay: async (self, to: AgentRef<never>): Promise<unknown> =>
      (self as never as ProcessVerbs).call(to as never, 'die' as never, 'shutdown' as never),
    async *items(self, reason: ExitReason) {
      yield 1;
      self.exit(reason);
    },
    async hang(_self, gate: Promise<void>) { await gate; },
  },
  casts: {
    async dieLater(self, gate: Promise<ExitReason>) { self.exit(await gate); },
  },
  terminate(self) { if (self.state.end !== undefined) self.exit(self.state.end); },
});

const Machine = defineStatem({
  init: () => ({ state: 'on' as const, data: 0 }),
  states: { on: { calls: { die: (self, reason: ExitReason) => self.stop(reason) } } },
});

interface World {
  readonly self: ProcessVerbs & { readonly task: System['task'] };
  readonly system: System;
  readonly reason: ExitReason;
}
type Ask = (world: World) => unknown;

/**
 * Requests that fail with the reason of a callee, wrapped by whom they asked:
 * `{Reason, {gen_server, call, _}}`.
 */
const WRAPPED: Readonly<Record<string, Ask>> = {
  call: ({ self, system, reason }) => self.call(system.start(Callee), 'die', reason),
  'a call with options': ({ self, system, reason }) =>
    self.call(system.start(Callee), 'die', reason, {
      timeoutMs: 'infinity', signal: new AbortController().signal,
    }),
  'a call of a machine': ({ self, system, reason }) => self.call(system.start(Machine), 'die', reason),
  stream: async ({ self, system, reason }) => {
    for await (const _ of self.bind(system.start(Callee)).stream('items', reason));
  },
  'sys.getState': async ({ self, system, reason }) => {
    const ref = system.start(Callee);
    ref.cast('dieLater', Promise.resolve(reason));
    await system.sys(self.bind(ref)).getState();
  },
  'stop of one that ends before': async ({ self, system, reason }) => {
    const ref = system.start(Callee);
    const gate = new Gate<ExitReason>();
    ref.cast('dieLater', gate.promise);
    const stopped = self.bind(ref).stop('whatever');
    gate.open(reason);
    await stopped;
  },
  'task.await': ({ self, reason }) => self.task.await(self.task.asyncNolink((task) => task.exit(reason))),
  'task.awaitMany': ({ self, reason }) =>
    self.task.awaitMany([self.task.asyncNolink(() => 1), self.task.asyncNolink((task) => task.exit(reason))]),
};

/** A process of each kind that makes the request and lets its failure out. */
const CALLERS: Readonly<
  Record<string, (system: System, work: (self: World['self']) => unknown) => { readonly pid: string
    | undefined }>
> = {
  agent: (system, work) => {
    const ref = system.start(defineAgent({ casts: { work: async (self) => { await work(self); } } }));
    ref.cast('work');
    return ref;
  },
  machine: (system, work) => {
    const ref = system.start(defineStatem({
      init: () => ({ state: 'on' as const, data: 0 }),
      states: { on: { casts: { work: async (self) => { await work(self); } } } },
    }));
    ref.cast('work');
    return ref;
  },
  'plain process': (system, work) => system.spawn(async (self) => { await work(self); }),
  task: (system, work) => system.task.async(async (self) => { await work(self); }),
};

async function ended(
  caller: string, ask: Ask, reason: ExitReason,
): Promise<{ readonly reason: ExitReason; readonly texts: readonly string[] }> {
  const env = new VirtualEnv();
  const logger = new Recorder();
  const system = testSystem({ env, logger });
  const gate = new Gate();
  const { pid } = (CALLERS[caller] as (typeof CALLERS)[string])(system, async (self) => {
    await gate.promise;
    await ask({ self, system, reason });
  });
  const { down } = system.monitor(pid as never);
  gate.open();
  await env.settle();
  await env.advance(10);
  const found = (await down).reason;
  return {
    reason: found,
    texts: logger.lines.filter(({ level, fields }) => level === 'error' && fields['pid'] === pid)
      .map(({ text }) => text),
  };
}

describe.each(Object.keys(CALLERS))('the failure of a request that a(n) %s lets out', (caller) => {
  it.each(
    Object.entries(WRAPPED),
  )('GS-14 TK-04 PL-11 %s: a callee that ended with shutdown is no crash, any other end is', async (
    _name, ask,
  ) => {
    const shutdown = await ended(caller, ask, 'shutdown');
    expect(shutdown.reason).toEqual({ shutdown: expect.any(Error) });
    const { shutdown: error } = shutdown.reason as { readonly shutdown: CallError | TaskError };
    expect(error).toMatchObject({ code: 'EXIT', reason: 'shutdown' });
    expect(shutdown.texts, 'no report').toEqual([]);
    for (const reason of ['normal', { shutdown: 'x' }, 'killed', 'boom']) {
      // a task that exits with normal has the result undefined, or none
      if (reason === 'normal' && error instanceof TaskError) continue;
      const other = await ended(caller, ask, reason);
      expect(other.reason, JSON.stringify(reason)).toMatchObject({ code: 'EXIT', reason });
      expect(isOrderly(other.reason)).toBe(false);
      expect(other.texts.length, 'a report').toBeGreaterThan(0);
    }
  });

  it('PL-11 GS-40 stop: the reason that one about to stop ends with comes as it is, so each orderly one is', async () => {
    const ask: Ask = ({ self, system, reason }) =>
      self.bind(system.start(Callee, { end: reason }, {})).stop('other');
    for (const reason of ['normal', 'shutdown', { shutdown: 'x' }]) {
      const { reason: got, texts } = await ended(caller, ask, reason);
      expect(got).toMatchObject({ shutdown: { code: 'EXIT', reason } });
      expect(texts).toEqual([]);
    }
    expect(isOrderly((await ended(caller, ask, 'boom')).reason)).toBe(false);
  });

  it('PL-11 stop: a reason that says the same is the one that was asked for, one that cannot be compared is another', async () => {
    const stop = (
      asked: ExitReason, end: ExitReason,
    ): Promise<{ readonly reason: ExitReason }> => ended(caller, async ({ self, system }) => {
      await self.bind(system.start(Callee, { end }, {})).stop(asked);
      self.exit('it is the same');
    }, undefined);
    expect((await stop({ shutdown: { why: 'x' } }, { shutdown: { why: 'x' } })).reason).toBe('it is the same');
    expect((await stop({ shutdown: 'x' }, { shutdown: 'y' })).reason).toMatchObject(
      { shutdown: { reason: { shutdown: 'y' } } },
    );
    const hostile = (): ExitReason => ({ shutdown: { get x() { throw new Error('hostile'); } } });
    expect((await stop(hostile(), hostile())).reason).toMatchObject({ shutdown: { code: 'EXIT', op: 'stop' } });
  });

  it('GS-10 GS-12 a timeout and nobody there are crashes, whatever the reason of the dead was', async () => {
    const late = await ended(caller, ({ self, system }) => {
      const ref = system.start(Callee);
      return self.call(ref, 'hang', new Promise<void>(() => undefined), { timeoutMs: 10 });
    }, undefined);
    expect(late.reason).toMatchObject({ code: 'TIMEOUT' });
    for (const verb of ['call', 'stop'] as const) {
      const gone = await ended(caller, async ({ self, system }) => {
        const ref = system.start(Callee);
        await ref.stop('shutdown');
        await (verb === 'stop' ? self.bind(ref).stop() : self.call(ref, 'die', 'shutdown'));
      }, undefined);
      expect(gone.reason).toMatchObject({ code: 'NOPROC' });
      expect(isOrderly(gone.reason)).toBe(false);
    }
  });

  it('GS-14 only the direct caller is orderly: its own caller gets a reason around a reason', async () => {
    const { reason, texts } = await ended(
      caller,
      ({ self, system }) => self.call(system.start(Callee), 'relay', system.start(Callee) as never),
      undefined,
    );
    expect(reason).toMatchObject({ code: 'EXIT', reason: { shutdown: { code: 'EXIT', reason: 'shutdown' } } });
    expect(texts.length).toBeGreaterThan(0);
  });
});

describe('an error that is caught', () => {
  it('GS-14 EX-19 is a reason like another: stop, exit and exit of another are as orderly as letting it out', async () => {
    const error = new CallError('EXIT', { target: 'a', op: 'b', reason: 'shutdown' });
    expect(isOrderly(error)).toBe(true);
    expect(isOrderly(new CallError('EXIT', { target: 'a', op: 'b', reason: { shutdown: 1 } }))).toBe(false);
    expect(isOrderly(new CallError('NOPROC', { target: 'a', op: 'b', reason: 'shutdown' }))).toBe(false);
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const A = defineAgent({ casts: { stop: (self) => self.stop(error), exit: (self) => self.exit(error) } });
    const [a, b, c] = [system.start(A), system.start(A), system.start(A)];
    const downs = [a, b, c].map((one) => system.monitor(one).down);
    a.cast('stop');
    b.cast('exit');
    system.exit(c.pid as never, error);
    await env.settle();
    expect((await Promise.all(downs)).map(({ reason }) => reason)).toEqual([error, error, error]);
    expect(logger.lines).toEqual([]);
  });

  it('an event manager that is shut down: a call that waits for it is orderly to let out (GE-05)', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const events = system.ref(EventManager, system.start(EventManager));
    const sys = system.sys(system.ref(EventManager, events.pid as never));
    await sys.suspend();
    const caller = system.spawn(async (self) => { await self.bind(events).syncNotify('x'); });
    const { down } = system.monitor(caller);
    await env.settle();
    void events.stop('shutdown');
    await env.settle();
    expect((await down).reason).toMatchObject({ shutdown: { code: 'EXIT', reason: 'shutdown' } });
  });
});

describe('under a supervisor', () => {
  const Client = defineAgent({
    casts: { ask: async (self, ref: AgentRef<typeof Callee>) => { await self.call(ref, 'die', 'shutdown'); } },
  });

  it.each(
    ['permanent', 'transient', 'temporary'] as const,
  )('SU-12 LG-02 a %s child that lets it out is judged as one that ended in order', async (restart) => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const top = await system.supervise({ intensity: 1, children: [child('client', Client, { restart })] });
    const client = system.ref(Client, 'client');
    for (let n = 0; n < 2; n++) {
      client.cast('ask', system.start(Callee));
      await env.settle();
    }
    const reports = logger.texts('error');
    expect(reports).toEqual(
      restart === 'permanent' ? ['child terminated', 'child terminated', 'supervisor gives up'] : [],
    );
    expect(system.stats().crashes).toBe(0);
    if (restart === 'permanent') return;
    expect(top.pid).toBeDefined();
    expect((await top.whichChildren()).map(({ pid }) => pid))
      .toEqual(restart === 'transient' ? [undefined] : []);
  });
});
