import { describe, expect, test } from 'vitest';
import { OptionError, type Breaker, type BreakerOptions, type System } from '../../../src/index.js';
import { testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, outcome } from '../calls.js';

const quick: BreakerOptions = { failures: 3, openMs: 1_000 };

function world(
  options: BreakerOptions = quick,
): { env: VirtualEnv; system: System; breaker: Breaker; changes: string[] } {
  const env = new VirtualEnv();
  const system = testSystem({ env });
  const breaker = system.breaker('llm', options);
  const changes: string[] = [];
  breaker.watch(({ from, to, cause }) => changes.push(`${from}>${to} ${cause}`));
  return { env, system, breaker, changes };
}

describe('options of a breaker', () => {
  test.each<[object, string]>([
    [{ errorRate: 0 }, 'errorRate'], [{ errorRate: Number.NaN }, 'errorRate'],
    [{ errorRate: 1.1 }, 'errorRate'], [{ volume: 0 }, 'volume'], [{ volume: 1.5 }, 'volume'],
    [{ windowMs: null as never }, 'windowMs'], [{ openMs: null as never }, 'openMs'],
    [{ windowMs: 0 }, 'windowMs'], [{ windowMs: Number.NaN }, 'windowMs'],
    [{ failures: 0 }, 'failures'], [{ failures: Infinity }, 'failures'], [{ openMs: 0 }, 'openMs'],
    [{ openMs: -1 }, 'openMs'],
    [{ probes: 0 }, 'probes'], [{ probes: Number.NaN }, 'probes'],
    [{ probeTimeoutMs: 0 }, 'probeTimeoutMs'], [{ probeTimeoutMs: Infinity }, 'probeTimeoutMs'],
    [{ isFailure: true }, 'isFailure'], [{ timeout: 5 }, 'timeout'],
  ])('%o is an OptionError that names it', (options, name) => {
    const system = testSystem();
    expect(() => system.breaker('llm', options)).toThrow(OptionError);
    expect(() => system.breaker('llm', options)).toThrow(name);
    expect(system.breakers()).toEqual([]);
  });

  test('other options for a known name are OPTIONS_CONFLICT; the same ones, or none, are not', () => {
    const system = testSystem();
    const make = (): Breaker => system.breaker('llm', { openMs: 5, isFailure: (error) => error === boom });
    make();
    expect(make().name).toBe('llm');
    expect(system.breaker('llm').name).toBe('llm');
    for (const options of [{ openMs: 6 }, { openMs: 5, isFailure: () => true }, {}]) {
      expect(() => system.breaker('llm', options))
        .toThrow(expect.objectContaining({ code: 'OPTIONS_CONFLICT' }));
    }
    expect(() => system.breaker('no name!')).toThrow(expect.objectContaining({ code: 'BAD_NAME' }));
    expect(system.breakers().map(({ name }) => name)).toEqual(['llm']);
  });

  test('bad calls reject with an OptionError', async () => {
    const { breaker } = world();
    for (const wrong of [
      breaker.run('x' as never), breaker.run(() => 1, { signal: {} as never }),
      breaker.run(() => 1, { timeoutMs: 5 } as never),
    ]) expect(await outcome(wrong)).toBeInstanceOf(OptionError);
    expect(() => breaker.open(Number.NaN)).toThrow(OptionError);
    expect(() => breaker.watch('x' as never)).toThrow(OptionError);
    expect(breaker.stats().running).toBe(0);
  });
});
