import { describe, expect, it } from 'vitest';
import { defineAgent, type System } from '../../../src/index.js';
import type { WakeStep } from '../../../src/api/activation/subtree.js';
import { dies, lifeOn, TestDisk } from '../../delivery/durable/lives.js';
import { settleTurn } from '../../support/system.js';

const Ledger = defineAgent({
  name: 'ledger',
  durable: true,
  init: (address: string) => ({ address, lines: [] as string[] }),
  calls: { lines: (self) => `${self.state.address}: ${self.state.lines.join(' ')}` },
  casts: {
    add(self, line: string) { self.state.lines.push(line); },
    crash() { throw new Error('told to'); },
  },
});
const Other = defineAgent({ name: 'other', durable: true, init: () => 0, calls: { n: (self) => self.state } });
const Bare = defineAgent({ name: 'ledger', init: () => 0 });

async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !what(); turn++) await settleTurn();
  expect(what()).toBe(true);
}

async function left(disk: TestDisk, names: readonly string[]): Promise<void> {
  const system = lifeOn(disk);
  for (const name of names) await system.address(Ledger, name).call('lines');
  const gone = names.map((name) => system.address(Ledger, name).stop());
  await Promise.all(gone);
  await system.store.flush();
  // nobody is there to handle them
  const Silent = system.ref(Ledger, 'x');
  expect(Silent.pid).toBeUndefined();
  disk.hold();
  const sent = names.map((name) => system.address(Ledger, name).deliver('add', 'waits'));
  await settleTurn();
  disk.release();
  await Promise.all(sent);
  dies(system, disk);
}

describe('Ownership lock: durable addresses', () => {
  it('P19 a passivated agent is there again with its state', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    system.activate(Ledger, { idleMs: 8 });
    const ann = system.address(Ledger, 'team/ann');
    ann.cast('add', 'a');
    expect(await ann.call('lines')).toBe('team/ann: a');
    await expect.poll(() => ann.pid).toBeUndefined();
    ann.cast('add', 'b');
    expect(await ann.call('lines')).toBe('team/ann: a b');
    expect((await system.store.stats()).records).toMatchObject({ address: 1, state: 1 });
  });

  it('one address, one definition, also in a later life', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.address(Ledger, 'ann').call('lines');
    await first.store.flush();
    dies(first, disk);
    const system = lifeOn(disk);
    await expect(system.address(Other, 'ann').call('n')).rejects.toMatchObject({
      code: 'EXIT', reason: { code: 'ADDRESS_TAKEN', message: expect.stringContaining("an address of 'ledger'") },
    });
    expect(await system.address(Other, 'bob').call('n')).toBe(0);
    expect(() => system.address(Bare, 'bob')).toThrow(expect.objectContaining({ code: 'ADDRESS_TAKEN' }));
  });

  it('P19 a crash of a durable agent loses nothing that was delivered', async () => {
    const disk = new TestDisk();
    const system = lifeOn(disk);
    const ann = system.address(Ledger, 'ann');
    const receipts = await Promise.all(['a', 'b'].map((line) => ann.deliver('add', line)));
    ann.cast('crash');
    const last = await ann.deliver('add', 'c');
    for (const { settled } of [...receipts, last]) expect((await settled).kind).toBe('handled');
    expect(await ann.call('lines')).toBe('ann: a b c');
  });
});

describe('Wake all / wait idle: mail of an earlier life', () => {
  async function handledIn(system: System, name: string): Promise<string> {
    return system.address(Ledger, name).call('lines');
  }

  it('P20 deliverAll wakes every address that has some, and tells its progress', async () => {
    const disk = new TestDisk();
    await left(disk, ['team/ann', 'team/bob', 'teams/eve']);
    const system = lifeOn(disk);
    system.activate(Ledger);
    const steps: WakeStep[] = [];
    const before = await system.addresses('team').list();
    expect(before.map(({ address, definition, pid, pending }) => [address, definition, pid, pending])).toEqual([
      ['team/ann', 'ledger', undefined, 1], ['team/bob', 'ledger', undefined, 1],
    ]);
    const report = await system.addresses('team').deliverAll({ concurrency: 1, progress: (step) => steps.push(step) });
    expect(report).toEqual({ woken: 2, resident: 0, failed: 0, unknown: 0 });
    expect(steps.map(({ address, result, done, total }) => [address, result, done, total])).toEqual([
      ['team/ann', 'woken', 1, 2], ['team/bob', 'woken', 2, 2],
    ]);
    await system.addresses('team').whenIdle({ timeoutMs: 'infinity' });
    expect(await handledIn(system, 'team/ann')).toBe('team/ann: waits');
    expect(system.whereis('teams/eve')).toBeUndefined();
    expect(await system.addresses().deliverAll()).toEqual({ woken: 1, resident: 0, failed: 0, unknown: 0 });
    await system.addresses().whenIdle();
    expect(await handledIn(system, 'teams/eve')).toBe('teams/eve: waits');
  });

  it('P20 what was only enqueued says whose it is: once, in the transaction of the first message', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    await first.store.ready;
    const { batches } = await first.store.stats();
    const enqueued = ['a', 'b'].map((line) => (
      first.message(first.address(Ledger, 'ann'), line, { op: 'add', enqueue: true })
    ));
    for (const answer of enqueued) expect((await answer).kind).toBe('enqueued');
    const late = first.message(first.address(Ledger, 'bob'), 'c', { op: 'add', enqueue: true });
    expect((await late).kind).toBe('enqueued');
    expect(first.whereis('ann')).toBeUndefined();
    expect((await first.store.stats()).batches).toBe(batches + 2);
    expect((await first.store.stats()).records).toMatchObject({ address: 2, state: 0 });
    dies(first, disk);
    const system = lifeOn(disk);
    system.activate(Ledger);
    expect(await system.addresses().deliverAll()).toEqual({ woken: 2, resident: 0, failed: 0, unknown: 0 });
    await system.addresses().whenIdle({ timeoutMs: 'infinity' });
    expect(await handledIn(system, 'ann')).toBe('ann: a b');
    expect(await handledIn(system, 'bob')).toBe('bob: c');
    dies(system, disk);
    const last = lifeOn(disk);
    await last.store.ready;
    await expect(last.message(last.address(Other, 'ann'), null, { op: 'n', enqueue: true }))
      .rejects.toMatchObject({ code: 'ADDRESS_TAKEN' });
  });

  it('an option wakes them at the start; without the definition they wait, and it is said', async () => {
    const disk = new TestDisk();
    await left(disk, ['ann']);
    const blind = lifeOn(disk);
    const steps: WakeStep[] = [];
    expect(await blind.addresses().deliverAll({ progress: (step) => steps.push(step) }))
      .toEqual({ woken: 0, resident: 0, failed: 0, unknown: 1 });
    expect(steps[0]).toMatchObject({ result: 'unknown', reason: {
      code: 'NOT_ACTIVATED', message: expect.stringContaining('system.activate(ledger)'),
    } });
    dies(blind, disk);
    const system = lifeOn(disk);
    system.activate(Ledger, { wakeAtStart: true });
    await until(() => system.whereis('ann') !== undefined);
    expect(await handledIn(system, 'ann')).toBe('ann: waits');
  });

  it('P23 a retry of a dead letter of an earlier life starts its address', async () => {
    const disk = new TestDisk();
    const first = lifeOn(disk);
    const receipt = await first.address(Ledger, 'ann').deliver('crash', undefined, { attemptsMax: 1 });
    expect(await receipt.settled).toMatchObject({ kind: 'dead-lettered' });
    await first.store.flush();
    dies(first, disk);
    const second = lifeOn(disk);
    await second.store.ready;
    const [letter] = second.deadLetters.list();
    expect(second.deadLetters.retry({}).refused).toMatchObject([{ code: 'NOPROC' }]);
    const ann = second.address(Ledger, 'ann');
    expect(ann.pid).toBeUndefined();
    expect(second.deadLetters.retry({})).toMatchObject({ retried: [letter?.id], refused: [] });
    await until(() => second.deadLetters.list()[0]?.attempts === 2);
    expect(await ann.call('lines')).toBe('ann: ');
  });
});
