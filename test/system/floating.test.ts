import { simpleSupervisor } from '../../src/supervisor/dynamic/handle.js';
import { template } from '../../src/supervisor/dynamic/spec.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CallError, child, defineAgent, dynamicSupervisor, DynamicSupervisorRef, retry, settledAll,
  SupervisorRef, TaskSupervisorRef, type AgentRef, type ProcessSelf, type System,
} from '../../src/index.js';
import { retryStream } from '../../src/bus/stream/public.js';
import { defineEventHandler, EventManager } from '../../src/behaviour/event/public.js';
import { defineRegistry } from '../../src/behaviour/names/public.js';
import { pool, poolOf } from '../../src/delivery/group/public.js';
import { defineService } from '../../src/bus/service/public.js';
import { multiCall } from '../../src/process/public.js';
import { publicSymbols } from '../docs/doors.js';
import { Strays } from '../support/strays.js';
import { settleTurn, testSystem } from '../support/system.js';
import { storedLater } from './floating-stored.js';
import { others } from './never-rejecting.js';

/*
 * P17: what castcall decides, told by a promise that nobody awaits, never ends the program. Every
 * public member that hands out a promise is called here so that it rejects, and left alone; the
 * list is compared with what the compiler sees.
 */

const boom = new Error('boom');
/**
 * what a function of the user's lets out when a call in it has failed; its own errors surface:
 * test/delivery/guard/run.test.ts
 */
const ours = new CallError('NOPROC', { target: 'nobody', op: 'say' });
const Echo = defineAgent({
  calls: { say: (_self, text: string) => text, async *count() { yield 1; }, fail() { throw boom; } },
  casts: { note: () => undefined },
});
const Say = defineService({
  name: 'say',
  operations: { say: { request: z.string(), response: z.string() }, count: { request: z.number(), item: z.number() } },
});
const Handler = defineEventHandler({ calls: { count: () => 1 } });
const Late = defineAgent({
  init: async (): Promise<number> => { await settleTurn(); throw boom; }, calls: { say: () => 1 },
});

interface World {
  readonly system: System;
  readonly nobody: AgentRef<typeof Echo>;
  readonly self: ProcessSelf;
}

async function world(): Promise<World> {
  const system = testSystem();
  const self = await new Promise<ProcessSelf>((resolve) => {
    system.spawn((own) => { resolve(own); return new Promise(() => undefined); });
  });
  return { system, nobody: system.ref(Echo, 'nobody'), self };
}

/** What is made inside a process. */
function inside({ system }: World, run: (self: ProcessSelf) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => {
    system.spawn((self) => {
      resolve([run(self)]);
      return new Promise(() => undefined);
    });
  });
}

type Failing = (world: World) => unknown;
const gone =
  (w: World): string => { const p = w.system.spawn(() => undefined); w.system.exit(p, 'kill'); return p.pid; };
const bad = { nonsense: 1 } as never;
const supervisorGone = (w: World) => w.system.ref(SupervisorRef, gone(w));
const dynamicGone = (w: World) => w.system.ref(DynamicSupervisorRef, gone(w));
const tasksGone = (w: World) => w.system.ref(TaskSupervisorRef, gone(w));
const failedTask = (w: World) => w.self.task.asyncNolink(async () => { throw boom; });

/** A sub-agent whose result was let go. */
function launched(w: World) {
  const made = w.self.launch(Echo, { op: 'fail' });
  made.detach();
  return made;
}

function disconnected(w: World) {
  const reader = w.system.topic('slow').subscribe({ buffer: 1, slow: 'disconnect' });
  for (const n of [1, 2]) w.system.topic('slow').tryPublish(n);
  reader.unsubscribe();
  void reader.next();
  return reader;
}

/** What rejects, by the name of the member; an array holds several promises. */
const failing: Readonly<Record<string, Failing>> = {
  multiCall: () => multiCall([5 as never], 'say' as never),
  retry: () => [retry(5 as never), retry(() => 1, { signal: AbortSignal.abort(boom) }), retry(() => 1, bad)],
  'AgentRef.stop': (w) => w.nobody.stop(),
  'ProcessVerbs.call': (w) => w.self.call(w.nobody, 'say', 'x'),
  'ProcessVerbs.put': (w) => w.self.put(w.nobody, 'note'),
  'ProcessVerbs.deliver': (w) => w.self.deliver(w.nobody, 'nothing' as never),
  'ProcessVerbs.stream': (w) => w.self.stream(w.nobody, 'count').next(),
  'ProcessVerbs.start': (w) => w.self.start(Late),
  'ProcessVerbs.startMonitored': (w) => w.self.startMonitored(Late),
  'ProcessVerbs.retry': (w) => w.self.retry(() => { throw ours; }, { attemptsMax: 1 }),
  'KernelVerbs.supervise': (w) => [
    w.self.supervise(5 as never), w.self.supervise({ children: [child('x', Late)] }),
  ],
  'SubAgent.result': (w) => [
    w.system.launch(Echo, { op: 'fail' }).result, launched(w).result, w.self.launch(Echo, { op: 'fail' }).result,
    w.self.launch(Late, { op: 'say' }).result,
  ],
  'SubAgent.wait': (w) => [launched(w).wait(), launched(w).wait({ timeoutMs: 1 }), launched(w).wait(bad)],
  'System.start': (w) => w.system.start(Late),
  'Sends.put': (w) => w.nobody.put('note'),
  'Sends.deliver': (w) => w.nobody.deliver('nothing' as never),
  'Sends.call': (w) => [w.nobody.call('say', 'x'), w.system.start(Echo).call('fail')],
  'Sends.stream': (w) => [
    w.nobody.stream('count').next(),
    w.system.start(Echo).stream('count', undefined, { signal: AbortSignal.abort(boom) }).next(),
  ],
  'AgentStream.next': (w) => w.nobody.stream('count').next(),
  'AgentStream.collect': (w) => [
    w.nobody.stream('count').collect(), w.system.start(Echo).stream('count').collect({ max: 0 }),
    w.system.start(Echo).stream('count').collect(bad),
  ],
  'AgentStream.first': (w) => [
    w.nobody.stream('count').first(), w.nobody.stream('count', undefined, { credit: 5 }).first(),
  ],
  'TaskVerbs.await': (w) => w.self.task.await(failedTask(w)),
  'TaskVerbs.awaitMany': (w) => w.self.task.awaitMany([failedTask(w)]),
  'TaskVerbs.yield': (w) => w.self.task.yield(5 as never),
  'TaskVerbs.yieldMany': (w) => w.self.task.yieldMany([5 as never]),
  'TaskVerbs.shutdown': (w) => w.self.task.shutdown(5 as never),
  'TaskVerbs.stream': (w) =>
    w.system.task.stream({ [Symbol.iterator]: () => { throw boom; } }, () => 1)[Symbol.asyncIterator]().next(),
  ...Object.fromEntries([
    'syncNotify', 'addHandler', 'addSupHandler', 'deleteHandler', 'swapHandler', 'swapSupHandler', 'call',
    'whichHandlers', 'stop',
  ].map((verb) => [`EventManagerRef.${verb}`, (w: World): unknown => {
    const events =
      w.system.ref(EventManager, gone(w)) as unknown as Record<string, (...args: unknown[]) => unknown>;
    const key = /stop|sync|which/.test(verb)
      ? []
      : [Handler, verb === 'call' ? 'count' : verb.startsWith('swap') ? Handler : undefined];
    return verb.startsWith('swap') ? events[verb]?.(Handler, undefined, Handler) : events[verb]?.(...key);
  }])),
  ...Object.fromEntries(['suspend', 'resume', 'getState', 'getStatus', 'noDebug', 'codeChange'].map((verb) => [
    `Sys.${verb}`,
    (w: World): unknown => (w.system.sys('nobody') as unknown as Record<string, () => unknown>)[verb]?.(),
  ])),
  'Sys.replaceState': (w) => [
    w.system.sys('nobody').replaceState((state) => state),
    w.system.sys(w.system.start(Echo)).replaceState(() => { throw boom; }),
    w.system.sys(w.system.start(Echo)).replaceState((async () => { throw boom; }) as never),
  ],
  'Sys.statistics': (w) => w.system.sys('nobody').statistics('on'),
  'Sys.log': (w) => w.system.sys('nobody').log('get'),
  'Sys.trace': (w) => w.system.sys('nobody').trace(true),
  'Sys.install': (w) => w.system.sys('nobody').install(() => 'done', { state: 1 }),
  'Sys.remove': (w) => w.system.sys('nobody').remove('x'),
  'Sys.terminate': (w) => w.system.sys('nobody').terminate('x'),
  'RequestVerbs.wait': (w) => w.self.requests.wait(5 as never),
  'RequestVerbs.receive': (w) => w.self.requests.receive(5 as never),
  'RequestVerbs.waitAny': (w) => w.self.requests.waitAny(5 as never),
  'RequestVerbs.receiveAny': (w) => w.self.requests.receiveAny(5 as never),
  'Applications.start': (w) => w.system.applications.start('nothing'),
  'Applications.ensureAllStarted': (w) => w.system.applications.ensureAllStarted('nothing'),
  'Applications.stop': (w) => w.system.applications.stop('nothing'),
  'DynamicSupervisorRef.startChild': (w) => dynamicGone(w).startChild(child('x', Echo)),
  'DynamicSupervisorRef.terminateChild': (w) => dynamicGone(w).terminateChild('x'),
  'SupervisorRef.terminateChild': (w) => supervisorGone(w).terminateChild('x'),
  'SupervisorRef.restartChild': (w) => supervisorGone(w).restartChild('x'),
  'SupervisorRef.deleteChild': (w) => supervisorGone(w).deleteChild('x'),
  'SupervisorRef.getChildSpec': (w) => supervisorGone(w).getChildSpec('x'),
  'SupervisorRef.whichChild': (w) => supervisorGone(w).whichChild('x'),
  'AnySupervisorRef.whichChildren': (w) => supervisorGone(w).whichChildren(),
  'AnySupervisorRef.countChildren': (w) => supervisorGone(w).countChildren(),
  'AnySupervisorRef.stop': (w) => supervisorGone(w).stop(),
  'Breaker.run': (w) => {
    const one = w.system.breaker('open');
    one.open();
    return [one.run(() => 1), w.system.breaker('b').run(() => { throw ours; }), one.run(5 as never)];
  },
  'Breaker.wrap': (w) => w.system.breaker('c').wrap(() => { throw ours; })(),
  'Limit.run': (w) => {
    const one = w.system.limit('l', { concurrency: 1 });
    void one.run(() => new Promise(() => undefined));
    return [
      one.run(() => 1, { timeoutMs: 1 }), one.run(5 as never),
      one.run(() => 1, { signal: AbortSignal.abort(boom) }),
    ];
  },
  'Limit.wrap': (w) => w.system.limit('m', { concurrency: 1 }).wrap(() => { throw ours; })(),
  'Limit.stream': (w) => {
    const one = w.system.limit('s', { concurrency: 1 });
    return [
      one.stream(() => { throw ours; }).next(), one.stream(() => 5 as never).next(),
      one.stream(() => [], { signal: AbortSignal.abort(boom) }).next(),
    ];
  },
  'Breaker.stream': (w) => w.system.breaker('s').stream(() => { throw ours; }).next(),
  retryStream: () => [
    retryStream(() => 5 as never).next(), retryStream(() => [], { signal: AbortSignal.abort(boom) }).next(),
  ],
  'ProcessVerbs.retryStream': (w) => w.self.retryStream(() => 5 as never).next(),
  'SystemGuards.retryStream': (w) => w.system.retryStream(() => { throw ours; }, { attemptsMax: 1 }).next(),
  'GuardVerbs.retryStream': (w) => w.self.retryStream(() => { throw ours; }, { attemptsMax: 1 }).next(),
  'GuardVerbs.retry': (w) => w.self.retry(() => { throw ours; }, { attemptsMax: 1 }),
  settledAll: () => [settledAll(5 as never), settledAll([5 as never])],
  'SystemBus.gather': (w) => [
    w.system.gather([w.nobody], 'say', 'x'), w.system.gather(5 as never as (typeof w.nobody)[], 'say', 'x'),
    w.system.gather([w.nobody], 'say', 'x', { signal: AbortSignal.abort(boom) }),
  ],
  'GatherVerbs.gather': (w) => [w.self.gather([w.nobody], 'say', 'x'), w.self.gather([w.nobody], 'say', 'x', bad)],
  'Topic.publish': (w) => [
    w.system.topic('t').publish(Promise.resolve(1)), w.system.topic('*').publish(1),
    w.system.topic('t').publish(1, { signal: AbortSignal.abort(boom) }), w.system.topic('t').publish(1, bad),
  ],
  'Topic.forget': (w) => [['t', 'r'], ['*', 'r'], ['t', '']].map(
    ([topic = '', reader = '']) => w.system.topic(topic).forget(reader),
  ),
  'DurableSubscription.next': (w) => disconnected(w).next(),
  'DurableSubscription.nextBatch': (w) => disconnected(w).nextBatch(5),
  'Subscription.next': (w) => disconnected(w).next(),
  'Subscription.nextBatch': (w) => disconnected(w).nextBatch(5),
  'SystemActivation.message': (w) => [
    w.system.message(w.nobody, 'x', { op: 'nothing' }), w.system.message({ tag: '' }, 'x'),
    w.system.message('nobody', 'x'), w.system.message(w.nobody, 'x', bad),
  ],
  'MessageStream.answer': (w) => w.system.message({ tag: '' }, 'x', { stream: true }).answer,
  'Subtree.deliverAll': (w) => w.system.addresses().deliverAll({ concurrency: 0 }),
  'Subtree.whenIdle': (w) => {
    const Hangs = defineAgent({ init: () => new Promise<never>(() => undefined), casts: { go: () => undefined } });
    w.system.address(Hangs, 'hangs').cast('go');
    return w.system.addresses().whenIdle({ timeoutMs: 1 });
  },
  'Queue.push': (w) => [
    w.system.queue('q').push(Promise.resolve(1)), w.system.queue('q').push(1, { lane: 'urgent' as never }),
    w.system.queue('q').push(1, { signal: AbortSignal.abort(boom) }),
  ],
  'Queue.pull': (w) => [
    w.system.queue('q').pull({ timeoutMs: 1 }), w.system.queue('q').pull({ signal: AbortSignal.abort(boom) }),
    w.system.queue('q').pull(bad),
  ],
  'Queue.lease': (w) => [
    w.system.queue('l', { leaseMs: 5 }).lease({ timeoutMs: 1 }), w.system.queue('l').lease(bad),
    w.system.queue('q').lease(),
  ],
  'Queue.items': (w) => [w.system.queue('q').items({ signal: AbortSignal.abort(boom) }).next()],
  'Queue.leases': (w) => [
    w.system.queue('l', { leaseMs: 5 }).leases({ signal: AbortSignal.abort(boom) }).next(),
  ],
  'Service.request': (w) => [
    w.system.service(Say).request('say', 'x'), w.system.service(Say).request('say', 5 as never),
    w.system.service(Say).request('say', 'x', { signal: AbortSignal.abort(boom) }),
    w.self.service(Say).request('say', 'x', bad), w.self.service(Say).request('sya' as never, 'x' as never),
  ],
  'Service.stream': (w) => [
    w.system.service(Say).stream('count', 1).next(),
    w.system.service(Say).stream('count', 1, { signal: AbortSignal.abort(boom) }).next(),
  ],
  'SystemBus.invoke': (w) => [
    w.system.invoke(w.nobody, 'x', { op: 'say' }), w.system.invoke(w.system.start(Echo), undefined, { op: 'fail' }),
    w.system.invoke(5 as never, 'x' as never), w.system.invoke(w.nobody, 'x' as never, bad),
  ],
  'ServiceVerbs.invoke': (w) => [w.self.invoke(w.nobody, 'x', { op: 'say', signal: AbortSignal.abort(boom) })],
  'PoolRef.checkout': (w) => w.system.ref(poolOf(Echo), 'nobody').checkout(),
  'SystemTrees.supervise': (w) => [
    w.system.supervise(5 as never), w.system.supervise({ children: [child('x', Late)] }),
    w.system.supervise(() => { throw boom; }), w.system.supervise(dynamicSupervisor('d'), bad),
    w.system.supervise(dynamicSupervisor('d', () => { throw boom; })),
  ],
  'SystemGuards.retry': (w) => [
    w.system.retry(() => { throw ours; }, { attemptsMax: 1 }), w.system.retry(5 as never),
    w.system.retry(() => 1, bad),
  ],
  'TaskSupervisorRef.async': (w) => tasksGone(w).async(() => 1),
  'TaskSupervisorRef.asyncNolink': (w) => tasksGone(w).asyncNolink(() => 1),
  'TaskSupervisorRef.startChild': (w) => tasksGone(w).startChild(() => 1, []),
  'TaskSupervisorRef.terminateChild': (w) => tasksGone(w).terminateChild('x'),
  'TaskSupervisorRef.children': (w) => tasksGone(w).children(),
  'TaskSupervisorRef.countChildren': (w) => tasksGone(w).countChildren(),
  'TaskSupervisorRef.stop': (w) => tasksGone(w).stop(),
};

/** The same where the promises can be made only later. */
const failingLater: Readonly<Record<string, (world: World) => Promise<unknown[]>>> = {
  ...Object.fromEntries((['once', 'wait'] as const).map((verb) => [
    `DurableVerbs.${verb}`, (w: World) => new Promise<unknown[]>((resolve) => {
      const Plain = defineAgent({ casts: { go(self) { resolve([self[verb]('x', () => 1)]); } } });
      w.system.start(Plain).cast('go');
    }),
  ])),
  ...storedLater,
  'RegistryRef.lock': (w) => inside(w, (self) => {
    const Rooms = defineRegistry({ name: 'rooms', keys: 'unique' });
    w.system.start(Rooms, { name: 'rooms' });
    return w.system.ref(Rooms).lock(self, 1, () => { throw ours; });
  }),
  ...Object.fromEntries((['ack', 'nack', 'reject', 'extend'] as const).map((verb) => [
    `Lease.${verb}`, async (w: World) => {
      const queue = w.system.queue<number>('leases', { leaseMs: 5_000 });
      await queue.push(1);
      const lease = await queue.lease();
      await lease.ack();
      return [lease[verb]()];
    },
  ])),
  'ProcessRef.stop': (
    w,
  ) => {
    const p = w.system.spawn(() => undefined);
    w.system.exit(p, 'kill');
    return Promise.resolve([p.stop()]);
  },
  'ProcessSelf.receive': (w) => inside(
    w, (self) => self.receive(() => false, { signal: AbortSignal.abort(boom) }),
  ),
  'ProcessSelf.receiveBatch': (w) => {
    const controller = new AbortController();
    const made = new Promise<unknown[]>((resolve) => { w.system.spawn(
      (self) => {
        resolve([self.receiveBatch({ signal: controller.signal })]);
        return new Promise(() => undefined);
      },
    ); });
    queueMicrotask(() => setImmediate(() => controller.abort(boom)));
    return made;
  },
  'SimpleSupervisorRef.startChild': async (
    w,
  ) => { const made = await w.system.supervise(
    simpleSupervisor('simple', template(Late, []))
  ); return [made.startChild()]; },
  'SimpleSupervisorRef.terminateChild': async (
    w,
  ) => { const made = await w.system.supervise(
    simpleSupervisor('simple', template(Echo, []))
  ); return [made.terminateChild(5 as never)]; },
  'SupervisorRef.startChild': async (w) => { const made = await w.system.supervise({ children: [] }); return [
    made.startChild(child('x', Late)), made.startChild(5 as never),
    supervisorGone(w).startChild(child('x', Echo)),
  ]; },
  'PoolRef.run': async (w) => {
    await w.system.supervise({ children: [pool('workers', Echo)] });
    return [
      w.system.ref(poolOf(Echo), 'nobody').run(() => 1),
      w.system.ref(poolOf(Echo), 'workers').run(() => { throw ours; }),
      w.system.ref(poolOf(Echo), 'workers').run(5 as never),
    ];
  },
};

const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

describe('P17 a promise of ours that nobody awaits', () => {
  it.each(
    [...Object.keys(failing), ...Object.keys(failingLater)],
  )('%s ends no program when it rejects', async (name) => {
    const w = await world();
    const made = failingLater[name] === undefined ? [failing[name]?.(w)].flat() : await failingLater[name](w);
    expect(made.length).toBeGreaterThan(0);
    expect(await strays.seen()).toEqual([]);
    for (const promise of made) await expect(promise).rejects.toBeDefined();
  });

  it('every public member that hands out a promise is in the table, or is not ours', () => {
    const known = new Set([failing, failingLater, others].flatMap(Object.keys));
    expect(
      publicSymbols().filter((one) => one.promises && !known.has(one.name)).map((one) => one.name),
    ).toEqual([]);
  }, 60_000);
});
