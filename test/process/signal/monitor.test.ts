import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAgent, Down, Exit, type MonitorRef, type Pid } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { idler, listener, settle } from '../peers.js';

describe('monitors', () => {
  it('MO-01 MO-02 one Down for each monitor, exactly once, with its own ref', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const refs = [w.self.monitor(p.ref), w.self.monitor(p.ref)];
    system.exit(p.ref, 'gone');
    system.exit(p.ref, 'again');
    await settle();
    expect(w.seen.length).toBe(2);
    expect(new Set(w.seen.map((down) => (down as Down).ref))).toEqual(new Set(refs));
    for (const down of w.seen) {
      expect(down).toMatchObject({ tag: 'DOWN', pid: p.ref.pid, name: undefined, reason: 'gone' });
    }
  });

  it('MO-01 the ref of a Down finds in a Map what its monitor was for', async () => {
    const system = testSystem();
    const w = await listener(system);
    const watched = new Map<MonitorRef, string>();
    for (const name of ['a', 'b', 'nobody']) {
      if (name !== 'nobody') system.register(name, (await idler(system)).ref);
      watched.set(w.self.monitor(name), name);
    }
    system.exit('b', 'gone');
    await settle();
    expect(w.seen.map((down) => watched.get((down as Down).ref))).toEqual(['nobody', 'b']);
  });

  it('MO-02 SG-01 several monitors of one watcher fire oldest first, after the exit signal of its link, as on the BEAM', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const first = w.self.monitor(p.ref);
    w.self.link(p.ref);
    const second = w.self.monitor(p.ref);
    const third = w.self.monitor(p.ref, { tag: 'third' });
    system.register('named', p.ref);
    const fourth = w.self.monitor('named');
    w.self.demonitor(second);
    const fifth = w.self.monitor(p.ref);
    system.exit(p.ref, 'bye');
    await settle();
    // what `erl` 25 prints for the same program: exit 1 3 4 5
    expect(w.seen[0]).toBeInstanceOf(Exit);
    expect(w.seen.slice(1).map((down) => (down as Down).ref)).toEqual([first, third, fourth, fifth]);
  });

  it('MO-06 removing the oldest, the newest or any other leaves the order of the rest', async () => {
    for (const gone of [[0], [4], [2], [0, 1], [3, 4], [0, 4], [0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 3]]) {
      const system = testSystem();
      const w = await listener(system);
      const p = await idler(system);
      const refs = [0, 1, 2, 3, 4].map(() => w.self.monitor(p.ref));
      for (const at of gone) w.self.demonitor(refs[at] as MonitorRef);
      refs.push(w.self.monitor(p.ref));
      system.exit(p.ref, 'bye');
      await settle();
      expect(w.seen.map((down) => refs.indexOf((down as Down).ref))).toEqual(
        [0, 1, 2, 3, 4, 5].filter((at) => !gone.includes(at)),
      );
    }
  });

  it('P4 EX-20 a big fan-out tells everybody once, also in its later batches, and none that was removed meanwhile', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const refs = Array.from({ length: 7_000 }, () => w.self.monitor(p.ref));
    const outside = Array.from({ length: 3_000 }, () => system.monitor(p.ref).down);
    system.exit(p.ref, 'gone');
    // the first batch is out, the others wait for their turns of the event loop
    const removed = new Set([3_000, 5_000, 6_999].map((at) => refs[at] as MonitorRef));
    for (const ref of removed) expect(w.self.demonitor(ref, { info: true })).toBe(true);
    expect((await Promise.all(outside)).every((down) => down.reason === 'gone')).toBe(true);
    await settle(20);
    expect(w.seen.map((down) => (down as Down).ref)).toEqual(refs.filter((ref) => !removed.has(ref)));
  });

  it('MO-03 of the dead, and of a name nobody owns: noproc', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    system.exit(p.ref, 'gone');
    const refs = [w.self.monitor(p.ref), w.self.monitor(p.ref.pid), w.self.monitor('nobody')];
    await settle();
    expect(w.seen.map((down) => (down as Down).reason)).toEqual(['noproc', 'noproc', 'noproc']);
    expect(w.seen.map((down) => (down as Down).ref)).toEqual(refs);
    expect((w.seen[2] as Down).name).toBe('nobody');
    expect((await system.monitor('nobody').down).reason).toBe('noproc');
  });

  it('MO-04 by name the Down carries the name', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system, { name: 'worker' });
    w.self.monitor('worker');
    system.exit(p.ref, 'gone');
    await settle();
    expect(w.seen).toEqual([expect.objectContaining({ name: 'worker', pid: p.ref.pid, reason: 'gone' })]);
    expect((w.seen[0] as Down)).toBeInstanceOf(Down);
  });

  it('MO-05 by name it binds to the owner of that moment', async () => {
    const system = testSystem();
    const w = await listener(system);
    const first = await idler(system, { name: 'worker' });
    w.self.monitor('worker');
    system.unregister('worker');
    const second = await idler(system, { name: 'worker' });
    system.exit(second.ref, 'not this one');
    await settle();
    expect(w.seen).toEqual([]);
    system.exit(first.ref, 'this one');
    await settle();
    expect(w.seen).toEqual([expect.objectContaining({ reason: 'this one', pid: first.ref.pid })]);
  });

  it('MO-06 MO-08 after demonitor no Down comes, and it says true', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const ref = w.self.monitor(p.ref);
    expect(w.self.demonitor(ref, { info: true })).toBe(true);
    system.exit(p.ref, 'gone');
    await settle();
    expect(w.seen).toEqual([]);
    expect(system.inspect(w.ref)?.monitors).toEqual([]);
  });

  it('MO-07 MO-08 a queued Down stays, unless it is flushed: exactly that one', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const [kept, flushed, other] = [w.self.monitor(p.ref), w.self.monitor(p.ref), w.self.monitor(p.ref)];
    system.exit(p.ref, 'gone');
    expect([w.self.demonitor(kept), w.self.demonitor(kept, { info: true })]).toEqual([true, false]);
    expect(w.self.demonitor(flushed, { flush: true, info: true })).toBe(false);
    await settle();
    expect(new Set(w.seen.map((down) => (down as Down).ref))).toEqual(new Set([kept, other]));
  });

  it('MO-07 a flush also takes a Down that selective receive has passed over', async () => {
    const system = testSystem();
    const p = await idler(system);
    let left: unknown = 'nothing received';
    const w = system.spawn(async (self) => {
      const ref = self.monitor(p.ref);
      system.exit(p.ref, 'gone');
      await self.receive((message) => message === 'go');
      expect(self.demonitor(ref, { flush: true, info: true })).toBe(false);
      left = await self.receive(undefined, { timeoutMs: 0 });
    });
    await settle();
    w.send('go');
    expect((await system.monitor(w).down).reason).toBe('normal');
    expect(left).toBeUndefined();
  });

  it('MO-09 demonitor twice, and after the Down, is harmless', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const [a, b] = [w.self.monitor(p.ref), w.self.monitor(p.ref)];
    expect([
      w.self.demonitor(a), w.self.demonitor(a, { flush: true }),
      w.self.demonitor(a, { info: true }),
    ]).toEqual(
      [true, true, false],
    );
    system.exit(p.ref, 'gone');
    await settle();
    expect(
      [w.self.demonitor(b), w.self.demonitor(b, {
        flush: true,
      }), w.self.demonitor(b, { flush: true, info: true })],
    ).toEqual([true, true, false]);
    expect(w.self.demonitor(w.self.monitor(w.ref), { info: true })).toBe(false);
    expect(w.seen.length).toBe(1);
  });

  it.each(
    [undefined, null, 'ref', 7, {}],
  )('MO-09 demonitor of %s, which is no monitor, is an option error', async (given) => {
    const system = testSystem();
    const w = await listener(system);
    expect(() => w.self.demonitor(given as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('MO-09 unknown options of monitor and demonitor are errors, and change nothing', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const ref = w.self.monitor(p.ref);
    for (const options of [{ flush: 1 }, { nope: true }, null]) {
      expect(() => w.self.demonitor(ref, options as never))
        .toThrow(expect.objectContaining({ name: 'OptionError' }));
    }
    for (const options of [{ alias: 'no' }, { nope: true }, { urgent: 1 }, 7]) {
      expect(() => w.self.monitor(p.ref, options as never))
        .toThrow(expect.objectContaining({ name: 'OptionError' }));
    }
    expect(system.inspect(w.ref)?.monitors).toEqual([p.ref.pid]);
  });

  it('MO-09 only its holder can remove a monitor', async () => {
    const system = testSystem();
    const w = await listener(system);
    const other = await listener(system);
    const p = await idler(system);
    const ref = w.self.monitor(p.ref);
    expect(other.self.demonitor(ref, { info: true })).toBe(false);
    system.exit(p.ref, 'gone');
    await settle();
    expect(w.seen.length).toBe(1);
  });

  it('MO-12 tag takes the place of DOWN, whatever it is', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    const tag = { job: 7 };
    const refs = [w.self.monitor(p.ref, { tag }), w.self.monitor(p.ref, { tag: null }), w.self.monitor(p.ref)];
    system.exit(p.ref, 'gone');
    const late = w.self.monitor(p.ref, { tag: 'late' });
    await settle();
    const tagOf = new Map(w.seen.map((down) => [(down as Down).ref, (down as Down<unknown>).tag]));
    expect([...refs, late].map((ref) => tagOf.get(ref))).toEqual([tag, null, 'DOWN', 'late']);
    expect(w.seen.every((down) => down instanceof Down)).toBe(true);
  });

  it('MO-10 is one-way: the watcher\'s death removes it silently', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await listener(system);
    for (let i = 0; i < 3; i++) w.self.monitor(p.ref);
    system.exit(w.ref, 'kill');
    await settle();
    expect(p.seen).toEqual([]);
    expect(system.inspect(p.ref)?.monitoredBy).toEqual([]);
    const { sent } = system.stats().signals;
    system.exit(p.ref, 'kill');
    expect(system.stats().signals.sent).toBe(sent);
  });

  it('MO-11 of oneself is allowed and never fires', async () => {
    const system = testSystem();
    const w = await listener(system);
    w.self.monitor(w.ref);
    const { sent } = system.stats().signals;
    system.exit(w.ref, 'kill');
    expect(system.stats().signals.sent).toBe(sent);
  });

  it('MO-13 inside the Down handler the name can be taken again', async () => {
    const system = testSystem();
    const taken: unknown[] = [];
    const Keeper = defineAgent({
      name: 'Keeper', init: () => ({}),
      casts: { keep(self, name: string) { self.monitor(name); } },
      info(self, message) {
        if (message instanceof Down) {
          taken.push(self.spawn((child) => child.receive(), { name: message.name as string }).pid);
        }
      },
    });
    const keeper = system.start(Keeper);
    const p = await idler(system, { name: 'role' });
    keeper.cast('keep', 'role');
    await settle(1);
    system.exit(p.ref, 'gone');
    await settle(1);
    expect(taken).toEqual([system.whereis('role')]);
  });

  it('MO-14 the lists show duplicates', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = await idler(system);
    w.self.monitor(p.ref);
    w.self.monitor(p.ref);
    expect(system.inspect(w.ref)?.monitors).toEqual([p.ref.pid, p.ref.pid]);
    expect(system.inspect(p.ref)?.monitoredBy).toEqual([w.ref.pid, w.ref.pid]);
    w.self.demonitor(w.self.monitor(p.ref));
    expect(system.inspect(p.ref, ['monitoredBy'])).toEqual([[w.ref.pid, w.ref.pid]]);
  });

  it('MO-15 a process that kills its watcher and then ends leaves no ghosts', async () => {
    const system = testSystem();
    const w = await listener(system);
    const p = system.spawn(async (self) => {
      await self.receive();
      self.exitOther(w.ref, 'kill');
      self.exit('too');
    });
    w.self.monitor(p);
    w.self.link(p);
    w.self.unlink(p);
    p.send('go');
    expect((await system.monitor(p).down).reason).toBe('too');
    await settle();
    expect(w.seen).toEqual([]);
    expect(system.stats().processes).toBe(0);
  });

  it('P4 MO-01 MO-06 any mix of monitors, demonitors and ends gives each ref at most one Down, and exactly one when it was left alone', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('monitor' as const), at: fc.nat(4) }),
      fc.record({ kind: fc.constant('demonitor' as const), at: fc.nat(50) }),
      fc.record({ kind: fc.constant('flush' as const), at: fc.nat(50) }),
      fc.record({ kind: fc.constant('end' as const), at: fc.nat(4) }),
      fc.record({ kind: fc.constant('turn' as const), at: fc.constant(0) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const system = testSystem();
      const w = await listener(system);
      const targets = await Promise.all([0, 1, 2, 3, 4].map(() => idler(system)));
      const dead = new Set<Pid>();
      const made: { readonly ref: MonitorRef; readonly pid: Pid; silent: boolean }[] = [];
      for (const { kind, at } of steps) {
        const target = targets[at % 5] as { readonly ref: { readonly pid: Pid } };
        const one = made[at % Math.max(1, made.length)];
        if (kind === 'monitor') made.push({
          ref: w.self.monitor(target.ref), pid: target.ref.pid, silent: false,
        });
        else if (kind === 'turn') await settle(1);
        else if (kind === 'end') {
          system.exit(target.ref, 'gone');
          dead.add(target.ref.pid);
        } else if (one !== undefined) {
          const heard = w.seen.some((down) => (down as Down).ref === one.ref);
          const removed = w.self.demonitor(one.ref, { flush: kind === 'flush', info: true });
          if (removed) expect(heard).toBe(false);
          if (removed || (kind === 'flush' && !heard)) one.silent = true;
        }
      }
      await settle(2);
      for (const { ref, pid, silent } of made) {
        const count = w.seen.filter((down) => (down as Down).ref === ref).length;
        expect(count).toBe(silent || !dead.has(pid) ? 0 : 1);
      }
      await system.stop();
    }), { numRuns: 60 });
  });
});

describe('watches from outside', () => {
  it('resolve once, and never after cancel', async () => {
    const system = testSystem();
    const p = await idler(system);
    const watch = system.monitor(p.ref);
    const cancelled = system.monitor(p.ref);
    let told = false;
    void cancelled.down.then(() => (told = true));
    cancelled.cancel();
    cancelled.cancel();
    system.exit(p.ref, 'gone');
    expect((await watch.down).reason).toBe('gone');
    await settle();
    expect(told).toBe(false);
  });
});
