import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';
import { callFailure, Gate } from '../help.js';

function log() {
  const seen: unknown[] = [];
  const gate = new Gate();
  const Log = defineAgent({
    casts: { note(_self, what: unknown) { seen.push(what); }, async hold() { await gate.promise; } },
    calls: { note(_self, what: unknown) { seen.push(what); return what; }, sync: () => undefined },
    info(_self, message) { seen.push(['info', message]); },
  });
  return { Log, seen, gate };
}

describe('who sends', () => {
  test('in development a bare ref used after an await is warned about, once; bound refs and self.cast are not', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger, development: true });
    const { Log } = log();
    const target = system.start(Log);
    const Sloppy = defineAgent({
      name: 'sloppy-sender',
      casts: {
        async after(self) { await settleTurn(); target.cast('note', 1); target.cast('note', 2); },
        async bound(
          self,
        ) {
          const mine = self.bind(target);
          await settleTurn();
          mine.cast('note', 3);
          self.cast(target, 'note', 4);
        },
        async before() { target.cast('note', 5); await settleTurn(); },
        sync() { target.cast('note', 6); },
      },
      calls: { async call() { await settleTurn(); await target.call('sync'); }, sync: () => undefined },
    });
    const sloppy = system.start(Sloppy);
    for (const op of ['bound', 'before', 'sync'] as const) sloppy.cast(op);
    await sloppy.call('sync');
    expect(logger.texts('warn')).toEqual([]);
    sloppy.cast('after');
    sloppy.cast('after');
    await sloppy.call('call');
    expect(logger.texts('warn')).toHaveLength(2);
    expect(logger.texts('warn')[0]).toContain('sloppy-sender');
  });

  test('in production nothing is warned and nothing is followed', async () => {
    const logger = new Recorder();
    const system = testSystem({ logger, development: false });
    const { Log } = log();
    const target = system.start(Log);
    const Sloppy =
      defineAgent({
        name: 'quiet-sender', calls: { async go() { await settleTurn(); target.cast('note', 1); } },
      });
    await system.start(Sloppy).call('go');
    expect(logger.lines).toEqual([]);
  });

  test('P16 what a dead incarnation sends through self or a bound ref has no effect and is counted', async () => {
    const system = testSystem();
    const { Log, seen } = log();
    const target = system.start(Log);
    const gate = new Gate();
    const after: unknown[] = [];
    const Zombie = defineAgent({
      casts: {
        async rise(self) {
          const mine = self.bind(target);
          await gate.promise;
          self.cast(target, 'note', 'zombie');
          mine.cast('note', 'zombie');
          mine.send('zombie');
          self.send(target, 'zombie');
          after.push(
            mine.tryCast('note', 'zombie'), (await callFailure(self.call(target, 'note', 'zombie'))).code,
            (await callFailure(mine.call('note', 'zombie'))).code,
          );
          for (const verb of [
            () => self.spawn(() => undefined), () => self.sendAfter(0, 'x', target), () => self.monitor(target),
          ]) {
            try { verb(); } catch (error) { after.push((error as { code: string }).code); }
          }
        },
      },
    });
    const zombie = system.start(Zombie);
    zombie.cast('rise');
    await settleTurn();
    system.exit(zombie, 'kill');
    gate.open();
    await expect.poll(() => after.length, { interval: 2 }).toBe(6);
    expect(after).toEqual(['dead', 'ZOMBIE', 'ZOMBIE', 'ZOMBIE', 'ZOMBIE', 'ZOMBIE']);
    expect(seen).toEqual([]);
    expect(system.stats()).toMatchObject({ zombies: 10, processes: 1 });
  });
});
