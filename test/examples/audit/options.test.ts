import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRequest } from '../../../examples/audit/options.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'audit-options-'));
  writeFileSync(join(directory, 'file'), '');
});
afterAll(() => { rmSync(directory, { recursive: true }); });

describe('parseRequest', () => {
  it('has defaults for everything but the directory that must exist', () => {
    const request = parseRequest([directory], '/somewhere');
    expect(request).toMatchObject(
      { kind: 'audit', options: { directory, out: '/somewhere/audit-out', chaos: 'low', json: false,
        durable: true, kill: false } },
    );
  });

  it('takes every flag, and paths relative to where it runs', () => {
    const request =
      parseRequest(
        ['.', '--chaos', 'high', '--workers=256', '--seed', '42', '--out', 'o', '--json', '--kill'],
        directory,
      );
    expect(request).toEqual({
      kind: 'audit',
      options: { directory, out: join(directory, 'o'), chaos: 'high', workers: 256, seed: 42, json: true,
        durable: true, kill: true },
    });
  });

  it('gives help before anything else', () => {
    expect(parseRequest(['/no/such', '--help'], '/')).toEqual({ kind: 'help' });
  });

  it.each([
    [['.', '--chaos', 'medium'], "--chaos must be off, low or high, got 'medium'"],
    [['.', '--workers', '0'], "--workers must be a whole number from 1 to 256, got '0'"],
    [['.', '--workers', '257'], "--workers must be a whole number from 1 to 256, got '257'"],
    [['.', '--workers', '1e2'], "--workers must be a whole number from 1 to 256, got '1e2'"],
    [['.', '--workers='], "--workers must be a whole number from 1 to 256, got ''"],
    [['.', '--seed', '4294967296'], "--seed must be a whole number from 0 to 4294967295, got '4294967296'"],
    [['.', '--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['.', '--frob'], "Unknown option '--frob'"],
    [['.', '--json=yes'], "Option '--json' does not take an argument"],
    [['.', '--kill', '--no-durable'], '--kill needs the store that --no-durable goes without'],
    [['.', '--out', 'file'], '--out is not a directory'],
    [['.', '--out', 'file/below'], '--out is not a directory'],
    [['file'], 'not a directory'],
    [['nowhere'], 'no such directory'],
    [['a', 'b'], 'one directory at a time, got 2: a b'],
  ])('answers %j with one helpful line', (argv, message) => {
    const request = parseRequest(argv, directory);
    if (request.kind !== 'mistake') throw new Error(request.kind);
    expect(request.message).toContain(message);
    expect(request.message).toMatch(/^[^\n]+ \(try --help\)$/);
  });
});
