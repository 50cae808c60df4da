import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CallError, defineAgent, type Self } from '../../../src/index.js';
import { Completion, defineService, type SubmissionNode } from '../../../src/bus/service/public.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { codeOf, Doubler, Maths, sleeper } from './help.js';

/** `invoke a [request maths, response maths, complete a]` */
function shape({ message, children }: SubmissionNode): string {
  const inner = children.length === 0 ? '' : ` [${children.map(shape).join(', ')}]`;
  const target = message.type === 'request' || message.type === 'response' ? message.service : message.agent;
  return `${message.type} ${target} ${message.sequence}${inner}`;
}

const Agent = defineAgent({
  calls: {
    async invoke(self, n: number) {
      const one = await self.service(Maths).request('double', n);
      await Promise.resolve();
      const two = await self.service(Maths).request('double', one);
      return new Completion({ result: two }, { state: `state-${two}` });
    },
    crash(): string { throw new Error('broken'); },
    refuse: (self) => self.refuse('NO', 1),
  },
});

describe('V Typed protocol: a harness invokes an agent, which asks services, and completes', () => {
  test('the Complete has ids, session, sequence, state and diagnostics', async () => {
    const system = testSystem();
    system.service(Maths, { workers: [system.start(Doubler, { name: 'worker' })] });
    const agent = system.start(Agent, { name: 'agent' });
    const complete = await system.invoke(agent, 5, { session: 's-1', timeoutMs: 1_000 });
    expect(complete).toMatchObject({
      type: 'complete', session: 's-1', sequence: 0, agent: agent.pid, operation: 'invoke',
      payload: { result: 20 }, state: 'state-20', diagnostics: { by: 'agent', backend: 'agent', attempts: 1 },
    });
    expect(complete.parent).toBe(complete.submission);
    const submission = system.submission(complete.submission);
    expect(submission).toMatchObject({ id: complete.submission, session: 's-1' });
    expect(submission?.roots.map(shape)).toEqual([
      `invoke ${agent.pid} 0 [request maths 1 [response maths 1], request maths 2 [response maths 2], complete ${
        agent.pid} 0]`,
    ]);
    const [request] = submission?.roots[0]?.children ?? [];
    expect(request?.message).toMatchObject({
      type: 'request', service: 'maths', operation: 'double', parent: complete.submission, diagnostics: { by: 'agent' },
    });
    expect(request?.children[0]?.message).toMatchObject({
      type: 'response', parent: request?.message.id,
      diagnostics: { by: 'worker', backend: 'doubler', attempts: 1 },
    });
    expect(JSON.stringify(submission)).not.toContain('payload');
  });

  test('V Request/reply: an invoke within an invoke, and calls in between, are of the same submission', async () => {
    const system = testSystem();
    system.service(Maths, { workers: [system.start(Doubler)] });
    const inner = system.start(Agent, { name: 'inner' });
    const Helper = defineAgent({
      calls: { help: (self, n: number) => self.service(Maths).request('double', n) },
    });
    const helper = system.start(Helper);
    const Outer = defineAgent({
      calls: {
        invoke: {
          concurrent: true,
          async handle(self, n: number) {
            const helped = await self.call(helper, 'help', n);
            return (await self.invoke(inner, helped)).payload.result;
          },
        },
      },
    });
    const complete = await system.invoke(system.start(Outer, { name: 'outer' }), 1);
    expect(complete.payload).toBe(8);
    const [root] = system.submission(complete.submission)?.roots ?? [];
    expect(root?.children.map(({ message }) => `${message.type} ${message.sequence}`))
      .toEqual(['request 1', 'invoke 2', 'complete 0']);
    expect(root?.children[1]?.children.map(({ message }) => `${message.type} ${message.sequence}`))
      .toEqual(['request 3', 'request 4', 'complete 2']);
  });

  test('what the handler of a stream asks for is of the submission of whoever reads it', async () => {
    const system = testSystem();
    system.service(Maths, { workers: [system.start(Doubler)] });
    const Words = defineService({ name: 'words', operations: { each: { request: z.number(), item: z.number() } } });
    const stream = async function* (self: Self<undefined>, n: number): AsyncGenerator<number> {
      for (let at = 1; at <= n; at++) yield await self.service(Maths).request('double', at);
    };
    for (const each of [stream, { concurrent: true, handle: stream }]) {
      const Speaker = defineAgent({ calls: { each } });
      const speaker = system.start(Speaker);
      const words = system.service(Words, { workers: [speaker] });
      const Reader = defineAgent({
        calls: {
          async service(self, n: number) {
            const items: number[] = [];
            for await (const item of self.service(Words).stream('each', n)) items.push(item);
            return items;
          },
          agent: (self, n: number) => self.stream(speaker, 'each', n).collect(),
        },
      });
      const reader = system.start(Reader, { name: 'reader' });
      const inService = await system.invoke(reader, 2, { op: 'service' });
      const inAgent = await system.invoke(reader, 2, { op: 'agent' });
      expect([inService.payload, inAgent.payload]).toEqual([[2, 4], [2, 4]]);
      const [hops, others] = [inService, inAgent].map(({ submission }) => system.submission(submission)?.roots ?? []);
      const maths = (n: number): string => `request maths ${n} [response maths ${n}]`;
      expect(hops?.map(shape)).toEqual([`invoke ${reader.pid} 0 [request words 1 [${
        maths(2)}, ${maths(3)}, response words 1], complete ${reader.pid} 0]`]);
      expect(others?.map(shape)).toEqual([
        `invoke ${reader.pid} 0 [${maths(1)}, ${maths(2)}, complete ${reader.pid} 0]`,
      ]);
      await words.close();
      await reader.stop();
    }
  });

  test('a request outside of every invoke is a submission of its own', async () => {
    const system = testSystem();
    const maths = system.service(Maths, { workers: [system.start(Doubler)] });
    await maths.request('double', 1);
    const one = `${String(system.start(Doubler).pid).replace(/\d+$/, '')}m1`;
    expect(system.submission(one)?.roots.map(shape)).toEqual(['request maths 1 [response maths 1]']);
    expect(system.submission('nothing')).toBeUndefined();
    expect(() => system.submission(1 as never)).toThrow('submission');
  });

  test('what fails is a rejection with a code, and a Complete with the failure is recorded', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const agent = system.start(Agent, { name: 'agent' });
    const crashed: unknown = await system.invoke(agent, undefined, { op: 'crash' }).catch((error: unknown) => error);
    expect(crashed).toBeInstanceOf(CallError);
    expect(crashed).toMatchObject({ code: 'EXIT' });
    const refusing = system.start(Agent);
    expect(await codeOf(system.invoke(refusing, undefined, { op: 'refuse' }))).toBe('REFUSED');
    const slow = codeOf(system.invoke(system.start(sleeper(env)), 1_000, { op: 'double', timeoutMs: 10 }));
    await settleTurn();
    await env.advance(10);
    expect(await slow).toBe('TIMEOUT');
    const prefix = String(refusing.pid).replace(/\d+$/, '');
    const [failed] = system.submission(`${prefix}m1`)?.roots ?? [];
    expect(failed?.children[0]?.message).toMatchObject({ type: 'complete', error: { code: 'EXIT' } });
  });

  test('misuse is told where it enters', async () => {
    const system = testSystem();
    const agent = system.start(Agent);
    const invoke = system.invoke.bind(system) as (...args: unknown[]) => Promise<unknown>;
    expect(await codeOf(invoke(agent, 1, { timeoutMs: 0 }))).toBe('BAD_OPTION');
    expect(await codeOf(invoke(agent, 1, { session: 'a b' }))).toBe('BAD_NAME');
    expect(await codeOf(invoke(agent, 1, { state: '' }))).toBe('BAD_OPTION');
    expect(await codeOf(invoke(agent, 1, { sesion: 'x' }))).toBe('UNKNOWN_OPTION');
    expect(await codeOf(invoke(agent, 1, { op: 'nothing' }))).toBe('UNKNOWN_OPERATION');
    expect(await codeOf(invoke(agent, 1, null))).toBe('BAD_OPTION');
    expect(await codeOf(invoke(null, 1))).toBe('BAD_OPTION');
    expect(await codeOf(invoke({ dispatch() {} }, 1))).toBe('BAD_OPTION');
    expect(await codeOf(invoke(system.ref(Agent, 'nobody'), 1))).toBe('NOPROC');
    expect(await codeOf(invoke(agent, 1, { signal: AbortSignal.abort('gone') }))).toBe('gone');
    const Self = defineAgent({
      calls: { invoke: (self): Promise<unknown> => codeOf((self.invoke as typeof invoke)(self, 1)) },
    });
    expect((await system.invoke(system.start(Self), undefined)).payload).toBe('BAD_OPTION');
  });

  test('V Namespacing: allow of an agent, and of a worker, is asked with who asks', async () => {
    const system = testSystem();
    const froms: unknown[] = [];
    const allow = (from: { readonly name: string | undefined } | undefined): boolean => {
      froms.push(from?.name);
      return from?.name !== 'stranger';
    };
    const Guarded = defineAgent({
      allow,
      calls: { double: (_self, n: number) => n * 2, invoke: () => 'done', async *count(_self, n: number) { yield n; } },
    });
    const guarded = system.start(Guarded);
    system.service(Maths, { workers: [guarded] });
    const Asker = defineAgent({
      calls: {
        ask: (self) => codeOf(self.service(Maths).request('double', 1)),
        invoke: (self) => codeOf(self.invoke(guarded, undefined)),
      },
    });
    const friend = system.start(Asker, { name: 'friend' });
    const stranger = system.start(Asker, { name: 'stranger' });
    expect([await friend.call('ask'), await friend.call('invoke')]).toEqual(['done', 'done']);
    expect([await stranger.call('ask'), await stranger.call('invoke')]).toEqual(['WORKER_FAILED', 'FORBIDDEN']);
    expect(froms).toEqual(['friend', 'friend', 'stranger', 'stranger']);
  });

  test('a signal ends it, with what the agent has asked for on its behalf', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const worker = system.start(sleeper(env));
    const maths = system.service(Maths, { workers: [worker] });
    const controller = new AbortController();
    const asked = codeOf(system.invoke(system.start(Agent), 5_000, { signal: controller.signal }));
    await settleTurn();
    expect(maths.stats().running).toBe(1);
    controller.abort('stop it');
    expect(await asked).toBe('stop it');
    await settleTurn();
    expect(maths.stats()).toMatchObject({ running: 0, cancelled: 1, utilisation: 0 });
    expect((await worker.call('seen')).aborted).toBe(1);
  });
});
