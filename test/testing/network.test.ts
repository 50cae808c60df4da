import { describe, expect, it } from 'vitest';
import { type Machine, Network } from '../../src/testing/network.js';
import { simulate, type Simulation } from '../../src/testing/index.js';
import { transportContract } from '../cluster/transport/contract.js';

transportContract('the simulated network', async (body) => {
  await simulate(1, async (sim) => {
    const network = new Network(sim);
    await body({ transport: (node) => network.machine(node), sleep: (ms) => sim.sleep(ms) });
  });
});

interface Noted {
  /** the first bytes of what has come */
  readonly got: number[];
  readonly gone: string[];
  readonly machine: Machine;
}

function noted(network: Network, name: string): Noted {
  const machine = network.machine(name);
  const got: number[] = [];
  const gone: string[] = [];
  machine.attach(name, {
    frame: (bytes) => void got.push(bytes[0] ?? -1), unreachable: (node) => void gone.push(node),
  });
  return { got, gone, machine };
}

async function run(body: (sim: Simulation, network: Network) => Promise<void>): Promise<void> {
  await simulate(5, (sim) => body(sim, new Network(sim)));
}

function send(from: Noted, to: string, count: number): void {
  for (let n = 0; n < count; n++) from.machine.send(to, Uint8Array.of(n));
}

describe('the simulated network', () => {
  it('loses, repeats and reorders as it is told, and nothing else', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    network.set({ loss: 1 });
    send(a, 'b', 5);
    await sim.sleep(10);
    expect(b.got).toEqual([]);
    network.set({ loss: 0, duplication: 1 });
    send(a, 'b', 2);
    await sim.sleep(10);
    expect(b.got).toEqual([0, 0, 1, 1]);
    network.set({ duplication: 0, spreadMs: 20 });
    b.got.length = 0;
    send(a, 'b', 30);
    await sim.sleep(50);
    const inOrder = Array.from({ length: 30 }, (_, n) => n);
    expect(b.got).toEqual(inOrder);
    network.set({ reordering: true });
    b.got.length = 0;
    send(a, 'b', 30);
    await sim.sleep(50);
    expect(b.got).not.toEqual(inOrder);
    expect([...b.got].sort((x, y) => x - y)).toEqual(inOrder);
  }));

  it('cuts one way and not the other; a flapping way is up again in the end', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    network.cut('a', 'b');
    send(a, 'b', 1);
    send(b, 'a', 1);
    await sim.sleep(5);
    expect([a.got, b.got]).toEqual([[0], []]);
    network.mend('a', 'b');
    network.flap('a', 'b', 10, 3);
    for (let n = 0; n < 60; n++) {
      send(a, 'b', 1);
      await sim.sleep(1);
    }
    expect(b.got.length).toBeGreaterThan(10);
    expect(b.got.length).toBeLessThan(50);
    b.got.length = 0;
    send(a, 'b', 1);
    await sim.sleep(5);
    expect(b.got).toEqual([0]);
  }));

  it('a machine that crashes gets nothing; its next life gets what comes then', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    let late = 0;
    b.machine.program.timer(5, () => late++);
    b.machine.crash();
    send(a, 'b', 1);
    await sim.sleep(10);
    expect([b.got, a.gone, late]).toEqual([[], ['b'], 0]);
    const again = noted(network, 'b');
    send(a, 'b', 1);
    await sim.sleep(5);
    expect([b.got, again.got]).toEqual([[], [0]]);
  }));

  it('a stalled machine does later what it would have done', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    const at: number[] = [];
    b.machine.program.timer(5, () => at.push(sim.nowMs));
    const began = sim.nowMs;
    b.machine.program.stall(100);
    send(a, 'b', 1);
    await sim.sleep(90);
    expect([b.got, at]).toEqual([[], []]);
    await sim.sleep(20);
    expect([b.got, at.map((ms) => ms - began)]).toEqual([[0], [100]]);
  }));

  it('heal ends a flap as well, and a cut that comes after it stays', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    network.flap('a', 'b', 10, 5);
    await sim.sleep(5);
    network.heal();
    for (let n = 0; n < 100; n++) {
      send(a, 'b', 1);
      await sim.sleep(1);
    }
    await sim.sleep(5);
    expect(b.got).toHaveLength(100);
    network.flap('a', 'b', 10, 1);
    network.heal();
    network.cut('a', 'b');
    await sim.sleep(50);
    send(a, 'b', 1);
    await sim.sleep(5);
    expect(b.got).toHaveLength(100);
  }));

  it('what a machine wrote before it crashed is written; nobody hears of it', () => run(async (sim, network) => {
    const [a, b] = [noted(network, 'a'), noted(network, 'b')];
    let heard = 0;
    for (let n = 0; n < 20; n++) void a.machine.register.write(`k${n}`, 'v', 0, 0).then(() => heard++);
    a.machine.crash();
    void a.machine.register.write('late', 'v', 0, 0).then(() => heard++);
    await sim.sleep(10);
    for (let n = 0; n < 20; n++) expect(await b.machine.register.read(`k${n}`)).toMatchObject({ value: 'v' });
    expect([await b.machine.register.read('late'), heard]).toEqual([null, 0]);
  }));

  it('a write whose answer is cut off has happened, and its writer does not know', () => run(async (sim, network) => {
    const a = noted(network, 'a');
    network.cut('register', 'a');
    await expect(a.machine.register.write('k', 'v', 0, 0)).rejects.toMatchObject({ code: 'REGISTER_UNAVAILABLE' });
    network.heal();
    expect(await a.machine.register.read('k')).toMatchObject({ value: 'v' });
    await sim.sleep(1);
  }));

  it('who cannot reach the register is told so, in time', () => run(async (sim, network) => {
    const a = noted(network, 'a');
    network.cut('a', 'register');
    await expect(a.machine.register.write('k', 'v', 0, 0)).rejects.toMatchObject({ code: 'REGISTER_UNAVAILABLE' });
    network.heal();
    expect(await a.machine.register.write('k', 'v', 0, 0)).toMatchObject({ ok: true });
    await sim.sleep(1);
  }));
});
