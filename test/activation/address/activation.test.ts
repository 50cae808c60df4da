import { describe, expect, it } from 'vitest';
import { type DeadLetter, defineAgent, type System } from '../../../src/index.js';
import { settleTurn, testSystem } from '../../support/system.js';
import { VirtualEnv } from '../../support/virtual-env.js';

/** Keeps what it was told, and by whom it was started. */
function recorder() {
  const starts: string[] = [];
  const Agent = defineAgent({
    name: 'Recorder',
    init: (address: string) => {
      starts.push(address);
      return { lines: [] as string[] };
    },
    calls: { lines: (self) => self.state.lines.join(' '), pid: (self) => self.pid },
    casts: {
      add(self, line: string) { self.state.lines.push(line); },
      crash(self) { throw new Error('told to'); },
      end: (self) => self.stop(),
    },
    info(self, message) { self.state.lines.push(`info:${String(message)}`); },
  });
  return { Agent, starts };
}

function lettersOf(system: System): DeadLetter[] {
  return system.deadLetters.list();
}

describe('Spawn on message', () => {
  it('the first message starts the agent, with its address; making a ref starts nothing', async () => {
    const system = testSystem();
    const { Agent, starts } = recorder();
    const ann = system.address(Agent, 'team/research/ann');
    expect([ann.pid, ann.address, starts]).toEqual([undefined, 'team/research/ann', []]);
    ann.cast('add', 'a');
    expect(system.whereis('team/research/ann')).toBe(ann.pid);
    expect(await ann.call('lines')).toBe('a');
    expect(starts).toEqual(['team/research/ann']);
  });

  it('every verb does', async () => {
    const Streams = defineAgent({
      init: () => ({ lines: [] as string[] }),
      calls: {
        lines: (self) => self.state.lines.join(' '),
        async *each() { yield 1; yield 2; },
      },
      casts: { add(self, line: string) { self.state.lines.push(line); } },
      info(self, message) { self.state.lines.push(`info:${String(message)}`); },
    });
    const system = testSystem();
    const at = (leaf: string) => system.address(Streams, `x/${leaf}`);
    expect(await at('call').call('lines')).toBe('');
    expect(await at('tryCall').tryCall('lines')).toEqual({ ok: true, value: '' });
    expect(at('tryCast').tryCast('add', 'x')).toBe('ok');
    await at('put').put('add', 'x');
    expect(await at('put').call('lines')).toBe('x');
    at('send').send('hello');
    expect(await at('send').call('lines')).toBe('info:hello');
    const items: number[] = [];
    for await (const item of at('stream').stream('each')) items.push(item);
    expect(items).toEqual([1, 2]);
    expect((await (await at('deliver').deliver('add', 'd')).settled).kind).toBe('handled');
    expect(await at('guaranteed').call('lines', undefined, { guarantee: 'at-least-once' })).toBe('');
    const caller = system.start(defineAgent({
      calls: {
        async ask(self) {
          self.cast(at('selfCast'), 'add', 'c');
          return [await self.call(at('selfCast'), 'lines'), await self.call(at('selfCall'), 'lines')];
        },
      },
    }));
    expect(await caller.call('ask')).toEqual(['c', '']);
  });

  it('once, however many send at the same time, in order of the sends, also with a slow init', async () => {
    const system = testSystem();
    let starts = 0;
    const Slow = defineAgent({
      async init() {
        starts++;
        await settleTurn();
        return { lines: [] as number[] };
      },
      calls: { lines: (self) => self.state.lines.join(' ') },
      casts: { add(self, n: number) { self.state.lines.push(n); } },
    });
    const refs = Array.from({ length: 10 }, () => system.address(Slow, 'slow'));
    const receipts: Promise<unknown>[] = [];
    refs.forEach((ref, n) => {
      if (n % 3 === 0) receipts.push(ref.deliver('add', n));
      else ref.cast('add', n);
    });
    const said = await Promise.all(refs.map((ref) => ref.call('lines')));
    expect(new Set(said)).toEqual(new Set(['0 1 2 3 4 5 6 7 8 9']));
    expect(starts).toBe(1);
    await Promise.all(receipts);
  });

  it('init arguments come from a factory, at once or later', async () => {
    const system = testSystem();
    const Clerk = defineAgent({
      init: (desk: string, floor: number) => ({ desk, floor }),
      calls: { where: (self) => `${self.state.desk} on ${self.state.floor}` },
    });
    const Later = defineAgent({ init: (desk: string) => ({ desk }), calls: { where: (self) => self.state.desk } });
    system.activate(Clerk, { init: ({ leaf, segments }): [string, number] => [leaf, segments.length] });
    system.activate(Later, {
      init: async ({ parent }): Promise<[string]> => {
        await settleTurn();
        return [String(parent)];
      },
    });
    expect(await system.address(Clerk, 'office/a_-2fb').call('where')).toBe('a/b on 2');
    const later = system.address(Later, 'hall/7');
    expect(await Promise.all([later.call('where'), later.call('where')])).toEqual(['hall', 'hall']);
  });

  it('what waits while it starts is bounded', async () => {
    const system = testSystem();
    const Slow = defineAgent({ init: () => settleTurn(), casts: { add: () => undefined } });
    system.activate(Slow, { mailbox: { capacity: 3 } });
    const slow = system.address(Slow, 'slow');
    expect(Array.from({ length: 5 }, () => slow.tryCast('add'))).toEqual(['ok', 'ok', 'ok', 'full', 'full']);
    await settleTurn();
  });

  it('a call that waits for the start has its time limit', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    let go = (): void => undefined;
    const Slow = defineAgent({
      init: () => new Promise<number>((resolve) => { go = () => resolve(1); }),
      calls: { state: (self) => self.state },
    });
    const slow = system.address(Slow, 'slow');
    const late = slow.call('state', undefined, { timeoutMs: 100 });
    const patient = slow.call('state', undefined, { timeoutMs: 'infinity' });
    await env.advance(101);
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' });
    go();
    expect(await patient).toBe(1);
  });

  it('the next message after an end in order brings it back', async () => {
    const system = testSystem();
    const { Agent, starts } = recorder();
    const ann = system.address(Agent, 'ann');
    ann.cast('add', 'a');
    await ann.stop();
    expect(ann.pid).toBeUndefined();
    expect(await ann.call('lines')).toBe('');
    expect(starts).toHaveLength(2);
  });

  it('a ref by the same name starts nobody; somebody who was started by hand is used', async () => {
    const system = testSystem();
    const { Agent, starts } = recorder();
    await expect(system.ref(Agent, 'ann').call('lines')).rejects.toMatchObject({ code: 'NOPROC' });
    const byHand = system.start(Agent, 'by hand', { name: 'ann' });
    expect(await system.address(Agent, 'ann').call('pid')).toBe(byHand.pid);
    expect(starts).toEqual(['by hand']);
  });

  it('an unknown operation, and a sender that has ended, start nobody', async () => {
    const system = testSystem();
    const { Agent, starts } = recorder();
    const ann = system.address(Agent, 'ann');
    await expect(ann.call('nothing' as 'lines')).rejects.toMatchObject({ code: 'UNKNOWN_OPERATION' });
    ann.cast('nothing' as 'end');
    let bound = ann;
    const dead = system.start(defineAgent({
      casts: { go(self) { bound = self.bind(ann); return self.stop(); } },
    }));
    dead.cast('go');
    await settleTurn();
    bound.cast('add', 'x');
    await expect(bound.call('lines')).rejects.toMatchObject({ code: 'ZOMBIE' });
    expect(starts).toEqual([]);
  });

  it('starts within starts are bounded', async () => {
    const system = testSystem();
    const Chain = defineAgent({
      init: (address: string) => {
        const n = Number(address.slice(1));
        if (n < 200) system.address(Chain as never, `n${n + 1}`).send('on');
        return n;
      },
      calls: { n: (self) => self.state },
      info: () => undefined,
    });
    system.address(Chain, 'n0').send('go');
    for (let turn = 0; turn < 50; turn++) await settleTurn();
    expect(await system.address(Chain, 'n200').call('n')).toBe(200);
    expect(system.registered()).toHaveLength(201);
  });
});

describe('Spawn on message: a start that fails', () => {
  function failing(later: boolean) {
    const state = { left: 1, starts: 0 };
    const begin = (): { lines: string[] } => {
      state.starts++;
      if (state.left-- > 0) throw new Error('no network');
      return { lines: [] };
    };
    const Agent = defineAgent({
      name: 'Failing',
      init: (): { lines: string[] } | Promise<{ lines: string[] }> => (later ? settleTurn().then(begin) : begin()),
      calls: { lines: (self) => self.state.lines.join(' ') },
      casts: { add(self, line: string) { self.state.lines.push(line); } },
    });
    return { Agent, state };
  }

  it.each([false, true])('tells who waits why, and the next message tries again (init later: %s)', async (later) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent, state } = failing(later);
    const ann = system.address(Agent, 'ann');
    ann.cast('add', 'lost');
    const call = ann.call('lines');
    if (later) {
      await expect(call).rejects.toMatchObject({ code: 'EXIT', reason: new Error('no network') });
      expect(lettersOf(system).map(({ op, reason }) => `${op}: ${(reason as Error).message}`).sort())
        .toEqual(['add: no network', 'lines: no network']);
      expect(await ann.call('lines')).toBe('');
    } else {
      // the cast has met the failure, the call the next try
      expect(lettersOf(system).map(({ op, reason }) => [op, (reason as Error).message]))
        .toEqual([['add', 'no network']]);
      expect(await call).toBe('');
    }
    expect(state.starts).toBe(2);
  });

  it('each address has a back-off of its own; meanwhile senders are told, and told when', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent, state } = failing(false);
    system.activate(Agent, { backoff: { baseMs: 100, jitter: 0 } });
    state.left = 3;
    const ann = system.address(Agent, 'ann');
    await expect(ann.call('lines'))
      .rejects.toMatchObject({ code: 'ACTIVATION_FAILED', reason: new Error('no network') });
    await expect(ann.call('lines')).rejects.toMatchObject({ code: 'ACTIVATION_FAILED', details: 100 });
    expect(state.starts).toBe(2);
    await env.advance(60);
    const told = await ann.tryCall('lines');
    expect(told).toMatchObject({ ok: false, error: { code: 'ACTIVATION_FAILED', details: 40 } });
    await expect(ann.put('add', 'x')).rejects.toMatchObject({ code: 'ACTIVATION_FAILED' });
    expect(ann.tryCast('add', 'x')).toBe('dead');
    ann.cast('add', 'y');
    expect(lettersOf(system).at(0)).toMatchObject({ op: 'add', payload: 'y', reason: new Error('no network') });
    expect(state.starts).toBe(2);
    state.left = 0;
    expect(await system.address(Agent, 'bob').call('lines')).toBe('');
    state.left = 1;
    await env.advance(41);
    await expect(ann.call('lines')).rejects.toMatchObject({ details: 200 });
    await env.advance(201);
    expect(await ann.call('lines')).toBe('');
  });

  it('deliveries wait through failed starts, and are handled in the end', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent, state } = failing(false);
    state.left = 4;
    const ann = system.address(Agent, 'ann');
    const receipts = await Promise.all(['a', 'b'].map((line) => ann.deliver('add', line)));
    for (let n = 0; n < 10; n++) {
      await env.advance(1_000);
      await settleTurn();
    }
    const outcomes = await Promise.all(receipts.map(({ settled }) => settled));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['handled', 'handled']);
    expect(await ann.call('lines')).toBe('a b');
    expect(state.starts).toBe(5);
  });

  it.each([false, true])('until activationsMax: then dead letters with the reason (init later: %s)', async (later) => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent, state } = failing(later);
    system.activate(Agent, { activationsMax: 3 });
    state.left = 99;
    const ann = system.address(Agent, 'ann');
    const receipt = await ann.deliver('add', 'a');
    const ordered = await ann.deliver('add', 'b', { order: 'o' });
    const behind = await ann.deliver('add', 'c', { order: 'o' });
    for (let n = 0; n < 10; n++) {
      await env.advance(1_000);
      await settleTurn();
      await settleTurn();
    }
    for (const one of [receipt, ordered, behind]) {
      expect(await one.settled).toMatchObject({ kind: 'dead-lettered', reason: new Error('no network') });
    }
    expect(state.starts).toBe(3);
    const later2 = await ann.deliver('add', 'd');
    state.left = 0;
    await env.advance(60_000);
    await settleTurn();
    await settleTurn();
    expect((await later2.settled).kind).toBe('handled');
  });

  it('a factory that throws, that gives no list, and an init that ignores are failed starts', async () => {
    const system = testSystem();
    const Agent = () => defineAgent({ init: (n: number) => n, calls: { n: (self) => self.state } });
    const [Throws, NoList, Rejects] = [Agent(), Agent(), Agent()];
    system.activate(Throws, { init: () => { throw new Error('no plan'); } });
    system.activate(NoList, { init: () => 7 as never });
    system.activate(Rejects, { init: () => Promise.reject(new Error('no database')) });
    await expect(system.address(Throws, 'a').call('n')).rejects.toMatchObject({
      code: 'ACTIVATION_FAILED', reason: new Error('no plan'),
    });
    await expect(system.address(NoList, 'b').call('n')).rejects.toMatchObject({
      code: 'ACTIVATION_FAILED', message: expect.stringContaining('an array of init arguments'),
    });
    await expect(system.address(Rejects, 'c').call('n')).rejects.toMatchObject({
      code: 'EXIT', reason: new Error('no database'),
    });
    const Ignores = defineAgent({ init() { return this.ignore(); }, calls: { n: () => 1 } });
    await expect(system.address(Ignores, 'd').call('n')).rejects.toMatchObject({
      code: 'ACTIVATION_FAILED', reason: 'ignore',
    });
  });

  it('a start that takes too long has failed', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const Never = defineAgent({ init: () => new Promise<number>(() => undefined), calls: { n: (self) => self.state } });
    system.activate(Never, { startMs: 50 });
    const call = system.address(Never, 'x').call('n');
    await env.advance(51);
    await expect(call).rejects.toMatchObject({ code: 'EXIT', reason: 'killed' });
  });

  it('SU-01 a crash counts for its own address alone, and ends no supervisor', async () => {
    const env = new VirtualEnv();
    const system = testSystem({ env });
    const { Agent } = recorder();
    const [ann, bob] = [system.address(Agent, 'ann'), system.address(Agent, 'bob')];
    const pid = await bob.call('pid');
    for (let n = 0; n < 20; n++) {
      ann.cast('crash');
      await settleTurn();
      await env.advance(40_000);
    }
    await env.advance(40_000);
    expect(await bob.call('pid')).toBe(pid);
    expect(await ann.call('lines')).toBe('');
    expect(system.stats().crashes).toBe(20);
  });
});

describe('Hierarchical addresses: bad input', () => {
  it('P39 is refused where it enters', () => {
    const system = testSystem();
    const { Agent } = recorder();
    const Other = defineAgent({});
    system.address(Agent, 'ann');
    expect(() => system.address(Other, 'ann')).toThrow(expect.objectContaining({
      code: 'ADDRESS_TAKEN', message: expect.stringContaining("an address of 'Recorder'"),
    }));
    expect(() => system.activate(Agent)).toThrow(expect.objectContaining({ code: 'ALREADY_ACTIVATED' }));
    expect(() => system.address(Agent, 'a//b')).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    expect(() => system.address({} as never, 'a')).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    const Two = defineAgent({ init: (a: number, b: number) => a + b });
    expect(() => system.address(Two, 'two')).toThrow(/2 init arguments of 'agent'/);
    for (const options of [
      { idleMs: -1 }, { residentsMax: 0 }, { activationsMax: 0 }, { backoff: { factor: 0 } },
      { mailbox: { capacity: 0 } }, { startMs: -1 }, { init: 7 }, { passivate: 7 }, { wakeAtStart: 1 },
      { shutdown: 'soon' }, 7,
    ]) {
      expect(() => system.activate(defineAgent({}), options as never), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }),
      );
    }
    expect(() => system.activate(defineAgent({}), { idle: 5 } as never)).toThrow(/UNKNOWN_OPTION|idleMs/);
  });
});
