import { describe, expect, test } from 'vitest';
import { createLogger } from '../../src/observe/log.js';
import { formatReport } from '../../src/observe/format.js';
import { OptionError } from '../../src/index.js';
import { prettyText } from '../../src/observe/pretty.js';
import { program } from '../system/program.js';

const CRASHES = `
const Worker = defineAgent({
  name: 'Worker',
  init: () => ({ card: 'state-secret', open: 2 }),
  calls: { boom() { throw new Error('boom'); } },
  casts: { bad() { throw new TypeError('bad'); } },
  formatStatus: (status) => ({ ...status, state: { open: status.state?.open } }),
});
const Machine = defineStatem({ name: 'Machine', init: () => ({ state: 'idle', data: { card: 'data-secret' } }), states: { idle: { casts: { bad() { throw new Error('stuck'); } } } } });
await system.supervise({ intensity: 10, children: [child('w', Worker), child('m', Machine)] });
const w = system.ref(Worker, 'w');
await w.tryCall('boom');
await settle();
await w.deliver('bad', undefined, { guarantee: 'exactly-once', key: 'key-secret', attemptsMax: 1 });
await settle();
system.ref(Machine, 'm').cast('bad');
await settle();
await system.sys(w).trace(true);
await w.tryCall('boom');
await system.stop();
`;
const SETTLE = `
  const { defineStatem } = await import(pathToFileURL(compiled('src/behaviour/statem/public.ts')));
  const { createLogger } = await import(pathToFileURL(compiled('src/observe/public.ts')));
  const settle = async () => {
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve, 2));
  };
`;

/** The keys of a line of JSON, as written: a parser would forget those that come twice. */
const keysOf = (line: string): string[] => {
  const keys: string[] = [];
  JSON.parse(line.replaceAll(/"((?:[^"\\]|\\.)*)":/g, (whole, key: string) => (keys.push(key), whole)));
  return keys;
};

describe('what the default logger writes', () => {
  test('one line per crash, no key twice, with the state as formatStatus shows it and the delivery; a trace that was asked for', {
    timeout: 30_000,
  }, async () => {
    const { stderr, code } =
      await program(`${SETTLE} const system = createSystem({ name: 'bank' }); ${CRASHES}`);
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line !== '');
    for (const line of lines) {
      const top = keysOf(line.replaceAll(/\{(?:[^{}]|\{[^{}]*\})*\}(?=[,}])/g, '0'));
      expect(new Set(top).size, line).toBe(top.length);
    }
    const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(read.map(({ msg, name }) => `${String(msg)} ${String(name)}`)).toEqual([
      'process crashed w', 'process crashed w', 'process crashed m', 'sys trace w', 'process crashed w',
    ]);
    expect(read[0]).toMatchObject({ state: { open: 2 }, op: 'boom', system: 'bank' });
    expect(read[1]).toMatchObject(
      { state: { open: 2 }, delivery: { guarantee: 'exactly-once', key: '[hidden]', attempt: 1 } },
    );
    expect(read[2]).toMatchObject({ state: { state: 'idle' } });
    expect(stderr).not.toContain('secret');
  });

  test('dangerouslyLogDetails: the key of the delivery, and the data of a machine', {
    timeout: 30_000,
  }, async () => {
    const { stderr } = await program(
      `${SETTLE} const system = createSystem({ dangerouslyLogDetails: true }); ${CRASHES}`,
    );
    const read = stderr.split('\n').filter((line) => line.includes('"process crashed"')).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    expect(read[1]).toMatchObject({ delivery: { key: 'key-secret' } });
    expect(read[2]).toMatchObject({ state: { state: 'idle', data: { card: 'data-secret' } } });
  });

  test('pretty: text for people, the level as asked', { timeout: 30_000 }, async () => {
    const { stderr } = await program(
      `${SETTLE} const system = createSystem({ logger: createLogger('pretty', 'error') }); ${CRASHES}`,
    );
    const heads = stderr.split('\n').filter((line) => /^\S/.test(line)).map(
      (line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '').replace(/ \(.*/, ''),
    );
    expect(heads).toEqual(
      [
        'ERROR process crashed: w', 'ERROR process crashed: w', 'ERROR process crashed: m',
        'ERROR process crashed: w',
      ],
    );
    expect(stderr).toMatch(/\n {2}op: 'boom'\n/);
    expect(stderr).toMatch(/\n {2}error: Error: boom\n {6}at boom /);
  });
});

describe('the text for people', () => {
  test('the first line says when, how bad, what and who; what is empty is left out; nothing forges a line', () => {
    const fields = {
      label: 'process crashed', pid: 'bank.1', name: 'a\nERROR forged', behaviour: 'Worker',
      queued: 0, messages: [], op: 'go', reason: 'odd', err: undefined,
    };
    expect(prettyText(0, 'error', fields, 'process crashed')).toBe(
      "00:00:00.000 ERROR process crashed: a\\nERROR forged (Worker, bank.1)\n  op: 'go'\n  reason: 'odd'\n",
    );
    expect(prettyText(Date.UTC(2026, 1, 3, 23, 4, 5, 67), 'warn', { system: 'bank', op: 'x' }, 'look')).toBe(
      "23:04:05.067 WARN  look: bank\n  op: 'x'\n",
    );
    const unnamed = { label: 'process crashed', pid: 'bank.3', behaviour: 'agent' };
    expect(prettyText(0, 'error', { ...unnamed, operations: ['ask', 'tell'] }, 'process crashed'))
      .toBe('00:00:00.000 ERROR process crashed: bank.3 (agent with ask, tell)\n');
    expect(prettyText(0, 'error', { ...unnamed, processLabel: 'the reader' }, 'process crashed'))
      .toBe('00:00:00.000 ERROR process crashed: the reader (agent, bank.3)\n');
    const child = { id: 'a', pid: 'bank.2', start: 'Worker', restart: 'permanent' };
    expect(prettyText(0, 'info', { context: 'progress', supervisor: 'top', started: child }, 'child started'))
      .toBe('00:00:00.000 INFO  child started: a (Worker, bank.2) of top\n');
    expect(prettyText(0, 'info', {
      context: 'child_terminated', supervisor: 'top', offender: { ...child, id: undefined }, reason: 'Error: x',
      err: new Error('x'),
    }, 'child terminated'))
      .toBe("00:00:00.000 INFO  child terminated: bank.2 (Worker) of top\n  reason: 'Error: x'\n");
    expect(prettyText(
      0, 'error', { context: 'shutdown', supervisor: 'top', offender: child, restarts: 4 },
      'supervisor gives up',
    ))
      .toMatch(/^00:00:00.000 ERROR supervisor gives up: top\n {2}offender: .*'a'.*\n {2}restarts: 4\n$/);
    expect(prettyText(0, 'warn', { system: 'bank', target: 'a', op: 'x' }, 'a cast was refused at the ref'))
      .toBe("00:00:00.000 WARN  a cast was refused at the ref: a\n  op: 'x'\n");
  });

  test('a form or level that is none is refused', () => {
    expect(() => createLogger('loud' as never)).toThrow(OptionError);
    expect(() => createLogger('pretty', 'loud' as never)).toThrow(
      "createLogger: got 'loud', expected 'pretty' or one of error, warn, info, debug",
    );
    expect(formatReport({ label: 'x' })).toBe('x');
  });
});
