import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineAgent, retry, type System } from '../../../src/index.js';
import { Strays } from '../../support/strays.js';
import { Recorder, settleTurn, testSystem } from '../../support/system.js';

const boom = new Error('boom');
const strays = new Strays();
beforeEach(() => strays.begin());
afterEach(() => strays.end());

/** How a listener can hurt. */
const bad: readonly (readonly [name: string, listen: () => unknown])[] = [
  ['throws', () => { throw boom; }],
  ['rejects', async () => { throw boom; }],
  ['returns a then that throws', () => ({ then() { throw boom; } })],
  ['returns a promise with an own then', () =>
    Object.defineProperty(Promise.reject(boom), 'then', { value: () => { throw boom; } })],
];

/** Where users listen: a listener that hurts, one beside it that counts, and what makes both hear. */
type Place = (system: System, hurt: () => unknown, count: () => void) => unknown;
const Agent = defineAgent({ calls: { ping: () => 'pong', signal(self) { return { signal: self.signal }; } } });

const places: Readonly<Record<string, readonly [log: string, place: Place]>> = {
  'breaker.watch': ['a listener of a breaker failed', (system, hurt, count) => {
    const breaker = system.breaker('b');
    breaker.watch(hurt);
    breaker.watch(count);
    breaker.open();
  }],
  'deadLetters.subscribe': ['a subscriber of dead letters failed', (system, hurt, count) => {
    system.deadLetters.subscribe(hurt);
    system.deadLetters.subscribe(count);
    system.send('nobody', 1);
  }],
  'system.watchdog': ['the listener of the watchdog failed', (system, hurt, count) => {
    const stop = system.watchdog({ queue: { long: 1, short: 0 } }, () => { count(); return hurt(); });
    system.spawn((self) => self.receive(() => false)).send('x');
    stop();
  }],
  'sys.trace': ['a trace of sys failed', async (system, hurt, count) => {
    const ref = system.start(Agent);
    let heard = false;
    await system.sys(ref)
      .trace(() => { if (heard) return undefined; heard = true; count(); return hurt() as never; });
    await ref.call('ping');
  }],
  'a listener of self.signal': ['a listener of a signal failed', (
    system, hurt, count,
  ) => new Promise<void>((resolve) => {
    const p = system.spawn((self) => {
      self.signal.addEventListener('abort', hurt);
      self.signal.addEventListener('abort', count);
      setImmediate(() => { system.exit(p, 'kill'); resolve(); });
      return new Promise(() => undefined);
    });
  })],
  'onabort of self.signal': ['a listener of a signal failed', (
    system, hurt, count,
  ) => new Promise<void>((resolve) => {
    const p = system.spawn((self) => {
      const { signal } = self;
      signal.onabort = () => undefined;
      signal.onabort = hurt;
      expect(signal.onabort).toBe(hurt);
      signal.addEventListener('abort', count);
      setImmediate(() => { system.exit(p, 'kill'); resolve(); });
      return new Promise(() => undefined);
    });
  })],
};

describe('who only listens', () => {
  const cases = Object.keys(places)
    .flatMap((place) => bad.map(([how, listen]) => [place, how, listen] as const));

  it.each(
    cases,
  )('P17 P36 %s that %s: it is logged once, the next one hears it too, and the program lives', async (
    place, _how, listen,
  ) => {
    const logger = new Recorder();
    const system = testSystem({ logger });
    const [text, run] = places[place] as (typeof places)[string];
    let heard = 0;
    await run(system, listen, () => { heard++; });
    await settleTurn();
    expect(heard).toBe(1);
    expect(logger.lines.filter((line) => line.text === text).map((line) => line.fields['error'])).toEqual(
      [expect.stringContaining('boom')],
    );
    expect(await strays.seen()).toEqual([]);
  });

  it('P17 callbacks that must answer at once and are async by mistake end no program', async () => {
    const system = testSystem({
      deadLetters: { capacityBytes: 100, sizeOf: (async () => { throw boom; }) as never },
    });
    const late = (async () => { throw boom; }) as never;
    system.send('nobody', { size: 1 });
    system.deadLetters.list({ where: late });
    await system.breaker('b', { isFailure: late }).run(() => { throw boom; }).catch(() => undefined);
    await retry(() => { throw boom; }, { attemptsMax: 2, when: late, backoff: { baseMs: 1 } })
      .catch(() => undefined);
    const p = system.spawn((self) => self.receive(late));
    p.send('x');
    const ref = system.start(Agent);
    await system.sys(ref).replaceState(late).catch(() => undefined);
    await system.sys(ref).install(late, { state: 1 });
    await ref.call('ping');
    const Shown = defineAgent({ formatStatus: late });
    await system.sys(system.start(Shown)).getStatus();
    expect(await strays.seen()).toEqual([]);
  });

  it('P17 the late rejection of an agent that killed itself is nobody\'s', async () => {
    const system = testSystem();
    const Suicide = defineAgent({
      casts: { async now(self) { self.exitOther(self.pid, 'kill'); await settleTurn(); throw boom; } },
      calls: { async asked(
        self,
      ): Promise<void> { system.exit(self.pid, 'kill'); await settleTurn(); throw boom; } },
    });
    const [first, second] = [system.start(Suicide), system.start(Suicide)];
    first.cast('now');
    expect(await second.call('asked').catch((error: unknown) => error)).toMatchObject({ code: 'EXIT' });
    system.spawn(async (self) => { self.exitOther(self.pid, 'kill'); await settleTurn(); throw boom; });
    expect(await strays.seen()).toEqual([]);
    await settleTurn();
    expect(await strays.seen()).toEqual([]);
    expect(system.processes()).toEqual([]);
  });
});
