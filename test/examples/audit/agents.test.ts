import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { child, createSystem, type System } from '../../../src/index.js';
import { memoryStore } from '../../../src/journal/public.js';
import { Books } from '../../../examples/audit/books.js';
import { lookUp, Unavailable } from '../../../examples/audit/advisory/client.js';
import { Outages, type Fault } from '../../../examples/audit/advisory/outage.js';
import { startAdvisoryServer } from '../../../examples/audit/advisory/server.js';
import { BREAKER, BREAKER_OPTIONS, BreakerWatch } from '../../../examples/audit/advisory/watch.js';
import { Advisor } from '../../../examples/audit/agents/advisor.js';
import { Chaos } from '../../../examples/audit/agents/chaos.js';
import { Deduper } from '../../../examples/audit/agents/deduper.js';
import { Ledger } from '../../../examples/audit/agents/ledger.js';
import { Parser } from '../../../examples/audit/agents/parser.js';
import { Progress } from '../../../examples/audit/agents/progress.js';
import type { FileFacts, PackageInput } from '../../../examples/audit/findings.js';
import { Hazard } from '../../../examples/audit/hazard.js';
import { Random } from '../../../examples/audit/random.js';
import { parseManifest } from '../../../examples/audit/rules/manifest.js';
import { keyOf, WORK } from '../../../examples/audit/work.js';

const safe = new Hazard(new Random(1), 0);
const file = (path: string, sha256: string): FileFacts => ({ path, sha256, bytes: 10 });

let system: System;
beforeEach(() => { system = createSystem({ name: 'test', logger: false, delivery: WORK, store: memoryStore() }); });
afterEach(() => system.stop());
const booksOf = () => new Books(system, ['ledger']);

describe('Ledger', () => {
  it('is told nothing twice, whatever is handed in again', async () => {
    const ledger = await system.start(Ledger, { name: 'ledger' });
    const listing = { directory: '', directories: [], files: ['a', 'b', 'c'], symlinks: 1, others: 0 };
    for (let time = 0; time < 2; time++) {
      await ledger.deliver('expect', listing, keyOf('expect', ''));
      await ledger.deliver('record', file('a', '00000000'), keyOf('record', 'a'));
      await ledger.deliver('record', file('b', '00000001'), keyOf('record', 'b'));
      await ledger.deliver('record', { path: 'c', reason: 'EACCES' }, keyOf('record', 'c'));
    }
    expect(ledger.stats().delivery).toMatchObject({ accepted: 4, duplicatesSuppressed: 4 });
    expect(await ledger.call('totals')).toEqual({ found: 3, done: 2, bytes: 20, packages: 0 });
    expect(await ledger.call('shard', { index: 1, shards: 2 })).toEqual([file('b', '00000001')]);
    expect(await ledger.call('contents')).toEqual({
      listings: [listing], files: [
        file('a', '00000000'), file('b', '00000001'),
      ], unreadable: [{ path: 'c', reason: 'EACCES' }], packages: [],
      advice: { server: 0, local: 0 },
    });
  });
});

describe('Deduper', () => {
  it('comes back with everything that was recorded before it died', async () => {
    const ledger = system.ref(Ledger, 'ledger');
    const deduper = system.ref(Deduper, 'deduper');
    await system.supervise(
      { children: [
        child('ledger', Ledger),
        child('deduper', Deduper, { books: booksOf(), index: 0, shards: 1, hazard: safe }),
      ] },
    );
    for (const path of ['a', 'b']) {
      await ledger.call('record', file(path, '0'));
      await deduper.call('add', file(path, '0'));
    }
    await ledger.call('record', file('c', '0'));   // recorded, but never added: its asker has yet to ask
    const before = deduper.pid;
    system.exit('deduper', 'kill');
    await vi.waitFor(async () => { await deduper.call('add', file('c', '0')); });
    expect(deduper.pid).not.toBe(before);
    expect(await deduper.call('duplicates')).toEqual(
      { files: 3, groups: [{ sha256: '0', bytes: 10, paths: ['a', 'b', 'c'] }] },
    );
  });
});

describe('Parser', () => {
  let root: string;
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'audit-parser-')); });
  afterEach(() => { rmSync(root, { recursive: true }); });

  async function startParser(hazard: Hazard) {
    const ledger = system.ref(Ledger, 'ledger');
    const dedupers = [system.ref(Deduper, 'deduper')];
    await system.supervise({
      intensity: 100,
      children: [
        child('ledger', Ledger),
        child('deduper', Deduper, { books: booksOf(), index: 0, shards: 1, hazard: safe }),
        child('parser', Parser, { root, books: booksOf(), dedupers, progress: system.ref(Progress, 'nobody'), hazard }),
      ],
    });
    return { ledger, deduper: dedupers[0], parser: system.ref(Parser, 'parser') };
  }

  it('answers what it understood, and what it could not read', async () => {
    writeFileSync(join(root, 'package.json'), '{"name":"a"}');
    writeFileSync(
      join(root, 'LICENSE'), 'Permission is hereby granted, free of charge, to any person obtaining a copy',
    );
    writeFileSync(join(root, 'index.js'), 'abc');
    const { ledger, deduper, parser } = await startParser(safe);
    expect(await parser.call('parse', 'package.json')).toMatchObject(
      { bytes: 12, manifest: { name: 'a' }, licenceText: null },
    );
    expect(await parser.call('parse', 'LICENSE')).toMatchObject({ manifest: null, licenceText: 'MIT' });
    expect(await parser.call('parse', 'index.js'))
      .toMatchObject({ bytes: 3, manifest: null, licenceText: null });
    expect(await parser.call('parse', 'nowhere')).toEqual({ path: 'nowhere', reason: 'ENOENT' });
    expect(await ledger.call('contents')).toMatchObject(
      { files: { length: 3 }, unreadable: [{ path: 'nowhere', reason: 'ENOENT' }] },
    );
    expect(await deduper?.call('duplicates')).toMatchObject({ files: 3 });
  });

  it('hands in once, although it dies after it has handed in, and also when the file has changed by then', async () => {
    writeFileSync(join(root, 'x'), 'abc');
    const path = join(root, 'x');
    /** Goes wrong after the work, twice: the second time others have changed the file. */
    class Late extends Hazard {
      #passed = 0;
      override pass(): void {
        if (++this.#passed === 4) writeFileSync(path, 'changed');
        if (this.#passed === 2 || this.#passed === 4) throw new Error('late');
      }
    }
    const { ledger, parser } = await startParser(new Late(new Random(1), 0));
    const receipt = await parser.deliver('parse', 'x', keyOf('parse', 'x'));
    expect(await receipt.settled).toMatchObject({ kind: 'handled', attempts: 3 });
    expect(await ledger.call('totals')).toMatchObject({ done: 1, bytes: 3 });
    expect(ledger.stats().delivery).toMatchObject({ accepted: 1, duplicatesSuppressed: 1, conflicts: 1 });
  });
});

describe('Advisor', () => {
  const input = {
    path: 'a', name: 'lodash', manifest: parseManifest('{"name":"lodash","version":"4.17.20"}'),
    licenceTexts: [],
    compiles: false,
  } satisfies PackageInput;
  const advisories = ['CVE-2021-23337'];

  /** The faults of the first requests; all later ones are answered. */
  async function withServer(
    faults: readonly (Fault | null)[],
    run: (advisor: ReturnType<typeof startAdvisor>, watch: BreakerWatch, url: string) => Promise<void>,
  ): Promise<void> {
    const left = [...faults];
    const server = await startAdvisoryServer({ next: () => left.shift() ?? null });
    const watch = new BreakerWatch(system.breaker(BREAKER, BREAKER_OPTIONS));
    try {
      await run(startAdvisor(server.url), watch, server.url);
    } finally {
      await server.close();
    }
  }
  const startAdvisor =
    (server: string) => system.start(Advisor, { source: { server, timeoutMs: 5_000 }, hazard: safe });

  it('asks the server, again after a hiccup', async () => {
    await withServer(['error', 'reset'], async (advisor, watch) => {
      expect(await advisor.call('check', input)).toEqual({ advisories, source: 'server' });
      expect(system.breaker(BREAKER).stats()).toMatchObject({ successes: 1, failures: 2 });
      expect(watch.figures()).toEqual({ states: [], opened: 0, rejected: 0 });
    });
  });

  it('makes do with the data at hand in an outage, and goes back to the server after it', async () => {
    await withServer(['error', 'reset', 'error', 'error'], async (advisor, watch) => {
      expect(await advisor.call('check', input)).toEqual({ advisories, source: 'local' });
      expect(watch.isOpen).toBe(true);
      expect(await advisor.call('check', input)).toEqual({ advisories, source: 'local' });
      expect(watch.complete).toBe(false);
      await vi.waitFor(
        async () => { expect(await advisor.call('check', input)).toEqual({ advisories, source: 'server' }); },
        { interval: 5 },
      );
      expect(watch.complete).toBe(true);
      expect(watch.figures()).toMatchObject({ states: ['open', 'half-open', 'closed'], opened: 2 });
      expect(watch.figures().rejected).toBeGreaterThan(0);
    });
  });

  it('takes a server that does not answer for one that is down', async () => {
    await withServer(['stall'], async (_advisor, _watch, url) => {
      const { signal } = new AbortController();
      await expect(
        lookUp({ server: url, timeoutMs: 20 }, 'a', null, signal),
      ).rejects.toBeInstanceOf(Unavailable);
      const reason = new Error('enough');
      await expect(
        lookUp({ server: url, timeoutMs: 20 }, 'a', null, AbortSignal.abort(reason)),
      ).rejects.toBe(reason);
    });
  });

  it('gives up at once when the server is gone', async () => {
    await withServer([], () => Promise.resolve());
    expect(await startAdvisor('http://127.0.0.1:1/').call('check', input))
      .toEqual({ advisories, source: 'local' });
  });
});

describe('Outages', () => {
  it('come in every cycle, three requests in a row at least, and end; the same seed has the same ones', () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = () => {
        const outages = new Outages(new Random(seed));
        return Array.from({ length: 400 }, () => outages.next());
      };
      const faults = draw();
      expect(draw()).toEqual(faults);
      const down = faults.map((fault) => (fault === null ? '.' : 'x')).join('');
      for (let cycle = 0; cycle < 400; cycle += 40) expect(down.slice(cycle, cycle + 40)).toMatch(/xxxxxx.*\./);
    }
  });
});

describe('Chaos', () => {
  it('kills under the supervisor that it was given, and only there', async () => {
    const ledgers = ['a', 'b', 'c'].map((id) => child(id, Ledger));
    await system.supervise({ name: 'spared', children: [child('spared-1', Ledger)] });
    await system.supervise({ name: 'prey', intensity: 100, children: ledgers });
    const chaos = system.start(Chaos, { system, random: new Random(1), everyMs: 5, prey: 'prey' });
    const spared = system.whereis('spared-1');
    expect(await chaos.call('strikeOnce')).toBeGreaterThan(0);
    await vi.waitFor(() => { expect(system.stats().crashes).toBeGreaterThan(5); });
    expect(system.whereis('spared-1')).toBe(spared);
  });
});
