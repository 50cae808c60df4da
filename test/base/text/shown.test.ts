import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { defineAgent, OptionError, printable } from '../../../src/index.js';
import { pool, poolOf } from '../../../src/delivery/group/public.js';
import { testSystem } from '../../support/system.js';

test('what the runtime hands out is one line in a console', () => {
  const seen: string[] = [];
  const Asked = defineAgent({
    name: 'Asked',
    casts: { look(self) { seen.push(...[
      self, self.monitor(self.ref), self.alias(), self.sendAfter(1, 'x'), self.spawn(() => undefined),
    ].map((one) => inspect(one))); } },
  });
  const system = testSystem();
  const ref = system.start(Asked, { name: 'asked' });
  ref.cast('look');
  return system.stop({ drain: true }).then(() => {
    expect(seen.map((text) => text.replace(/castcall\.\w+\.\d+/, 'pid'))).toEqual(
      ['Self(asked)', 'Monitor(pid)', 'Alias(asked)', 'Timer(asked)', 'ProcessRef(pid)'],
    );
    expect([inspect(ref), inspect(Asked)].map((text) => text.replace(/castcall\.\w+\.\d+/, 'pid'))).toEqual(
      ['AgentRef(Asked pid)', 'Definition(Asked)'],
    );
  });
});

test('so is all that delivery hands out; texts and JSON show the same', async () => {
  const system = testSystem();
  const Asked = defineAgent({ name: 'Asked', calls: { ask: () => 'yes' } });
  const spec = pool('crew', Asked, { min: 1 });
  await system.supervise({ children: [spec] });
  const ref = system.start(Asked, { name: 'asked' });
  const receipt = await system.ref(Asked, 'later').deliver('ask');
  const crew = system.ref(poolOf(Asked), 'crew');
  const breaker = system.breaker('api');
  const all = [
    spec, ref, receipt, crew, system.balance(Asked, { members: [ref], name: 'team' }), breaker,
    system.limit('api', { concurrency: 1 }), system.deadLetters, system.deadLetters.feed(),
  ];
  const texts = [
    'ChildSpec(crew: permanent supervisor)', 'AgentRef(Asked pid)',
    'Receipt(ask to later: pending, attempts: 0)', 'Pool(crew: 1 workers, 0 busy)',
    'Balancer(team, round-robin: 1 living)',
    'Breaker(api: closed)', 'Limit(api: 0 running, 0 waiting)', 'DeadLetters(0 kept of 0)',
    'LetterFeed(0 waiting, 0 missed)',
  ];
  const plain = (text: string): string => text.replace(/castcall\.\w+\.\d+/, 'pid');
  expect(all.map((one) => plain(inspect(one)))).toEqual(texts);
  expect(all.map((one) => plain(String(one)))).toEqual(texts);
  expect(JSON.parse(plain(JSON.stringify({ all })))).toEqual({ all: texts });
});

test('an uncaught error shows its message, not the value that broke the rule: a program that ends with one prints no more than a screen', () => {
  const system = testSystem();
  const ref = system.start(defineAgent({ name: 'Wrong' }));
  let error: unknown;
  try {
    system.send({ ref, list: [ref, ref] } as never, 'x');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).value).toEqual({ ref, list: [ref, ref] });
  expect((error as Error).message).toContain('got { ref: AgentRef(Wrong castcall.');
  // As Node prints what nobody has caught: without the texts of our own.
  expect(inspect(error, { customInspect: false, depth: 5 }).split('\n').length).toBeLessThan(30);
  expect(inspect(new OptionError('capacity', 0, 'a whole number from 1'))).toContain('value: 0');
});

test('a hostile look-alike is printed like any other value', () => {
  const own = { [Symbol.for('nodejs.util.inspect.custom')]: () => { throw new Error('never'); }, a: 1 };
  expect(printable(own)).toBe('{ a: 1 }');
});
