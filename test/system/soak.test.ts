import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { slopeOf } from '../../bench/soak/memory.js';
import { parseOptions, POLICIES } from '../../bench/soak/options.js';

const program = fileURLToPath(new URL('../../scripts/soak.mjs', import.meta.url));

interface Ended { readonly code: unknown; readonly stdout: string; readonly stderr: string }

const run = (...args: readonly string[]): Promise<Ended> => new Promise((resolve) => {
  execFile(process.execPath, [program, ...args], (error, stdout, stderr) =>
    resolve({ code: error?.code ?? 0, stdout, stderr }));
});

describe('npm run soak', () => {
  it('P1 a short run under every policy has exact books, and its exit code says what it found', async () => {
    const { code, stdout } = await run('--minutes', '0.02', '--json');
    const outcomes = stdout.trim().split('\n').map(
      (line) => JSON.parse(line) as Record<string, unknown> & { failures: string[]; ok: boolean },
    );
    expect(outcomes.map(({ policy }) => policy)).toEqual(POLICIES);
    for (const { failures, ok, handled, offered, held } of outcomes) {
      // a busy machine may spoil the figures of so short a run, never the books
      expect(
        failures.filter((one) => !/^(event loop delay|overload|heap|resident memory): /.test(one)),
      ).toEqual([]);
      expect(ok).toBe(failures.length === 0);
      expect([handled, offered, held]).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      expect(offered).toBeGreaterThan(handled as number);
    }
    expect(code).toBe(outcomes.every(({ ok }) => ok) ? 0 : 1);
    const [reject, newest, oldest, suspend] = outcomes as unknown as [
      Record<string, number>, Record<string, number>, Record<string, number>, Record<string, number>,
    ];
    expect([reject['dropped'], oldest['rejected'], suspend['dropped']]).toEqual([0, 0, 0]);
    expect(
      Math.min(reject['rejected']!, newest['dropped']!, oldest['dropped']!, suspend['rejected']!),
    ).toBeGreaterThan(
      0,
    );
  }, 120_000);

  it('refuses a bad argument with its code', async () => {
    const { code, stderr } = await run('--policy', 'block');
    expect([code, stderr]).toEqual([2, expect.stringContaining(
      "BAD_OPTION --policy: got 'block', expected one of reject, drop-newest, drop-oldest, suspend, all",
    )]);
  }, 120_000);
});

describe('the arguments of npm run soak', () => {
  it('are read', () => {
    expect(parseOptions([])).toEqual({ minutes: 1, policies: POLICIES, json: false });
    expect(parseOptions(['--minutes', '0.5', '--policy', 'suspend', '--json'])).toEqual(
      { minutes: 0.5, policies: ['suspend'], json: true },
    );
    expect(parseOptions(['--help'])).toBe('help');
  });

  it.each([
    [['--minute', '1'], 'UNKNOWN_OPTION', 'known options: --minutes, --policy, --json, --help'],
    [['fast'], 'UNKNOWN_OPTION', "soak: got 'fast'"],
    [['--minutes', '0'], 'BAD_OPTION', "--minutes: got '0', expected a number from 0.01"],
    [['--minutes', 'ten'], 'BAD_OPTION', "--minutes: got 'ten'"],
    [['--minutes'], 'BAD_OPTION', '--minutes: got true'],
    [['--minutes='], 'BAD_OPTION', "--minutes: got ''"],
    [['--policy', 'block'], 'BAD_OPTION', 'reject, drop-newest, drop-oldest, suspend, all'],
  ])('are refused: %j', (given, code, text) => {
    expect(() => parseOptions(given)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as Error,
    );
  });
});

describe('the line through memory samples', () => {
  const x = Array.from({ length: 40 }, (_, n) => n);
  const wobble = (n: number): number => ((n * 7_919) % 13 - 6) * 1e5;

  it('is no slope while the noise explains it', () => {
    const flat = slopeOf(x, x.map((n) => 5e7 + wobble(n)), 1e6);
    expect(Math.abs(flat.bytesPerSecond)).toBeLessThan(flat.limit);
  });

  it('is a slope when each second keeps 100 kB', () => {
    const steep = slopeOf(x, x.map((n) => 5e7 + 1e5 * n + wobble(n)), 1e6);
    expect(steep.bytesPerSecond).toBeGreaterThan(9e4);
    expect(steep.bytesPerSecond).toBeGreaterThan(steep.limit);
  });
});
