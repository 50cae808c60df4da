import { expect, test } from 'vitest';
import {
  defineAgent, OptionError, type AgentRef, type ProcessSelf, type System,
} from '../../../src/index.js';
import { testSystem } from '../../support/system.js';

const Desk = defineAgent({
  init: () => ({}),
  calls: {
    echo: (self, text: string) => text,
    refuse: (self, why: string) => self.refuse('NO', why),
    async *count(self, to: number) {
      for (let n = 1; n <= to; n++) yield n;
    },
    hang: () => new Promise<never>(() => undefined),
  },
  casts: { note: () => undefined },
});

/** Runs in a process behind an await, where a bare ref would send from outside. */
function inside<T>(system: System, run: (self: ProcessSelf) => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    system.spawn(async (self) => {
      await Promise.resolve();
      await Promise.resolve(run(self)).then(resolve, reject);
    });
  });
}

test('self.tryCall resolves to the reply or the error, and is cancelled with its process', async () => {
  const system = testSystem();
  const desk = system.start(Desk);
  expect(await inside(system, (self) => self.tryCall(desk, 'echo', 'a')))
    .toEqual({ ok: true, value: 'a' });
  expect(await inside(system, (self) => self.tryCall(desk, 'refuse', 'b'))).toMatchObject(
    { ok: false, error: { code: 'REFUSED', refusal: 'NO', details: 'b' } },
  );
  const Alone = defineAgent({
    calls: { echo: (self): unknown => self.tryCall(self.ref as never as typeof desk, 'echo', 'c') },
  });
  expect(await system.start(Alone).call('echo'), 'it is the caller').toMatchObject(
    { ok: false, error: { code: 'CALLING_SELF' } },
  );
});

test('self.tryCast tells what became of it', async () => {
  const system = testSystem();
  const desk = system.start(Desk, { mailbox: { capacity: 1, overflow: 'reject' } });
  void desk.call('hang').catch(() => undefined);
  await Promise.resolve();
  expect(await inside(system, (self) => [self.tryCast(desk, 'note'), self.tryCast(desk, 'note')]))
    .toEqual(
      ['ok', 'full'],
    );
  await desk.stop('kill', { timeoutMs: 0 }).catch(() => undefined);
  system.exit(desk, 'kill');
  expect(await inside(system, (self) => self.tryCast(desk, 'note'))).toBe('dead');
});

test('self.stream is consumed by its process, also behind an await', async () => {
  const system = testSystem();
  const desk = system.start(Desk);
  const got = await inside(system, async (self) => {
    const items: number[] = [];
    for await (const item of self.stream(desk, 'count', 3)) items.push(item);
    return items;
  });
  expect(got).toEqual([1, 2, 3]);
});

test('what is no ref of an agent is refused by every verb', async () => {
  const system = testSystem();
  await inside(system, (self) => {
    const verbs: ((bad: AgentRef<typeof Desk>) => unknown)[] = [
      (bad) => self.call(bad, 'echo', 'x'), (bad) => self.tryCall(bad, 'echo', 'x'),
      (bad) => self.cast(bad, 'note'),
      (bad) => self.tryCast(bad, 'note'), (bad) => self.put(bad, 'note'),
      (bad) => self.deliver(bad, 'note'),
      (bad) => self.stream(bad, 'count', 1),
    ];
    for (const verb of verbs) for (const bad of [undefined, 'desk', {}]) {
      expect(() => verb(bad as never)).toThrow(OptionError);
    }
    for (const bad of [undefined, 'desk', {}, { pid: 'x' }]) {
      expect(() => self.bind(bad as never)).toThrow(OptionError);
    }
  });
});
