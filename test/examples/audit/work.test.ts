import { describe, expect, it } from 'vitest';
import { createSystem, defineAgent } from '../../../src/index.js';
import { explainFailure } from '../../../examples/audit/failure.js';
import { findAdvisories } from '../../../examples/audit/rules/advisory.js';
import { done, keyOf, Undone } from '../../../examples/audit/work.js';

describe('done', () => {
  it('resolves with the reply, or rejects with how the work ended', async () => {
    const Worker = defineAgent(
      { calls: {
        double: (_self, n: number) => n * 2,
        refuse: (self) => self.refuse('UNWRITABLE', 'disk full'),
      } },
    );
    await using system = createSystem({ logger: false });
    const worker = system.start(Worker);
    expect(await done(worker.deliver('double', 21))).toBe(42);
    const error = await done(worker.deliver('refuse')).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Undone);
    expect(error).toMatchObject({ kind: 'refused', reason: 'UNWRITABLE' });
    expect(explainFailure(error)).toBe('UNWRITABLE disk full');
  });
});

describe('keyOf', () => {
  it('tells what is done to which path, within the length of a key', () => {
    const long = 'ä/'.repeat(2_000);
    const keys = [
      keyOf('parse', ''), keyOf('parse', 'a'), keyOf('record', 'a'), keyOf('parse', long),
      keyOf('parse', `${long}b`),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
    expect(keyOf('parse', long)).toEqual(keyOf('parse', long));
  });
});

describe('findAdvisories', () => {
  it.each([
    [
      'lodash', '4.17.20', ['CVE-2021-23337'],
    ], ['lodash', '4.17.21', []], ['lodash', null, []], ['lodash', 'next', []], ['LODASH', '1.0.0', []],
    ['semver', '6.3.0', ['CVE-2022-25883']], ['semver', '6.3.1', []], ['nobody', '1.0.0', []],
  ])('%s %s: %j', (name, version, expected) => {
    expect(findAdvisories(name, version)).toEqual(expected);
  });
});
