// The lowest level: messages, effects and states as rows and records of a journal, without agents.
import { createRequire } from 'node:module';
import { nodeEnv } from '../../../src/base/index.js';
import { Journal } from '../../../src/journal/index.js';
import { StoreError } from '../../../src/journal/port/index.js';
import { sqliteDriver } from '../../../src/journal/sqlite/driver.js';
import { sqlite } from '../../../src/journal/sqlite/index.js';
import { Random } from '../../../src/testing/random.js';
import type { Truth } from '../witness/verdict.js';
import { lying } from './liar.js';
import { type AgentState, bodyOf, idOf, mixed, packState, unpackState } from './payload.js';
import type { Lie, Order, Subject, Tell, Where } from './subject.js';

const AGENTS = 4;
const PAGE = 4_096;
const IN_FLIGHT_MAX = 64;
const QUEUE_MAX = 200;
/** A script that fails so often has seen it. */
const FAILURES_MAX = 20;

function opened({ path, level }: Where | Order, damaged: Where['damaged'], lie: Lie | null): Journal {
  return new Journal(lying(sqlite(path, { level, damaged }).connect(), lie), nodeEnv());
}

const agentOf = (id: number): string => `agent-${id % AGENTS}`;
const keyOf = (id: number): string => String(id).padStart(10, '0');

interface Waiting {
  readonly seq: number;
  readonly id: number;
}

/** One life: what it remembers of the store, and what is on its way there. */
class Life {
  private readonly random: Random;
  private readonly states = new Map<string, AgentState>();
  private queue: Waiting[] = [];
  private next: number;
  private inFlight = 0;
  private wake: (() => void) | null = null;

  constructor(private readonly journal: Journal, private readonly order: Order, private readonly tell: Tell) {
    this.random = new Random(order.seed);
    this.next = order.base;
  }

  async recover(): Promise<void> {
    this.queue = [];
    for await (const row of rowsOf(this.journal)) this.queue.push({ seq: row.seq, id: idOf(row.body) ?? -1 });
    for (let agent = 0; agent < AGENTS; agent++) {
      const body = await this.journal.get('state', agentOf(agent));
      this.states.set(agentOf(agent), (body && unpackState(body)) ?? { handled: 0, mix: 0 });
    }
  }

  /** Sends and handles in random portions; what is added without a break is one transaction. */
  async run(): Promise<never> {
    for (let round = 1; ; round++) {
      for (let n = this.random.int(6); n > 0 && this.queue.length < QUEUE_MAX; n--) void this.send();
      for (let n = this.random.int(6); n > 0 && this.queue.length > 0; n--) void this.handle();
      if (this.random.chance(0.3)) await new Promise((resolve) => { setImmediate(resolve); });
      while (this.inFlight > IN_FLIGHT_MAX) await new Promise<void>((resolve) => { this.wake = resolve; });
      if (this.order.backups !== null && round % 40 === 5) this.backUp(round);
    }
  }

  send(): Promise<void> {
    const id = this.next++;
    this.tell(`I ${id}`);
    const seq = this.journal.append('message', agentOf(id), bodyOf(id));
    this.queue.push({ seq, id });
    return this.safe(`S ${id}`);
  }

  handle(): Promise<void> {
    const { seq, id } = this.queue.shift() as Waiting;
    const state = this.states.get(agentOf(id)) as AgentState;
    const times = this.order.lie === 'again' && this.random.chance(0.02) ? 2 : 1;
    state.handled += times;
    state.mix = mixed(state.mix, id);
    this.journal.put('ledger', keyOf(id), bodyOf(id));
    this.journal.put('state', agentOf(id), packState(state));
    this.journal.remove('message', seq);
    return this.safe(`K ${id}`);
  }

  /** Tells once what was added so far is safe. */
  private safe(line: string): Promise<void> {
    this.inFlight += 1;
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        this.inFlight -= 1;
        this.wake?.();
      };
      this.journal.whenCommitted({
        committed: () => {
          this.tell(line);
          settled();
          resolve();
        },
        uncommitted: (error) => {
          settled();
          reject(error);
        },
      });
    });
  }

  private backUp(round: number): void {
    const path = `${this.order.backups as string}/${this.order.seed}-${round}`;
    this.tell(`B ${path}`);
    void this.journal.backup(path).then(() => this.tell(`C ${path}`));
  }

  get waiting(): number {
    return this.queue.length;
  }
}

async function* rowsOf(journal: Journal): AsyncGenerator<{ seq: number; body: Uint8Array }> {
  for (let after = 0; ;) {
    const rows = await journal.rows('message', null, after, PAGE, true);
    yield* rows;
    if (rows.length < PAGE) return;
    after = (rows.at(-1) as { seq: number }).seq;
  }
}

/** Steps one after the other; after an error it opens the store again and goes on with the next. */
async function runScript(order: Order, tell: Tell): Promise<void> {
  const journal = opened(order, 'refuse', order.lie);
  const life = new Life(journal, order, tell);
  const tried = async (step: () => Promise<void>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      tell(error instanceof StoreError ? `X ${error.code}` : `Y ${String((error as Error).stack).split('\n')[0]}`);
      return false;
    }
  };
  const ready = async (): Promise<void> => {
    if (journal.state === 'failed') await journal.reopen();
    else await journal.ready;
    tell('O');
    await life.recover();
    tell('R');
  };
  if (!await tried(ready)) return;
  let failures = 0;
  for (let step = 1; step <= (order.steps as number) && failures < FAILURES_MAX; step++) {
    const done = await tried(() => (step % 3 === 0 && life.waiting > 0 ? life.handle() : life.send()));
    if (done) continue;
    failures += 1;
    if (!await tried(ready)) return;
  }
  await tried(() => journal.close());
}

async function work(order: Order, tell: Tell): Promise<void> {
  if (order.steps !== null) return runScript(order, tell);
  const journal = opened(order, 'refuse', order.lie);
  await journal.ready;
  tell('O');
  const life = new Life(journal, order, tell);
  await life.recover();
  tell('R');
  return life.run();
}

async function look(where: Where, settled: (truth: Truth) => readonly number[]): Promise<Truth> {
  const journal = opened(where, where.damaged, null);
  const { findings } = await journal.ready;
  try {
    const all = [...findings];
    const recovery = journal.recover();
    for (let slice = await recovery.next(); ; slice = await recovery.next()) {
      if (slice.done !== true) continue;
      all.push(...slice.value);
      break;
    }
    const truth = await read(journal, all.map(({ kind, place }) => `${kind} ${place}`));
    for (const id of settled(truth)) journal.drop('ledger', keyOf(id));
    await journal.flush();
    return truth;
  } finally {
    await journal.close();
  }
}

async function read(journal: Journal, findings: readonly string[]): Promise<Truth> {
  const wrong: string[] = [];
  const known = (place: string, id: number | undefined): number[] => {
    if (id === undefined) wrong.push(place);
    return id === undefined ? [] : [id];
  };
  const queued: number[] = [];
  for await (const row of rowsOf(journal)) queued.push(...known(`message ${row.seq}`, idOf(row.body)));
  const applied: number[] = [];
  for (let after = ''; ;) {
    const entries = await journal.records('ledger', after, PAGE);
    for (const { key, body } of entries) {
      const id = idOf(body);
      applied.push(...known(`ledger ${key}`, id !== undefined && keyOf(id) === key ? id : undefined));
    }
    after = entries.at(-1)?.key ?? '';
    if (entries.length < PAGE) break;
  }
  let effects = 0;
  let mix = 0;
  for (let agent = 0; agent < AGENTS; agent++) {
    const body = await journal.get('state', agentOf(agent));
    const state = body === undefined ? { handled: 0, mix: 0 } : unpackState(body);
    if (state === undefined) wrong.push(`state ${agentOf(agent)}`);
    effects += state?.handled ?? 0;
    mix = (mix + (state?.mix ?? 0)) >>> 0;
  }
  return { queued, applied, effects, mix, wrong, findings };
}

/** What the second version has brought is taken away again. */
function age(path: string): void {
  const { DatabaseSync } = createRequire(import.meta.url)(sqliteDriver()) as Driver;
  const db = new DatabaseSync(path);
  for (const name of ['item', 'cursor', 'tag', 'address']) db.exec(`DROP TABLE IF EXISTS ${name}`);
  db.exec('PRAGMA user_version = 1');
  db.close();
}

interface Driver {
  readonly DatabaseSync: new (path: string) => { exec(sql: string): void; close(): void };
}

export const journalSubject: Subject = { name: 'journal', work, look, age };
