import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program } from './program.js';

/** room for a second copy of the built library */
const scratch = mkdtempSync(join(tmpdir(), 'castcall-copy-'));

afterAll(() => { rmSync(scratch, { recursive: true, force: true }); });
beforeAll(async () => {
  expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
}, 120_000);

/** A program that says what it logs. Its agents work for ever, or until a system has said that it drains. */
const AGENTS = `
const gate = () => { let open; const opened = new Promise((resolve) => { open = resolve; }); return { open, opened }; };
const drains = gate();
const logger = { error() {}, info() {}, warn(fields, text) { say('warn ' + text + ' ' + JSON.stringify(fields.waitsFor)); drains.open(); } };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const Worker = defineAgent({
  name: 'worker',
  trapExit: true,
  init: (id) => ({ id }),
  casts: {
    async work(self) { say(self.state.id + ' begins'); await drains.opened; say(self.state.id + ' worked'); },
    async hang(self) { say(self.state.id + ' begins'); await new Promise(() => {}); },
  },
  terminate(self, reason) { say('terminate ' + self.state.id + ' ' + reason); },
});
setInterval(() => {}, 1_000);
`;
const lines = (stdout: string): string[] => stdout.trim().split('\n');

describe('handleSignals', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`P15 ${signal} drains and stops, says so, and ends the program by that signal`, async () => {
      const ended = await program(`${AGENTS}
        const system = createSystem({ logger, handleSignals: true });
        system.start(Worker, 'a', { name: 'a' }).cast('work');
        await sleep(1);
        say('ready');
      `, { act: (kill) => kill(signal) });
      expect(ended).toMatchObject({ code: null, signal, stderr: '' });
      expect(lines(ended.stdout)).toEqual([
        'a begins', 'ready',
        `warn ${signal}: the system drains and stops, then the program ends; a second SIGTERM or SIGINT ends it at once ["a: work"]`,
        'a worked', 'terminate a shutdown',
      ]);
    });
  }

  test('P15 an asynchronous start-up is waited for, and not the whole limit', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger, handleSignals: true });
      const Late = defineAgent({ trapExit: true, init: async (id) => { say(id + ' starts'); await sleep(20); return { id }; }, terminate(self) { say('terminate ' + self.state.id); } });
      const starting = system.supervise({ children: [child('a', Late, 'a'), supervisor('sub', { children: [child('b', Late, 'b')] })] });
      say('ready');
      await starting;
      say('started');
    `, { act: (kill) => kill('SIGTERM') });
    expect(ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(lines(ended.stdout).filter((line) => !line.startsWith('warn'))).toEqual(
      ['a starts', 'ready', 'b starts', 'started', 'terminate b', 'terminate a'],
    );
  });

  for (const copies of ['one copy', 'two copies'] as const) {
    test(`of several systems (${copies} of the library) each does its work: the last to finish ends the program`, async () => {
      const ended = await program(`${AGENTS}
        let create = createSystem;
        let define = defineAgent;
        ${copies === 'one copy' ? '' : `
          const { cpSync, symlinkSync, writeFileSync } = await import('node:fs');
          const copy = process.env.COPY;
          cpSync(compiled('src'), copy + '/src', { recursive: true });
          writeFileSync(copy + '/package.json', '{ "type": "module" }');
          symlinkSync(compiled('src') + '/../../node_modules', copy + '/node_modules');
          ({ createSystem: create, defineAgent: define } = await import(pathToFileURL(copy + '/src/index.js')));
          if (create === createSystem) throw new Error('not another copy');
        `}
        const quick = createSystem({ name: 'quick', logger: false, handleSignals: true });
        const slow = create({ name: 'slow', logger: false, handleSignals: true });
        const other = createSystem({ name: 'other', logger: false, handleSignals: true });
        const otherEnds = gate();
        const quickEnds = gate();
        const Quick = defineAgent({ trapExit: true, terminate() { say('quick ended'); quickEnds.open(); } });
        const Other = defineAgent({ trapExit: true, casts: { async work() { await quickEnds.opened; await sleep(20); say('other worked'); } }, terminate() { say('other ended'); otherEnds.open(); } });
        const Slow = define({ trapExit: true, casts: { async work() { await otherEnds.opened; await sleep(20); say('slow worked'); } }, async terminate() { await sleep(20); say('slow ended'); } });
        quick.start(Quick);
        other.start(Other).cast('work');
        slow.start(Slow).cast('work');
        await sleep(1);
        say('ready');
      `, { act: (kill) => kill('SIGTERM'), env: { COPY: scratch } });
      expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
      expect(lines(ended.stdout)).toEqual(
        ['ready', 'quick ended', 'other worked', 'other ended', 'slow worked', 'slow ended'],
      );
    });
  }

  for (const [first, second] of [
    ['SIGTERM', 'SIGTERM'], ['SIGTERM', 'SIGINT'], ['SIGINT', 'SIGTERM'], ['SIGINT', 'SIGINT'],
  ] as const) {
    test(`${second} while ${first} drains ends the program at once, by that signal`, async () => {
      const ended = await program(`${AGENTS}
        const systems = [1, 2].map((n) => createSystem({ name: 's' + n, logger, handleSignals: true }));
        for (const system of systems) system.start(Worker, 'a').cast('hang');
        await sleep(1);
        say('ready');
      `, { act: async (kill, said) => { kill(first); await said(`warn ${first}`); kill(second); } });
      expect(ended).toMatchObject({ code: null, signal: second, stderr: '' });
      expect(ended.stdout).not.toContain('terminate');
    });
  }

  test('a second signal ends the program also when it has listeners of its own', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger, handleSignals: true });
      process.on('SIGINT', () => say('own listener'));
      system.start(Worker, 'a').cast('hang');
      await sleep(1);
      say('ready');
    `, { act: async (kill, said) => { kill('SIGTERM'); await said('warn SIGTERM'); kill('SIGINT'); } });
    expect(ended).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  test('a system that is made while another drains is stopped as well; one that has stopped by itself is not asked', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ name: 'one', logger, handleSignals: true });
      const gone = createSystem({ name: 'gone', logger, handleSignals: true });
      await gone.stop();
      const Maker = defineAgent({ casts: { async work() {
        say('makes');
        await sleep(20);
        createSystem({ name: 'two', logger: false, handleSignals: true }).start(Worker, 'late');
      } } });
      system.start(Maker).cast('work');
      await sleep(1);
      say('ready');
    `, { act: (kill) => kill('SIGTERM') });
    expect(ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(lines(ended.stdout).filter((line) => !line.startsWith('warn'))).toEqual(
      ['makes', 'ready', 'terminate late shutdown'],
    );
    expect(ended.stdout.match(/warn/g)).toHaveLength(1);
  });

  test('who awaits the stop that a signal has begun goes on before the program ends', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger, handleSignals: true });
      system.start(Worker, 'a').cast('work');
      process.once('SIGTERM', async () => { await system.stop(); say('stopped ' + system.stats().processes); });
      await sleep(1);
      say('ready');
    `, { act: (kill) => kill('SIGTERM') });
    expect(ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
    expect(ended.stdout).toContain('stopped 0');
  });
}, 60_000);
