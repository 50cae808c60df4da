import { describe, expect, it } from 'vitest';
import type { ProcessSelf } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** A plain process whose self the test uses. */
function open(system: ReturnType<typeof testSystem>) {
  let self!: ProcessSelf;
  const ref = system.spawn((own) => {
    self = own;
    return new Promise(() => undefined);
  });
  return { ref, self: async (): Promise<ProcessSelf> => { await settleTurn(); return self; } };
}

/**
 * Runs so many microtasks of the runtime and no more: what re-arms itself for ever stops here, and
 * not the test.
 */
class CountedEnv extends VirtualEnv {
  microtasksLeft = 1_000;
  override microtask(fn: () => void): void {
    if (this.microtasksLeft-- > 0) super.microtask(fn);
  }
}

describe('receiveBatch', () => {
  it('RE-01 takes what is queued, oldest first, at most max; passed-over messages come first', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    for (let n = 0; n < 7; n++) ref.send(n);
    expect(await self.receive((m) => m === 2)).toBe(2);
    for (let n = 7; n < 10; n++) ref.send(n);
    expect(await self.receiveBatch({ max: 4 })).toEqual([0, 1, 3, 4]);
    expect(await self.receiveBatch()).toEqual([5, 6, 7, 8, 9]);
    expect(ref.stats().mailbox).toMatchObject({ handled: 10, size: 0 });
  });

  it('RE-01 waits for a first message, and takes those that came with it', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    const batch = self.receiveBatch();
    await settleTurn();
    for (let n = 0; n < 150; n++) ref.send(n);
    expect(await batch).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(ref.stats().mailbox).toMatchObject({ handled: 100, size: 50 });
    expect((await self.receiveBatch({ max: 1_000 })).length).toBe(50);
  });

  it('RE-02 is empty when none came in time', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { ref, self: get } = open(system);
    const self = await get();
    const batch = self.receiveBatch({ timeoutMs: 100 });
    await env.advance(100);
    expect(await batch).toEqual([]);
    ref.send('late');
    expect(await self.receiveBatch({ timeoutMs: 0 })).toEqual(['late']);
    await system.stop();
  });

  it('trap A: a consumer that goes away while it waits swallows nothing, alone or in a batch', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    for (const wait of [(signal: AbortSignal) =>
      self.receive(undefined, { signal }), (signal: AbortSignal) => self.receiveBatch({ signal })]) {
      const controller = new AbortController();
      const gone = wait(controller.signal);
      controller.abort('left');
      ref.send(1);
      await expect(gone).rejects.toBe('left');
      ref.send(2);
      await settleTurn();
      expect(ref.stats().mailbox.size).toBe(2);
      await expect(wait(controller.signal), 'fired before').rejects.toBe('left');
      expect(await self.receiveBatch()).toEqual([1, 2]);
    }
  });

  it('trap A: gone between the arrival of a batch and its completion, nothing is lost', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    const controller = new AbortController();
    const gone = self.receiveBatch({ signal: controller.signal });
    ref.send(1);
    ref.send(2);
    // behind the drain that takes them in, before the batch is complete
    queueMicrotask(() => controller.abort('left'));
    await expect(gone).rejects.toBe('left');
    expect(ref.stats().mailbox).toMatchObject({ handled: 0, size: 2 });
    expect(await self.receiveBatch()).toEqual([1, 2]);
  });

  it('trap A: a process that dies with a batch half taken in gives all of it back', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    void self.receiveBatch();
    for (let n = 0; n < 3; n++) ref.send(n);
    system.exit(ref, 'boom');
    expect(system.stats()).toMatchObject({ deadLettered: 3, handled: 0 });
  });

  it('P16 a process that dies between the first message of a batch and the next microtask looks no further', async () => {
    const env = new CountedEnv();
    const system = testSystem({ env });
    const { ref, self: get } = open(system);
    const self = await get();
    void self.receiveBatch();
    ref.send('one');
    queueMicrotask(() => system.exit(ref, 'kill'));
    await settleTurn();
    expect(env.microtasksLeft, 'a loop of microtasks would use them all up').toBeGreaterThan(900);
    expect(system.stats()).toMatchObject({ handled: 0, deadLettered: 1 });
  });

  it('a batch that was given up leaves its messages to the next one, in the same microtask', async () => {
    const env = new CountedEnv();
    const system = testSystem({ env });
    const { ref, self: get } = open(system);
    const self = await get();
    const controller = new AbortController();
    const first = self.receiveBatch({ signal: controller.signal });
    ref.send(1);
    let second: Promise<unknown> | undefined;
    queueMicrotask(() => {
      controller.abort('enough');
      ref.send(2);
      second = self.receiveBatch();
    });
    await expect(first).rejects.toBe('enough');
    expect(await second).toEqual([1, 2]);
    expect(env.microtasksLeft).toBeGreaterThan(900);
  });

  it('RE-01 a signal that did not fire leaves no listener, and undefined is a message', async () => {
    const system = testSystem();
    const { ref, self: get } = open(system);
    const self = await get();
    const controller = new AbortController();
    const got = self.receive(undefined, { signal: controller.signal });
    ref.send(undefined);
    expect(await got).toBeUndefined();
    ref.send(undefined);
    ref.send(3);
    await settleTurn();
    expect(await self.receive()).toBeUndefined();
    controller.abort('nobody listens');
    expect(await self.receive()).toBe(3);
  });

  it('RE-01 refuses a max that is no whole number from 1, unknown options, and a second wait', async () => {
    const system = testSystem();
    const self = await open(system).self() as unknown as { receiveBatch(options?: unknown): Promise<unknown> };
    for (const max of [0, -1, 1.5, '3', NaN]) {
      expect(() => self.receiveBatch({ max })).toThrow(
        /receiveBatch\.max: got .*expected a whole number of messages from 1/,
      );
    }
    expect(() => self.receiveBatch({ size: 3 })).toThrow(/no such option/);
    expect(() => self.receiveBatch({ signal: 3 })).toThrow(/an AbortSignal/);
    void self.receiveBatch();
    expect(() => self.receiveBatch()).toThrow(/one receive at a time/);
  });
});
