import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareFindings } from '../../../examples/audit/check/comparison.js';
import {
  listDirectory, newChunk, readContent, TEXT_BYTES_MAX, unreadable,
} from '../../../examples/audit/content.js';
import { Recount } from '../../../examples/audit/check/recount.js';
import { nothingFound } from './sample.js';

const SHA_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const never = new AbortController().signal;

let root: string;
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'audit-walk-')); });
afterEach(() => { rmSync(root, { recursive: true }); });

describe('listDirectory', () => {
  it('sorts what is there, counts links without following them, and leaves the output out', async () => {
    for (const name of ['b', 'a', 'out']) mkdirSync(join(root, name));
    for (const name of ['z', 'y']) writeFileSync(join(root, name), '');
    symlinkSync(root, join(root, 'loop'));
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    expect(await listDirectory(root, '', join(root, 'out'))).toEqual(
      { directory: '', directories: ['a', 'b'], files: ['y', 'z'], symlinks: 2, others: 0 },
    );
    mkdirSync(join(root, 'a', 'c'));
    expect(await listDirectory(root, 'a', join(root, 'out')))
      .toMatchObject({ directory: 'a', directories: ['a/c'] });
  });
});

describe('readContent', () => {
  const read = (name: string, wantText: boolean, signal = never) =>
    readContent(join(root, name), { wantText, chunk: newChunk(), signal });

  it('hashes, and keeps the text when asked', async () => {
    writeFileSync(join(root, 'x'), 'abc');
    expect(await read('x', true)).toEqual({ bytes: 3, sha256: SHA_OF_ABC, text: 'abc' });
    expect(await read('x', false)).toEqual({ bytes: 3, sha256: SHA_OF_ABC, text: null });
  });

  it('hashes a file that is larger than its chunk, but keeps no text that is too long', async () => {
    writeFileSync(join(root, 'x'), 'a'.repeat(TEXT_BYTES_MAX + 1));
    expect(await read('x', true)).toMatchObject({ bytes: TEXT_BYTES_MAX + 1, text: null });
  });

  it('stops when its signal fires', async () => {
    writeFileSync(join(root, 'x'), 'abc');
    const reason = new Error('enough');
    await expect(read('x', false, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('turns what the file system refuses into a finding, and nothing else', async () => {
    const refused = await read('nowhere', false).catch((error: unknown) => unreadable('nowhere', error));
    expect(refused).toEqual({ path: 'nowhere', reason: 'ENOENT' });
    expect(() => unreadable('x', new TypeError('a bug'))).toThrow('a bug');
  });
});

describe('Recount', () => {
  const recount = (signal = never) =>
    new Recount({ root, excluded: join(root, 'out'), node: '20.20.2', signal }).run();

  it('finds nothing in an empty directory', async () => {
    expect(await recount()).toEqual(nothingFound);
  });

  it('finds packages, duplicates and links', async () => {
    const pkg = join(root, 'node_modules', 'a');
    mkdirSync(pkg, { recursive: true });
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, 'out', 'report.md'), 'of the last run');
    writeFileSync(
      join(pkg, 'package.json'),
      '{"name":"a","version":"1.0.0","engines":{"node":">=99"},"scripts":{"install":"x"}}',
    );
    writeFileSync(
      join(pkg, 'LICENSE'),
      'Permission is hereby granted, free of charge, to any person obtaining a copy',
    );
    for (const name of ['x', 'y']) writeFileSync(join(pkg, name), 'abc');
    symlinkSync(pkg, join(root, 'link'));
    const found = await recount();
    expect(found.directories.map(({ path, symlinks }) => [path, symlinks])).toEqual(
      [['', 1], ['node_modules', 0], ['node_modules/a', 0]],
    );
    expect(found).toMatchObject(
      { duplicates: [{ sha256: SHA_OF_ABC, bytes: 3, paths: ['node_modules/a/x', 'node_modules/a/y'] }] },
    );
    expect(found.files.map(({ path }) => path)).toEqual(
      ['LICENSE', 'package.json', 'x', 'y'].map((name) => `node_modules/a/${name}`),
    );
    expect(found.packages).toEqual([{
      path: 'node_modules/a', name: 'a', version: '1.0.0', broken: null, dependencies: [],
      licence: { declared: null, texts: ['MIT'], verdict: 'text only' },
      engine: { range: '>=99', verdict: 'unmet' },
      scripts: [{ event: 'install', command: 'x' }],
      advisories: [],
    }]);
  });

  it('can be interrupted', async () => {
    writeFileSync(join(root, 'x'), '');
    await expect(recount(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

describe('compareFindings', () => {
  it('is silent about equals and names what differs', () => {
    const found = { ...nothingFound, files: [{ path: 'a', bytes: 1, sha256: 'x' }] };
    expect(compareFindings(found, structuredClone(found))).toEqual([]);
    expect(compareFindings({ ...found, directories: [] }, nothingFound)).toEqual([
      'directories: 0, recounted 1; first nothing, recounted {"path":"","symlinks":0,"others":0}',
      'files: 1, recounted 0; first {"path":"a","bytes":1,"sha256":"x"}, recounted nothing',
    ]);
  });
});
