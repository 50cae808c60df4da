import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/base/index.js';
import { encode, Journal } from '../../src/journal/index.js';
import { sqlite } from '../../src/journal/sqlite/index.js';
import { castcall } from './castcall.js';

const env = nodeEnv();
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castcall-cli-'));
  path = join(folder, 'store');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Two messages and a state, committed; still open. */
async function filled(): Promise<Journal> {
  const journal = new Journal(sqlite(path).connect(), env);
  await journal.ready;
  journal.append('message', 'orders', encode({ op: 'deposit', amount: 5n }, 'message'));
  journal.append('message', 'orders', new Uint8Array([0xff, 0xff]));
  journal.put('state', 'account', encode({ balance: 7, since: new Date(0) }, 'state'));
  await journal.flush();
  return journal;
}

describe('castcall store', () => {
  it('reads a store that is open elsewhere, and that goes on', async () => {
    const journal = await filled();
    expect(await castcall('store', 'check', path)).toEqual({ code: 0, out: ['no damage was found'], err: [] });
    const stats = await castcall('store', 'stats', path, '--json');
    expect(JSON.parse(stats.out[0] as string)).toMatchObject({
      rows: { message: 2, dead: 0 }, records: { state: 1 }, epoch: 1, clean: false, owner: { pid: process.pid },
    });
    journal.append('message', 'orders', new Uint8Array(1));
    await journal.flush();
    expect((await castcall('store', 'stats', path)).out.join('\n')).toMatch(/rows of message +3/);
    await journal.close();
    expect((await castcall('store', 'stats', path)).out.join('\n')).toMatch(/closed +in order/);
  });

  it('exports a line for each row and record', async () => {
    const journal = await filled();
    const { out, code } = await castcall('store', 'export', path, '--only', 'message');
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      { table: 'message', seq: 1, stream: 'orders', value: { op: 'deposit', amount: { $bigint: '5' } } },
      { table: 'message', seq: 2, stream: 'orders', bytes: '//8=' },
    ]);
    const file = join(folder, 'out.jsonl');
    expect((await castcall('store', 'export', path, '--out', file)).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(
      '{"record":"state","key":"account","value":{"balance":7,"since":{"$date":"1970-01-01T00:00:00.000Z"}}}\n',
    );
    expect((await castcall('store', 'export', path, '--out', file)).err[0]).toMatch(/^castcall: CLI_OUTPUT: .*EEXIST/);
    await journal.close();
  });

  it('copies a store that is open, and never over a file', async () => {
    const journal = await filled();
    const copy = join(folder, 'copy');
    expect((await castcall('store', 'backup', path, copy)).code).toBe(0);
    expect((await castcall('store', 'check', copy)).code).toBe(0);
    const again = await castcall('store', 'backup', path, copy, '--json');
    expect([again.code, JSON.parse(again.err[0] as string)]).toMatchObject([1, { error: { code: 'STORE_PATH' } }]);
    await journal.close();
  });

  it('P27: finds a flipped bit, and says where', async () => {
    await (await filled()).close();
    const content = readFileSync(path);
    const at = content.lastIndexOf(Buffer.from('deposit'));
    content[at] = (content[at] as number) ^ 1;
    writeFileSync(path, content);
    const { code, out } = await castcall('store', 'check', path);
    expect(code).toBe(1);
    expect(out.join('\n')).toMatch(/checksum {2}message\/1 \(orders\)/);
  });

  it('refuses what is no store, with a code and a fix', async () => {
    writeFileSync(path, 'something else, and long enough to be looked at: '.repeat(40));
    const { code, err } = await castcall('store', 'check', path);
    expect([code, err[0]]).toEqual([1, expect.stringMatching('STORE_PATH')]);
    truncateSync(path);
    expect((await castcall('store', 'stats', path)).err[0]).toMatch('file of another program');
    expect((await castcall('store', 'stats', join(folder, 'none'))).err[0]).toMatch('does not exist');
    expect((await castcall('store', 'stats', folder)).err[0]).toMatch('is no regular file');
  });
});

describe('the command line', () => {
  it('has a help, also of each command, and a version', async () => {
    expect((await castcall('--help')).out[0]).toMatch(/castcall store check PATH/);
    expect((await castcall('store', 'export', '--help')).out[0]).toMatch(/--out VALUE/);
    expect((await castcall('--version')).out[0]).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each([
    [['store', 'chek'], "no command 'store chek', there are: store check, store stats, store export, store backup"],
    [['store', 'check'], '0 arguments, 1 expected: castcall store check PATH'],
    [['store', 'check', 'a', '--what'], "Unknown option '--what'"],
    [['store', 'export', 'a', '--only', 'x'], "--only: got 'x', expected one of message"],
  ])('refuses %j with exit code 2', async (argv, message) => {
    const { code, err } = await castcall(...argv);
    expect([code, err[0]]).toEqual([2, expect.stringContaining(message)]);
  });
});
