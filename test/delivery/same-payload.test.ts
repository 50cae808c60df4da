import { expect, test } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { testSystem } from '../support/system.js';

const Taker = defineAgent({ calls: { take: (_self, _payload: unknown) => 'taken' } });
const once = { guarantee: 'exactly-once', key: 'k' } as const;

test.each<[string, () => unknown, () => unknown]>([
  ['dates', () => ({ at: new Date(5) }), () => ({ at: new Date(6) })],
  ['maps and sets', () => new Map([['a', new Set([1])]]), () => new Map([['a', new Set([2])]])],
  ['bytes', () => Uint8Array.of(1, 2), () => Uint8Array.of(1, 3)],
  ['instances of classes', () => new URL('https://a.example'), () => ({ href: 'https://a.example/' })],
])('P21 payloads are compared by structure: %s', async (_what, made, other) => {
  const ref = testSystem({ development: false }).start(Taker);
  await (await ref.deliver('take', made(), once)).settled;
  await (await ref.deliver('take', made(), once)).settled;
  expect(ref.stats().delivery).toMatchObject({ accepted: 1, duplicatesSuppressed: 1 });
  await expect(ref.deliver('take', other(), once)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
});

test('P21 a payload that is nested too deeply to be compared is a conflict, not a bare RangeError', async () => {
  const deep = (): unknown => Array.from({ length: 100_000 }).reduce((inner) => ({ inner }), {});
  const ref = testSystem({ development: false }).start(Taker);
  await (await ref.deliver('take', deep(), once)).settled;
  await expect(ref.deliver('take', deep(), once)).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
});
