import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/base/index.js';
import { z } from 'zod';
import { child, createSystem, defineAgent, on, type System } from '../../src/index.js';
import { encode, Journal } from '../../src/journal/index.js';
import { sqlite } from '../../src/journal/sqlite/index.js';
import { castcall } from './castcall.js';

const Desk = defineAgent({
  name: 'Desk',
  durable: { version: 3 },
  init: () => ({ pin: 's3cret', seen: 0 }),
  calls: {
    async ask(self, id: string) {
      const decided = await self.wait(id);
      self.state.seen++;
      return decided;
    },
    note(self, _what: string) {
      return self.state.seen;
    },
    fail(_self, _what: string): number {
      if (fails) throw new Error('no way, s3cret');
      return 7;
    },
    order: on(z.object({ n: z.number() }), (_self, { n }) => {
      if (fails) throw new Error('no order');
      return n;
    }),
  },
});

let fails: boolean;
let folder: string;
let path: string;
let system: System;

beforeEach(async () => {
  fails = true;
  folder = mkdtempSync(join(tmpdir(), 'castcall-cli-'));
  path = join(folder, 'store');
  system = createSystem({ store: sqlite(path), logger: false });
  await system.store.ready;
});
afterEach(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

const turns = async (until: () => boolean): Promise<void> => {
  for (let n = 0; n < 5_000 && !until(); n++) await new Promise((resolve) => setImmediate(resolve));
  expect(until()).toBe(true);
};
const values = async (...argv: string[]): Promise<unknown[]> => (
  (await castcall(...argv, '--json')).out.map((line) => JSON.parse(line) as unknown)
);

/** One agent that waits for a decision. */
async function asked() {
  await system.supervise({ children: [child('desk', Desk)] });
  const receipt = await system.ref(Desk, 'desk').deliver('ask', 'approve-1', { attemptsMax: 1 });
  await turns(() => system.waits.list().length === 1);
  await system.store.flush();
  return receipt;
}

/** The sequence of one dead letter. */
async function buried(op: 'fail' | 'order' = 'fail', n?: number): Promise<number> {
  await system.supervise({ children: [child('desk', Desk)] });
  const desk = system.ref(Desk, 'desk');
  const terms = {
    guarantee: 'exactly-once', key: 'k1', attemptsMax: 1, headers: { tenant: 'acme' },
  } as const;
  const receipt = await (op === 'order'
    ? desk.deliver('order', { n: n ?? 0 }, terms)
    : desk.deliver('fail', 's3cret', terms));
  expect((await receipt.settled).kind).toBe('dead-lettered');
  return ((await values('dlq', 'ls', path))[0] as { seq: number }).seq;
}

describe('what is durable, on the command line', () => {
  it('lists agents, waits and messages while they wait, without what they hold', async () => {
    await asked();
    await system.ref(Desk, 'nobody').deliver('note', 's3cret');
    expect(await values('agent', 'ls', path)).toMatchObject([{ agent: 'desk', version: 3 }]);
    expect(await values('wait', 'ls', path)).toMatchObject([
      { id: 'approve-1', agent: 'desk', op: 'ask', state: 'pending', dueAt: 0 },
    ]);
    expect(await values('queue', 'ls', path)).toMatchObject([
      { kind: 'agent', name: 'desk', messages: 1, op: 'ask' }, { name: 'nobody', messages: 1, op: 'note' },
    ]);
    for (const what of ['agent', 'wait', 'queue']) {
      const table = (await castcall(what, 'ls', path)).out;
      expect(table[1]).toContain('desk');
      expect(table.join('\n')).not.toContain('s3cret');
    }
    expect(await values('agent', 'show', path, 'desk')).toEqual([
      { agent: 'desk', version: 3, state: { pin: 's3cret', seen: 0 } },
    ]);
  });

  it('lists durable queues: what waits in them, and how it went so far', async () => {
    const jobs = system.queue<string>('jobs', { durable: true, leaseMs: 60_000, attemptsMax: 3 });
    for (const lane of ['high', 'normal', 'low'] as const) await jobs.push('s3cret', { lane });
    await (await jobs.lease()).nack({ delayMs: 60_000 });
    await (await jobs.lease()).reject('no');
    await system.ref(Desk, 'jobs').deliver('note', 's3cret');
    expect(await values('queue', 'ls', path)).toMatchObject([
      { kind: 'agent', name: 'jobs', messages: 1, dead: 0 },
      { kind: 'queue', name: 'jobs', messages: 2, op: 'item', attempts: 1, dead: 1 },
    ]);
    await system.stop();
    const { out } = await castcall('queue', 'ls', path);
    expect(out[2]).toMatch(/^jobs +queue +2 +\d+ +item +.* UTC +1 +1$/);
    expect(out.join('\n')).not.toContain('s3cret');
  });

  it('P23: tells that a dead letter is of a queue, and pushes it again', async () => {
    const jobs = system.queue<string>('jobs', { durable: true, leaseMs: 60_000 });
    await jobs.push('s3cret');
    await (await jobs.lease()).reject('no');
    const [row] = await values('dlq', 'ls', path) as { seq: number }[];
    expect(row).toMatchObject({ name: 'jobs', op: 'item', queue: true, attempts: 1 });
    expect((await castcall('dlq', 'ls', path)).out[1]).toMatch(/ jobs +item of a queue +1 /);
    await system.stop();
    system = createSystem({ store: sqlite(path), logger: false });
    await system.store.ready;
    const seq = row?.seq as number;
    expect(await castcall('dlq', 'retry', path, String(seq))).toMatchObject({
      code: 1, err: [expect.stringMatching(`${seq} stays: QUEUE_CLOSED: the program has no open queue`)],
    });
    const again = system.queue<string>('jobs', { durable: true, leaseMs: 60_000 });
    expect(await values('dlq', 'retry', path, String(seq))).toEqual([{ retried: [seq], refused: [] }]);
    expect((await castcall('dlq', 'ls', path)).out).toEqual(['none']);
    const lease = await again.lease();
    expect(lease.item).toBe('s3cret');
    await lease.ack();
  });

  it('P23: tells of a dead letter, in a closed store too; what it says only when it is shown', async () => {
    const seq = await buried();
    await system.stop();
    const { out } = await castcall('dlq', 'ls', path);
    expect(out).toHaveLength(2);
    expect(out[1]).toMatch(new RegExp(`^${seq} +desk +fail +1 +.* UTC$`));
    expect(out.join('\n')).not.toContain('s3cret');
    expect(await values('dlq', 'show', path, String(seq))).toMatchObject([{
      seq, name: 'desk', op: 'fail', payload: 's3cret', key: 'k1', attempts: 1, failures: [{ attempt: 1 }],
      provenance: { headers: { tenant: 'acme' } },
    }]);
  });

  it('resolves a wait of a live program, once', async () => {
    const receipt = await asked();
    expect((await castcall('wait', 'resolve', path, 'approve-1', '{"ok":1}')).out).toEqual(['decided']);
    expect(await receipt.settled).toMatchObject({ kind: 'handled', reply: { ok: 1 } });
    const again = await castcall('wait', 'reject', path, 'approve-1');
    expect([again.code, again.err[0]]).toEqual([1, expect.stringMatching('COMMAND_REFUSED')]);
    expect(await castcall('wait', 'resolve', path, 'approve-1', 'yes')).toMatchObject({ code: 2 });
  });

  it('rejects a wait of a live program', async () => {
    const receipt = await asked();
    expect((await castcall('wait', 'reject', path, 'approve-1', '"no"', '--json')).code).toBe(0);
    expect((await receipt.settled).kind).toBe('dead-lettered');
  });

  it('removes dead letters for good, and says how many were there', async () => {
    const seq = await buried();
    expect((await castcall('dlq', 'prune', path, String(seq), '999')).out).toEqual(['removed 1 of 2']);
    expect((await castcall('dlq', 'ls', path)).out).toEqual(['none']);
  });

  it('resumes and resets an agent that is set aside, and shows it until then', async () => {
    const Frail = defineAgent({
      name: 'Frail', durable: { crashesMax: 1 }, init: () => ({ n: 0 }),
      calls: { n: (self) => self.state.n, fail(): number { throw new Error('s3cret'); } },
    });
    const fails = async (): Promise<void> => {
      const frail = await system.start(Frail, { name: 'frail' });
      await expect(frail.call('fail')).rejects.toMatchObject({ code: 'EXIT' });
      await system.store.flush();
    };
    await fails();
    expect(await values('agent', 'ls', path)).toMatchObject([{ agent: 'frail', crashes: 1, aside: true }]);
    const table = (await castcall('agent', 'ls', path)).out.join(' ');
    expect(table).toMatch(/frail .* 1, set aside/);
    expect(table).not.toContain('s3cret');
    expect((await castcall('agent', 'resume', path, 'frail')).out).toEqual(['resumed']);
    expect((await castcall('agent', 'resume', path, 'frail')).err[0]).toMatch(/COMMAND_REFUSED/);
    await fails();
    expect((await castcall('agent', 'reset', path, 'frail', '--json')).out).toEqual(['{"agent":"frail","reset":true}']);
    expect((await castcall('agent', 'ls', path)).out).toEqual(['none']);
    expect((await castcall('agent', 'reset', path, 'frail')).code).toBe(1);
  });

  it('P23: sends dead letters again, each as its message comes, once, with its key', async () => {
    const seq = await buried();
    expect((await values('dlq', 'retry', path, '--all', '--agent', 'desk', '--dry-run'))[0]).toEqual(
      { dryRun: true, seqs: [seq] },
    );
    fails = false;
    const desk = system.ref(Desk, 'desk');
    expect(await values('dlq', 'retry', path, '--all', '--op', 'fail')).toEqual([{ retried: [seq], refused: [] }]);
    expect((await castcall('dlq', 'ls', path)).out).toEqual(['none']);
    const again = await desk.deliver('fail', 's3cret', { guarantee: 'exactly-once', key: 'k1' });
    expect(await again.settled).toMatchObject({ kind: 'handled', reply: 7 });
    expect(system.stats().delivery.duplicatesSuppressed).toBe(1);
    expect(await castcall('dlq', 'retry', path, String(seq))).toMatchObject({
      code: 1, out: ['retried 0 of 1'],
      err: [`${seq} stays: NOT_FOUND: there is no such dead letter, or no longer: see dlq ls`],
    });
    expect((await values('dlq', 'retry', path, '--all'))).toEqual([{ retried: [], refused: [] }]);
  });

  it('P38: with another payload a letter goes when that fits, and else stays as it is', async () => {
    const seq = await buried('order', 1);
    const retry = (payload: string) => castcall('dlq', 'retry', path, String(seq), '--payload', payload);
    expect(await retry('{"n":')).toMatchObject({
      code: 2, err: [expect.stringMatching('CLI_USAGE: the payload is no JSON')],
    });
    const misfit = await retry('{"n":"three"}');
    expect([misfit.code, misfit.err[0]]).toEqual([1, expect.stringMatching(`^${seq} stays: INVALID_PAYLOAD: .*order`)]);
    expect(await values('dlq', 'show', path, String(seq))).toMatchObject([{ seq, payload: { n: 1 } }]);
    fails = false;
    expect(await retry('{"n":3}')).toMatchObject({ code: 0, out: ['retried 1 of 1'] });
    await turns(() => system.stats().delivery.acknowledged === 1);
    expect((await castcall('dlq', 'ls', path)).out).toEqual(['none']);
  });

  it('says which letters are meant, or that the command line is wrong, and asks nobody then', async () => {
    const seq = await buried();
    await system.stop();
    for (const wrong of [
      ['retry', path], ['retry', path, '--op', 'fail', String(seq)], ['retry', path, '--all', String(seq)],
      ['retry', path, '--all', '--agent', 'nobody', '--payload', '1'], ['prune', path], ['retry', path, 'x'],
    ]) expect(await castcall('dlq', ...wrong)).toMatchObject({ code: 2, out: [] });
    expect((await castcall('dlq', 'prune', path, String(seq), '999', '--dry-run')).out)
      .toEqual([`nothing is done; of 2 there are 1: ${seq}`]);
    const { code, err } = await castcall('dlq', 'retry', path, String(seq));
    expect([code, err[0]]).toEqual([1, expect.stringMatching('COMMAND_UNANSWERED: dlq retry: no program has')]);
    expect(await values('dlq', 'ls', path)).toHaveLength(1);
  });

  it('asks nobody where nobody owns the store', async () => {
    await system.stop();
    const { code, err } = await castcall('wait', 'resolve', path, 'approve-1');
    expect([code, err[0]]).toEqual([1, expect.stringMatching('COMMAND_UNANSWERED: .*no program has')]);
    expect(existsSync(`${path}-commands`)).toBe(false);
  });

  it('says what is not there, what cannot be read, and what is no sequence', async () => {
    const none = await castcall('agent', 'show', path, 'nobody');
    expect([none.code, none.err[0]]).toEqual([1, expect.stringMatching('CLI_NOT_FOUND: there is no agent')]);
    expect((await castcall('dlq', 'show', path, '7')).err[0]).toMatch('CLI_NOT_FOUND');
    expect(await castcall('dlq', 'show', path, '1.5')).toMatchObject({ code: 2 });
    expect((await castcall('dlq', 'ls', path)).out).toEqual(['none']);
  });

  it('lists long, and tells what cannot be read without steering the terminal', async () => {
    await system.stop();
    const journal = new Journal(sqlite(path).connect(), nodeEnv());
    await journal.ready;
    for (let n = 0; n < 300; n++) journal.put('state', `a${n}`, encode([1, 1, n], 'state'));
    journal.put('state', 'b\u001b[2J', new Uint8Array([0xff]));
    await journal.close();
    const { out } = await castcall('agent', 'ls', path);
    expect(out).toHaveLength(302);
    expect(out.at(-1)).toMatch(/^b\\u001b\[2J +\? DAMAGED/);
  });
});
