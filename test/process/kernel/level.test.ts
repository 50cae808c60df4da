import { expect, it, describe } from 'vitest';
import { INFO } from '../../../src/mailbox/message/op.js';
import { accept } from '../../../src/process/send/accept.js';
import { KernelImpl } from '../../../src/process/kernel/kernel.js';
import { Level, Phase, type Behaviour, type Process } from '../../../src/process/record/process.js';
import { spawnProcess } from '../../../src/process/kernel/spawn.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/* No verb sets a level yet: the scheduler's three queues are tried on a bare kernel. */
const order: string[] = [];
const BEHAVIOUR: Behaviour = {
  name: 'level',
  sys: null,
  handle(_p: Process, _op: unknown, payload: unknown): undefined {
    order.push(payload as string);
    return undefined;
  },
  settled: () => undefined,
  failed: () => undefined,
  begin: () => undefined,
};

function kernelWith(levels: readonly (readonly [string, Level])[]): Map<string, Process> {
  order.length = 0;
  const ports = {
    deadLetter: (): void => undefined, report: (): void => undefined, warn: (): void => undefined,
  };
  const kernel = new KernelImpl({
    env: new VirtualEnv(), prefix: 'level.x.', processesMax: 1_000, frozen: false,
    development: false, memory: null, ports, reporting: false, details: false,
  });
  return new Map(levels.map(([name, level]) => {
    const p = spawnProcess(kernel, BEHAVIOUR, null, false);
    p.phase = Phase.Alive;
    p.level = level;
    return [name, p];
  }));
}

const send = (p: Process | undefined, text: string, times: number = 1): void => {
  for (let i = 0; i < times; i++) accept(p as Process, INFO, text, null);
};

describe('scheduling levels', () => {
  it('PF-02 a runnable high process goes before all others', async () => {
    const ps = kernelWith(
      [['n1', Level.Normal], ['low', Level.Low], ['n2', Level.Normal], ['high', Level.High]],
    );
    for (const [name, p] of ps) send(p, name);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['high', 'n1', 'n2', 'low']);
  });

  it('PF-02 a high one starves the others while it has work', async () => {
    const ps = kernelWith([['normal', Level.Normal], ['high', Level.High]]);
    send(ps.get('normal'), 'normal');
    send(ps.get('high'), 'high', 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order.indexOf('normal')).toBe(1_000);
  });

  it('PF-02 a low one runs seldom, but normal ones alone never starve it', async () => {
    const ps = kernelWith(
      [...Array.from({ length: 40 }, (_, i): [string, Level] => [`n${i}`, Level.Normal]), ['low', Level.Low]],
    );
    send(ps.get('low'), 'low');
    for (const [name, p] of ps) if (name !== 'low') send(p, name);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order.length).toBe(41);
    expect(order.indexOf('low')).toBeGreaterThanOrEqual(5);
    expect(order.indexOf('low')).toBeLessThanOrEqual(10);
  });
});
