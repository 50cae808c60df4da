import { describe, expect, it } from 'vitest';
import { child, defineAgent } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { lifeOn, TestDisk } from '../durable/lives.js';

const seen: unknown[] = [];
const Desk = defineAgent({
  name: 'desk',
  calls: { look(self, what: string) { seen.push([what, self.message?.headers]); } },
  casts: {
    fail(self) {
      seen.push(self.message?.headers);
      throw new Error('boom');
    },
  },
});
const Kept = defineAgent({
  name: 'kept',
  durable: true,
  init: () => 0,
  casts: {
    fail(self) {
      seen.push(self.message?.headers);
      throw new Error('boom');
    },
  },
});

describe('headers of a delivery', () => {
  it('are for its handler: copied, frozen, none where none were given', async () => {
    seen.length = 0;
    const system = testSystem();
    const desk = system.start(Desk);
    const headers = { tenant: 'acme' };
    const first = await desk.deliver('look', 'a', { headers });
    headers.tenant = 'other';
    await first.settled;
    await (await desk.deliver('look', 'b')).settled;
    await (await desk.deliver('look', 'c', { headers: {} })).settled;
    expect(seen).toEqual([['a', { tenant: 'acme' }], ['b', undefined], ['c', undefined]]);
    expect(Object.isFrozen((seen[0] as unknown[])[1])).toBe(true);
  });

  it.each([
    ['no record', 'x', 'BAD_OPTION'],
    ['a list', ['x'], 'BAD_OPTION'],
    ['a Map', new Map([['h', 'x']]), 'BAD_OPTION'],
    ['web Headers', new Headers({ h: 'x' }), 'BAD_OPTION'],
    ['an object of a class', new (class { h = 'x'; })(), 'BAD_OPTION'],
    ['a number', { n: 1 }, 'BAD_OPTION'],
    ['a name of nothing', { '': 'x' }, 'BAD_OPTION'],
    ['a name with half a surrogate pair', { 'h\ud800': 'x' }, 'BAD_OPTION'],
    ['a name led by a byte order mark', { '\ufeffh': 'x' }, 'BAD_OPTION'],
    ['a text with half a surrogate pair', { h: '\udc00x' }, 'BAD_OPTION'],
    ['a text led by a byte order mark', { h: '\ufeffx' }, 'BAD_OPTION'],
    ['too many', Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`h${n}`, 'x'])), 'HEADERS_TOO_LARGE'],
    ['too large', { h: 'é'.repeat(4_096) }, 'HEADERS_TOO_LARGE'],
  ])('are refused, in all systems alike: %s', async (_what, headers, code) => {
    const desk = testSystem().start(Desk);
    const kept = lifeOn(new TestDisk()).ref(Kept, 'kept');
    const refused = { code, message: expect.stringContaining('deliver.headers') as unknown };
    await expect(desk.deliver('look', 'a', { headers: headers as never })).rejects.toMatchObject(refused);
    await expect(kept.deliver('fail', undefined, { headers: headers as never })).rejects.toMatchObject(refused);
    const most = { h: 'é'.repeat(4_095) };
    expect(await (await desk.deliver('look', 'a', { headers: most })).settled).toMatchObject({ kind: 'handled' });
  });

  it('a Map is told how it becomes one; an object without a prototype, and whole texts, are as they were', async () => {
    seen.length = 0;
    const desk = testSystem().start(Desk);
    await expect(desk.deliver('look', 'a', { headers: new Map() as never })).rejects.toThrow('Object.fromEntries(map)');
    const headers = Object.assign(Object.create(null) as Record<string, string>, { '\u{1f600}': 'x\ufeff\u{1f600}' });
    expect(await (await desk.deliver('look', 'a', { headers })).settled).toMatchObject({ kind: 'handled' });
    expect(seen).toEqual([['a', { ...headers }]]);
  });

  it('are kept by its dead letter, and by the retry of that', async () => {
    seen.length = 0;
    const system = testSystem();
    await system.supervise({ intensity: 100, children: [child('desk', Desk)] });
    const headers = { tenant: 'acme' };
    await (await system.ref(Desk, 'desk').deliver('fail', undefined, { headers, attemptsMax: 1 })).settled;
    expect(system.deadLetters.list()).toMatchObject([{ op: 'fail', headers }]);
    system.deadLetters.retry({});
    await expect.poll(() => system.deadLetters.list()).toMatchObject([{ attempts: 2, headers }]);
    expect(seen).toEqual([headers, headers]);
  });

  it('P21 outlive the program with the row of the message, and with that of its dead letter', async () => {
    seen.length = 0;
    const disk = new TestDisk();
    const headers = { tenant: 'acme', trace: '1' };
    const first = lifeOn(disk);
    await first.ref(Kept, 'kept').deliver('fail', undefined, { headers, attemptsMax: 1 });
    await first.stop();
    const second = lifeOn(disk);
    await second.supervise({ intensity: 100, children: [child('kept', Kept)] });
    await expect.poll(() => second.deadLetters.list()).toMatchObject([{ headers }]);
    await second.stop();
    const third = lifeOn(disk);
    await third.supervise({ intensity: 100, children: [child('kept', Kept)] });
    await expect.poll(() => third.deadLetters.list()).toMatchObject([{ headers }]);
    expect(third.deadLetters.retry({})).toMatchObject({ retried: [expect.any(Number)] });
    await expect.poll(() => third.deadLetters.list()).toMatchObject([{ attempts: 2, headers }]);
    expect(seen).toEqual([headers, headers]);
  });
});
