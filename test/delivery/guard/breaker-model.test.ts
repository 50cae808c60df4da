import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSystem, type Breaker } from '../../../src/index.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { boom, held } from '../calls.js';

interface Options {
  errorRate: number;
  volume: number;
  windowMs: number;
  failures: number;
  openMs: number;
  probes: number
}
type Call = {
  readonly epoch: number;
  readonly end: (verdict: 'ok' | 'fail' | 'abort') => Promise<void>;
  over: boolean
};

class Model {
  state = 'closed';
  epoch = 0;
  row = 0;
  due = 0;
  out = 0;
  won = 0;
  base: number;
  results: { readonly step: number; readonly failed: boolean }[] = [];
  readonly changes: string[] = [];
  readonly calls: Call[] = [];
  constructor(readonly options: Options, public now: number) {
    this.base = now;
  }
  go(to: string, cause: string): void {
    this.changes.push(`${this.state}>${to} ${cause}`);
    Object.assign(this, { state: to, epoch: this.epoch + 1, out: 0, won: 0 });
    if (to === 'open') this.due = this.now + this.options.openMs;
    if (to === 'closed') this.forget();
  }
  forget(): void {
    Object.assign(this, { row: 0, results: [], base: this.now });
  }
  step(): number {
    return Math.floor((this.now - this.base) / (this.options.windowMs / 10));
  }
  /** whether a call is let through now */
  enter(): boolean {
    if (this.state === 'open' && this.now >= this.due) this.go('half-open', 'due');
    if (this.state === 'closed') return true;
    if (this.state === 'open' || this.out + this.won >= this.options.probes) return false;
    this.out++;
    return true;
  }
  end(epoch: number, verdict: string): void {
    if (epoch !== this.epoch) return;
    if (this.state === 'half-open') {
      this.out--;
      if (verdict === 'fail') this.go('open', 'probe');
      else if (verdict === 'ok' && ++this.won === this.options.probes) this.go('closed', 'probe');
    } else if (verdict !== 'abort') this.judge(verdict === 'fail');
  }
  judge(failed: boolean): void {
    this.row = failed ? this.row + 1 : 0;
    this.results.push({ step: this.step(), failed });
    const seen = this.results.filter(({ step }) => step > this.step() - 10);
    const failures = seen.filter((one) => one.failed).length;
    if (failed && seen.length >= this.options.volume
      && failures >= this.options.errorRate * seen.length) this.go(
      'open', 'rate',
    );
    else if (this.row === this.options.failures) this.go('open', 'failures');
  }
}

interface Real { readonly env: VirtualEnv; readonly breaker: Breaker; readonly changes: string[] }
const check = (m: Model, r: Real): void => {
  expect(r.changes).toEqual(m.changes);
  expect(r.breaker.state).toBe(m.state);
};
const command = (
  text: string, run: (m: Model, r: Real) => void | Promise<void>, allowed: (m: Model) => boolean = () => true,
): fc.AsyncCommand<Model, Real> => ({
  check: allowed,
  run: async (m, r) => { await run(m, r); check(m, r); },
  toString: () => text,
});
const open = (m: Model): Call[] => m.calls.filter((call) => !call.over);

const commands = [
  fc.constant(command('call', async (m, r) => {
    const admitted = m.enter();
    const call = held(r.breaker);
    if (!admitted) expect(await call.result).toMatchObject(
      { code: 'BREAKER_OPEN', probeInMs: m.state === 'open' ? Math.max(0, Math.ceil(m.due - m.now)) : 0 },
    );
    else m.calls.push({ epoch: m.epoch, over: false, end: (verdict) =>
      (verdict === 'ok'
        ? call.ok()
        : call.fail(verdict === 'fail' ? boom : new DOMException('stop', 'AbortError'))) });
  })),
  fc.record(
    { at: fc.nat(20), verdict: fc.constantFrom(
      'ok' as const, 'fail' as const, 'fail' as const, 'abort' as const,
    ) },
  ).map(({ at, verdict }) => command(`end ${at} ${verdict}`, async (m) => {
    const call = open(m)[at % open(m).length] as Call;
    call.over = true;
    m.end(call.epoch, verdict);
    await call.end(verdict);
  }, (m) => open(m).length > 0)),
  fc.constantFrom(1, 7, 50, 99, 100, 400).map(
    (ms) => command(`wait ${ms}`, (m, r) => { m.now += ms; r.env.now += ms; }),
  ),
  fc.constant(command('open', (
    m, r,
  ) => { if (m.state === 'open') m.due = m.now + m.options.openMs;
  else m.go('open', 'manual'); r.breaker.open(); })),
  fc.constant(command(
    'close', (m, r) => { if (m.state === 'closed') m.forget();
    else m.go('closed', 'manual'); r.breaker.close(); },
  )),
];

const anyOptions: fc.Arbitrary<Options> = fc.record({
  errorRate: fc.constantFrom(0.1, 1 / 3, 0.5, 0.75, 1), volume: fc.integer(
    { min: 1, max: 6 },
  ), windowMs: fc.constantFrom(100, 1_000), failures: fc.integer({ min: 1, max: 5 }),
  openMs: fc.constantFrom(1, 100, 250), probes: fc.integer({ min: 1, max: 3 }),
});

test('P29 the breaker is an exact state machine: equal to its model after every step', async () => {
  let longest = 0;
  const causes = new Set<string>();
  await fc.assert(fc.asyncProperty(anyOptions, fc.commands(
    commands, { maxCommands: 60, size: 'max' },
  ), async (options, steps) => {
    const env = new VirtualEnv();
    const system = createSystem({ env, logger: false });
    const breaker = system.breaker('llm', { ...options, probeTimeoutMs: 'infinity' });
    const changes: string[] = [];
    breaker.watch(({ from, to, cause }) => changes.push(`${from}>${to} ${cause}`));
    const model = new Model(options, env.now);
    await fc.asyncModelRun(() => ({ model, real: { env, breaker, changes } }), steps);
    longest = Math.max(longest, changes.length);
    for (const change of changes) causes.add(change);
    for (const call of open(model)) await call.end('ok');
    expect(breaker.stats().running).toBe(0);
  }), { numRuns: 400, seed: 29 });
  expect(longest).toBeGreaterThan(6);
  expect([...causes].sort()).toEqual([
    'closed>open failures', 'closed>open manual', 'closed>open rate', 'half-open>closed manual',
    'half-open>closed probe', 'half-open>open manual', 'half-open>open probe', 'open>closed manual',
    'open>half-open due',
  ]);
});
