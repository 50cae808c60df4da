import { describe, expect, it } from 'vitest';
import { defineAgent, type Down, type Exit, type Pid, type ProcessSelf } from '../../../src/index.js';
import { Recorder, testSystem } from '../../support/system.js';
import { idler, listener, settle, until } from '../peers.js';

describe('processes and their life', () => {
  it('PR-01 the body never runs inside spawn, so a link made right after it sees the first step', async () => {
    const system = testSystem();
    let ran = false;
    const p = system.spawn(() => {
      ran = true;
    });
    expect(ran).toBe(false);
    expect(p.alive).toBe(true);
    const { down } = system.monitor(p);
    expect((await down).reason).toBe('normal');
    expect(ran).toBe(true);
  });

  it('PR-01 nor when a process spawns from its own running code', async () => {
    const system = testSystem();
    const order: string[] = [];
    const p = system.spawn((self) => {
      self.spawn(() => {
        order.push('child');
      });
      order.push('after spawn');
    });
    await system.monitor(p).down;
    await settle();
    expect(order).toEqual(['after spawn', 'child']);
  });

  it('PR-02 a body that returns, or whose promise fulfils, ends with normal', async () => {
    const system = testSystem();
    expect((await system.monitor(system.spawn(() => 42)).down).reason).toBe('normal');
    expect((await system.monitor(system.spawn(async () => { await settle(1); return 'x'; })).down).reason).toBe(
      'normal',
    );
  });

  const boom = new TypeError('boom');
  it.each<[string, (self: ProcessSelf) => unknown, unknown]>([
    ['a thrown error', () => { throw boom; }, boom],
    ['a rejected promise', async () => { await settle(1); throw boom; }, boom],
    ['exit(R)', (self) => self.exit({ why: 1 }), { why: 1 }],
    ['exit(normal)', (self) => self.exit('normal'), 'normal'],
    ['exit(R) after an await', async (self) => { await settle(1); self.exit('later'); }, 'later'],
    ['a thrown value', () => { throw 'text'; }, { nocatch: 'text' }],
    ['a thrown undefined', () => { throw undefined; }, { nocatch: undefined }],
  ])('PR-03 the reason of %s', async (_what, body, reason) => {
    const system = testSystem();
    expect((await system.monitor(system.spawn(body)).down).reason).toEqual(reason);
  });

  it('PR-04 exit raised in a process is an exception that its code may catch', async () => {
    const system = testSystem();
    const p = system.spawn((self) => {
      try {
        self.exit('caught');
      } catch {
        return 'went on';
      }
    });
    expect((await system.monitor(p).down).reason).toBe('normal');
  });

  it('PR-05 pids are unique texts that survive a round through JSON and are not reused', async () => {
    const system = testSystem();
    const seen = new Set<Pid>();
    for (let i = 0; i < 500; i++) {
      const p = system.spawn(() => undefined);
      seen.add(p.pid);
      if (i % 50 === 0) await system.monitor(p).down;
    }
    expect(seen.size).toBe(500);
    await settle();
    const { ref } = await idler(system);
    expect(seen.has(ref.pid)).toBe(false);
    expect(system.alive(JSON.parse(JSON.stringify(ref.pid)) as string)).toBe(true);
  });

  it('PR-05 pids of two systems differ, and one system does not take the other\'s for its own', async () => {
    const one = testSystem({ name: 'twin' });
    const two = testSystem({ name: 'twin' });
    const a = await idler(one);
    const b = await idler(two);
    expect(a.ref.pid).not.toBe(b.ref.pid);
    expect(two.alive(a.ref.pid)).toBe(false);
    expect(two.inspect(a.ref.pid)).toBeUndefined();
  });

  it('PR-05 only the exact text of a pid is that pid', async () => {
    const system = testSystem();
    const { ref } = await idler(system);
    const at = ref.pid.lastIndexOf('.') + 1;
    const [prefix, n] = [ref.pid.slice(0, at), ref.pid.slice(at)];
    for (const other of [
      `${prefix}0${n}`, `${prefix}${n}.0`, `${prefix} ${n}`, `${prefix}${n}e0`,
      `${prefix}0x${Number(n).toString(16)}`,
      prefix,
    ]) expect([other, system.alive(other)]).toEqual([other, false]);
  });

  it('PR-06 a process is dead in the eyes of whoever ended it, at once', async () => {
    const system = testSystem();
    for (let i = 0; i < 1_000; i++) {
      const p = system.spawn((self) => self.receive());
      if (i % 2 === 0) await Promise.resolve();
      system.exit(p, 'kill');
      expect([p.alive, system.alive(p.pid), system.inspect(p.pid)]).toEqual([false, false, undefined]);
    }
  });

  it('PR-08 spawn links atomically: the parent gets the Exit although the child dies in its first step', async () => {
    const system = testSystem();
    const parent = await listener(system);
    const child = parent.self.spawn(() => {
      throw boom;
    });
    await settle();
    expect(parent.seen).toEqual([expect.objectContaining({ tag: 'EXIT', pid: child.pid, reason: boom })]);
  });

  it('PR-08 spawn without a link leaves the parent alone', async () => {
    const system = testSystem();
    const parent = await listener(system);
    parent.self.spawn(() => {
      throw boom;
    }, { link: false });
    await settle();
    expect(parent.seen).toEqual([]);
  });

  it('PR-09 a monitor taken right after spawn tells the real reason, never noproc', async () => {
    const system = testSystem();
    const watcher = await listener(system);
    const reasons = await Promise.all(Array.from({ length: 500 }, async (_, i) => {
      const p = system.spawn((self) => self.exit(i));
      watcher.self.monitor(p);
      return (await system.monitor(p).down).reason;
    }));
    expect(reasons).toEqual(Array.from({ length: 500 }, (_, i) => i));
    await until(() => watcher.seen.length >= 500);
    expect(watcher.seen.map((down) => (down as Down).reason)).toEqual(reasons);
  });

  it('PR-15 parent and label can be read', async () => {
    const system = testSystem();
    const Labelled = defineAgent({ name: 'Labelled', init: () => ({}) });
    const ref = system.start(Labelled, { label: 'the one' });
    expect(system.inspect(ref)).toMatchObject({ label: 'the one', behaviour: 'Labelled', parent: undefined });
    const parent = await idler(system);
    const child = parent.self.spawn((self) => self.receive());
    expect(system.inspect(child)).toMatchObject(
      { parent: parent.ref.pid, ancestors: [parent.ref.pid], links: [parent.ref.pid] },
    );
  });

  it('PR-16 a name is free before the Exit and the Down of its owner are seen', async () => {
    const system = testSystem();
    const free: unknown[] = [];
    const Watcher = defineAgent({
      name: 'Watcher', trapExit: true,
      casts: { watch(self, pid: Pid) { self.link(pid); self.monitor(pid); } },
      info: (self, message) => void free.push([(message as Down | Exit).tag, system.whereis('taken')]),
    });
    const watcher = system.start(Watcher);
    for (let i = 0; i < 200; i++) {
      const p = system.spawn((self) => self.receive(), { name: 'taken' });
      watcher.cast('watch', p.pid);
      await Promise.resolve();
      await settle(1);
      system.exit(p, 'gone');
      await settle(1);
    }
    expect(free.length).toBe(400);
    expect(new Set(free.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify(['EXIT', undefined]), JSON.stringify(['DOWN', undefined])]),
    );
  });

  it('PR-18 a crash is told once to the logger and disturbs nobody else', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const other = await listener(system);
    const p = system.spawn(() => {
      throw boom;
    }, { name: 'faulty' });
    await system.monitor(p).down;
    other.ref.send('still here');
    await settle();
    expect(other.seen).toEqual(['still here']);
    expect(logger.texts('error').length).toBe(1);
    expect(system.stats().crashes).toBe(1);
  });

  it('PROCESS_LIMIT a spawn above the limit fails, and works again when a process has ended', async () => {
    const system = testSystem({ processesMax: 3 });
    const ps = [1, 2, 3].map(() => system.spawn((self) => self.receive()));
    const Agent = defineAgent({ name: 'Agent', init: () => ({}) });
    expect(() => system.spawn(() => undefined)).toThrow(expect.objectContaining({ code: 'PROCESS_LIMIT' }));
    expect(() => system.start(Agent, { name: 'fourth' })).toThrow(expect.objectContaining({
      code: 'PROCESS_LIMIT',
      message: expect.stringMatching(/got 4, expected at most 3 live processes; raise processesMax/),
    }));
    expect(system.whereis('fourth')).toBeUndefined();
    system.exit(ps[0] as { pid: Pid }, 'kill');
    expect(system.start(Agent).pid).toBeDefined();
  });

  it('SYSTEM_STOPPED a spawn after the stop fails', async () => {
    const system = testSystem();
    await system.stop();
    expect(() => system.spawn(() => undefined)).toThrow(expect.objectContaining({ code: 'SYSTEM_STOPPED' }));
  });
});

describe('introspection', () => {
  it('PF-05 the dead are undefined, the living are described as they are', async () => {
    const system = testSystem();
    const watcher = await listener(system, { name: 'watcher' });
    const p = await idler(system);
    watcher.self.link(p.ref);
    watcher.self.monitor(p.ref);
    watcher.self.monitor(p.ref);
    expect(system.inspect('watcher')).toMatchObject({
      pid: watcher.ref.pid, name: 'watcher', status: 'waiting', trapExit: true, links: [p.ref.pid],
      monitors: [p.ref.pid, p.ref.pid], monitoredBy: [],
    });
    expect(system.inspect(p.ref)).toMatchObject(
      { name: undefined, trapExit: false, links: [
        watcher.ref.pid,
      ], monitoredBy: [watcher.ref.pid, watcher.ref.pid] },
    );
    system.exit(p.ref, 'kill');
    expect(system.inspect(p.ref)).toBeUndefined();
    expect(system.inspect('watcher')).toMatchObject({ links: [], monitors: [] });
  });

  it('PF-08 status says what a process is doing', async () => {
    const system = testSystem();
    let release = (): void => undefined;
    const seen: unknown[] = [];
    const Slow = defineAgent({
      name: 'Slow', init: () => ({}),
      casts: {
        look(self) { seen.push(system.inspect(self.pid)?.status); },
        wait: () => new Promise<void>((resolve) => { release = resolve; }),
      },
    });
    const ref = system.start(Slow);
    const status = (): unknown => system.inspect(ref)?.status;
    expect(status()).toBe('idle');
    ref.cast('look');
    expect(status()).toBe('queued');
    await settle(1);
    expect(seen).toEqual(['running']);
    ref.cast('wait');
    await settle(1);
    expect([status(), system.inspect(ref)?.op]).toEqual(['waiting', 'wait']);
    release();
    await settle(1);
    expect([status(), system.inspect(ref)?.op]).toEqual(['idle', undefined]);
  });

  it('PF-08 a process blocked in receive is waiting, whoever asks', async () => {
    const system = testSystem();
    const a = await idler(system);
    const b = await listener(system);
    let asked: unknown;
    system.spawn(() => { asked = system.inspect(a.ref)?.status; });
    await settle(1);
    expect([system.inspect(a.ref)?.status, asked, system.inspect(b.ref)?.status]).toEqual(
      ['waiting', 'waiting', 'waiting'],
    );
  });

  it('PF-12 processes lists the living, the just spawned too, the ended not', async () => {
    const system = testSystem();
    const a = system.spawn((self) => self.receive());
    const b = system.spawn((self) => self.receive());
    expect(system.processes()).toEqual([a.pid, b.pid]);
    system.exit(a, 'kill');
    expect(system.processes()).toEqual([b.pid]);
  });
});
