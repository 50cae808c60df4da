import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disturbedPaths, withoutPaths } from '../../../examples/audit/check/disturbance.js';
import { Recount } from '../../../examples/audit/check/recount.js';
import { nothingFound, packageNamed } from './sample.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'audit-disturbance-'));
  for (const directory of ['a', 'b']) mkdirSync(join(root, directory));
  for (const path of ['a/kept', 'a/changed', 'b/removed']) writeFileSync(join(root, path), path);
});
afterEach(() => { rmSync(root, { recursive: true }); });

const count =
  () => new Recount({
    root, excluded: '/nowhere', node: '20.20.2', signal: new AbortController().signal,
  }).run();

describe('disturbedPaths', () => {
  it('finds what was changed, removed and added in the meantime', async () => {
    const before = await count();
    await sleep(30);
    const since = Date.now() - 20;
    writeFileSync(join(root, 'a/changed'), 'otherwise');
    writeFileSync(join(root, 'a/added'), 'new');
    rmSync(join(root, 'b'), { recursive: true });
    const paths = await disturbedPaths(root, before, await count(), since);
    expect([...paths].sort()).toEqual(['a/added', 'a/changed', 'b', 'b/removed']);
  });

  it('leaves a fault in the comparison: what differs though nobody changed it', async () => {
    const found = await count();
    await sleep(30);
    const since = Date.now() - 20;
    const faulty = { ...found, files: found.files.slice(1), directories: [] };
    expect(await disturbedPaths(root, faulty, found, since)).toEqual(new Set());
    expect(await disturbedPaths(root, found, faulty, since)).toEqual(new Set());
  });
});

describe('withoutPaths', () => {
  it('takes the paths out of every list', () => {
    const file = (path: string) => ({ path, bytes: 1, sha256: 'x' });
    const found = {
      directories: [{ path: '', symlinks: 0, others: 0 }, { path: 'p', symlinks: 0, others: 0 }],
      files: [file('a'), file('b'), file('p/package.json')],
      unreadable: [{ path: 'u', reason: 'EACCES' }],
      duplicates: [
        { sha256: 'x', bytes: 1, paths: ['a', 'b', 'p/package.json'] },
        { sha256: 'y', bytes: 1, paths: ['a', 'c'] },
      ],
      packages: [packageNamed('p', '1.0.0', 'p'), packageNamed('q', '1.0.0', 'q')],
    };
    expect(withoutPaths(found, new Set(['a', 'u', 'p', 'p/package.json']))).toEqual({
      ...nothingFound, files: [file('b')], packages: [packageNamed('q', '1.0.0', 'q')],
    });
    expect(withoutPaths(found, new Set())).toEqual(found);
  });
});
