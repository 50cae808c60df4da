import { appendFileSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/base/index.js';
import {
  type Command, commandFile, type CommandHandler, CommandPoller, replyFile, sendCommand,
} from '../../src/journal/commands.js';
import { StoreError } from '../../src/journal/index.js';

const env = nodeEnv();
let folder: string;
let path: string;
const failures: unknown[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castcall-commands-'));
  path = join(folder, 'store');
  failures.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (handle: CommandHandler, pollMs = 5): CommandPoller => (
  new CommandPoller(env, path, handle, (error) => failures.push(error), pollMs)
);
const ask = (verb: string, args = {}, timeoutMs = 2_000): Promise<unknown> => (
  sendCommand(env, path, verb, args, { timeoutMs, pollMs: 2 })
);
const written = (id: string, expiresAt = env.wall() + 60_000): string => (
  `\n${JSON.stringify({ id, verb: 'note', args: {}, expiresAt })}\n`
);

describe('commands for the owner of a store', () => {
  it('are carried out in order, and answered to who asked', async () => {
    const heard: string[] = [];
    const poller = owner(async ({ verb, args }) => {
      heard.push(verb);
      return { twice: Number(args['n']) * 2 };
    });
    await poller.start();
    expect(await ask('first', { n: 1 })).toEqual({ twice: 2 });
    expect(await Promise.all([ask('second', { n: 2 }), ask('third', { n: 3 })])).toEqual([{ twice: 4 }, { twice: 6 }]);
    expect(heard[0]).toBe('first');
    expect(heard.sort()).toEqual(['first', 'second', 'third']);
    await poller.stop();
    expect(failures).toEqual([]);
    expect(statSync(commandFile(path)).mode & 0o777).toBe(0o600);
    expect(statSync(replyFile(path)).mode & 0o777).toBe(0o600);
  });

  it('are refused with the reason of the owner', async () => {
    const poller = owner(async () => { throw new StoreError('STORE_FULL', 'the store is full'); });
    await poller.start();
    await expect(ask('retry')).rejects.toMatchObject({ code: 'COMMAND_REFUSED', message: 'retry: the store is full' });
    await poller.stop();
  });

  it('that nobody answers fail in time, and are not carried out later', async () => {
    await expect(ask('late', {}, 20)).rejects.toMatchObject({ code: 'COMMAND_UNANSWERED' });
    const heard: Command[] = [];
    const poller = owner(async (command) => heard.push(command));
    await poller.start();
    await poller.stop();
    expect(heard).toEqual([]);
  });

  it('are carried out by an owner that comes in time', async () => {
    const asked = ask('early');
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    const poller = owner(async ({ verb }) => verb);
    await poller.start();
    expect(await asked).toBe('early');
    await poller.stop();
  });

  it('are carried out once: written twice, after half a line, by the next owner', async () => {
    writeFileSync(commandFile(path), `${written('a')}${written('b')}${written('a')}\n{"id":"torn","ver`);
    appendFileSync(commandFile(path), written('c'));
    const heard: string[] = [];
    const note: CommandHandler = async ({ id }) => heard.push(id);
    const first = owner(note);
    await first.start();
    await first.stop();
    const second = owner(note);
    await second.start();
    appendFileSync(commandFile(path), written('d'));
    await second.poll();
    await second.stop();
    expect(heard).toEqual(['a', 'b', 'c', 'd']);
  });

  it('half of which is there wait for their rest', async () => {
    const heard: string[] = [];
    const poller = owner(async ({ id }) => heard.push(id), 60_000);
    await poller.start();
    const line = written('whole');
    writeFileSync(commandFile(path), line.slice(0, 20));
    await poller.poll();
    expect(heard).toEqual([]);
    appendFileSync(commandFile(path), line.slice(20));
    await poller.poll();
    expect(heard).toEqual(['whole']);
    await poller.stop();
  });

  it('go to a new file once the old one is long, and none is left behind', async () => {
    const filler = 'x'.repeat(300_000);
    const heard: number[] = [];
    const poller = owner(async ({ args }) => heard.push(Number(args['n'])));
    await poller.start();
    await Promise.all(Array.from({ length: 12 }, (_, n) => ask('fill', { n, filler }, 10_000)));
    expect(heard.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    await poller.poll();
    await poller.stop();
    expect(statSync(commandFile(path), { throwIfNoEntry: false })?.size ?? 0).toBeLessThan(2_000_000);
    expect(failures).toEqual([]);
  });

  it('do not follow a link, and are at most 4 MiB', async () => {
    symlinkSync(join(folder, 'elsewhere'), commandFile(path));
    await expect(ask('note')).rejects.toMatchObject({ code: 'COMMAND_FILE' });
    expect(statSync(join(folder, 'elsewhere'), { throwIfNoEntry: false })).toBeUndefined();
    const poller = owner(async () => 1, 60_000);
    await poller.start();
    expect(failures).toMatchObject([{ code: 'COMMAND_FILE' }]);
    await poller.stop();
    rmSync(commandFile(path));
    await expect(ask('note', { filler: 'x'.repeat(5_000_000) })).rejects.toMatchObject({ code: 'COMMAND_FILE' });
  });
});
