import { describe, expect, it } from 'vitest';
import { defineAgent } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

const Agent = defineAgent({ casts: { note: (_self, _n: number) => undefined } });

function some() {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  system.send('a', 1);
  system.send('b', 2);
  system.ref(Agent, 'a').cast('note', 3);
  const since = env.wallNow + 5;
  env.wallNow += 5;
  const ref = system.start(Agent, { name: 'c' });
  system.suspend(ref);
  ref.cast('note', 4);
  system.exit(ref, new Error('crashed'));
  return { system, letters: system.deadLetters, since };
}

describe('a query for dead letters', () => {
  it.each([
    [{}, [1, 2, 3, 4]],
    [{ to: 'a' }, [1, 3]],
    [{ op: 'note' }, [3, 4]],
    [{ to: 'a', op: 'note' }, [3]],
    [{ reason: 'noproc' }, [1, 2, 3]],
    [{ reason: 'Error: crashed' }, [4]],
    [{ where: ({ payload }: { payload: unknown }) => payload !== 2 }, [1, 3, 4]],
    [{ limit: 2 }, [1, 2]],
    [{ to: 'a', limit: 1 }, [1]],
    [{ to: 'nobody' }, []],
  ])('%o', (query, payloads) => {
    expect(some().letters.list(query).map(({ payload }) => payload)).toEqual(payloads);
  });

  it('since is a wall-clock time, inclusive', () => {
    const { letters, since } = some();
    expect(letters.list({ since }).map(({ payload }) => payload)).toEqual([4]);
    expect(letters.list({ since: since + 1 })).toEqual([]);
  });

  it('byReason counts, the most frequent first', () => {
    expect(some().letters.byReason())
      .toEqual([{ reason: 'noproc', count: 3 }, { reason: 'Error: crashed', count: 1 }]);
  });

  it('prune throws away what fits, and tells how many', () => {
    const { letters } = some();
    expect(letters.prune({ reason: 'noproc', limit: 2 })).toBe(2);
    expect(letters.list().map(({ payload }) => payload)).toEqual([3, 4]);
    expect([letters.prune({}), letters.size, letters.pruned, letters.total]).toEqual([2, 0, 4, 4]);
  });

  it('a where that throws is its caller\'s error, and nothing has changed', () => {
    const { letters } = some();
    const where = ({ payload }: { payload: unknown }): boolean => {
      if (payload === 3) throw new Error('where');
      return true;
    };
    for (const verb of [
      'list', 'prune', 'retry',
    ] as const) expect(() => letters[verb]({ where })).toThrow('where');
    expect(letters.size).toBe(4);
  });

  it('a where that prunes takes from nobody twice', () => {
    const { letters } = some();
    expect(letters.prune({ where: ({ id }) => (id === 2 ? letters.prune({ to: 'a' }) === 2 : true) })).toBe(2);
    expect([letters.pruned, letters.size]).toEqual([4, 0]);
  });

  it.each([
    [{ too: 'a' }], [{ limit: 0 }], [{ limit: 1.5 }], [{ since: '5' }], [{ where: 1 }], [{ reason: 1 }], [null],
    [undefined],
  ])('refuses %j', (query) => {
    const { letters } = some();
    expect(() => letters.prune(query as never)).toThrow(expect.objectContaining({ name: 'OptionError' }));
    expect(letters.size).toBe(4);
  });
});
