import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  CallError, createSystem, isOrderly, type Restart, type Strategy, type SupervisorRef, type System,
} from '../../../src/index.js';
import { expectConserved } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';
import { family } from '../family.js';

/*
 * A supervisor and a small model of it, written from OTP's rules, run the same random program:
 * starts, ends of every kind, manual operations, time that passes. After every step the traces, the
 * answers and the rows must be equal.
 */

interface Row {
  readonly id: string;
  readonly restart: Restart;
  readonly later: boolean;
  alive: boolean;
  restarts: number;
}

class Model {
  rows: Row[] = [];
  dead = false;
  readonly log: string[] = [];
  private times: number[] = [];
  constructor(
    readonly strategy: Strategy,
    readonly intensity: number,
    readonly periodMs: number,
  ) {}

  find(id: string): Row | undefined {
    return this.rows.find((row) => row.id === id);
  }

  private drop(row: Row): void {
    row.alive = false;
    if (row.restart === 'temporary') this.rows = this.rows.filter((one) => one !== row);
  }

  private stop(row: Row): void {
    if (row.alive) this.log.push(`-${row.id} shutdown`);
    this.drop(row);
  }

  private start(row: Row): void {
    this.log.push(`+${row.id}`);
    row.alive = true;
  }

  add(id: string, restart: Restart, later: boolean): string {
    const present = this.find(id);
    if (present !== undefined) return present.alive ? 'already_started' : 'already_present';
    const row = { id, restart, later, alive: false, restarts: 0 };
    this.rows.push(row);
    this.start(row);
    return 'ok';
  }

  end(id: string, reason: string, now: number): void {
    const row = this.find(id);
    if (row?.alive !== true) return;
    if (reason !== 'kill') this.log.push(`-${id} ${reason}`);
    row.alive = false;
    const again = row.restart === 'permanent' || (row.restart === 'transient' && !isOrderly(reason));
    if (!again) {
      this.drop(row);
      return;
    }
    this.times.push(now);
    if (this.times.filter((at) => at >= now - this.periodMs).length > this.intensity) {
      for (const one of [...this.rows].reverse()) this.stop(one);
      this.dead = true;
      return;
    }
    row.restarts++;
    const at = this.rows.indexOf(row);
    const group =
      this.strategy === 'one_for_one'
        ? [row]
        : this.strategy === 'one_for_all' ? [...this.rows] : this.rows.slice(at);
    for (const one of [...group].reverse()) if (one !== row) this.stop(one);
    for (const one of group) if (this.rows.includes(one)) this.start(one);
  }

  terminate(id: string): string {
    const row = this.find(id);
    if (row === undefined) return 'not_found';
    this.stop(row);
    return 'ok';
  }

  restart(id: string): string {
    const row = this.find(id);
    if (row === undefined) return 'not_found';
    if (row.alive) return 'running';
    this.start(row);
    return 'ok';
  }

  remove(id: string): string {
    const row = this.find(id);
    if (row === undefined) return 'not_found';
    if (row.alive) return 'running';
    this.rows = this.rows.filter((one) => one !== row);
    return 'ok';
  }
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const restart = fc.constantFrom<Restart>('permanent', 'permanent', 'transient', 'temporary');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record(
    { do: fc.constant('end' as const), id, reason: fc.constantFrom('normal', 'shutdown', 'odd', 'kill') },
  ) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), id, restart, later: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('terminate' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 2, arbitrary: fc.record({
    do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }),
  }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const told = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return error instanceof CallError ? (error.refusal ?? error.code) : String(error);
  }
};

function manual(
  one: Step, model: Model, sup: SupervisorRef, worker: ReturnType<typeof family>['worker'],
): [string, Promise<unknown>] | null {
  switch (one.do) {
    case 'add': return [
      model.add(one.id, one.restart, one.later),
      sup.startChild(worker(one.id, { restart: one.restart, later: one.later })),
    ];
    case 'terminate': return [model.terminate(one.id), sup.terminateChild(one.id)];
    case 'restart': return [model.restart(one.id), sup.restartChild(one.id)];
    case 'remove': return [model.remove(one.id), sup.deleteChild(one.id)];
    case 'end':
    case 'wait': return null;
  }
}

async function play(
  one: Step, system: System, env: VirtualEnv, model: Model, sup: SupervisorRef,
  members: ReturnType<typeof family>,
): Promise<void> {
  if (one.do === 'wait') {
    await env.advance(one.ms);
  } else if (one.do === 'end') {
    model.end(one.id, one.reason, env.now);
    if (one.reason === 'kill') system.exit(one.id, 'kill');
    else if (system.whereis(one.id) !== undefined) members.ref(system, one.id).cast('end', one.reason);
    await env.settle();
  } else {
    const [expected, promise] = manual(one, model, sup, members.worker) as [string, Promise<unknown>];
    expect(await told(promise), JSON.stringify(one)).toBe(expected);
  }
}

describe('P14 a supervisor equals its model', () => {
  test('P14 SU-02 SU-11 to SU-18 SU-24 SU-25 SU-27 SU-39 to SU-43 for random programs', async () => {
    await fc.assert(fc.asyncProperty(
      fc.constantFrom<Strategy>('one_for_one', 'one_for_all', 'rest_for_one'),
      fc.integer({ min: 0, max: 6 }),
      fc.array(fc.tuple(restart, fc.boolean()), { maxLength: 5 }),
      fc.array(step, { maxLength: 30 }),
      async (strategy, intensity, initial, steps) => {
        const env = new VirtualEnv();
        const system = createSystem({ logger: false, env });
        const members = family();
        const model = new Model(strategy, intensity, 200);
        initial.forEach(([kind, later], n) => model.add('abcde'[n] as string, kind, later));
        const sup = await system.supervise({
          strategy, intensity, periodMs: 200,
          children: model.rows.map((row) => members.worker(row.id, { restart: row.restart, later: row.later })),
        }, { onGiveUp: 'ignore' });
        const { down } = sup;
        for (const one of steps) {
          await play(one, system, env, model, sup, members);
          expect(members.log, JSON.stringify(one)).toEqual(model.log);
          expectConserved(system.stats());
          if (model.dead) break;
          const rows = await sup.whichChildren();
          expect(rows.map((row) => [row.id, row.restart, row.status, row.restarts, row.pid]))
            .toEqual([...model.rows].reverse().map((
            row,
          ) => [row.id, row.restart, row.alive
            ? 'running'
            : 'stopped', row.restarts, row.alive ? system.whereis(row.id) : undefined]));
          expect(await sup.countChildren()).toEqual({
            specs: model.rows.length, active: model.rows.filter((row) => row.alive).length, supervisors: 0,
            workers: model.rows.length,
          });
        }
        const reason = model.dead ? 'shutdown' : 'normal';
        if (!model.dead) void sup.stop();
        expect(await down).toBe(reason);
        expect(system.processes()).toEqual([]);
        await system.stop();
        expect(env.pending.timers, 'no native timer is left').toBe(0);
      },
    ), { numRuns: 250 });
  }, 60_000);
});
