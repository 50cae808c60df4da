import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imbalance, undelivered } from '../../../examples/audit/check/balance.js';
import { EXIT, main, type Surroundings } from '../../../examples/audit/program.js';
import type { Bom } from '../../../examples/audit/output/sbom.js';
import type { RunResult } from '../../../examples/audit/output/summary.js';
import { schemaErrors } from './schema.js';

const PACKAGES = 60;
const MIT = 'Permission is hereby granted, free of charge, to any person obtaining a copy';

let base: string;
let modules: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'audit-run-'));
  modules = join(base, 'node_modules');
  for (let index = 0; index < PACKAGES; index++) plantPackage(index);
  symlinkSync('../p0/index.js', join(modules, 'p1', 'link.js'));
  put('p0/node_modules/p1/package.json', '{"name":"p1","version":"9.0.0","license":"ISC"}');
  put('p2/dist/package.json', '{"type":"module"}');
  put('broken/package.json', '{');
  put('big/data.bin', 'x'.repeat(700_000));
});
afterAll(() => { rmSync(base, { recursive: true }); });

function put(path: string, text: string): void {
  mkdirSync(dirname(join(modules, path)), { recursive: true });
  writeFileSync(join(modules, path), text);
}

/**
 * Every third package has an install script, every fourth asks for a Node that does not exist yet,
 * every fifth says no licence.
 */
function plantPackage(index: number): void {
  const name = `p${index}`;
  put(`${name}/package.json`, JSON.stringify({
    name,
    version: `1.0.${index}`,
    ...(index % 5 === 0 ? {} : { license: 'MIT' }),
    ...(index % 4 === 0 ? { engines: { node: '>=999' } } : {}),
    ...(index % 3 === 0 ? { scripts: { postinstall: `node build-${index}.js` } } : {}),
    ...(index > 0 ? { dependencies: { [`p${index - 1}`]: '*' } } : {}),
  }));
  put(`${name}/LICENSE`, MIT);
  put(`${name}/index.js`, `module.exports = ${index % 10};`);
  for (let part = 0; part < 8; part++) put(`${name}/lib/part-${part}.js`, `exports.part = '${name}/${part}';`);
}

interface Around extends Surroundings {
  stdout: string;
  stderr: string;
}

let interrupt: AbortController;
beforeEach(() => { interrupt = new AbortController(); });

function surroundings(onOut: (text: string) => void = () => undefined): Around {
  const around: Around = {
    cwd: base,
    stdout: '',
    stderr: '',
    out: (text) => { around.stdout += text; onOut(text); },
    err: (text) => { around.stderr += text; },
    screen: null,
    interrupt: interrupt.signal,
  };
  return around;
}

function jsonOf({ stdout }: Around): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

const report = (out: string) => readFileSync(join(base, out, 'report.md'), 'utf8');
const bomIn = (out: string) => JSON.parse(readFileSync(join(base, out, 'sbom.json'), 'utf8')) as Bom;

/** Counts with nothing of the program's: one recursive listing, one loop. */
function countAgain(): { files: number; bytes: number; groups: number } {
  const copies = new Map<string, number>();
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = readFileSync(join(entry.parentPath, entry.name));
    const sha256 = createHash('sha256').update(content).digest('hex');
    copies.set(sha256, (copies.get(sha256) ?? 0) + 1);
    files += 1;
    bytes += content.length;
  }
  return { files, bytes, groups: [...copies.values()].filter((count) => count > 1).length };
}

describe('the audit', () => {
  it.each([1, 2, 3, 4])('loses and doubles nothing under heavy chaos (seed %i)', async (seed) => {
    const around = surroundings();
    const code = await main(
      ['--chaos', 'high', '--seed', String(seed), '--workers', '4', '--out', `high-${seed}`, '--json'], around,
    );
    expect(around.stdout).toContain('0 lost, 0 duplicated; the recount without agents agrees');
    const result = jsonOf(around);
    const { files, bytes, groups } = countAgain();
    expect(result).toMatchObject(
      {
        files, bytes, lost: 0, duplicated: 0, differences: [], interrupted: false, ok: true, seed,
        unreadable: 0,
      },
    );
    expect(result['crashes']).toBeGreaterThan(3);
    expect(result['retried']).toBeGreaterThan(0);
    const { breaker, deliveries, account, delivered, retried } = result as unknown as RunResult;
    expect(breaker.states).toEqual(['open', 'half-open', 'closed']);
    expect(breaker.opened).toBeGreaterThan(0);
    expect(deliveries)
      .toMatchObject({ failed: 0, expired: 0, dropped: 0, pending: 0, inTransit: 0, running: 0 });
    // A kill is no attempt: the next start is delivered, but not retried.
    expect(delivered - retried).toBeGreaterThanOrEqual(deliveries.accepted);
    expect([imbalance(account), undelivered(deliveries)]).toEqual([0, 0]);
    expect(code).toBe(EXIT.flawless);

    const text = report(`high-${seed}`);
    expect(text).toContain(`| Duplicate contents | ${groups} groups,`);
    expect(text).toContain(`## Install scripts (${PACKAGES / 3})`);
    expect(text).toContain(`## Engines (${PACKAGES / 4})`);
    expect(text).toContain(`| MIT (by its text only) | ${PACKAGES / 5} |`);
    expect(text).toContain('| Symbolic links, not followed | 1 |');
    expect(text).toContain('| p1 | 9.0.0, 1.0.1 |');
    expect(text).toContain('| `broken/package.json` | not JSON |');

    const bom = bomIn(`high-${seed}`);
    expect(schemaErrors(bom)).toEqual([]);
    expect(bom.components).toHaveLength(PACKAGES + 2);
    const p1 = bom.dependencies.find(({ ref }) => ref === 'pkg:npm/p1@1.0.1');
    expect(p1?.dependsOn).toEqual(['pkg:npm/p0@1.0.0']);
    expect(readdirSync(join(base, `high-${seed}`)).sort()).toEqual(['report.md', 'sbom.json']);
  }, 30_000);

  it('writes the same report whatever chaos did', async () => {
    for (const chaos of ['off', 'low', 'high']) {
      await main(['--chaos', chaos, '--out', `same-${chaos}`], surroundings());
    }
    expect(report('same-low')).toBe(report('same-off'));
    expect(report('same-high')).toBe(report('same-off'));
  }, 30_000);

  it.each(['low', 'high'])('meets at least one crash at %s even in an empty directory', async (chaos) => {
    mkdirSync(join(base, 'empty'), { recursive: true });
    const around = surroundings();
    expect(await main(['empty', '--chaos', chaos, '--json'], around)).toBe(EXIT.flawless);
    expect(jsonOf(around)).toMatchObject(
      { files: 0, bytes: 0, lost: 0, duplicated: 0, ok: true, breaker: {
        states: ['open', 'half-open', 'closed'],
      } },
    );
    expect(jsonOf(around)['crashes']).toBeGreaterThan(0);
    expect(schemaErrors(bomIn('audit-out'))).toEqual([]);
  }, 30_000);

  it('meets none when chaos is off', async () => {
    const around = surroundings();
    expect(await main(['--chaos', 'off', '--json', '--workers', '1'], around)).toBe(EXIT.flawless);
    expect(jsonOf(around)).toMatchObject({
      crashes: 0, restarts: 0, retried: 0, duplicatesSuppressed: 0, deadLettered: 0, ok: true,
      breaker: { states: ['open', 'half-open', 'closed'] },
    });
  }, 30_000);

  it('does not audit its own report, and replaces that of the last run', async () => {
    for (let run = 0; run < 2; run++) {
      const around = surroundings();
      expect(await main(['node_modules', '--out', 'node_modules/out', '--json'], around)).toBe(EXIT.flawless);
      expect(jsonOf(around)).toMatchObject({ ok: true, directory: modules });
    }
    rmSync(join(modules, 'out'), { recursive: true });
  }, 30_000);

  it('drains and reports when it is interrupted', async () => {
    const around = surroundings((text) => {
      if (text.startsWith('castcall audit')) setTimeout(() => { interrupt.abort(); }, 50);
    });
    const code = await main(['--json', '--workers', '1', '--out', 'partial'], around);
    const result = jsonOf(around);
    expect(result).toMatchObject({ interrupted: true, ok: false, lost: 0, duplicated: 0, differences: [] });
    expect(result['files']).toBeLessThan(countAgain().files);
    expect(report('partial')).toContain('Interrupted');
    expect(schemaErrors(bomIn('partial'))).toEqual([]);
    expect(around.stdout).toContain('Interrupted: ');
    expect(code).toBe(EXIT.interrupted);
  }, 30_000);

  it('does not take a file that others change meanwhile for a fault', async () => {
    put('live/log.txt', 'first');
    const around = surroundings((text) => {
      if (text.startsWith('counting again')) put('live/log.txt', 'second');
    });
    expect(await main(['--json', '--out', 'live-out'], around)).toBe(EXIT.flawless);
    expect(jsonOf(around)).toMatchObject({ changed: 1, differences: [], lost: 0, duplicated: 0, ok: true });
    expect(around.stdout).toContain('agrees (but for 1 path that changed meanwhile)');
    rmSync(join(modules, 'live'), { recursive: true });
  }, 30_000);

  it('says in one line why a report could not be written', async () => {
    mkdirSync(join(base, 'occupied', 'report.md'), { recursive: true });
    const around = surroundings();
    expect(await main(['--out', 'occupied'], around)).toBe(EXIT.flawed);
    expect(around.stderr)
      .toBe(`castcall audit: the run failed: UNWRITABLE ${join(base, 'occupied')}: EISDIR\n`);
    expect(readdirSync(join(base, 'occupied'))).toEqual(['report.md']);
  }, 30_000);

  it('leaves no timer, no file and no connection open', async () => {
    const open =
      () => process.getActiveResourcesInfo().filter((kind) => /^(?:Timeout|FS|CloseReq|TCP)/.test(kind)).length;
    await sleep(20);
    const before = open();
    await main(['--chaos', 'high', '--out', 'resources'], surroundings());
    // A file that a killed parser was reading is closed a moment after its death.
    for (let wait = 0; open() > before && wait < 20; wait++) await sleep(20);
    expect(open()).toBeLessThanOrEqual(before);
  }, 30_000);

  it('says at once what it is going to do', async () => {
    const times: number[] = [];
    const startedAt = performance.now();
    await main(
      ['--chaos', 'off', '--seed', '7'],
      surroundings(() => times.push(performance.now() - startedAt)),
    );
    expect(times[0]).toBeLessThan(300);
  }, 30_000);
});

describe('a mistake in the arguments', () => {
  it.each(
    [[['--workers', '999']], [['nowhere']], [['--frob']]],
  )('%j ends with one line and code 2', async (argv) => {
    const around = surroundings();
    expect(await main(argv, around)).toBe(EXIT.mistake);
    expect(around.stdout).toBe('');
    expect(around.stderr).toMatch(/^castcall audit: [^\n]+\n$/);
  });

  it('--help is no mistake', async () => {
    const around = surroundings();
    expect(await main(['--help'], around)).toBe(EXIT.flawless);
    expect(around.stdout).toContain('Usage: npm start');
  });
});
