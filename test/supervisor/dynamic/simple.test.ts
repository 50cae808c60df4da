import { simpleSupervisor } from '../../../src/supervisor/dynamic/handle.js';
import { template } from '../../../src/supervisor/dynamic/spec.js';
import { describe, expect, test } from 'vitest';
import { child, defineAgent, dynamicSupervisor, SupervisorRef, type Pid } from '../../../src/index.js';
import { Recorder, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom } from '../family.js';
import { rejection, settled } from '../wait.js';
import { heldAfter } from '../../support/collect.js';

const seen: string[] = [];
const Session = defineAgent({
  name: 'session',
  trapExit: true,
  init(host: string, user: string) {
    seen.push(`${user}@${host}`);
    return user.startsWith('-') ? this.ignore() : { user };
  },
  calls: { user: (self) => self.state.user },
  casts: { crash() { throw boom; }, end: (self, reason: unknown) => self.stop(reason) },
});

describe('a supervisor of instances of one template', () => {
  test('SU-19 SU-43 instances have the arguments of the template and their own, also after a restart; they count under one spec', async () => {
    const system = testSystem();
    seen.length = 0;
    const sup = await system.supervise(
      simpleSupervisor('simple', template(Session, ['host']), { intensity: 10 }),
    );
    const ann = await sup.startChild('ann');
    await sup.startChild('bob');
    expect(await ann.call('user')).toBe('ann');
    ann.cast('crash');
    await settled();
    expect(seen).toEqual(['ann@host', 'bob@host', 'ann@host']);
    expect(await sup.countChildren()).toEqual({ specs: 1, active: 2, supervisors: 0, workers: 2 });
    await sup.stop();
    expect(
      await (await system.supervise(simpleSupervisor('simple', template(Session, ['host'])))).countChildren()
    ).toEqual(
      { specs: 1, active: 0, supervisors: 0, workers: 0 },
    );
  });

  test('SU-19 SU-07 ignore keeps nothing: not at the start, and a restart that ignores drops the instance', async () => {
    const system = testSystem();
    let starts = 0;
    const Once =
      defineAgent({
        init() { return starts++ === 0 ? {} : this.ignore(); }, casts: { crash() { throw boom; } },
      });
    const once = await system.supervise(simpleSupervisor('simple', template(Once, [])));
    (await once.startChild()).cast('crash');
    await settled();
    expect(starts).toBe(2);
    expect(await once.whichChildren()).toEqual([]);
    const sup = await system.supervise(simpleSupervisor('simple', template(Session, ['h'])));
    expect(await rejection(sup.startChild('-'))).toMatchObject({ code: 'START_FAILED', reason: 'ignore' });
    expect(await sup.countChildren()).toMatchObject({ workers: 0 });
  });

  test('SU-41 SU-40 terminating: a child, the dead, a living stranger, what is no pid', async () => {
    const system = testSystem();
    const sup = await system.supervise(
      simpleSupervisor('simple', template(Session, ['h'], { restart: 'temporary' })),
    );
    const ann = await sup.startChild('ann');
    const pid = ann.pid as Pid;
    await sup.terminateChild(ann);
    expect(system.alive(pid)).toBe(false);
    await sup.terminateChild(pid);
    const stranger = system.start(Session, 'h', 'x');
    expect(await rejection(sup.terminateChild(stranger))).toMatchObject({ refusal: 'not_found' });
    expect(await rejection(sup.terminateChild('ann'))).toMatchObject({ refusal: 'simple_one_for_one' });
  });

  test('SU-42 there is nothing to restart or delete by id: a handle of a static supervisor is refused as such', async () => {
    const system = testSystem();
    const sup = await system.supervise(simpleSupervisor('simple', template(Session, ['h'])));
    const other = system.ref(SupervisorRef, sup.pid as Pid);
    expect(await rejection(other.restartChild('ann'))).toMatchObject({ code: 'PROTOCOL_MISMATCH' });
    expect(await rejection(other.deleteChild('ann'))).toMatchObject({ code: 'PROTOCOL_MISMATCH' });
  });

  test('SU-43 an instance that unlinked itself and died is kept, and is not active', async () => {
    const system = testSystem();
    const Loose = defineAgent(
      { init: () => ({}), casts: { crash() { throw boom; }, unlink: (self, from: Pid) => self.unlink(from) } },
    );
    const sup = await system.supervise(simpleSupervisor('simple', template(Loose, [])));
    const one = await sup.startChild();
    one.cast('unlink', sup.pid as Pid);
    one.cast('crash');
    await settled();
    expect(await sup.countChildren()).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 1 });
    expect(await sup.whichChildren()).toHaveLength(1);
  });

  test('SU-36 all instances stop together under one common time limit, and what they died of is told once per reason', async () => {
    const env = new VirtualEnv();
    const logger = new Recorder();
    const system = testSystem({ env, logger });
    const Stuck = defineAgent({
      trapExit: true, init: (n: number) => n,
      terminate: (self) => (self.state % 2 === 0 ? new Promise(() => undefined) : self.exit('odd')),
    });
    const sup = await system.supervise(simpleSupervisor('simple', template(Stuck, [], { shutdown: 100 })));
    for (let n = 0; n < 10; n++) await sup.startChild(n);
    const timers = env.delays.length;
    const stopped = sup.stop();
    await env.advance(99);
    expect(system.processes()).toHaveLength(6);
    await env.advance(2);
    await stopped;
    expect(env.delays.length - timers, 'one native timer').toBe(1);
    const told = logger.lines.filter((line) => line.text === 'child failed to shut down').map(
      (line) => [line.fields['reason'], line.fields['children']],
    );
    expect(Object.fromEntries(told)).toEqual({ killed: 5, odd: 5 });
  });

  test('SU-51 SU-09 bad templates and options are refused', () => {
    expect(() => template(Session, 'host' as unknown as [])).toThrow(/an array of the first init arguments/);
    expect(() => template(Session, ['h'], { restart: 'temporary', significant: true })).toThrow(/significant/);
    expect(() => template({} as typeof Session, [])).toThrow(/defineAgent/);
    expect(() => simpleSupervisor('simple', {} as never))
      .toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => simpleSupervisor(
      'simple', template(Session, ['h']), { autoShutdown: 'never' } as never,
    )).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    expect(() => simpleSupervisor('s', template(Session, ['h']), { intensity: -1 })).toThrow(/intensity/);
  });

  test('LG-03 SU-43 an instance is started without progress report; one that fails to restart is reported', async () => {
    const lines: string[] = [];
    const note = (_: object, text: string): void => void lines.push(text);
    const system = testSystem({ logger: { error: note, warn: note, info: note, debug: note } });
    const sup = await system.supervise(simpleSupervisor('simple', template(Session, ['h'])));
    (await sup.startChild('ann')).cast('crash');
    await settled();
    expect(lines.filter((text) => text !== 'process crashed')).toEqual(['child terminated']);
  });
});

describe('SU-45 the arguments of temporary children', () => {
  const Holder = defineAgent({ init: (_big: object) => ({}), casts: { crash() { throw boom; } } });

  async function isFreed(start: (given: object) => Promise<unknown>, rounds?: number): Promise<boolean> {
    const ref = await (async () => {
      const big = { bytes: new Uint8Array(1_000_000) };
      await start(big);
      return new WeakRef(big);
    })();
    return await heldAfter([ref], 0, rounds) === 0;
  }

  test('SU-45 are not kept by a static supervisor, while the child lives and after it died; those of others are', async () => {
    const system = testSystem();
    const sup = await system.supervise({ children: [] });
    expect(
      await isFreed((big) => sup.startChild(child('t', Holder, big, { restart: 'temporary' }))),
    ).toBe(true);
    system.ref(Holder, 't').cast('crash');
    expect(
      await isFreed((big) => sup.startChild(child('u', Holder, big, { restart: 'temporary' }))),
    ).toBe(true);
    expect((await sup.getChildSpec('u')).plan.init).toEqual([]);
    expect(await isFreed((big) =>
      system.supervise({ children: [child('v', Holder, big, { restart: 'temporary' })] })))
      .toBe(true);
    expect(await isFreed((big) => sup.startChild(child('p', Holder, big)), 10)).toBe(false);
  });

  test('SU-45 are not kept by a dynamic one nor by one with a template, and do not disturb later instances', async () => {
    const system = testSystem();
    const dynamic = await system.supervise(dynamicSupervisor('dynamic'));
    expect(
      await isFreed((big) => dynamic.startChild(child('t', Holder, big, { restart: 'temporary' }))),
    ).toBe(true);
    const simple = await system.supervise(
      simpleSupervisor('simple', template(Holder, [], { restart: 'temporary' })),
    );
    expect(await isFreed(async (big) => (await simple.startChild(big)).cast('crash'))).toBe(true);
    expect(await isFreed((big) => simple.startChild(big))).toBe(true);
  });
});
