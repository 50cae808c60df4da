import { beforeAll, describe, expect, test } from 'vitest';
import { program } from './program.js';

beforeAll(async () => {
  expect(await program(`say('ready');`)).toMatchObject({ code: 0 });
}, 120_000);

const AGENTS = `
const Worker = defineAgent({
  trapExit: true,
  init: (id) => ({ id }),
  calls: { async slow(self) { await new Promise((resolve) => setTimeout(resolve, 20)); return self.state.id; }, async hang() { await new Promise(() => {}); }, ping: () => 'pong' },
  casts: { crash(self, payload) { throw new Error('boom'); }, async work() { await new Promise((resolve) => setTimeout(resolve, 30)); say('worked'); } },
  terminate(self, reason) { say('terminate ' + self.state.id + ' ' + reason); },
});
`;

describe('P15 P35 a program that uses castcall', () => {
  test('ends by itself after stop, whatever was pending: calls, timers, monitors, watches, supervisors', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false, strays: 'report', handleSignals: true });
      const sup = await system.supervise({ children: [child('a', Worker, 'a'), supervisor('sub', { children: [child('b', Worker, 'b')] })] });
      const a = system.ref(Worker, 'a');
      const pending = a.tryCall('hang', undefined, { timeoutMs: 'infinity' });
      const patient = a.tryCall('ping', undefined, { timeoutMs: 3_600_000 });
      const plain = system.spawn(async (self) => { self.sendAfter(3_600_000, 'later'); await self.receive(undefined, { timeoutMs: 3_600_000 }); });
      void system.monitor(plain).down;
      void sup.down;
      say('ready');
      const report = await system.stop({ timeoutMs: 200 });
      say(JSON.stringify(report));
      say((await pending).error.code + ' ' + (await patient).error.code);
      say(process.listenerCount('SIGTERM') + ' ' + process.listenerCount('SIGINT') + ' ' + process.listenerCount('unhandledRejection'));
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    // the agent that hangs, and the supervisor that waits for it
    expect(ended.stdout).toContain('"killed":2');
    expect(ended.stdout).toContain('EXIT EXIT');
    expect(ended.stdout).toContain('0 0 0');
  });

  test('ends by itself without a stop, once nothing is pending: idle agents do not keep it alive', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      await system.supervise({ children: [child('a', Worker, 'a')] });
      say(await system.ref(Worker, 'a').call('ping'));
      say('ready');
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('is kept alive by a call that waits, and only as long as its timeout', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      const a = system.start(Worker, 'a');
      void a.tryCall('hang', undefined, { timeoutMs: 50 }).then((result) => say(result.error.code));
      say('ready');
    `);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain('TIMEOUT');
  });

  test('P17 is not ended by crashes, rejected calls that nobody looks at, or aborted streams', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      const Bad = defineAgent({
        calls: { no() { throw undefined; }, async later() { throw null; }, async *items() { yield 1; throw new Error('boom'); } },
        casts: { async crash() { await 1; throw new Error('boom'); } },
        async terminate() { throw new Error('in terminate'); },
      });
      for (const op of ['no', 'later', 'nope', 'constructor']) system.start(Bad).call(op);
      system.start(Bad).cast('crash');
      void system.ref(Bad, 'nobody').call('no');
      const items = system.start(Bad).stream('items');
      await items.next();
      void items.next().catch(() => {});
      const gone = system.start(Bad);
      const signal = AbortSignal.abort(new Error('aborted'));
      void gone.call('no', undefined, { signal });
      system.spawn(async () => { throw new Error('plain'); });
      await new Promise((resolve) => setTimeout(resolve, 30));
      say('ready');
      await system.stop();
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('P17 is not ended by failures of stop and the requests of a supervisor that nobody looks at', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      const Bad = defineAgent({ terminate() { throw new Error('in terminate'); } });
      const bad = system.start(Bad);
      void bad.stop('odd');
      await new Promise((resolve) => setTimeout(resolve, 5));
      void bad.stop();
      const sup = await system.supervise({ children: [] });
      void sup.terminateChild('nobody');
      void sup.restartChild('nobody');
      void sup.deleteChild('nobody');
      await new Promise((resolve) => setTimeout(resolve, 5));
      await sup.stop();
      void sup.whichChildren();
      void sup.startChild(child('a', Worker, 'a'));
      void sup.stop();
      await new Promise((resolve) => setTimeout(resolve, 5));
      say('ready');
      await system.stop();
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('handleSignals: SIGTERM drains, stops and ends the program by that very signal', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false, handleSignals: true });
      await system.supervise({ children: [child('a', Worker, 'a'), child('b', Worker, 'b')] });
      system.ref(Worker, 'a').cast('work');
      system.ref(Worker, 'a').cast('work');
      setInterval(() => {}, 1_000);
      say('ready');
    `, { act: (kill) => kill('SIGTERM') });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(ended.stdout.trim().split('\n').slice(1)).toEqual(
      ['worked', 'worked', 'terminate b shutdown', 'terminate a shutdown'],
    );
  });

  test('without handleSignals the program has Node\'s own behaviour', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      system.start(Worker, 'a');
      setInterval(() => {}, 1_000);
      say('ready ' + process.listenerCount('SIGTERM'));
    `, { act: (kill) => kill('SIGTERM') });
    expect(ended.signal).toBe('SIGTERM');
    expect(ended.stdout.trim()).toBe('ready 0');
  });

  test("strays: 'report' logs a rejection that nobody handled; by default Node ends the program", async () => {
    const code = (strays: string) => `
      const lines = [];
      const logger = { error: () => {}, warn: (fields, text) => lines.push(text + ' ' + fields.error), info: () => {} };
      const system = createSystem({ logger, strays: '${strays}' });
      const Stray = defineAgent({ casts: { go() { void Promise.reject(new Error('floating')); } } });
      system.start(Stray).cast('go');
      say('ready');
      await new Promise((resolve) => setTimeout(resolve, 20));
      say(JSON.stringify(lines));
      await system.stop();
    `;
    const reported = await program(code('report'));
    expect(reported).toMatchObject({ code: 0, stderr: '' });
    expect(reported.stdout).toContain('nobody handled it Error: floating');
    const ignored = await program(code('ignore'));
    expect(ignored.code).not.toBe(0);
    expect(ignored.stderr).toContain('floating');
  });

  test('the default logger writes one JSON line per report to standard error, and nothing to standard output', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ name: 'bank' });
      const ref = system.start(Worker, 'a', { name: 'alice' });
      ref.cast('crash', { password: 'hunter2' });
      await new Promise((resolve) => setTimeout(resolve, 10));
      system.start(Worker, 'b').cast('nope');
      await system.stop();
      say('ready');
    `);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe('terminate a Error: boom\nterminate b shutdown\nready\n');
    const lines = ended.stderr.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      {
        level: 50, msg: 'process crashed', system: 'bank', name: 'alice', op: 'crash', reason: 'Error: boom',
        err: { type: 'Error', message: 'boom' },
      },
      { level: 40, system: 'bank', op: 'nope' },
    ]);
    expect(ended.stderr).not.toContain('hunter2');
  });

  test('P36 a logger whose methods reject, and a subscriber that does, do not end the program', async () => {
    const ended = await program(`${AGENTS}
      const bad = async () => { throw new Error('logger'); };
      const system = createSystem({ logger: { error: bad, warn: bad, info: bad } });
      system.deadLetters.subscribe(bad);
      system.start(Worker, 'a').cast('crash', 1);
      system.start(Worker, 'b').cast('nope');
      system.send('nobody', 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      say('ready');
      await system.stop();
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a report is on standard error also when the program ends at once by process.exit', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem();
      system.start(Worker, 'a').cast('crash', 1);
      await new Promise((resolve) => setImmediate(resolve));
      process.exit(3);
    `);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('process crashed');
  });

  test('await using stops the system at the end of its block', async () => {
    const ended = await program(`${AGENTS}
      const system = createSystem({ logger: false });
      const ref = system.start(Worker, 'a');
      void ref.tryCall('hang', undefined, { timeoutMs: 'infinity' });
      await new Promise((resolve) => setImmediate(resolve));
      void system[Symbol.asyncDispose]().then(() => say('disposed ' + system.stats().processes));
      say('ready');
      system.exit(ref, 'kill');
    `);
    expect(ended.stdout).toContain('disposed 0');
    expect(ended.code).toBe(0);
  });

  test('NODE_ENV decides about development: payloads are frozen unless it is production', async () => {
    const code = `
      const system = createSystem({ logger: false });
      const payload = { n: 1 };
      system.send('nobody', payload);
      system.start(defineAgent({ casts: { keep() {} } })).cast('keep', payload);
      say('ready ' + Object.isFrozen(payload));
      await system.stop();
    `;
    expect((await program(code, { env: { NODE_ENV: 'production' } })).stdout).toContain('ready false');
    expect((await program(code, { env: { NODE_ENV: '' } })).stdout).toContain('ready true');
  });
}, 60_000);
