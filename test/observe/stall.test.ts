import { describe, expect, test } from 'vitest';
import { testSystem } from '../support/system.js';
import { VirtualEnv } from '../support/virtual-env.js';
import { program, type Ended } from '../system/program.js';

interface Line {
  readonly label: string;
  readonly pid?: string;
  readonly name?: string;
  readonly behaviour?: string;
  readonly op?: string;
  readonly ms: number;
  readonly stack?: readonly string[]
}

const SPINNER = `
import { writeSync } from 'node:fs';
function spinning(ms) { writeSync(2, 'begin\\n'); const end = performance.now() + ms; while (performance.now() < end); writeSync(2, 'end\\n'); }
const Spinner = defineAgent({
  name: 'Spinner',
  init(ms) { spinning(ms); return {}; },
  casts: { spin(self, ms) { spinning(ms); }, async later(self, ms) { await null; spinning(ms); } },
});
const told = [];
const heard = (n) => new Promise((resolve) => { const look = () => (told.length >= n ? resolve() : setTimeout(look, 10)); look(); });
`;

/** Longer than the limit of the watch, in steps that a test may wait for. */
const paused = async (): Promise<void> => {
  for (let n = 0; n < 8; n++) await new Promise((resolve) => setTimeout(resolve, 50));
};

const linesOf = ({ stderr }: Ended): string[] => stderr.split('\n').filter((line) => line !== '');
const stalls = (ended: Ended): Line[] =>
  linesOf(ended).filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);

describe('a stall watch', () => {
  test('P33 PF-11 a handler that holds the event loop is told while it does, by agent, operation and stack, within 50 ms', {
    timeout: 40_000,
  }, async () => {
    const ended = await program(`${SPINNER}
      const system = createSystem({ logger: false });
      const spinner = system.start(Spinner, 0, { name: 'spinner' });
      system.watchdog({ stallMs: 100 }, (event) => told.push(event));
      say('ready');
      // On a loaded machine the watching thread may itself have stood still, and then says nothing.
      for (let n = 0; n < 12 && told.length < 3; n++) { await new Promise((resolve) => setTimeout(resolve, 100)); spinner.cast('spin', 400); }
      await heard(1);
      await system.stop();
      say(JSON.stringify(told));
    `, { limitMs: 30_000 });
    expect(ended.code).toBe(0);
    const lines = linesOf(ended);
    const found = stalls(ended).filter(({ op }) => op === 'spin');
    expect(found.length).toBeGreaterThanOrEqual(1);
    for (const line of found) {
      expect(
        lines.slice(0, lines.indexOf(JSON.stringify(line))).findLast((one) => !one.startsWith('{')),
      ).toBe('begin');
      expect(line).toMatchObject({ label: 'stall', name: 'spinner', behaviour: 'Spinner' });
      expect(line.stack?.some((frame) => /^spinning \(.+\)$/.test(frame))).toBe(true);
    }
    expect(Math.min(...found.map(({ ms }) => ms))).toBeLessThanOrEqual(150);
    const told = JSON.parse(ended.stdout.slice(ended.stdout.indexOf('['))) as Line[];
    expect(told.length).toBeGreaterThanOrEqual(1);
    for (const event of told.filter(({ op }) => op === 'spin')) {
      expect(event).toMatchObject({ kind: 'stall', name: 'spinner' });
      expect(event.ms).toBeGreaterThanOrEqual(100);
    }
  });

  test('P33 so is an init, and, in development, what a handler does after an await', {
    timeout: 40_000,
  }, async () => {
    const ended = await program(`${SPINNER}
      const system = createSystem({ logger: false, development: true });
      system.watchdog({ stallMs: 60 }, (event) => told.push(event));
      await new Promise((resolve) => setTimeout(resolve, 200));
      say('ready');
      const knows = (op) => told.some((event) => event.behaviour === 'Spinner' && event.op === op);
      let spinner;
      for (let n = 0; n < 12 && !knows(undefined); n++) { spinner = system.start(Spinner, 300); await new Promise((resolve) => setTimeout(resolve, 100)); }
      for (let n = 0; n < 12 && !knows('later'); n++) { spinner.cast('later', 300); await new Promise((resolve) => setTimeout(resolve, 100)); }
      await system.stop();
    `, { limitMs: 20_000 });
    expect(ended.code).toBe(0);
    const ops = stalls(ended).filter(({ behaviour }) => behaviour === 'Spinner').map(({ op }) => op);
    expect(ops).toContain(undefined);
    expect(ops).toContain('later');
  });

  test('P15 it does not keep the program alive, and is gone after its stop, and after that of the system', async () => {
    const ended = await program(`${SPINNER}
      const workers = () => process.getActiveResourcesInfo().filter((one) => one === 'MessagePort' || one === 'Worker').length;
      const system = createSystem({ logger: false });
      const before = workers();
      const stop = system.watchdog({ stallMs: 60 }, (event) => told.push(event));
      stop();
      system.watchdog({ stallMs: 60 }, (event) => told.push(event));
      system.watchdog({ stallMs: 60 }, (event) => told.push(event));
      await system.stop();
      await new Promise((resolve) => setTimeout(resolve, 200));
      spinning(200);
      say('left ' + (workers() - before) + ' told ' + told.length);
      createSystem({ logger: false }).watchdog({ stallMs: 1_000 }, () => {});
      say('ready');
    `, { limitMs: 5_000 });
    expect(ended).toMatchObject({ code: 0, stderr: 'begin\nend\n' });
    expect(ended.stdout).toContain('left 0 told 0');
  });

  test('P34 a pause of the whole program is no stall', async () => {
    let kill: ((signal: NodeJS.Signals) => void) | undefined;
    const running = program(`${SPINNER}
      const system = createSystem({ logger: false });
      system.watchdog({ stallMs: 60 }, (event) => told.push(event));
      await new Promise((resolve) => setTimeout(resolve, 300));
      say('ready');
      await new Promise((resolve) => setTimeout(resolve, 900));
      say('told ' + told.length);
      await system.stop();
    `, {
      limitMs: 20_000,
      act: (signal) => { kill = signal; signal('SIGSTOP'); void paused().then(() => signal('SIGCONT')); },
    });
    const ended = await running;
    expect(kill).toBeTypeOf('function');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('told 0');
  });

  test.each(
    [[49], [1.5], [Number.NaN], ['100'], [Infinity]],
  )('stallMs %s is refused where it enters', (stallMs) => {
    const system = testSystem();
    expect(() => system.watchdog({ stallMs: stallMs as number }, () => undefined)).toThrow('watchdog.stallMs');
  });

  test('in virtual time there is no such thread, and that is said', () => {
    const system = testSystem({ env: new VirtualEnv() });
    expect(() => system.watchdog({ stallMs: 100 }, () => undefined)).toThrow('its time is virtual');
  });
});
