import { afterEach, describe, expect, test } from 'vitest';
import { createSystem, defineAgent, type MessageProvenance, type System } from '../../src/index.js';
import { memoryStore } from '../../src/journal/memory/index.js';
import type { StoreSource } from '../../src/journal/public.js';
import { sqlite } from '../../src/journal/sqlite/index.js';
import { Place } from '../journal/sqlite/place.js';
import { expectConserved } from '../support/system.js';

/** What one waits for, and who waits. */
class Gate {
  open!: () => void;
  readonly reached: Promise<void>;
  readonly passed: Promise<void>;
  reach!: () => void;
  constructor() {
    this.reached = new Promise((resolve) => { this.reach = resolve; });
    this.passed = new Promise((resolve) => { this.open = resolve; });
  }
}

let gate = new Gate();

const Chat = defineAgent({
  name: 'chat', durable: true,
  delivery: { backoff: { baseMs: 1, jitter: 0 } },
  init: (at: string) => ({ at, lines: [] as string[] }),
  calls: {
    turn: {
      collect: 4,
      async handle(self, texts: readonly string[]) {
        if (texts.includes('hold')) {
          gate.reach();
          await gate.passed;
        }
        self.state.lines.push(texts.join('+'));
        return self.state.lines.join(' ');
      },
    },
    fail(_self, what: string) { throw new Error(what); },
    from: (self) => ({ ...self.message }),
    where: (self) => [self.state.at, self.address],
  },
});

interface Home {
  readonly name: string;
  readonly make: () => { readonly source: () => StoreSource; readonly dispose: () => unknown };
}

const homes: readonly Home[] = [
  {
    name: 'the memory store',
    make: () => {
      const store = memoryStore();
      return { source: () => store, dispose: () => undefined };
    },
  },
  {
    name: 'SQLite',
    make: () => {
      const place = new Place();
      return { source: () => sqlite(place.path), dispose: () => place.dispose() };
    },
  },
];

describe.each(homes)('addresses over $name', ({ make }) => {
  let home: ReturnType<Home['make']> | null = null;
  let system: System | null = null;

  /** The next life; the one before ends in order. */
  async function life(): Promise<System> {
    await over();
    home ??= make();
    system = createSystem({ store: home.source(), logger: false });
    await system.store.ready;
    return system;
  }

  async function over(): Promise<void> {
    if (system === null) return;
    const ended = system;
    system = null;
    expectConserved(ended.stats());
    await ended.stop();
    expectConserved(ended.stats());
    expect(ended.stats()).toMatchObject({ processes: 0, queued: 0, running: 0, held: 0 });
  }

  afterEach(async () => {
    gate.open();
    await over();
    home?.dispose();
    home = null;
    gate = new Gate();
  });

  const replyOf = async (answer: Awaited<ReturnType<System['message']>>): Promise<unknown> =>
    (await answer.receipt?.settled)?.reply;

  test('Spawn on message: whoever writes first starts it, once; its state comes back in a later life', async () => {
    const first = await life();
    const ann = first.address(Chat, 'team/ann');
    const answers = await Promise.all([first.message(ann, 'a'), first.message('team/ann', 'b'), ann.call('where')]);
    expect(answers[2]).toEqual(['team/ann', 'team/ann']);
    await Promise.all([answers[0].receipt?.settled, answers[1].receipt?.settled]);
    const pid = first.whereis('team/ann');
    await first.message(ann, 'c');
    expect(first.whereis('team/ann')).toEqual(pid);
    const second = await life();
    const reply = await replyOf(await second.message(second.address(Chat, 'team/ann'), 'd'));
    expect((reply as string).split(/[ +]/)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('Hierarchical addresses, O weakness 5: subtrees by segments, over lives', async () => {
    const first = await life();
    for (const path of ['a/b_c', 'a_b/c', 'a/b', 'ab']) {
      await replyOf(await first.message(first.address(Chat, path), 'x'));
    }
    const names = async (of: System, prefix: string): Promise<string[]> =>
      (await of.addresses(prefix).list()).map(({ address }) => address);
    expect(await names(first, 'a')).toEqual(['a/b', 'a/b_c']);
    expect(await first.addresses('a').stop()).toBe(2);
    const second = await life();
    second.activate(Chat, {});
    expect(await names(second, 'a')).toEqual(['a/b', 'a/b_c']);
    expect(await names(second, '')).toEqual(['a/b', 'a/b_c', 'a_b/c', 'ab']);
  });

  test('Tags / names: bound, grouped, absent; all of a group are bound with the first message', async () => {
    const first = await life();
    expect((await first.message({ tag: 'later' }, 'x')).kind).toBe('enqueued');
    await first.tags.group(['support', 'billing'], Chat, 'desk');
    await first.tags.bind('later', first.address(Chat, 'other'));
    expect(await replyOf(await first.message({ tag: 'support' }, 'hello'))).toBe('hello');
    expect((await first.tags.resolve('billing')).state).toBe('bound');
    await first.addresses().whenIdle();
    const second = await life();
    second.activate(Chat, {});
    expect(await second.tags.list()).toMatchObject([
      { tag: 'billing', state: 'bound', to: 'desk' }, { tag: 'later', state: 'bound', to: 'other' },
      { tag: 'support', state: 'bound', to: 'desk' },
    ]);
    expect(await replyOf(await second.message({ tag: 'later' }, 'y'))).toBe('x y');
  });

  test('Enqueue plain: stored, its id told, nobody is started; Wake all / wait idle: in a later life', async () => {
    const first = await life();
    for (const path of ['q/a', 'q/b']) {
      const answer = await first.message(first.address(Chat, path), 'later', { enqueue: true });
      expect(answer).toMatchObject({ kind: 'enqueued', id: expect.stringMatching(/./) as unknown });
      expect(first.whereis(path)).toBeUndefined();
    }
    const second = await life();
    second.activate(Chat, {});
    expect((await second.addresses('q').list()).map(({ pending }) => pending)).toEqual([1, 1]);
    const told: string[] = [];
    const report = await second.addresses('q').deliverAll({ progress: ({ address }) => { told.push(address); } });
    expect([report, told.sort()]).toEqual([{ woken: 2, resident: 0, failed: 0, unknown: 0 }, ['q/a', 'q/b']]);
    await second.addresses('q').whenIdle();
    expect(await replyOf(await second.message('q/a', 'now'))).toBe('later now');
    expect(await second.addresses('q').deliverAll()).toEqual({ woken: 0, resident: 0, failed: 0, unknown: 0 });
  });

  test('Keyed enqueue, O weakness 2: the last of a key is handled; who was replaced is superseded', async () => {
    const first = await life();
    const ann = first.address(Chat, 'k/ann');
    const enqueue = { key: 'status' };
    const old = await first.message(ann, 'old', { enqueue });
    const bob = await first.message(first.address(Chat, 'k/bob'), 'his', { enqueue });
    const young = await first.message(ann, 'young', { enqueue });
    expect((await old.receipt?.settled)?.kind).toBe('superseded');
    const second = await life();
    expect(await replyOf(await second.message(second.address(Chat, 'k/ann'), 'go'))).toBe('young+go');
    expect(await replyOf(await second.message(second.address(Chat, 'k/bob'), 'go'))).toBe('his+go');
    expect([(await bob.receipt?.settled)?.kind, (await young.receipt?.settled)?.kind]).toEqual(['stored', 'stored']);
  });

  test('Delivered semantics: delivered is handled and stored; a limit of the wait is none of the message', async () => {
    const first = await life();
    const ann = first.address(Chat, 'd/ann');
    expect((await first.message(ann, 'a')).kind).toBe('started');
    expect(await first.message(ann, 'b')).toMatchObject({ kind: 'delivered', reply: 'a b' });
    const held = await first.message(ann, 'hold', { timeoutMs: 1 }).catch((error: unknown) => error);
    await gate.reached;
    expect((held as { kind?: string }).kind ?? (held as { code?: string }).code).toMatch(/^(enqueued|TIMEOUT)$/);
    gate.open();
    expect((await first.message(ann, 'c')).kind).toBe('delivered');
    const second = await life();
    expect(await replyOf(await second.message(second.address(Chat, 'd/ann'), 'd'))).toBe('a b hold c d');
  });

  test('Race delivery vs take-over, O weakness 1: taken back or handled, never both', async () => {
    const first = await life();
    const ann = first.address(Chat, 'r/ann');
    await replyOf(await first.message(ann, 'first'));
    const kinds: (string | undefined)[] = [];
    for (let n = 0; n < 30; n++) {
      const controller = new AbortController();
      const sent = first.message(ann, `n${n}`, { signal: controller.signal });
      for (let step = 0; step < n * 3; step++) await Promise.resolve();
      if (n % 3 === 2) await new Promise((resolve) => { setImmediate(resolve); });
      controller.abort();
      kinds.push((await (await sent).receipt?.settled)?.kind);
    }
    const second = await life();
    const lines = await replyOf(await second.message(second.address(Chat, 'r/ann'), 'last')) as string;
    const handled = kinds.flatMap((kind, n) => (kind === 'handled' ? [`n${n}`] : []));
    expect(lines.split(/[ +]/)).toEqual(['first', ...handled, 'last']);
    expect(new Set(kinds).size, 'either way').toBeGreaterThan(0);
    for (const kind of kinds) expect(['handled', 'cancelled']).toContain(kind);
  });

  test('Ownership lock: a second system is refused while the first has the store', async () => {
    await life();
    const other = createSystem({ store: (home as ReturnType<Home['make']>).source(), logger: false });
    await expect(other.store.ready).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await other.stop().catch(() => undefined);
    other.done.catch(() => undefined);
    expect(await replyOf(await (system as System).message((system as System).address(Chat, 'o'), 'mine'))).toBe('mine');
  });

  test('O weakness 3: a turn that fails strands nothing that was enqueued meanwhile', async () => {
    const first = await life();
    first.activate(Chat, { backoff: { baseMs: 1, maxMs: 1 }, activationsMax: 50 });
    const ann = first.address(Chat, 'f/ann');
    const held = first.message(ann, 'hold');
    await gate.reached;
    const failing = await ann.deliver('fail', 'no', { attemptsMax: 2, onError: () => 'retry' });
    const behind = await first.message(ann, 'behind', { enqueue: true });
    gate.open();
    expect(await replyOf(await held)).toBe('hold');
    expect(await failing.settled).toMatchObject({ kind: 'dead-lettered', attempts: 2 });
    expect((await behind.receipt?.settled)?.reply).toBe('hold behind');
  });

  test('O weakness 4: what was taken back starts nobody later', async () => {
    const first = await life();
    const { receipt } = await first.message(first.address(Chat, 'w/ann'), 'x', { enqueue: true });
    expect(receipt?.cancel()).toBe(true);
    expect((await receipt?.settled)?.kind).toBe('cancelled');
    expect((await first.addresses().deliverAll()).woken).toBe(0);
    const second = await life();
    second.activate(Chat, {});
    expect((await second.addresses().deliverAll()).woken).toBe(0);
    expect(second.whereis('w/ann')).toBeUndefined();
  });

  test('O weakness 6: an acknowledgement deadline, retries, dead letters of later lives', async () => {
    const first = await life();
    const ann = first.address(Chat, 'x/ann');
    const late = await ann.deliver('turn', 'hold', { ackTimeoutMs: 5, attemptsMax: 1 });
    await gate.reached;
    expect(await late.settled).toMatchObject({ kind: 'dead-lettered', reason: 'ack_timeout' });
    gate.open();
    await first.addresses().whenIdle();
    const second = await life();
    second.address(Chat, 'x/ann');
    expect(second.deadLetters.list()).toMatchObject([{ op: 'turn', payload: 'hold', to: 'x/ann' }]);
  });

  test('Turn-boundary drain: what comes during a turn is one next turn, without a lost wakeup', async () => {
    const first = await life();
    const ann = first.address(Chat, 't/ann');
    const sent = [first.message(ann, 'hold')];
    await gate.reached;
    for (const text of ['a', 'b', 'c']) sent.push(first.message(ann, text, { timeoutMs: 50 }));
    await Promise.all(sent.slice(1));
    gate.open();
    for (const answer of await Promise.all(sent)) await answer.receipt?.settled;
    expect(await replyOf(await first.message(ann, 'end'))).toBe('hold a+b+c end');
  });

  test('Message provenance: sender, times, key, headers, attempt, incarnation, sequence', async () => {
    const first = await life();
    const receipt = await first.address(Chat, 'p/ann').deliver('from', undefined, {
      guarantee: 'exactly-once', key: 'k1', headers: { trace: 't1' },
    });
    const { reply } = await receipt.settled;
    expect(reply).toMatchObject({
      to: 'p/ann', op: 'from', key: 'k1', headers: { trace: 't1' }, attempt: 1, recovered: false, sender: undefined,
      row: expect.any(Number) as unknown, guarantee: 'exactly-once',
    });
    const { queuedAt, begunAt } = reply as MessageProvenance;
    expect(begunAt).toBeGreaterThanOrEqual(queuedAt);
  });
});
