import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { child, createSystem, type System } from '../../../src/index.js';
import { Chaos } from '../../../examples/audit/agents/chaos.js';
import { Deduper } from '../../../examples/audit/agents/deduper.js';
import { Ledger } from '../../../examples/audit/agents/ledger.js';
import { Parser } from '../../../examples/audit/agents/parser.js';
import { Progress } from '../../../examples/audit/agents/progress.js';
import type { FileFacts } from '../../../examples/audit/findings.js';
import { Hazard } from '../../../examples/audit/hazard.js';
import { Random } from '../../../examples/audit/random.js';

const safe = new Hazard(new Random(1), 0);
const file = (path: string, sha256: string): FileFacts => ({ path, sha256, bytes: 10 });

let system: System;
beforeEach(() => { system = createSystem({ name: 'test', logger: false }); });
afterEach(() => system.stop());

describe('Ledger', () => {
  it('counts nothing twice, whatever comes again', async () => {
    const ledger = system.start(Ledger, 2);
    const listing = { directory: '', directories: [], files: ['a', 'b', 'c'], symlinks: 1, others: 0 };
    for (let time = 0; time < 2; time++) {
      await ledger.call('expect', listing);
      await ledger.call('record', file('a', '00000000'));
      await ledger.call('record', file('b', '00000001'));
      await ledger.call('record', { path: 'c', reason: 'EACCES' });
    }
    expect(await ledger.call('totals')).toEqual({ found: 3, done: 2, bytes: 20, packages: 0 });
    expect(await ledger.call('shard', 1)).toEqual([file('b', '00000001')]);
    expect(await ledger.call('contents')).toEqual({
      listings: [listing], files: [file('a', '00000000'), file('b', '00000001')], unreadable: [{ path: 'c', reason: 'EACCES' }], packages: [],
    });
  });
});

describe('Deduper', () => {
  it('comes back with everything that was recorded before it died', async () => {
    const ledger = system.ref(Ledger, 'ledger');
    const deduper = system.ref(Deduper, 'deduper');
    await system.supervise({ children: [child('ledger', Ledger, 1), child('deduper', Deduper, { ledger, index: 0, hazard: safe })] });
    for (const path of ['a', 'b']) {
      await ledger.call('record', file(path, '0'));
      await deduper.call('add', file(path, '0'));
    }
    await ledger.call('record', file('c', '0'));   // recorded, but never added: its asker has yet to ask
    const before = deduper.pid;
    system.exit('deduper', 'kill');
    await vi.waitFor(async () => { await deduper.call('add', file('c', '0')); });
    expect(deduper.pid).not.toBe(before);
    expect(await deduper.call('duplicates')).toEqual({ files: 3, groups: [{ sha256: '0', bytes: 10, paths: ['a', 'b', 'c'] }] });
  });
});

describe('Parser', () => {
  it('answers what it understood, and what it could not read', async () => {
    const root = mkdtempSync(join(tmpdir(), 'audit-parser-'));
    writeFileSync(join(root, 'package.json'), '{"name":"a"}');
    writeFileSync(join(root, 'LICENSE'), 'Permission is hereby granted, free of charge, to any person obtaining a copy');
    writeFileSync(join(root, 'index.js'), 'abc');
    const parser = system.start(Parser, { name: 'parser', root, progress: system.ref(Progress, 'nobody'), hazard: safe });
    expect(await parser.call('parse', 'package.json')).toMatchObject({ bytes: 12, manifest: { name: 'a' }, licenceText: null });
    expect(await parser.call('parse', 'LICENSE')).toMatchObject({ manifest: null, licenceText: 'MIT' });
    expect(await parser.call('parse', 'index.js')).toMatchObject({ bytes: 3, manifest: null, licenceText: null });
    expect(await parser.call('parse', 'nowhere')).toEqual({ path: 'nowhere', reason: 'ENOENT' });
    rmSync(root, { recursive: true });
  });
});

describe('Chaos', () => {
  it('kills under the supervisor that it was given, and only there', async () => {
    const ledgers = ['a', 'b', 'c'].map((id) => child(id, Ledger, 1));
    await system.supervise({ name: 'spared', children: [child('spared-1', Ledger, 1)] });
    await system.supervise({ name: 'prey', intensity: 100, children: ledgers });
    const chaos = system.start(Chaos, { system, random: new Random(1), everyMs: 5, prey: 'prey' });
    const spared = system.whereis('spared-1');
    expect(await chaos.call('strikeOnce')).toBeGreaterThan(0);
    await vi.waitFor(() => { expect(system.stats().crashes).toBeGreaterThan(5); });
    expect(system.whereis('spared-1')).toBe(spared);
  });
});
